import { createHmac } from 'node:crypto';
import { dashboardHookPath } from '../../flow/wire.ts';
import { equalSecrets } from '../../lib/secrets.ts';
import { bodyOf, type Parts, type Routes } from './call.ts';
import { Refusal } from './refusal.ts';
import type { HookPayload } from './source/git.ts';

/** Takes the deliveries of the Git server's webhook, signed as Gitea signs them (`X-Gitea-Signature`). */
export function addHook(routes: Routes, { playground, source }: Parts): void {
  routes.post(dashboardHookPath, async (context) => {
    const body = await bodyOf(context);
    const signature = context.req.header('x-gitea-signature') ?? '';
    const { webhookSecret } = playground.endpoints.gitops;
    const expected = createHmac('sha256', webhookSecret).update(body).digest('hex');
    if (!equalSecrets(signature, expected))
      throw new Refusal(403, 'signature-wrong', 'the signature of this delivery is missing or wrong');
    source.delivered(context.req.header('x-gitea-event') ?? '', payloadOf(body));
    return context.text('shown\n');
  });
}

function payloadOf(body: Buffer): HookPayload {
  try {
    return JSON.parse(body.toString('utf8')) as HookPayload;
  } catch {
    throw new Refusal(400, 'not-json', 'the payload is no JSON');
  }
}

import type { GitHook } from '../../clients/git-server.ts';
import { PlaygroundError } from '../../lib/errors.ts';
import type { Playground } from '../playground.ts';
import { ciHookUrl } from '../wire.ts';
import { seen, type Fault } from './fault.ts';
import type { FaultRecord } from './record.ts';

/** What the path of an address gets that leads nowhere, as after the CI server was moved. */
const WRONG = '-moved';

function elsewhere(url: string): string {
  const [path = '', query] = url.split('?');
  return `${path}${WRONG}${query === undefined ? '' : `?${query}`}`;
}

/** The webhook from the application's repository to the CI server leads to an address that is not served. */
export const lostWebhook: Fault = {
  id: 'lost-webhook',
  title: 'the webhook to the CI server is lost',
  symptom: 'a push builds nothing: the deliveries of the webhook fail, and nobody is told',
  look: "push a commit, then see the application's webhooks on the Git server's pages",
  refusal: () => undefined,
  isBroken: async ({ playground }, record) =>
    record !== undefined && (await brokenHooks(playground, record)).length > 0,
  async prepare({ playground }) {
    const { config } = playground;
    const url = ciHookUrl(playground);
    if (!(await hooksOf(playground)).some((hook) => hook.config.url === url)) {
      throw new PlaygroundError({
        code: 'fault-impossible',
        message: `the repository ${config.application} has no webhook to ${url} that could be lost`,
        hint: 'wire it first: gitops-playground up',
      });
    }
    return { since: new Date().toISOString(), url };
  },
  async break({ playground }, record) {
    const { url = '' } = record;
    for (const hook of await hooksOf(playground)) {
      if (hook.config.url === url) await pointTo(playground, hook, elsewhere(url));
    }
    return record;
  },
  async heal({ playground }, record) {
    if (record === undefined) return;
    const { git, ci, config } = playground;
    const { url = '' } = record;
    for (const hook of await brokenHooks(playground, record)) {
      // Somebody may have made a good one meanwhile; two would build everything twice.
      const other = (await hooksOf(playground)).some(({ config: { url: target } }) => target === url);
      if (other) await git.deleteHook(config.organization, config.application, hook.id);
      else await pointTo(playground, hook, url);
    }
    // Finds the commits that nobody was told about.
    await ci.scan(config.application);
  },
  async shows({ playground }) {
    const lost = (await hooksOf(playground)).some(
      ({ config }) => config.url === elsewhere(ciHookUrl(playground)),
    );
    return seen(lost, 'the webhook has the right address');
  },
  async isWell({ playground }) {
    const url = ciHookUrl(playground);
    const wired = (await hooksOf(playground)).filter((hook) => hook.active && hook.config.url === url);
    return seen(wired.length === 1, `${wired.length} webhooks lead to the CI server`);
  },
};

function hooksOf({ git, config }: Playground): Promise<GitHook[]> {
  return git.listHooks(config.organization, config.application);
}

async function brokenHooks(playground: Playground, { url = '' }: FaultRecord): Promise<GitHook[]> {
  return (await hooksOf(playground)).filter((hook) => hook.config.url === elsewhere(url));
}

async function pointTo({ git, config, endpoints }: Playground, hook: GitHook, url: string): Promise<void> {
  await git.editHook(config.organization, config.application, hook.id, {
    config: { url, content_type: 'json', secret: endpoints.gitops.webhookSecret },
  });
}

import { invalid, notFound } from '../errors.ts';
import type { HookRecord } from '../metadata/model.ts';
import { removal } from '../service.ts';
import { hookView } from '../views.ts';
import { isAllowedTarget } from '../webhooks/deliveries.ts';
import { json, noContent, type WriteCall } from './call.ts';
import type { Fields } from './fields.ts';
import { paged } from './paging.ts';

function hookOf(call: WriteCall): HookRecord {
  const hook = call.service.store.get('hooks', Number(call.param('id')));
  if (hook === undefined || hook.repositoryId !== call.repository.record.id) throw notFound();
  return hook;
}

export async function list(call: WriteCall): Promise<Response> {
  const { store } = call.service;
  const hooks = store.filter('hooks', ({ repositoryId }) => repositoryId === call.repository.record.id);
  return paged(call, hooks, hookView);
}

export async function get(call: WriteCall): Promise<Response> {
  return json(hookView(hookOf(call)));
}

type Target = Pick<HookRecord, 'url' | 'contentType' | 'secret'>;

/** `config` of the request, over what the hook had before. */
function targetOf(config: Fields | undefined, before: Target): Target {
  const url = config?.optionalText('url') ?? before.url;
  if (!isAllowedTarget(url)) {
    throw invalid(
      `Invalid url: webhooks go to http(s) addresses of this machine only, not to "${url.slice(0, 200)}"`,
    );
  }
  const contentType = config?.choice('content_type', ['json', 'form']) ?? before.contentType;
  return { url, contentType, secret: config?.optionalText('secret') ?? before.secret };
}

export async function create(call: WriteCall): Promise<Response> {
  const fields = await call.fields();
  const type = fields.choice('type', ['gitea', 'gogs']);
  if (type === undefined) throw invalid('Invalid hook type: use "gitea" or "gogs"');
  const config = fields.object('config');
  if (config === undefined) throw invalid('Missing config option: url');
  config.text('url');
  config.text('content_type');
  const events = fields.texts('events') ?? [];
  const now = new Date().toISOString();
  const hook: HookRecord = {
    id: call.service.store.nextId(),
    repositoryId: call.repository.record.id,
    type,
    ...targetOf(config, { url: '', contentType: 'json', secret: '' }),
    authorizationHeader: fields.optionalText('authorization_header') ?? '',
    branchFilter: fields.optionalText('branch_filter') ?? '',
    events: events.length > 0 ? events : ['push'],
    active: fields.flag('active') ?? false,
    created: now,
    updated: now,
  };
  call.service.store.commit(['put', 'hooks', hook]);
  return json(hookView(hook), 201);
}

export async function edit(call: WriteCall): Promise<Response> {
  const fields = await call.fields();
  const before = hookOf(call);
  const hook: HookRecord = {
    ...before,
    ...targetOf(fields.object('config'), before),
    authorizationHeader: fields.optionalText('authorization_header') ?? before.authorizationHeader,
    branchFilter: fields.optionalText('branch_filter') ?? before.branchFilter,
    events: fields.texts('events') ?? before.events,
    active: fields.flag('active') ?? before.active,
    updated: new Date().toISOString(),
  };
  call.service.store.commit(['put', 'hooks', hook]);
  return json(hookView(hook));
}

export async function remove(call: WriteCall): Promise<Response> {
  const { store, deliveries } = call.service;
  const hook = hookOf(call);
  const sent = deliveries.ofHook(hook.id);
  const ids = new Set(sent.map(({ id }) => id));
  store.commit(
    ...store.filter('attempts', ({ deliveryId }) => ids.has(deliveryId)).map(removal('attempts')),
    ...sent.map(removal('deliveries')),
    ['remove', 'hooks', hook.id],
  );
  return noContent();
}

export async function test(call: WriteCall): Promise<Response> {
  await call.events.test(call.repository, call.viewer.user, hookOf(call).id);
  return noContent();
}

/** An addition of this server (Gitea has no API for it): what was sent to a hook, newest first, and what came of it. */
export async function listDeliveries(call: WriteCall): Promise<Response> {
  const { store, deliveries } = call.service;
  return paged(call, deliveries.ofHook(hookOf(call).id), (delivery) => {
    const attempts = store.filter('attempts', ({ deliveryId }) => deliveryId === delivery.id);
    const last = attempts.at(-1);
    const accepted = last?.status !== undefined && last.status >= 200 && last.status < 300;
    return {
      id: delivery.id,
      uuid: delivery.uuid,
      event: delivery.event,
      event_type: delivery.eventType,
      created_at: delivery.created,
      state: last?.last !== true ? 'pending' : accepted ? 'delivered' : 'failed',
      payload: JSON.parse(delivery.payload) as unknown,
      attempts: attempts.map(({ at, milliseconds, status, answer }) => ({
        at,
        duration_ms: milliseconds,
        status: status ?? null,
        answer,
      })),
    };
  });
}

import type { HookRecord, RepositoryRecord } from '../metadata/model.ts';
import type { Service } from '../service.ts';
import type { Change } from '../metadata/store.ts';
import type { DeliveryRecord } from '../metadata/model.ts';

/** Gitea's event types, as far as this server has such events; the name in X-Gitea-Event beside each. */
const EVENTS = {
  push: 'push',
  create: 'create',
  delete: 'delete',
  pull_request: 'pull_request',
  pull_request_sync: 'pull_request',
  pull_request_comment: 'issue_comment',
  pull_request_review_approved: 'pull_request_approved',
  pull_request_review_rejected: 'pull_request_rejected',
  pull_request_review_comment: 'pull_request_comment',
} as const;

export type EventType = keyof typeof EVENTS;

/** What a hook has to be subscribed to: one of these. `pull_request` brings everything about pull requests, as with Gitea. */
const SUBSCRIPTIONS: Readonly<Record<EventType, readonly string[]>> = {
  push: ['push', 'push_only'],
  create: ['create'],
  delete: ['delete'],
  pull_request: ['pull_request', 'pull_request_only'],
  pull_request_sync: ['pull_request', 'pull_request_sync'],
  pull_request_comment: ['pull_request', 'pull_request_comment', 'issue_comment'],
  pull_request_review_approved: ['pull_request', 'pull_request_review'],
  pull_request_review_rejected: ['pull_request', 'pull_request_review'],
  pull_request_review_comment: ['pull_request', 'pull_request_review'],
};

/** The active hooks that want an event. @param branch whose filter has to match; none for events about no branch */
export function hooksFor(
  service: Service,
  repository: RepositoryRecord,
  eventType: EventType,
  branch?: string,
): HookRecord[] {
  return service.store.filter(
    'hooks',
    (hook) =>
      hook.repositoryId === repository.id &&
      hook.active &&
      SUBSCRIPTIONS[eventType].some((name) => hook.events.includes(name)) &&
      (branch === undefined || matchesGlob(hook.branchFilter, branch)),
  );
}

/** The deliveries of one event, and the changes that record them. */
export function prepareEvent(
  service: Service,
  hooks: readonly HookRecord[],
  eventType: EventType,
  payload: unknown,
): { deliveries: DeliveryRecord[]; changes: Change[] } {
  const text = JSON.stringify(payload, undefined, 2);
  const prepared = hooks.map((hook) =>
    service.deliveries.prepare(hook, { event: EVENTS[eventType], eventType, payload: text }),
  );
  return {
    deliveries: prepared.map(({ delivery }) => delivery),
    changes: prepared.flatMap(({ changes }) => changes),
  };
}

/** Gitea's branch filters: `*` and `**` for anything, `?` for one sign, `{a,b}` for either. An empty filter matches all. */
export function matchesGlob(glob: string, text: string): boolean {
  if (glob === '' || glob === '*') return true;
  const source = glob.replaceAll(/\*+|[?{},]|[^*?{},]+/g, (part) => {
    if (part.startsWith('*')) return '.*';
    switch (part) {
      case '?':
        return '.';
      case '{':
        return '(?:';
      case '}':
        return ')';
      case ',':
        return '|';
      default:
        return part.replaceAll(/[\\^$.|+()[\]]/g, '\\$&');
    }
  });
  try {
    return new RegExp(`^(?:${source})$`, 's').test(text);
  } catch {
    // Braces that do not match: no branch has such a name.
    return false;
  }
}

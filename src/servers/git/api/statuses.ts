import { invalid, notFound } from '../errors.ts';
import type { RepositoryRecord, StatusRecord } from '../metadata/model.ts';
import { resolveCommit } from '../repository/commits.ts';
import { hasBranches } from '../repository/refs.ts';
import { removal, type Service } from '../service.ts';
import { apiUrl, repositoryView, statusView } from '../views.ts';
import { json, type RepositoryCall, type WriteCall } from './call.ts';
import { paged } from './paging.ts';

const STATES = ['pending', 'success', 'error', 'failure', 'warning'] as const;
/** Older ones of a repository are forgotten. */
const KEPT = 2000;

/** Newest first. */
function ofCommit(service: Service, repository: RepositoryRecord, sha: string): StatusRecord[] {
  return service.store
    .filter('statuses', (status) => status.repositoryId === repository.id && status.sha === sha)
    .reverse();
}

/** The newest status of every context. */
export function latestStatuses(service: Service, repository: RepositoryRecord, sha: string): StatusRecord[] {
  const latest = new Map<string, StatusRecord>();
  for (const status of ofCommit(service, repository, sha)) {
    if (!latest.has(status.context)) latest.set(status.context, status);
  }
  return [...latest.values()];
}

/** What a commit is as a whole, as Gitea 1.26 combines it: a commit without any status is pending. */
export function combinedState(statuses: readonly StatusRecord[]): 'failure' | 'pending' | 'success' {
  const some = (...states: StatusRecord['state'][]) => statuses.some(({ state }) => states.includes(state));
  if (some('error', 'failure', 'warning')) return 'failure';
  return statuses.length === 0 || some('pending') ? 'pending' : 'success';
}

async function commitOf(call: RepositoryCall, name: string): Promise<string> {
  const sha = await resolveCommit(call.service.objects, call.repository.folder, name);
  if (sha === undefined) throw notFound(`commit does not exist [id: ${name.slice(0, 100)}]`);
  return sha;
}

export async function create(call: WriteCall): Promise<Response> {
  const fields = await call.fields();
  const { service, repository } = call;
  const state = fields.choice('state', STATES);
  if (state === undefined) throw invalid('[state]: Required');
  const sha = await commitOf(call, call.param('sha'));
  const status: StatusRecord = {
    id: service.store.nextId(),
    repositoryId: repository.record.id,
    sha,
    state,
    context: fields.optionalText('context') || 'default',
    description: fields.optionalText('description') ?? '',
    targetUrl: fields.optionalText('target_url') ?? '',
    creatorId: call.viewer.user.id,
    created: new Date().toISOString(),
  };
  const all = service.store.filter('statuses', ({ repositoryId }) => repositoryId === repository.record.id);
  const old = all.slice(0, Math.max(0, all.length + 1 - KEPT));
  service.store.commit(...old.map(removal('statuses')), ['put', 'statuses', status]);
  return json(statusView(service, repository.record, status), 201);
}

export async function list(call: RepositoryCall): Promise<Response> {
  const sha = await commitOf(call, call.param('sha'));
  const state = call.query('state');
  const statuses = ofCommit(call.service, call.repository.record, sha);
  const wanted = state ? statuses.filter((status) => status.state === state) : statuses;
  const ordered = call.query('sort') === 'oldest' ? wanted.reverse() : wanted;
  return paged(call, ordered, (status) => statusView(call.service, call.repository.record, status));
}

export async function combined(call: RepositoryCall): Promise<Response> {
  const { service, repository } = call;
  const { record } = repository;
  const sha = await commitOf(call, call.param('ref'));
  const statuses = latestStatuses(service, record, sha);
  const url = apiUrl(service, record);
  return json({
    state: combinedState(statuses),
    sha,
    total_count: statuses.length,
    statuses: statuses.map((status) => statusView(service, record, status)),
    repository: repositoryView(service, record, {
      access: service.accounts.accessTo(record, call.viewer?.user),
      empty: !(await hasBranches(repository.folder)),
    }),
    commit_url: `${url}/commits/${sha}`,
    url: `${url}/commits/${sha}/status`,
  });
}

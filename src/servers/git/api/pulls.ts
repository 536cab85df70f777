import { GitServerError, invalid, notFound } from '../errors.ts';
import { mergePull } from '../merging.ts';
import type { PullRecord } from '../metadata/model.ts';
import { pullNumber, pullRef } from '../pulls.ts';
import { countCommits, log } from '../repository/commits.ts';
import { NO_SHA, readRef } from '../repository/refs.ts';
import { updateRef } from '../repository/write.ts';
import { removal } from '../service.ts';
import { apiUrl, commitView, repositoryUrl } from '../views.ts';
import type { PullAction } from '../webhooks/payloads.ts';
import { json, noContent, type RepositoryCall, type WriteCall } from './call.ts';
import { pageHeaders, paged, windowOf } from './paging.ts';

const STYLES = ['merge', 'squash', 'rebase', 'rebase-merge', 'fast-forward-only'] as const;

function pullOf(call: RepositoryCall): PullRecord {
  return call.pulls.get(call.repository.record, pullNumber(call.param('index')));
}

async function fullView(call: RepositoryCall, pull: PullRecord) {
  return call.pulls.view(call.repository, pull, await call.pulls.files(call.repository, pull));
}

export async function list(call: RepositoryCall): Promise<Response> {
  const { pulls, repository } = call;
  const found = pulls.list(
    repository.record,
    call.query('state') === 'all' ? 'all' : call.query('state') === 'closed' ? 'closed' : 'open',
  );
  const base = call.query('base_branch');
  const wanted = base ? found.filter((pull) => pull.base === base) : found;
  switch (call.query('sort')) {
    case 'oldest':
      wanted.reverse();
      break;
    case 'recentupdate':
      wanted.sort((a, b) => b.updated.localeCompare(a.updated));
      break;
    case 'leastupdate':
      wanted.sort((a, b) => a.updated.localeCompare(b.updated));
      break;
    default:
  }
  return paged(call, wanted, (pull) => pulls.view(repository, pull));
}

export async function create(call: WriteCall): Promise<Response> {
  const { service, repository, pulls, events } = call;
  const fields = await call.fields();
  const wanted = {
    head: fields.text('head'),
    base: fields.text('base'),
    title: fields.text('title'),
    body: fields.optionalText('body') ?? '',
  };
  const pull = await service.queues.run(repository.record.id, async () => {
    const created = await pulls.create(repository, call.viewer.user, wanted);
    await events.pullChanged(repository, call.viewer.user, 'opened', created);
    return created;
  });
  return json(await fullView(call, pull), 201);
}

/** One pull request; with `.diff` or `.patch` behind the number, its changes as text. */
export async function get(call: RepositoryCall): Promise<Response> {
  const [, number = '', format] = /^(\d+)(?:\.(diff|patch))?$/.exec(call.param('index')) ?? [];
  const pull = call.pulls.get(call.repository.record, pullNumber(number));
  if (format === undefined) return json(await fullView(call, pull));
  const text = await pullText(call, pull, format === 'patch' ? 'patch' : 'diff');
  return new Response(new Uint8Array(text), { headers: { 'content-type': 'text/plain; charset=utf-8' } });
}

export async function pullText(
  { service, pulls, repository }: Pick<RepositoryCall, 'service' | 'pulls' | 'repository'>,
  pull: PullRecord,
  format: 'diff' | 'patch',
): Promise<Buffer> {
  const { mergeBase, head } = await pulls.standing(repository, pull);
  const args =
    format === 'diff'
      ? ['diff', '-p', '-M', '--no-color', '--no-ext-diff', mergeBase, head]
      : ['format-patch', '--stdout', '--no-signature', `${mergeBase}..${head}`];
  return (await service.git.run(['--git-dir', repository.folder, ...args])).stdout;
}

export async function edit(call: WriteCall | RepositoryCall): Promise<Response> {
  const { service, repository, pulls, events, viewer } = call;
  const fields = await call.fields();
  const number = pullNumber(call.param('index'));
  const [title, body] = [fields.optionalText('title'), fields.optionalText('body')];
  const state = fields.choice('state', ['open', 'closed']);
  if (title?.trim() === '') throw invalid('the pull request needs a title');
  const pull = await service.queues.run(repository.record.id, async () => {
    const before = pulls.get(repository.record, number);
    const user = viewer?.user;
    if (user === undefined) throw notFound();
    if (before.merged !== undefined && state === 'open') {
      throw new GitServerError(412, 'cannot change state of this pull request, it was already merged');
    }
    const now = new Date().toISOString();
    const edited: PullRecord = {
      ...before,
      title: title ?? before.title,
      body: body ?? before.body,
      updated: now,
    };
    const changed = edited.title !== before.title || edited.body !== before.body;
    if (changed) await events.pullChanged(repository, user, 'edited', edited);
    const next = { ...edited, ...(await stateChange(call, edited, state, now)) };
    if (next.state === edited.state) return edited;
    const { closed: _closed, ...open } = next;
    const result = next.state === 'open' ? open : next;
    const action: PullAction = next.state === 'open' ? 'reopened' : 'closed';
    await events.pullChanged(repository, user, action, result);
    return result;
  });
  return json(await fullView(call, pull), 201);
}

async function stateChange(
  { repository }: RepositoryCall,
  pull: PullRecord,
  state: 'open' | 'closed' | undefined,
  now: string,
): Promise<Partial<PullRecord>> {
  if (state === undefined || state === pull.state) return {};
  const base = await readRef(repository.folder, `refs/heads/${pull.base}`);
  if (state === 'closed') return { state, closed: now, baseSha: base ?? pull.baseSha };
  const head = await readRef(repository.folder, `refs/heads/${pull.head}`);
  if (head === undefined || base === undefined) throw invalid('a branch of this pull request is gone');
  return { state, headSha: head, baseSha: base };
}

export async function files(call: RepositoryCall): Promise<Response> {
  const pull = pullOf(call);
  const url = repositoryUrl(call.service, call.repository.record);
  const api = apiUrl(call.service, call.repository.record);
  return paged(call, await call.pulls.files(call.repository, pull), (file) => {
    const path = file.path.split('/').map(encodeURIComponent).join('/');
    return {
      filename: file.path,
      ...(file.from === undefined ? {} : { previous_filename: file.from }),
      status: { added: 'added', modified: 'changed', removed: 'deleted', renamed: 'renamed' }[file.status],
      additions: file.additions,
      deletions: file.deletions,
      changes: file.additions + file.deletions,
      html_url: `${url}/src/commit/${pull.headSha}/${path}`,
      contents_url: `${api}/contents/${path}?ref=${pull.headSha}`,
      raw_url: `${url}/raw/commit/${pull.headSha}/${path}`,
    };
  });
}

/** Newest first. */
export async function commits(call: RepositoryCall): Promise<Response> {
  const { service, repository } = call;
  const { mergeBase, head } = await call.pulls.standing(repository, pullOf(call));
  const window = windowOf(call);
  const revisions = [head, `^${mergeBase}`];
  const [entries, total] = await Promise.all([
    log(service.git, repository.folder, { revisions, skip: window.skip, limit: window.limit, files: true }),
    countCommits(service.git, repository.folder, revisions),
  ]);
  const views = entries.map((commit) => commitView(service, repository.record, commit));
  return json(views, 200, pageHeaders(call, window, total));
}

/** 204 when it is merged, else 404. */
export async function isMerged(call: RepositoryCall): Promise<Response> {
  if (pullOf(call).merged === undefined) throw notFound();
  return noContent();
}

export async function merge(call: WriteCall): Promise<Response> {
  const fields = await call.fields();
  await mergePull(call, call.repository, pullNumber(call.param('index')), call.viewer.user, {
    style: fields.choice('Do', STYLES) ?? 'merge',
    title: fields.optionalText('MergeTitleField') ?? '',
    message: fields.optionalText('MergeMessageField') ?? '',
    headSha: fields.optionalText('head_commit_id') ?? '',
    deleteBranch: fields.flag('delete_branch_after_merge') ?? false,
  });
  return noContent(200);
}

/** Removes a pull request with all that belongs to it. */
export async function remove(call: WriteCall): Promise<Response> {
  const { service, repository, pulls } = call;
  await service.queues.run(repository.record.id, async () => {
    const pull = pullOf(call);
    service.store.commit(
      ...pulls.comments(repository.record, pull.number).map(removal('comments')),
      ...pulls.reviews(repository.record, pull.number).map(removal('reviews')),
      ['remove', 'pulls', pull.id],
    );
    const ref = pullRef(pull.number);
    const before = await readRef(repository.folder, ref);
    if (before !== undefined) await updateRef(service.git, repository.folder, ref, { before, after: NO_SHA });
  });
  return noContent();
}

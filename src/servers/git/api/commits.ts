import { GitServerError, notFound } from '../errors.ts';
import { checkTreePath } from '../metadata/names.ts';
import { countCommits, log, resolveCommit, type CommitEntry } from '../repository/commits.ts';
import { hasBranches } from '../repository/refs.ts';
import { commitView } from '../views.ts';
import { json, type RepositoryCall } from './call.ts';
import { pageHeaders, windowOf } from './paging.ts';

/** Newest first, from `sha` (a branch, a tag or a commit) or the default branch; of one `path` where it is given. */
export async function list(call: RepositoryCall): Promise<Response> {
  const { git } = call.service;
  const { record, folder } = call.repository;
  const from = call.query('sha') || record.defaultBranch;
  const sha = await resolveCommit(call.service.objects, folder, from);
  if (sha === undefined) {
    if (!(await hasBranches(folder))) throw new GitServerError(409, 'Git Repository is empty.');
    throw notFound(`there is no branch, tag or commit "${from.slice(0, 100)}"`);
  }
  const window = windowOf(call);
  const path = call.query('path') ? checkTreePath(call.query('path') ?? '') : undefined;
  const files = call.query('files') !== 'false' || call.query('stat') !== 'false';
  const [commits, total] = await Promise.all([
    log(git, folder, {
      revisions: [sha],
      skip: window.skip,
      limit: window.limit,
      files,
      ...(path === undefined ? {} : { path }),
    }),
    countCommits(git, folder, [sha], path),
  ]);
  const views = commits.map((commit) => commitView(call.service, record, commit));
  return json(views, 200, { ...pageHeaders(call, window, total), 'x-total': String(total) });
}

/** @throws GitServerError 404 */
async function oneCommit(call: RepositoryCall, name: string): Promise<CommitEntry> {
  const { service, repository } = call;
  const sha = await resolveCommit(service.objects, repository.folder, name);
  if (sha === undefined) throw notFound(`commit does not exist [id: ${name.slice(0, 100)}]`);
  const [commit] = await log(service.git, repository.folder, { revisions: [sha], limit: 1, files: true });
  if (commit === undefined) throw notFound();
  return commit;
}

export async function get(call: RepositoryCall): Promise<Response> {
  const name = call.param('sha');
  const format = /^(.+)\.(diff|patch)$/.exec(name);
  if (format !== null) return difference(call, format[1] ?? '', format[2] === 'diff' ? 'diff' : 'patch');
  return json(commitView(call.service, call.repository.record, await oneCommit(call, name)));
}

async function difference(call: RepositoryCall, name: string, format: 'diff' | 'patch'): Promise<Response> {
  const { sha } = await oneCommit(call, name);
  const { git } = call.service;
  const shared = ['--git-dir', call.repository.folder];
  const args =
    format === 'patch'
      ? ['format-patch', '--stdout', '-1', '--no-signature', sha]
      : ['diff-tree', '-p', '--root', '--no-commit-id', '-M', '--diff-merges=first-parent', sha];
  const { stdout } = await git.run([...shared, ...args]);
  return new Response(new Uint8Array(stdout), { headers: { 'content-type': 'text/plain; charset=utf-8' } });
}

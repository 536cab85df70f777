import { pipeline } from 'node:stream/promises';
import { invalid, notFound } from '../errors.ts';
import { checkRefName, checkTreePath } from '../metadata/names.ts';
import { readCommit, resolveCommit, type CommitEntry, type Person } from '../repository/commits.ts';
import { NO_SHA, readRef } from '../repository/refs.ts';
import type { TreeEntry } from '../repository/objects.ts';
import type { TreeChange } from '../repository/trees.ts';
import { writeCommit } from '../repository/write.ts';
import { NO_TIME, UNSIGNED, apiUrl, repositoryUrl } from '../views.ts';
import { json, type RepositoryCall, type WriteCall } from './call.ts';
import type { Fields } from './fields.ts';
import { signaturesOf } from './signatures.ts';

/** A larger file is shown without its content; `raw` streams it. */
const SHOWN = 8 * 1024 * 1024;
/** A file up to this size is read by the process that reads all objects, and not streamed. */
const READ_AT_ONCE = 256 * 1024;

type Kind = 'file' | 'dir' | 'symlink' | 'submodule';

function kindOf(mode: string): Kind {
  if (mode === '040000') return 'dir';
  if (mode === '120000') return 'symlink';
  return mode === '160000' ? 'submodule' : 'file';
}

/** The entry of a path below a commit; undefined when there is none. */
async function entryAt(call: RepositoryCall, commit: string, path: string): Promise<TreeEntry | undefined> {
  const slash = path.lastIndexOf('/');
  const parent = slash < 0 ? '' : path.slice(0, slash);
  const entries = await call.service.objects.tree(call.repository.folder, `${commit}:${parent}`);
  return entries?.find((entry) => entry.name === path.slice(slash + 1));
}

async function view(
  call: RepositoryCall,
  at: { readonly commit: string; readonly ref: string },
  entry: TreeEntry,
  path: string,
  { content }: { readonly content: boolean },
) {
  const { objects } = call.service;
  const { folder, record } = call.repository;
  const kind = kindOf(entry.mode);
  const isBlob = kind === 'file' || kind === 'symlink';
  const info = isBlob ? await objects.info(folder, entry.sha) : undefined;
  const read = content && isBlob && (info?.size ?? 0) <= SHOWN;
  const blob = read ? await objects.read(folder, entry.sha) : undefined;
  const encoded = path.split('/').map(encodeURIComponent).join('/');
  const self = `${apiUrl(call.service, record)}/contents/${encoded}?ref=${encodeURIComponent(at.ref)}`;
  const gitUrl = `${apiUrl(call.service, record)}/git/${kind === 'dir' ? 'trees' : 'blobs'}/${entry.sha}`;
  const html = `${repositoryUrl(call.service, record)}/src/commit/${at.commit}/${encoded}`;
  return {
    name: entry.name,
    path,
    sha: entry.sha,
    last_commit_sha: at.commit,
    type: kind,
    size: info?.size ?? 0,
    encoding: blob === undefined ? null : 'base64',
    content: blob === undefined ? null : blob.content.toString('base64'),
    target: kind === 'symlink' && blob !== undefined ? blob.content.toString('utf8') : null,
    url: self,
    html_url: html,
    git_url: gitUrl,
    download_url: isBlob ? `${repositoryUrl(call.service, record)}/raw/commit/${at.commit}/${encoded}` : null,
    submodule_git_url: null,
    _links: { self, git: gitUrl, html },
  };
}

async function commitAt(call: RepositoryCall): Promise<{ commit: string; ref: string }> {
  const ref = call.query('ref') || call.repository.record.defaultBranch;
  const commit = await resolveCommit(call.service.objects, call.repository.folder, ref);
  if (commit === undefined) throw notFound(`object does not exist [id: ${ref.slice(0, 100)}, rel_path: ]`);
  return { commit, ref };
}

/** One file with its content, or the entries of a folder. */
export async function get(call: RepositoryCall): Promise<Response> {
  const at = await commitAt(call);
  const raw = call.param('path').replaceAll(/^\/+|\/+$/g, '');
  if (raw === '') return json(await folder(call, at, ''));
  const path = checkTreePath(raw);
  const entry = await entryAt(call, at.commit, path);
  if (entry === undefined) throw notFound(`object does not exist [id: , rel_path: ${path}]`);
  if (kindOf(entry.mode) === 'dir') return json(await folder(call, at, path));
  return json(await view(call, at, entry, path, { content: true }));
}

async function folder(call: RepositoryCall, at: { commit: string; ref: string }, path: string) {
  const entries = await call.service.objects.tree(call.repository.folder, `${at.commit}:${path}`);
  if (entries === undefined) throw notFound();
  return Promise.all(
    entries.map((entry) =>
      view(call, at, entry, path === '' ? entry.name : `${path}/${entry.name}`, { content: false }),
    ),
  );
}

/** The file itself, streamed. Without `ref`, the path may begin with a branch, a tag or a commit, as older clients ask. */
export async function raw(call: RepositoryCall): Promise<'streamed'> {
  const at = (await refInPath(call)) ?? { ...(await commitAt(call)), path: call.param('path') };
  const path = checkTreePath(at.path);
  const entry = await entryAt(call, at.commit, path);
  if (entry === undefined || kindOf(entry.mode) === 'dir') throw notFound();
  await streamBlob(call, entry.sha);
  return 'streamed';
}

/** The commit that the beginning of a path names; of several the shortest, as Gitea takes it. */
async function refInPath(call: RepositoryCall): Promise<{ commit: string; path: string } | undefined> {
  if ((call.query('ref') ?? '') !== '') return undefined;
  const parts = call.param('path').split('/');
  for (let count = 1; count < parts.length; count += 1) {
    const name = parts.slice(0, count).join('/');
    const commit = await resolveCommit(call.service.objects, call.repository.folder, name);
    if (commit !== undefined) return { commit, path: parts.slice(count).join('/') };
  }
  return undefined;
}

/** Sends a blob in a way that no browser takes for a page of this server. */
export async function streamBlob(
  { service, repository, outgoing }: Pick<RepositoryCall, 'service' | 'repository' | 'outgoing'>,
  sha: string,
): Promise<void> {
  const info = await service.objects.info(repository.folder, sha);
  if (info?.type !== 'blob') throw notFound();
  outgoing.writeHead(200, {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': info.size,
    'x-content-type-options': 'nosniff',
    'content-security-policy': "default-src 'none'; sandbox",
    etag: `"${sha}"`,
  });
  if (info.size <= READ_AT_ONCE) {
    outgoing.end((await service.objects.read(repository.folder, sha))?.content);
    return;
  }
  // A process of its own, which goes at the pace of the client.
  const child = service.git.spawn(['--git-dir', repository.folder, 'cat-file', 'blob', sha]);
  child.stdin.end();
  child.stderr.resume();
  try {
    await pipeline(child.stdout, outgoing);
  } catch {
    // The client has gone.
    child.kill('SIGKILL');
  }
}

interface Operation {
  readonly operation: 'create' | 'update' | 'delete';
  readonly path: string;
  readonly from: string;
  readonly sha: string | undefined;
  readonly content: Buffer;
}

function operationOf(fields: Fields, operation: Operation['operation'], path: string): Operation {
  const clean = checkTreePath(path);
  const from = fields.optionalText('from_path');
  const content = fields.optionalText('content') ?? '';
  if (!/^[A-Za-z0-9+/\s]*={0,2}\s*$/.test(content)) throw invalid('[content]: has to be base64');
  return {
    operation,
    path: clean,
    from: from === undefined || from === '' ? clean : checkTreePath(from),
    sha: fields.optionalText('sha') || undefined,
    content: Buffer.from(content, 'base64'),
  };
}

/** Checks one operation against the tree that it changes. @throws GitServerError 404, 422 */
async function changesOf(
  call: WriteCall,
  commit: string | undefined,
  operation: Operation,
): Promise<TreeChange[]> {
  const { path, from } = operation;
  const at = (where: string) => (commit === undefined ? undefined : entryAt(call, commit, where));
  let mode = '100644';
  if (operation.operation !== 'create') {
    const entry = await at(from);
    if (entry === undefined) throw notFound(`object does not exist [id: , rel_path: ${from}]`);
    if (kindOf(entry.mode) === 'dir') throw invalid(`a directory is at this path [path: ${from}]`);
    if (operation.sha === undefined) {
      throw invalid('a SHA or commit ID must be proved when updating a file');
    }
    if (operation.sha !== entry.sha) {
      throw invalid(`sha does not match [given: ${operation.sha}, expected: ${entry.sha}]`);
    }
    if (operation.operation === 'delete') return [{ path: from, delete: true }];
    mode = entry.mode === '100755' ? entry.mode : mode;
  }
  const parts = path.split('/');
  for (let depth = 1; depth <= parts.length; depth += 1) {
    const above = parts.slice(0, depth).join('/');
    const entry = await at(above);
    if (entry === undefined) break;
    const kind = kindOf(entry.mode);
    if (depth < parts.length && kind !== 'dir') {
      throw invalid(`a file exists where you’re trying to create a subdirectory [path: ${above}]`);
    }
    if (depth === parts.length && kind === 'dir') {
      throw invalid(`a directory exists where you’re trying to create a file [path: ${above}]`);
    }
    if (depth === parts.length && (operation.operation === 'create' || from !== path)) {
      throw invalid(`repository file already exists [path: ${path}]`);
    }
  }
  const removed: TreeChange[] = from === path ? [] : [{ path: from, delete: true }];
  return [...removed, { path, mode, content: operation.content }];
}

/** Makes one commit of the operations, on `branch` or on a `new_branch` from it. */
async function change(
  call: WriteCall,
  fields: Fields,
  operations: readonly Operation[],
  defaultMessage: string,
): Promise<{ commit: CommitEntry; branch: string }> {
  const { service, repository } = call;
  const { folder, record } = repository;
  const branch = fields.optionalText('branch') || record.defaultBranch;
  const newBranch = fields.optionalText('new_branch') || branch;
  checkRefName(branch);
  checkRefName(newBranch);
  const { author, committer } = signaturesOf(fields, call.viewer.user);
  const message = fields.optionalText('message')?.trim() || defaultMessage;
  const ref = `refs/heads/${newBranch}`;
  const sha = await service.queues.run(record.id, async () => {
    const base = await readRef(folder, `refs/heads/${branch}`);
    if (base === undefined && (await call.service.objects.info(folder, 'HEAD')) !== undefined) {
      throw notFound(`branch does not exist [name: ${branch}]`);
    }
    if (newBranch !== branch && (await readRef(folder, ref)) !== undefined) {
      throw invalid(`branch already exists [name: ${newBranch}]`);
    }
    const tree: TreeChange[] = [];
    for (const operation of operations) tree.push(...(await changesOf(call, base, operation)));
    const parents = base === undefined ? [] : [base];
    const after = await writeCommit(service, folder, { ref, parents, message, author, committer, tree });
    const before = newBranch === branch ? (base ?? NO_SHA) : NO_SHA;
    await call.events.moved(repository, call.viewer.user, [{ ref, before, after }]);
    return after;
  });
  const commit = await readCommit(service.objects, folder, sha);
  if (commit === undefined) throw notFound();
  return { commit, branch: newBranch };
}

/** The commit that changed files. Its dates are in UTC, where lists of commits keep the zone of the person. */
function fileCommit(call: RepositoryCall, commit: CommitEntry) {
  const url = apiUrl(call.service, call.repository.record);
  const inUtc = (person: Person) => ({
    ...person,
    date: new Date(person.date).toISOString().replace('.000Z', 'Z'),
  });
  return {
    url: `${url}/git/commits/${commit.sha}`,
    sha: commit.sha,
    created: NO_TIME,
    html_url: `${repositoryUrl(call.service, call.repository.record)}/commit/${commit.sha}`,
    author: inUtc(commit.author),
    committer: inUtc(commit.committer),
    parents: commit.parents.map((sha) => ({ url: `${url}/git/commits/${sha}`, sha, created: NO_TIME })),
    message: commit.message,
    tree: { url: `${url}/git/trees/${commit.tree}`, sha: commit.tree, created: NO_TIME },
  };
}

async function written(call: RepositoryCall, result: { commit: CommitEntry; branch: string }, path: string) {
  const at = { commit: result.commit.sha, ref: result.branch };
  const entry = await entryAt(call, at.commit, path);
  return entry === undefined ? null : view(call, at, entry, path, { content: true });
}

async function changeOne(call: WriteCall, verb: Operation['operation']): Promise<Response> {
  const fields = await call.fields();
  const operation = operationOf(fields, verb, call.param('path'));
  const label = { create: 'Add', update: 'Update', delete: 'Delete' }[verb];
  const result = await change(call, fields, [operation], `${label} ${operation.path}`);
  const content = verb === 'delete' ? null : await written(call, result, operation.path);
  const body = { content, commit: fileCommit(call, result.commit), verification: UNSIGNED };
  return json(body, verb === 'create' ? 201 : 200);
}

export const create = (call: WriteCall) => changeOne(call, 'create');
export const update = (call: WriteCall) => changeOne(call, 'update');
export const remove = (call: WriteCall) => changeOne(call, 'delete');

/** Several files in one commit. */
export async function changeSeveral(call: WriteCall): Promise<Response> {
  const fields = await call.fields();
  const files = fields.objects('files') ?? [];
  if (files.length === 0) throw invalid('[files]: Required');
  const operations = files.map((file) => {
    const verb = file.choice('operation', ['create', 'update', 'delete']);
    if (verb === undefined) throw invalid('[operation]: Required');
    return operationOf(file, verb, file.text('path'));
  });
  const verbs = [...new Set(operations.map(({ operation, path }) => `${operation} ${path}`))];
  const result = await change(call, fields, operations, verbs.slice(0, 10).join('\n'));
  const views = operations.map(async ({ operation, path }) =>
    operation === 'delete' ? null : written(call, result, path),
  );
  return json(
    { files: await Promise.all(views), commit: fileCommit(call, result.commit), verification: UNSIGNED },
    201,
  );
}

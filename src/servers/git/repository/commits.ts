import { isRefName } from '../metadata/names.ts';
import type { Git } from './git.ts';
import type { Objects } from './objects.ts';
import { readRef } from './refs.ts';

export interface Person {
  readonly name: string;
  readonly email: string;
  /** ISO 8601 with the person's own offset. */
  readonly date: string;
}

export interface FileChange {
  readonly path: string;
  /** Before a rename. */
  readonly from?: string;
  readonly status: 'added' | 'modified' | 'removed' | 'renamed';
  /** Lines; 0 for binary files. */
  readonly additions: number;
  readonly deletions: number;
}

export interface CommitEntry {
  readonly sha: string;
  readonly tree: string;
  readonly parents: readonly string[];
  readonly author: Person;
  readonly committer: Person;
  readonly message: string;
  /** Against the first parent; empty unless asked for. */
  readonly files: readonly FileChange[];
}

export interface LogOptions {
  /** Commit ids to walk from, and, with a leading `^`, to leave out. */
  readonly revisions: readonly string[];
  readonly skip?: number;
  readonly limit?: number;
  readonly path?: string;
  /** Whether to find out the files that each commit changed. */
  readonly files?: boolean;
  readonly oldestFirst?: boolean;
}

const START = '\u0001';
const FORMAT = ['%x01%H', '%T', '%P', '%an', '%ae', '%aI', '%cn', '%ce', '%cI', '%B', ''].join('%x00');

/** Commits, newest first, by one `git log`. */
export async function log(git: Git, folder: string, options: LogOptions): Promise<CommitEntry[]> {
  const { revisions, skip = 0, limit, path, files = false, oldestFirst = false } = options;
  const output = await git.text([
    '--git-dir',
    folder,
    'log',
    '-z',
    `--format=tformat:${FORMAT}`,
    `--skip=${skip}`,
    ...(limit === undefined ? [] : [`--max-count=${limit}`]),
    ...(oldestFirst ? ['--reverse', '--topo-order'] : []),
    ...(files ? ['--raw', '--numstat', '--no-renames', '--diff-merges=first-parent', '--root'] : []),
    ...revisions,
    '--',
    ...(path === undefined ? [] : [`:(literal)${path}`]),
  ]);
  return parseLog(output);
}

export async function countCommits(
  git: Git,
  folder: string,
  revisions: readonly string[],
  path?: string,
): Promise<number> {
  const paths = path === undefined ? [] : [`:(literal)${path}`];
  const args = ['--git-dir', folder, 'rev-list', '--count', ...revisions, '--', ...paths];
  return Number(await git.text(args));
}

/** The files that differ between two trees or commits, renames found. */
export async function changedFiles(
  git: Git,
  folder: string,
  from: string,
  to: string,
): Promise<FileChange[]> {
  const args = ['--git-dir', folder, 'diff', '-z', '--raw', '--numstat', '-M', from, to, '--'];
  const tokens = (await git.text(args)).split('\0');
  return new ChangeParser(tokens).parse();
}

/** The common ancestor that a merge starts from, or undefined for unrelated histories. */
export async function mergeBase(git: Git, folder: string, a: string, b: string): Promise<string | undefined> {
  const { stdout, exitCode } = await git.run(['--git-dir', folder, 'merge-base', a, b], { accept: [0, 1] });
  return exitCode === 0 ? stdout.toString().trim() : undefined;
}

/**
 * The commit that a branch, a tag or a commit id (shortened or not) names, tried in this order; undefined when there is none.
 * Other revision expressions are no names.
 */
export async function resolveCommit(
  objects: Objects,
  folder: string,
  name: string,
): Promise<string | undefined> {
  if (!isRefName(name)) return undefined;
  const candidates = [`refs/heads/${name}`, `refs/tags/${name}`];
  if (name.startsWith('refs/')) candidates.unshift(name);
  if (/^[0-9a-f]{40}$/.test(name)) candidates.unshift(name);
  else if (/^[0-9a-f]{4,39}$/.test(name)) candidates.push(name);
  for (const candidate of candidates) {
    const id = candidate.startsWith('refs/') ? await readRef(folder, candidate) : candidate;
    const found = id === undefined ? undefined : await objects.info(folder, `${id}^{commit}`);
    if (found !== undefined) return found.sha;
  }
  return undefined;
}

/** One commit without its files, by the open reader of the repository. */
export async function readCommit(
  objects: Objects,
  folder: string,
  revision: string,
): Promise<CommitEntry | undefined> {
  const object = await objects.read(folder, `${revision}^{commit}`);
  return object?.type === 'commit' ? parseCommit(object.sha, object.content.toString('utf8')) : undefined;
}

function parseCommit(sha: string, text: string): CommitEntry | undefined {
  const end = text.indexOf('\n\n');
  const header = end < 0 ? text : text.slice(0, end);
  const all = (name: string) =>
    header.split('\n').flatMap((line) => (line.startsWith(`${name} `) ? [line.slice(name.length + 1)] : []));
  const [author] = all('author').map(parsePerson);
  const [committer] = all('committer').map(parsePerson);
  if (author === undefined || committer === undefined) return undefined;
  const message = end < 0 ? '' : text.slice(end + 2);
  return { sha, tree: all('tree')[0] ?? '', parents: all('parent'), author, committer, message, files: [] };
}

/** `Ada <ada@example.org> 1700000000 +0100` */
function parsePerson(line: string): Person {
  const [, name = '', email = '', seconds = '0', sign = '+', hours = '00', minutes = '00'] =
    /^(.*?) ?<([^>]*)> (\d+) ([+-])(\d{2})(\d{2})$/.exec(line) ?? [];
  const offset = (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -60_000 : 60_000);
  const local = new Date(Number(seconds) * 1000 + offset).toISOString().slice(0, 19);
  const zone = `${hours}${minutes}` === '0000' ? 'Z' : `${sign}${hours}:${minutes}`;
  return { name, email, date: `${local}${zone}` };
}

function parseLog(output: string): CommitEntry[] {
  const tokens = output.split('\0');
  const commits: CommitEntry[] = [];
  let index = 0;
  const next = () => tokens[index++] ?? '';
  while (index < tokens.length) {
    const start = next();
    if (!start.startsWith(START)) continue;
    const sha = start.slice(1);
    const tree = next();
    const parents = next().split(' ').filter(Boolean);
    const person = (): Person => ({ name: next(), email: next(), date: next().replace(/\+00:00$/, 'Z') });
    const author = person();
    const committer = person();
    const message = next();
    let end = index;
    while (end < tokens.length && !tokens[end]?.startsWith(START)) end += 1;
    const files = new ChangeParser(tokens.slice(index, end)).parse();
    index = end;
    commits.push({ sha, tree, parents, author, committer, message, files });
  }
  return commits;
}

const STATUS: Readonly<Record<string, FileChange['status']>> = { A: 'added', D: 'removed', R: 'renamed' };

/** Reads what `--raw --numstat -z` writes: first a `:` line a file, then a line of numbers a file. */
class ChangeParser {
  readonly #tokens: readonly string[];
  #index = 0;

  constructor(tokens: readonly string[]) {
    this.#tokens = tokens;
  }

  parse(): FileChange[] {
    const changes = new Map<string, FileChange>();
    while (this.#index < this.#tokens.length) {
      const token = this.#next().replace(/^\n+/, '');
      if (token.startsWith(':')) {
        const letter = token.split(' ')[4]?.charAt(0) ?? 'M';
        const path = this.#next();
        const renamed = letter === 'R' || letter === 'C';
        const target = renamed ? this.#next() : path;
        changes.set(target, {
          path: target,
          ...(renamed ? { from: path } : {}),
          status: STATUS[letter] ?? 'modified',
          additions: 0,
          deletions: 0,
        });
        continue;
      }
      const [, added, deleted, name] = /^(\d+|-)\t(\d+|-)\t(.*)$/s.exec(token) ?? [];
      if (name === undefined) continue;
      // An empty name announces a rename: the old and the new name follow.
      const path = name === '' ? (this.#next(), this.#next()) : name;
      const change = changes.get(path);
      if (change === undefined) continue;
      changes.set(path, { ...change, additions: Number(added) || 0, deletions: Number(deleted) || 0 });
    }
    return [...changes.values()];
  }

  #next(): string {
    return this.#tokens[this.#index++] ?? '';
  }
}

import { createHash } from 'node:crypto';
import { access, rm } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { maxSatisfying, valid, validRange } from 'semver';
import { createBareMirror } from '../../../clients/git/bare.ts';
import type { GitObject } from '../../../clients/git/loose.ts';
import { ObjectReader } from '../../../clients/git/objects.ts';
import { fetchPack } from '../../../clients/git/pack.ts';
import { treeEntries } from '../../../clients/git/tree-entries.ts';
import { systemCode } from '../../../lib/errors.ts';
import { basicAuthorization } from '../../../lib/http/auth.ts';
import { leastEnvironment, run } from '../../../lib/process.ts';
import type { SourceFile } from '../manifests.ts';
import {
  ALLOWED_PROTOCOLS,
  checkRepoUrl,
  explainGit,
  listRemote,
  RepositoryError,
  type Refs,
  type RepositoryCredentials,
} from './remote.ts';

const FETCH_TIMEOUT = 60_000;
/** Limits of what one Application may read from a repository. */
const MOST_FILES = 5000;
const MOST_BYTES = 16 * 1024 * 1024;
/** Fetches after which the mirror is packed anew. */
const FETCHES_PER_GC = 200;
/** Most fetched commits that are remembered as a base for the next fetch. */
const WHOLE_LIMIT = 32;

/** A bare copy of one repository: a cache, that may be deleted at any time. */
export class Mirror {
  readonly url: string;
  readonly #folder: string;
  readonly #credentials: () => RepositoryCredentials | undefined;
  #reader: ObjectReader | undefined;
  #refs: Refs | undefined;
  #refreshing: Promise<void> | undefined;
  #fetching: Promise<void> = Promise.resolve();
  #fetches = 0;
  /** Commits that were fetched with everything that they need, oldest first. */
  readonly #whole = new Set<string>();

  constructor(root: string, url: string, credentials: () => RepositoryCredentials | undefined) {
    checkRepoUrl(url);
    this.url = url;
    this.#folder = join(root, createHash('sha256').update(url).digest('hex').slice(0, 24));
    this.#credentials = credentials;
  }

  /**
   * Learns the refs anew. Calls during a refresh share it, unless `expected` is given: a push that is just
   * known about, whose commits are fetched at the same time as the refs are asked for.
   */
  refresh(expected?: { readonly commit: string }): Promise<void> {
    if (this.#refreshing !== undefined && expected === undefined) return this.#refreshing;
    const refreshing = this.#refresh(expected?.commit).finally(() => {
      if (this.#refreshing === refreshing) this.#refreshing = undefined;
    });
    this.#refreshing = refreshing;
    return refreshing;
  }

  async #refresh(expected: string | undefined): Promise<void> {
    const early = expected === undefined ? undefined : this.#ensure(expected);
    // Its failure shows in the commit being absent later on.
    early?.catch(() => undefined);
    this.#refs = await listRemote(this.url, this.#credentials(), this.#environment());
    await early?.catch(() => undefined);
  }

  /**
   * The full commit id of a branch, tag, commit id (short ones too), `HEAD`, or a semver range over tags.
   * @throws RepositoryError
   */
  async resolve(targetRevision: string): Promise<string> {
    if (/^[0-9a-f]{40}([0-9a-f]{24})?$/.test(targetRevision)) {
      await this.#ensure(targetRevision);
      return targetRevision;
    }
    if (this.#refs === undefined) await this.refresh();
    const refs = this.#refs;
    const commit = refs === undefined ? undefined : findCommit(refs, targetRevision);
    if (commit !== undefined) return commit;
    if (/^[0-9a-f]{7,39}$/.test(targetRevision)) {
      await this.#ensure(targetRevision);
      const object = await this.#object(`${targetRevision}^{commit}`);
      if (object !== undefined) return object.id;
    }
    const empty = refs?.commits.size === 0;
    throw new RepositoryError(
      empty
        ? `repository ${this.url} is empty; push a commit first`
        : `unable to resolve '${targetRevision === '' ? 'HEAD' : targetRevision}' to a commit of ${this.url}: ` +
            `branches are ${listSome(refs)}; correct spec.source.targetRevision`,
    );
  }

  /** Paths below a folder at a commit. @throws RepositoryError when there is no such folder. */
  async list(revision: string, path: string, recurse: boolean): Promise<string[]> {
    await this.#ensure(revision);
    const folder = cleanPath(path);
    const tree = await this.#object(`${revision}:${folder}`);
    if (tree?.type !== 'tree') {
      const commit = await this.#object(`${revision}^{commit}`);
      throw new RepositoryError(
        commit === undefined
          ? `commit ${revision} is not in ${this.url}`
          : `${path}: app path does not exist${tree === undefined ? '' : ' (it is a file)'} at ${revision.slice(0, 7)} of ${this.url}; ` +
              'correct spec.source.path, or add the folder',
      );
    }
    const names: string[] = [];
    const walk = async (object: GitObject, prefix: string): Promise<void> => {
      for (const { mode, name: own, id } of treeEntries(object.content, object.id.length / 2)) {
        const name = `${prefix}${own.toString()}`;
        // Links and submodules are left out.
        if (mode.startsWith('100')) names.push(name);
        if (names.length > MOST_FILES) throw tooMuch(path, `more than ${MOST_FILES} files`);
        if (mode === '40000' && recurse) {
          const below = await this.#object(id);
          if (below !== undefined) await walk(below, `${name}/`);
        }
      }
    };
    await walk(tree, '');
    return names;
  }

  /** Reads files below a folder; their paths come back from the root of the repository. */
  async read(revision: string, path: string, names: readonly string[]): Promise<SourceFile[]> {
    const folder = cleanPath(path);
    let bytes = 0;
    const files = await Promise.all(
      names.map(async (name) => {
        const file = folder === '' ? name : `${folder}/${name}`;
        const object = await this.#object(`${revision}:${file}`);
        if (object === undefined) {
          await this.#discard();
          throw new Error(`the mirror of ${this.url} had lost ${file} and is made anew`);
        }
        bytes += object.content.length;
        if (bytes > MOST_BYTES) throw tooMuch(path, `manifests of more than ${MOST_BYTES} bytes`);
        return { path: file, content: object.content.toString('utf8') };
      }),
    );
    return files;
  }

  /** First line, author and date of a commit, for people. */
  async describe(revision: string): Promise<{ subject: string; author: string } | undefined> {
    const object = await this.#object(`${revision}^{commit}`);
    const [headers = '', ...message] = object?.content.toString('utf8').split('\n\n') ?? [];
    if (object === undefined) return undefined;
    const author = /^author (.*?) <.*$/m.exec(headers)?.[1] ?? '';
    return { subject: message.join('\n\n').split('\n')[0] ?? '', author };
  }

  close(): void {
    this.#reader?.close();
  }

  async #object(name: string): Promise<GitObject | undefined> {
    return this.#openReader().read(name);
  }

  #openReader(): ObjectReader {
    return (this.#reader ??= new ObjectReader(this.#folder, this.#environment()));
  }

  /** Makes sure that a commit is in the mirror, by a fetch where it is not. One fetch runs at a time. */
  async #ensure(commit: string): Promise<void> {
    if (await this.#has(commit)) return;
    const turn = this.#fetching.then(async () => {
      if (await this.#has(commit)) return;
      const isEmpty = await createBareMirror(this.#folder);
      if (!(await this.#fetchQuickly(commit, isEmpty))) await this.#fetch();
      if (await this.#has(commit)) this.#remember(commit);
    });
    this.#fetching = turn.catch(() => undefined);
    await turn;
  }

  async #has(commit: string): Promise<boolean> {
    if (!(await exists(join(this.#folder, 'HEAD')))) return false;
    return (await this.#object(`${commit}^{commit}`).catch(() => undefined)) !== undefined;
  }

  #remember(commit: string): void {
    this.#whole.add(commit);
    const [oldest] = this.#whole;
    if (this.#whole.size > WHOLE_LIMIT && oldest !== undefined) this.#whole.delete(oldest);
  }

  /** Fetches a commit into an empty mirror, or on top of one that is there already; false when that is not possible. */
  async #fetchQuickly(commit: string, isEmpty: boolean): Promise<boolean> {
    if (!/^https?:/i.test(this.url) || !/^[0-9a-f]{40}$/.test(commit)) return false;
    if (this.#whole.size === 0 && !isEmpty) return false;
    this.#fetches += 1;
    // Now and then the refs are brought up to date, and the mirror is packed.
    if (this.#fetches % FETCHES_PER_GC === 0) return false;
    const credentials = this.#credentials();
    try {
      await fetchPack({
        url: this.url,
        authorization:
          credentials === undefined
            ? undefined
            : basicAuthorization(credentials.username, credentials.password),
        folder: this.#folder,
        env: this.#environment(),
        reader: this.#openReader(),
        want: commit,
        have: [...this.#whole].reverse(),
      });
      return true;
    } catch {
      return false;
    }
  }

  async #fetch(again = true): Promise<void> {
    await createBareMirror(this.#folder);
    const args = [
      ...['--git-dir', this.#folder, '-c', 'gc.auto=0', '-c', 'maintenance.auto=false'],
      ...['fetch', '-q', '--no-write-fetch-head', '--no-tags', '--prune', '--force', '--', this.url],
      ...['+refs/heads/*:refs/heads/*', '+refs/tags/*:refs/tags/*'],
    ];
    const result = await run('git', args, { env: this.#environment(), timeout: FETCH_TIMEOUT });
    if (result.exitCode === 0) {
      if (this.#fetches >= FETCHES_PER_GC) {
        this.#fetches = 0;
        this.#whole.clear();
        await run('git', ['--git-dir', this.#folder, 'gc', '-q'], { env: this.#environment() });
      }
      return;
    }
    const damaged =
      /corrupt|bad object|not a git repository|loose object|packfile|cannot lock ref|unable to/i;
    if (again && damaged.test(result.stderr)) {
      await this.#discard();
      await this.#fetch(false);
      return;
    }
    throw explainGit(this.url, result.stderr);
  }

  async #discard(): Promise<void> {
    this.#reader?.close();
    this.#whole.clear();
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** Git's environment: no prompt, no configuration of the person, and the login as a header that no process list shows. */
  #environment(): Record<string, string> {
    const credentials = this.#credentials();
    const header: Record<string, string> =
      credentials === undefined || !/^https?:/i.test(this.url)
        ? {}
        : {
            GIT_CONFIG_COUNT: '1',
            GIT_CONFIG_KEY_0: 'http.extraHeader',
            GIT_CONFIG_VALUE_0: `Authorization: ${basicAuthorization(credentials.username, credentials.password)}`,
          };
    return leastEnvironment({
      GIT_TERMINAL_PROMPT: '0',
      GIT_ASKPASS: '',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_ALLOW_PROTOCOL: ALLOWED_PROTOCOLS.join(':'),
      GIT_OPTIONAL_LOCKS: '0',
      ...header,
    });
  }
}

/** The commit that a branch, tag, full ref, `HEAD` or semver range names. */
export function findCommit(refs: Refs, name: string): string | undefined {
  if (name === '' || name === 'HEAD') return refs.head;
  const exact =
    refs.commits.get(`refs/heads/${name}`) ??
    refs.commits.get(`refs/tags/${name}`) ??
    (name.startsWith('refs/') ? refs.commits.get(name) : undefined);
  if (exact !== undefined) return exact;
  if (validRange(name) === null || /^[0-9a-f]{7,}$/.test(name)) return undefined;
  const tags = [...refs.commits.keys()].flatMap((ref) => /^refs\/tags\/(.+)$/.exec(ref)?.[1] ?? []);
  const best = maxSatisfying(
    tags.filter((tag) => valid(tag) !== null),
    name,
  );
  return best === null ? undefined : refs.commits.get(`refs/tags/${best}`);
}

/** A path of the spec as git wants it: from the root, without `.`. @throws RepositoryError when it leaves the repository. */
export function cleanPath(path: string): string {
  const clean = posix.normalize(path).replace(/^\/+|\/+$/g, '');
  if (clean === '..' || clean.startsWith('../') || /[\n\0]/.test(clean)) {
    throw new RepositoryError(`${path}: app path is outside of the repository`);
  }
  return clean === '.' ? '' : clean;
}

function tooMuch(path: string, what: string): RepositoryError {
  return new RepositoryError(
    `${path === '' ? '.' : path}: ${what}; point spec.source.path at a smaller folder`,
  );
}

function listSome(refs: Refs | undefined): string {
  const names = [...(refs?.commits.keys() ?? [])].flatMap(
    (ref) => /^refs\/heads\/(.+)$/.exec(ref)?.[1] ?? [],
  );
  return `${names.slice(0, 8).join(', ')}${names.length > 8 ? ', …' : ''}`;
}

async function exists(file: string): Promise<boolean> {
  try {
    await access(file);
    return true;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false;
    throw error;
  }
}

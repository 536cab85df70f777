import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createBareMirror } from '../../../clients/git/bare.ts';
import { ObjectReader } from '../../../clients/git/objects.ts';
import { fetchPack } from '../../../clients/git/pack.ts';
import { messageOf } from '../../../lib/errors.ts';
import { isInside } from '../../../lib/fs.ts';
import { authorizationOf, git, GitFailure, loginEnvironment, type GitCall, type Login } from './git.ts';
import { listRefs } from './refs.ts';

/** Commits that are offered as a base of a fetch. */
const MOST_BASES = 16;
/** Each quick fetch leaves a pack; so many of them are made one. */
const FETCHES_PER_REPACK = 200;

/** The bare mirrors of the repositories that jobs and libraries come from, one folder a remote. */
export class Mirrors {
  readonly #folder: string;
  readonly #env: Readonly<Record<string, string>>;
  readonly #mirrors = new Map<string, Mirror>();

  constructor(folder: string, env: Readonly<Record<string, string>>) {
    this.#folder = folder;
    this.#env = env;
  }

  of(remote: string): Mirror {
    let mirror = this.#mirrors.get(remote);
    if (mirror === undefined) {
      const name = createHash('sha256').update(remote).digest('hex').slice(0, 24);
      mirror = new Mirror(remote, join(this.#folder, `${name}.git`), this.#env);
      this.#mirrors.set(remote, mirror);
    }
    return mirror;
  }

  close(): void {
    for (const mirror of this.#mirrors.values()) mirror.close();
  }
}

/** A bare copy of one repository: fetched once for each new head, and read by scans, builds and libraries. */
export class Mirror {
  readonly remote: string;
  readonly folder: string;
  readonly #env: Readonly<Record<string, string>>;
  /** Commits that are known to be here, so that no process has to ask. Bounded. */
  readonly #known = new Set<string>();
  /** Commits that were fetched with everything that they need: a base for the next fetch. */
  readonly #whole = new Set<string>();
  readonly #reader: ObjectReader;
  #fetching: Promise<unknown> = Promise.resolve();
  #fetches = 0;

  constructor(remote: string, folder: string, env: Readonly<Record<string, string>>) {
    this.remote = remote;
    this.folder = folder;
    this.#env = env;
    this.#reader = new ObjectReader(folder, { ...env });
  }

  close(): void {
    this.#reader.close();
  }

  refs(login: Login | undefined, signal?: AbortSignal): Promise<Map<string, string>> {
    return listRefs(this.remote, login, { env: this.#env, signal });
  }

  /** Makes sure that a commit is here, fetching the ref that leads to it when it is not. One fetch runs at a time. */
  async ensure(revision: string, ref: string, login: Login | undefined): Promise<void> {
    if (this.#known.has(revision)) return;
    const turn = this.#fetching.then(() => this.#fetch(revision, ref, login));
    this.#fetching = turn.catch(() => undefined);
    await turn;
  }

  /** Whether a commit is another one or among what came before it; false as well when one of them is not here. */
  async isAncestor(revision: string, of: string): Promise<boolean> {
    if (revision === of) return true;
    try {
      await git(['merge-base', '--is-ancestor', revision, of], this.#call());
      return true;
    } catch (error) {
      if (error instanceof GitFailure && error.exitCode !== null) return false;
      throw error;
    }
  }

  /** The content of a file at a commit; undefined when there is no such file. */
  async read(revision: string, path: string): Promise<string | undefined> {
    const object = await this.#reader.read(`${revision}:${path}`);
    return object?.type === 'blob' ? object.content.toString('utf8') : undefined;
  }

  /** Writes the tree of a commit into a folder of its own, without history. */
  async export(revision: string, folder: string): Promise<void> {
    const temporary = `${folder}.${process.pid}.${Math.random().toString(36).slice(2)}`;
    await mkdir(temporary, { recursive: true });
    try {
      await git(
        ['--git-dir', this.folder, '--work-tree', temporary, 'checkout', '--force', revision, '--', '.'],
        {
          ...this.#call(),
          env: { ...this.#env, GIT_INDEX_FILE: `${temporary}.index` },
        },
      );
      await rename(temporary, folder);
    } catch (error) {
      await rm(temporary, { recursive: true, force: true });
      if (!existsSync(folder)) throw error;
    } finally {
      await rm(`${temporary}.index`, { force: true });
    }
  }

  async #fetch(revision: string, ref: string, login: Login | undefined): Promise<void> {
    if (this.#known.has(revision)) return;
    const created = await createBareMirror(this.folder);
    if (!created && (await this.#has(revision))) {
      this.#remember(revision);
      return;
    }
    const quick = await this.#fetchQuickly(revision, login, created);
    if (quick) await this.#keepRef(ref, revision);
    else await this.#fetchSpec(`+${ref}:${ref}`, login);
    if (!(await this.#has(revision))) {
      // The branch was moved away by force in the meantime; most servers still hand out the commit itself.
      try {
        await this.#fetchSpec(revision, login);
      } catch (error) {
        throw new Error(
          `the commit ${revision} is not on ${ref} of ${this.remote} any more: ${messageOf(error)}`,
        );
      }
    }
    this.#remember(revision);
    this.#fetches += 1;
    if (this.#fetches % FETCHES_PER_REPACK === 0) await git(['repack', '-A', '-d', '-q'], this.#call());
  }

  /** What no ref leads to would be lost when the mirror is packed anew. */
  async #keepRef(ref: string, revision: string): Promise<void> {
    const file = join(this.folder, ref);
    if (!ref.startsWith('refs/') || !isInside(join(this.folder, 'refs'), file)) return;
    try {
      await mkdir(dirname(file), { recursive: true });
      // Whole or not at all, for a server that is killed; a power cut only costs a fetch.
      const temporary = join(this.folder, `${revision}.ref`);
      await writeFile(temporary, `${revision}\n`);
      await rename(temporary, file);
    } catch {
      // `a` and `a/b`: git knows how to replace one by the other.
      await git(['update-ref', ref, revision], this.#call()).catch(() => undefined);
    }
  }

  /**
   * Fetches a commit without `git fetch`: into an empty mirror, or on top of one that is here already; false when that is not
   * possible.
   */
  async #fetchQuickly(revision: string, login: Login | undefined, isEmpty: boolean): Promise<boolean> {
    if (!/^https?:/i.test(this.remote) || (this.#whole.size === 0 && !isEmpty)) return false;
    try {
      await fetchPack({
        url: this.remote,
        authorization: authorizationOf(login),
        folder: this.folder,
        env: { ...this.#env },
        reader: this.#reader,
        want: revision,
        have: [...this.#whole].reverse(),
      });
      return true;
    } catch {
      return false;
    }
  }

  async #fetchSpec(spec: string, login: Login | undefined): Promise<void> {
    const options = [
      '--quiet',
      '--no-tags',
      '--no-write-fetch-head',
      '--no-auto-maintenance',
      '--no-recurse-submodules',
      '--no-show-forced-updates',
    ];
    await git(['fetch', ...options, '--', this.remote, spec], {
      ...this.#call(),
      env: { ...this.#env, ...loginEnvironment(login) },
    });
  }

  async #has(revision: string): Promise<boolean> {
    return (await this.#reader.read(`${revision}^{commit}`)) !== undefined;
  }

  #remember(revision: string): void {
    if (this.#known.size > 1000) this.#known.clear();
    this.#known.add(revision);
    this.#whole.add(revision);
    const [oldest] = this.#whole;
    if (this.#whole.size > MOST_BASES && oldest !== undefined) this.#whole.delete(oldest);
  }

  #call(): GitCall {
    return { cwd: this.folder, env: this.#env };
  }
}

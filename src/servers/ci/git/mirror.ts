import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../../../lib/errors.ts';
import { git, GitFailure, loginEnvironment, type GitCall, type Login } from './git.ts';
import { listRefs } from './refs.ts';

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
}

/** A bare copy of one repository: fetched once for each new head, and read by scans, builds and libraries. */
export class Mirror {
  readonly remote: string;
  readonly folder: string;
  readonly #env: Readonly<Record<string, string>>;
  /** Commits that are known to be here, so that no process has to ask. Bounded. */
  readonly #known = new Set<string>();
  #fetching: Promise<unknown> = Promise.resolve();

  constructor(remote: string, folder: string, env: Readonly<Record<string, string>>) {
    this.remote = remote;
    this.folder = folder;
    this.#env = env;
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

  /** Whether a commit is among what came before another one; false as well when one of them is not here. */
  async isAncestor(revision: string, of: string): Promise<boolean> {
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
    try {
      return (await git(['cat-file', 'blob', `${revision}:${path}`], this.#call())).toString('utf8');
    } catch (error) {
      if (
        error instanceof GitFailure &&
        /does not exist|exists on disk|bad file|Not a valid object name/i.test(error.message)
      ) {
        return undefined;
      }
      throw error;
    }
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
    const created = await this.#create();
    if (!created && (await this.#has(revision))) {
      this.#remember(revision);
      return;
    }
    await this.#fetchSpec(`+${ref}:${ref}`, login);
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

  /** @returns whether the mirror was new. A bare repository is four small entries: writing them costs no process. */
  async #create(): Promise<boolean> {
    if (existsSync(join(this.folder, 'HEAD'))) return false;
    await mkdir(join(this.folder, 'objects', 'info'), { recursive: true, mode: 0o700 });
    await mkdir(join(this.folder, 'refs', 'heads'), { recursive: true });
    await writeFile(
      join(this.folder, 'config'),
      '[core]\n\trepositoryformatversion = 0\n\tbare = true\n[gc]\n\tauto = 0\n',
    );
    await writeFile(join(this.folder, 'HEAD'), 'ref: refs/heads/.none\n');
    return true;
  }

  async #has(revision: string): Promise<boolean> {
    // A fresh loose object is the usual case; packs are git's business.
    if (existsSync(join(this.folder, 'objects', revision.slice(0, 2), revision.slice(2)))) return true;
    try {
      await git(['cat-file', '-e', `${revision}^{commit}`], this.#call());
      return true;
    } catch (error) {
      if (error instanceof GitFailure && error.exitCode !== null) return false;
      throw error;
    }
  }

  #remember(revision: string): void {
    if (this.#known.size > 1000) this.#known.clear();
    this.#known.add(revision);
  }

  #call(): GitCall {
    return { cwd: this.folder, env: this.#env };
  }
}

import { messageOf } from '../../lib/errors.ts';
import { advertisedReferences } from './advertised.ts';
import { parseCommit, type ReadCommit } from './commits.ts';
import { headerOf } from './lookup.ts';
import type { GitObject } from './loose.ts';
import { encodeCommit, type NewCommitHeader } from './new-objects.ts';
import { readPack } from './pack.ts';
import { packObjects } from './pack-objects.ts';
import { pushPack } from './push.ts';
import { treeEntries } from './tree-entries.ts';
import { changeTree, type TreeChanges } from './trees.ts';
import { unpackObjects } from './unpack.ts';

interface RemoteEntry {
  readonly name: string;
  readonly kind: 'file' | 'folder' | 'link' | 'module';
  readonly id: string;
  /** Bytes; of a folder and a module 0. */
  readonly size: number;
}

/** What is kept of a repository in memory, until it is fetched anew. */
const MOST_OBJECTS = 50_000;
const TRIES = 3;

const kinds: Readonly<Record<string, RemoteEntry['kind']>> = {
  '40000': 'folder',
  '120000': 'link',
  '160000': 'module',
};

/**
 * A repository on any Git server, read and written by the smart HTTP protocol alone, without a clone on disk: what was fetched
 * once stays in memory, and only what is new is fetched. Meant for repositories of a playground's size.
 */
export class RemoteRepository {
  readonly #remote: { readonly url: string; readonly authorization: string };
  readonly #objects = new Map<string, GitObject>();
  /** Commits that are there with everything that they need. */
  readonly #whole = new Set<string>();
  #fetching: Promise<unknown> = Promise.resolve();

  /**
   * @param url of the repository, without credentials.
   * @param authorization value of the Authorization header.
   */
  constructor(url: string, authorization: string) {
    this.#remote = { url, authorization };
  }

  /**
   * The commit that a branch, a tag or a whole commit id means now, with its content; undefined when there is none.
   * @throws HttpStatusError (404 when there is no repository); Error when the server sends no pack.
   */
  async commitOf(ref: string): Promise<string | undefined> {
    if (this.#whole.has(ref)) return ref;
    for (let tries = TRIES; ; tries -= 1) {
      try {
        return await this.#lookUp(ref);
      } catch (error) {
        // A server may give only what its references name, and one of them has just moved on.
        if (tries === 1 || !/^want \S+ not valid|not our ref/.test(messageOf(error))) throw error;
      }
    }
  }

  async #lookUp(ref: string): Promise<string | undefined> {
    const offered = await advertisedReferences(this.#remote);
    const named =
      offered.find((each) => each.ref === `refs/heads/${ref}`) ??
      offered.find((each) => each.ref === `refs/tags/${ref}`);
    if (named !== undefined) {
      const commit = named.peeled ?? named.id;
      await this.#fetch([commit]);
      return commit;
    }
    if (!/^[0-9a-f]{40}$/.test(ref)) return undefined;
    await this.#fetch(offered.map(({ id, peeled }) => peeled ?? id));
    return this.#objects.get(ref)?.type === 'commit' ? ref : undefined;
  }

  /** What is at a path of a commit that `commitOf` gave, the empty path being its root; undefined when nothing is. */
  entry(commit: string, path: string): RemoteEntry | undefined {
    const tree = headerOf(this.#object(commit), 'tree')[0] ?? '';
    const names = path.split('/').filter((name) => name !== '');
    let found: RemoteEntry | undefined = { name: '', kind: 'folder', id: tree, size: 0 };
    for (const name of names) {
      if (found?.kind !== 'folder') return undefined;
      found = this.entries(found.id).find((each) => each.name === name);
    }
    return found;
  }

  /** What is in a folder, by the id of its tree. */
  entries(tree: string): RemoteEntry[] {
    return [...treeEntries(this.#object(tree).content)].map(({ mode, name, id }) => ({
      name: name.toString(),
      kind: kinds[mode] ?? 'file',
      id,
      size: mode === '40000' ? 0 : (this.#objects.get(id)?.content.length ?? 0),
    }));
  }

  /** The content of a file, by its id. */
  content(id: string): Buffer {
    return this.#object(id).content;
  }

  /** A commit and those before it, the newest first, by the time of their committers. */
  history(commit: string, most: number): ReadCommit[] {
    const waiting = [parseCommit(this.#object(commit))];
    const seen = new Set([commit]);
    const found: ReadCommit[] = [];
    while (found.length < most) {
      waiting.sort((a, b) => b.committer.date.localeCompare(a.committer.date));
      const next = waiting.shift();
      if (next === undefined) break;
      found.push(next);
      for (const parent of next.parents.filter((each) => !seen.has(each))) {
        seen.add(parent);
        waiting.push(parseCommit(this.#object(parent)));
      }
    }
    return found;
  }

  /**
   * Commits changes of files on top of the branch's commit, and pushes.
   * @returns the commit.
   * @throws Error with the server's own words when the branch has moved on, or it refuses for another reason.
   */
  async commit(
    branch: string,
    onto: string,
    changes: TreeChanges,
    header: Omit<NewCommitHeader, 'tree' | 'parents'>,
  ): Promise<string> {
    const fresh = new Map<string, GitObject>();
    const root = headerOf(this.#object(onto), 'tree')[0] ?? '';
    const keep = (object: GitObject) => {
      fresh.set(object.id, object);
      return object.id;
    };
    const tree = changeTree(root, changes, (id) => this.#object(id), keep);
    const commit = keep(encodeCommit({ ...header, tree, parents: [onto] }));
    await pushPack({
      ...this.#remote,
      updates: [{ ref: `refs/heads/${branch}`, before: onto, after: commit }],
      pack: packObjects([...fresh.values()]),
    });
    for (const [id, object] of fresh) this.#objects.set(id, object);
    this.#whole.add(commit);
    return commit;
  }

  #object(id: string): GitObject {
    const object = this.#objects.get(id);
    if (object === undefined) throw new Error(`the object ${id} was not fetched from ${this.#remote.url}`);
    return object;
  }

  /** One fetch after the other, so that none brings what another one is bringing. */
  #fetch(commits: readonly string[]): Promise<void> {
    const run = async () => {
      const want = [...new Set(commits)].filter((commit) => !this.#whole.has(commit));
      if (want.length === 0) return;
      if (this.#objects.size > MOST_OBJECTS) {
        this.#objects.clear();
        this.#whole.clear();
      }
      const have = [...this.#whole].reverse();
      const pieces: Buffer[] = [];
      for await (const piece of readPack({ ...this.#remote, want, have })) pieces.push(piece);
      const base = (id: string) => Promise.resolve(this.#objects.get(id));
      const { objects } = await unpackObjects(Buffer.concat(pieces), base);
      for (const object of objects) this.#objects.set(object.id, object);
      for (const commit of want) this.#whole.add(commit);
    };
    const fetched = this.#fetching.then(run);
    this.#fetching = fetched.catch(() => undefined);
    return fetched;
  }
}

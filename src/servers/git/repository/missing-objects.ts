import { headerOf } from '../../../clients/git/lookup.ts';
import type { GitObject } from '../../../clients/git/loose.ts';
import { parseTree } from './objects.ts';

/** Reads an object at once; undefined where only git can. */
type ReadObject = (id: string) => GitObject | undefined;

/** What is looked at before the rest is left to git. */
const MOST = { commits: 64, objects: 1000, bytes: 4 * 1024 * 1024 };
const FOLDER = '040000';
const SUBMODULE = '160000';

/**
 * Everything that some commits and tags need and somebody lacks who has others: commits and tags, trees, then blobs, as
 * `git rev-list --objects` finds them. Each of them was read, so all that the wanted ones need is there.
 * @param have commits that are there with all that they need.
 * @returns undefined where only git can tell: an object cannot be read, is not what it has to be, or there are many.
 */
export function missingObjects(
  read: ReadObject,
  want: Iterable<string>,
  have: ReadonlySet<string>,
): GitObject[] | undefined {
  try {
    return new Walk(read).run(want, have);
  } catch (error) {
    if (error instanceof OnlyGit) return undefined;
    throw error;
  }
}

class OnlyGit extends Error {}

class Walk {
  readonly #read: ReadObject;
  readonly #history: GitObject[] = [];
  readonly #trees: GitObject[] = [];
  readonly #blobs: GitObject[] = [];
  /** Trees and blobs that are there, or on their way already. */
  readonly #known = new Set<string>();
  #bytes = 0;

  constructor(read: ReadObject) {
    this.#read = read;
  }

  run(want: Iterable<string>, have: ReadonlySet<string>): GitObject[] {
    const reached = this.#walkHistory(want, have);
    for (const id of reached) this.#markTree(treeOf(this.#get(id, 'commit')));
    for (const object of this.#history) {
      if (object.type === 'commit') this.#addTree(treeOf(object));
    }
    return [...this.#history, ...this.#trees, ...this.#blobs];
  }

  /** Collects the commits and tags that are missing. @returns those that are there, at which it ended. */
  #walkHistory(want: Iterable<string>, have: ReadonlySet<string>): Set<string> {
    const reached = new Set<string>();
    const seen = new Set<string>();
    const queue = [...want];
    for (let id = queue.shift(); id !== undefined; id = queue.shift()) {
      if (have.has(id)) reached.add(id);
      if (have.has(id) || seen.has(id)) continue;
      seen.add(id);
      const object = this.#get(id, 'commit', 'tag');
      if (seen.size > MOST.commits) throw new OnlyGit();
      this.#history.push(object);
      if (object.type === 'commit') queue.push(...headerOf(object, 'parent'));
      else queue.push(only(headerOf(object, 'object')));
    }
    return reached;
  }

  #markTree(id: string): void {
    if (this.#isKnown(id)) return;
    for (const { mode, sha } of entriesOf(this.#get(id, 'tree'))) {
      if (mode === FOLDER) this.#markTree(sha);
      else this.#isKnown(sha);
    }
  }

  #addTree(id: string): void {
    if (this.#isKnown(id)) return;
    const tree = this.#get(id, 'tree');
    this.#trees.push(tree);
    for (const { mode, sha } of entriesOf(tree)) {
      if (mode === FOLDER) this.#addTree(sha);
      // A submodule's commit is in another repository.
      else if (mode !== SUBMODULE && !this.#isKnown(sha)) this.#blobs.push(this.#get(sha, 'blob'));
    }
  }

  /** Whether it was known before; it is from now on. */
  #isKnown(id: string): boolean {
    if (this.#known.has(id)) return true;
    if (this.#known.size >= MOST.objects) throw new OnlyGit();
    this.#known.add(id);
    return false;
  }

  #get(id: string, ...types: readonly GitObject['type'][]): GitObject {
    const object = this.#read(id);
    if (object === undefined || !types.includes(object.type)) throw new OnlyGit();
    this.#bytes += object.content.length;
    if (this.#bytes > MOST.bytes) throw new OnlyGit();
    return object;
  }
}

function treeOf(commit: GitObject): string {
  return only(headerOf(commit, 'tree'));
}

function only([id, ...others]: readonly string[]): string {
  if (id === undefined || others.length > 0) throw new OnlyGit();
  return id;
}

function entriesOf({ content }: GitObject): { mode: string; sha: string }[] {
  try {
    return parseTree(content, 'latin1');
  } catch {
    throw new OnlyGit();
  }
}

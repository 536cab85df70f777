import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readLooseObject, type GitObject } from './loose.ts';
import { readPackedObject } from './packed.ts';
import { treeEntries } from './tree-entries.ts';

/** What a look at the files of a repository showed; `unknown` where only git can tell. */
export type Lookup = GitObject | 'absent' | 'unknown';

const NAME = /^([0-9a-f]{40})(?:\^\{(commit|tree|)\}|:(.*))?$/s;

/**
 * Finds an object by the names that programs use most (gitrevisions): an id, `<id>^{commit}`, `<id>^{tree}`, `<id>^{}` and
 * `<id>:<path>`, without a process.
 */
export function lookUp(repository: string, name: string): Lookup {
  const [, id, wanted, path] = NAME.exec(name) ?? [];
  if (id === undefined) return 'unknown';
  const object = readObject(repository, id);
  if (typeof object === 'string') return object;
  if (path !== undefined) return alongPath(repository, object, path);
  if (wanted === undefined) return object;
  const peeled = peel(repository, object);
  if (peeled === undefined) return 'unknown';
  if (wanted === 'tree') return treeOf(repository, peeled) ?? 'unknown';
  return wanted === '' || peeled.type === wanted ? peeled : 'unknown';
}

/** Reads an object by its id. */
function readObject(repository: string, id: string): Lookup {
  const loose = readLooseObject(repository, id);
  if (loose !== undefined) return loose;
  const objects = join(repository, 'objects');
  // There but not to be read, or borrowed from another repository.
  if (existsSync(join(objects, id.slice(0, 2), id.slice(2)))) return 'unknown';
  if (existsSync(join(objects, 'info', 'alternates'))) return 'unknown';
  try {
    return readPackedObject(repository, id, (other) => findObject(repository, other));
  } catch {
    return 'unknown';
  }
}

/** Reads an object by its id; undefined as well where only git can tell. */
export function findObject(repository: string, id: string): GitObject | undefined {
  const object = readObject(repository, id);
  return typeof object === 'string' ? undefined : object;
}

/** The values of a header of a commit or tag: an id. */
export function headerOf({ content }: GitObject, name: 'tree' | 'parent' | 'object'): string[] {
  const text = content.toString('latin1');
  const end = text.indexOf('\n\n');
  const headers = end < 0 ? text : text.slice(0, end + 1);
  return [...headers.matchAll(HEADERS[name])].map(([, id = '']) => id);
}

const HEADERS = {
  tree: /^tree ([0-9a-f]{40})$/gm,
  parent: /^parent ([0-9a-f]{40})$/gm,
  object: /^object ([0-9a-f]{40})$/gm,
} as const;

/** What a tag stands for; anything else stands for itself. */
function peel(repository: string, object: GitObject): GitObject | undefined {
  let peeled: GitObject | undefined = object;
  while (peeled?.type === 'tag') {
    const [target = ''] = headerOf(peeled, 'object');
    peeled = findObject(repository, target);
  }
  return peeled;
}

function treeOf(repository: string, object: GitObject): GitObject | undefined {
  if (object.type === 'tree') return object;
  const [tree] = object.type === 'commit' ? headerOf(object, 'tree') : [];
  const top = tree === undefined ? undefined : findObject(repository, tree);
  return top?.type === 'tree' ? top : undefined;
}

function alongPath(repository: string, start: GitObject, path: string): Lookup {
  const peeled = peel(repository, start);
  let object = peeled === undefined ? undefined : treeOf(repository, peeled);
  if (path === '') return object ?? 'unknown';
  for (const name of path.split('/')) {
    // Paths with such parts mean something of their own to git.
    if (object === undefined || name === '' || name === '.' || name === '..') return 'unknown';
    if (object.type !== 'tree') return 'absent';
    const id = entryOf(object.content, Buffer.from(name));
    if (id === null) return 'unknown';
    if (id === undefined) return 'absent';
    object = findObject(repository, id);
  }
  return object ?? 'unknown';
}

/** The id that stands beside a name in a tree; null where only git can tell what is wrong with it. */
function entryOf(tree: Buffer, name: Buffer): string | undefined | null {
  try {
    for (const entry of treeEntries(tree)) if (entry.name.equals(name)) return entry.id;
    return undefined;
  } catch {
    return null;
  }
}

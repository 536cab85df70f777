import { encodeTree, writeLooseObject } from '../../../clients/git/loose.ts';
import { parseTree, type Objects, type TreeEntry } from './objects.ts';

/** What becomes of one path. */
export type TreeChange =
  | { readonly path: string; readonly mode: string; readonly content: Buffer }
  | { readonly path: string; readonly delete: true };

const FOLDER = '040000';

/**
 * Writes the tree that another one becomes by some changes, in their order. Folders are made where a path needs them, in place
 * of files too, and go with the last file in them.
 * @param base names the tree to start from; an empty one unless told.
 * @returns the id of the tree
 */
export async function writeTree(
  objects: Objects,
  folder: string,
  base: string | undefined,
  changes: readonly TreeChange[],
): Promise<string> {
  return writeEntries(folder, await changedEntries(objects, folder, base, changes));
}

async function changedEntries(
  objects: Objects,
  folder: string,
  base: string | undefined,
  changes: readonly TreeChange[],
): Promise<TreeEntry[]> {
  const tree = base === undefined ? undefined : await objects.read(folder, base);
  // Names are handled as bytes, so that those which are no UTF-8 stay what they are.
  const before = tree === undefined ? [] : parseTree(tree.content, 'latin1');
  const entries = new Map(before.map((entry) => [entry.name, entry]));
  const below = new Map<string, TreeChange[]>();
  for (const change of changes) {
    const [first = '', ...rest] = change.path.split('/');
    const name = Buffer.from(first).toString('latin1');
    if (rest.length > 0) {
      below.set(name, [...(below.get(name) ?? []), { ...change, path: rest.join('/') }]);
    } else if ('delete' in change) {
      entries.delete(name);
      below.delete(name);
    } else {
      const sha = writeLooseObject(folder, 'blob', change.content);
      entries.set(name, { mode: change.mode, name, sha });
      below.delete(name);
    }
  }
  for (const [name, inside] of below) {
    const old = entries.get(name);
    const start = old?.mode === FOLDER ? old.sha : undefined;
    const children = await changedEntries(objects, folder, start, inside);
    if (children.length > 0) {
      entries.set(name, { mode: FOLDER, name, sha: writeEntries(folder, children) });
    } else if (old?.mode === FOLDER) entries.delete(name);
  }
  return [...entries.values()];
}

function writeEntries(folder: string, entries: readonly TreeEntry[]): string {
  const content = encodeTree(
    entries.map(({ mode, name, sha }) => ({ mode, name: Buffer.from(name, 'latin1'), id: sha })),
  );
  return writeLooseObject(folder, 'tree', content);
}

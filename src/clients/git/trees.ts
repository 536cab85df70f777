import { encodeTree, objectId, type GitObject } from './loose.ts';
import { treeEntries, type TreeEntry } from './tree-entries.ts';

/** The content that each path is to have, undefined for those that go. */
export type TreeChanges = ReadonlyMap<string, Uint8Array | undefined>;

/**
 * A tree with some files changed. Files keep their mode, new ones are plain, and a folder without files is gone, as in git.
 * @param tree id of the tree that is changed.
 * @param read finds an object that is there.
 * @param keep takes every new object.
 * @returns id of the new tree.
 */
export function changeTree(
  tree: string,
  changes: TreeChanges,
  read: (id: string) => GitObject,
  keep: (object: GitObject) => string,
): string {
  const write = (entries: readonly TreeEntry[]) => keep(objectOf('tree', encodeTree(entries)));
  const change = (before: readonly TreeEntry[], wanted: TreeChanges): TreeEntry[] => {
    const entries = new Map(before.map((entry) => [entry.name.toString(), entry]));
    for (const [name, below] of byFirstName(wanted)) {
      const present = entries.get(name);
      const content = below.get('');
      if (content !== undefined) {
        const mode = present?.mode.startsWith('100') === true ? present.mode : '100644';
        const id = keep(objectOf('blob', Buffer.from(content)));
        entries.set(name, { mode, name: Buffer.from(name), id });
      } else if (below.has('')) entries.delete(name);
      else {
        const inside = present?.mode === '40000' ? [...treeEntries(read(present.id).content)] : [];
        const changed = change(inside, below);
        if (changed.length === 0) entries.delete(name);
        else entries.set(name, { mode: '40000', name: Buffer.from(name), id: write(changed) });
      }
    }
    return [...entries.values()];
  };
  return write(change([...treeEntries(read(tree).content)], changes));
}

/** Changes by the first name of their path, with the rest of it; the empty rest is the file itself. */
function byFirstName(changes: TreeChanges): Map<string, Map<string, Uint8Array | undefined>> {
  const found = new Map<string, Map<string, Uint8Array | undefined>>();
  for (const [path, content] of changes) {
    const [name = '', ...rest] = path.split('/');
    const below = found.get(name) ?? new Map<string, Uint8Array | undefined>();
    found.set(name, below.set(rest.join('/'), content));
  }
  return found;
}

function objectOf(type: 'blob' | 'tree', content: Buffer): GitObject {
  return { id: objectId(type, content), type, content };
}

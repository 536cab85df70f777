import { asRevision, type Revision } from '../../lib/ids.ts';
import { encodeTree, objectId, type GitObject, type ObjectType } from './loose.ts';
import { packObjects } from './pack-objects.ts';

export interface CommitFile {
  readonly path: string;
  readonly content: string | Uint8Array;
  readonly executable?: boolean;
}

export interface NewCommit {
  readonly message: string;
  readonly author: { readonly name: string; readonly email: string };
  readonly files: readonly CommitFile[];
  readonly date: Date;
}

interface Entry {
  readonly mode: '40000' | '100644' | '100755';
  readonly name: string;
  readonly id: string;
}

/** A commit without parents, and the pack of everything that it consists of. */
export function packFirstCommit({ message, author, files, date }: NewCommit): {
  revision: Revision;
  pack: Buffer;
} {
  const objects = new Map<string, GitObject>();
  const add = (type: ObjectType, content: Buffer): string => {
    const id = objectId(type, content);
    objects.set(id, { id, type, content });
    return id;
  };
  const tree = addTree(add, files);
  const who = `${author.name} <${author.email}> ${Math.floor(date.getTime() / 1000)} +0000`;
  const commit = add('commit', Buffer.from(`tree ${tree}\nauthor ${who}\ncommitter ${who}\n\n${message}`));
  return { revision: asRevision(commit), pack: packObjects([...objects.values()]) };
}

/** Adds the tree of these files, and those of the folders in it. */
function addTree(add: (type: ObjectType, content: Buffer) => string, files: readonly CommitFile[]): string {
  const entries: Entry[] = [];
  const folders = new Map<string, CommitFile[]>();
  for (const file of files) {
    const slash = file.path.indexOf('/');
    if (slash < 0) {
      const id = add('blob', Buffer.from(file.content));
      entries.push({ mode: file.executable === true ? '100755' : '100644', name: file.path, id });
      continue;
    }
    const folder = file.path.slice(0, slash);
    const below = folders.get(folder) ?? [];
    below.push({ ...file, path: file.path.slice(slash + 1) });
    folders.set(folder, below);
  }
  for (const [name, below] of folders) entries.push({ mode: '40000', name, id: addTree(add, below) });
  return add('tree', encodeTree(entries.map((entry) => ({ ...entry, name: Buffer.from(entry.name) }))));
}

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
  const commit = encodeCommit({ tree, parents: [], author, committer: author, date, message });
  objects.set(commit.id, commit);
  return { revision: asRevision(commit.id), pack: packObjects([...objects.values()]) };
}

interface Person {
  readonly name: string;
  readonly email: string;
}

/** What stands in a commit. */
export interface NewCommitHeader {
  readonly tree: string;
  readonly parents: readonly string[];
  readonly author: Person;
  readonly committer: Person;
  readonly date: Date;
  readonly message: string;
}

/** A commit as an object, both of its persons at the same time, in UTC. */
export function encodeCommit(header: NewCommitHeader): GitObject {
  const { tree, parents, author, committer, date, message } = header;
  const at = `${Math.floor(date.getTime() / 1000)} +0000`;
  const who = ({ name, email }: Person) => `${name} <${email}> ${at}`;
  const lines = [
    `tree ${tree}`,
    ...parents.map((parent) => `parent ${parent}`),
    `author ${who(author)}`,
    `committer ${who(committer)}`,
  ];
  const content = Buffer.from(`${lines.join('\n')}\n\n${message}`);
  return { id: objectId('commit', content), type: 'commit', content };
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

import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { constants, deflateSync, inflateSync } from 'node:zlib';
import type { TreeEntry } from './tree-entries.ts';

export type ObjectType = 'blob' | 'tree' | 'commit' | 'tag';

/** An object of a Git repository. */
export interface GitObject {
  readonly id: string;
  readonly type: ObjectType;
  readonly content: Buffer;
}

/** The name of an object: the SHA-1 of its type, its size and its content. */
export function objectId(type: ObjectType, content: Uint8Array): string {
  return createHash('sha1').update(`${type} ${content.length}\0`).update(content).digest('hex');
}

/** The content of a tree object: its entries sorted by bytes, folders as if their names ended with a slash. */
export function encodeTree(entries: readonly TreeEntry[]): Buffer {
  const plain = entries.map(({ mode, name, id }) => ({ mode: mode.replace(/^0+/, ''), name, id }));
  const key = ({ mode, name }: TreeEntry) => (mode === '40000' ? Buffer.concat([name, SLASH]) : name);
  plain.sort((a, b) => Buffer.compare(key(a), key(b)));
  return Buffer.concat(
    plain.flatMap(({ mode, name, id }) => [Buffer.from(`${mode} `), name, NUL, Buffer.from(id, 'hex')]),
  );
}

/** Larger objects are left to git, which streams them: bytes of the file, and of what is in it. */
const LARGEST = { file: 512 * 1024, content: 4 * 1024 * 1024 };

/**
 * Reads an object that is a file of its own, at once, as it is written.
 * @returns undefined where only git can tell: it is in a pack, large, damaged or not there.
 */
export function readLooseObject(repository: string, id: string): GitObject | undefined {
  const file = join(repository, 'objects', id.slice(0, 2), id.slice(2));
  try {
    const size = statSync(file, { throwIfNoEntry: false })?.size ?? Infinity;
    if (size > LARGEST.file) return undefined;
    const bytes = inflateSync(readFileSync(file), { maxOutputLength: LARGEST.content });
    const end = bytes.indexOf(0);
    const [, type, length] = HEADER.exec(bytes.toString('latin1', 0, end)) ?? [];
    const content = bytes.subarray(end + 1);
    if (type === undefined || content.length !== Number(length)) return undefined;
    return { id, type: type as ObjectType, content };
  } catch {
    return undefined;
  }
}

const HEADER = /^(commit|tree|blob|tag) (\d+)$/;
const SLASH = Buffer.from('/');
const NUL = Buffer.from([0]);

/**
 * Writes an object as a file of its own (gitrepository-layout, "objects/[0-9a-f][0-9a-f]"), whole or not at all. Small files,
 * written at once: that takes less time than starting a git process for them. Like git, it leaves it to the system when
 * they reach the disk; the reference that makes them count is forced there.
 * @returns its id
 */
export function writeLooseObject(repository: string, type: ObjectType, content: Uint8Array): string {
  const id = objectId(type, content);
  const folder = join(repository, 'objects', id.slice(0, 2));
  const file = join(folder, id.slice(2));
  if (existsSync(file)) return id;
  mkdirSync(folder, { recursive: true });
  const bytes = Buffer.concat([Buffer.from(`${type} ${content.length}\0`), content]);
  writeWhole(file, deflateSync(bytes, { level: constants.Z_BEST_SPEED }), 'tmp_obj');
  return id;
}

/**
 * Writes a file that never changes, whole or not at all.
 * @param prefix of its name before that: git takes such files for what an interrupted program left, and removes them.
 */
export function writeWhole(file: string, bytes: Uint8Array, prefix: 'tmp_obj' | 'tmp_pack'): void {
  const temporary = join(dirname(file), `${prefix}_${randomBytes(6).toString('hex')}`);
  try {
    writeFileSync(temporary, bytes, { flag: 'wx', mode: 0o444 });
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

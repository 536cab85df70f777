import { closeSync, fstatSync, openSync, readFileSync, readSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { systemCode } from '../../lib/errors.ts';
import { remembered } from '../../lib/remembered.ts';
import type { GitObject } from './loose.ts';
import { PackIndex } from './pack-index.ts';
import { applyDelta, inflateEntry, readDeltaBase, readEntryHeader, WHOLE } from './unpack.ts';

/** Larger ones are left to git: bytes of an index, and of an object with what it is made of. */
const LARGEST = { index: 1024 * 1024, content: 4 * 1024 * 1024 };
/** Deltas on deltas that are followed; git makes chains of at most 50 unless told otherwise. */
const MOST_DELTAS = 50;
/** Bytes of a pack that are read for one entry at first; most are smaller. */
const PIECE = 16 * 1024;

/** Packs never change; another content has another name. */
const indexOf = remembered(64, String, (file: string) => new PackIndex(readFileSync(file)));

/**
 * Reads an object from the packs of a repository, deltas resolved.
 * @param base reads the base of a delta that names it by its id.
 * @returns `absent` when no pack has it.
 * @throws Error when only git can tell: a pack is large or damaged, or has just gone.
 */
export function readPackedObject(
  repository: string,
  id: string,
  base: (id: string) => GitObject | undefined,
): GitObject | 'absent' {
  const folder = join(repository, 'objects', 'pack');
  const names = namesIn(folder);
  for (const name of names) {
    if (!name.endsWith('.idx')) continue;
    const file = join(folder, name);
    if (statSync(file).size > LARGEST.index) throw new Error('the index is large');
    const offset = indexOf(file).find(id);
    if (offset === undefined) continue;
    const pack = openSync(`${file.slice(0, -'.idx'.length)}.pack`, 'r');
    try {
      return { id, ...readEntry(pack, offset, base, MOST_DELTAS) };
    } finally {
      closeSync(pack);
    }
  }
  // Packed anew while it was looked for.
  if (namesIn(folder).join() !== names.join()) throw new Error('the packs have changed');
  return 'absent';
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [];
    throw error;
  }
}

function readEntry(
  pack: number,
  offset: number,
  base: (id: string) => GitObject | undefined,
  deltas: number,
): Omit<GitObject, 'id'> {
  if (deltas === 0) throw new Error('the chain of deltas is long');
  for (let size = PIECE; ; size *= 8) {
    const bytes = Buffer.alloc(Math.min(size, fstatSync(pack).size - offset));
    readSync(pack, bytes, 0, bytes.length, offset);
    const head = readEntryHeader(bytes, 0);
    if (head.size > LARGEST.content) throw new Error('the object is large');
    const delta = readDeltaBase(bytes, head);
    // More than it unpacks to, in the worst case, and the checksum behind the last entry.
    const isEnough = bytes.length < size || bytes.length > head.size + 1024;
    if (!isEnough && size < LARGEST.content) continue;
    const { content } = inflateEntry(bytes.subarray(delta.end), head.size);
    const whole = WHOLE[head.type];
    if (whole !== undefined) return { type: whole, content };
    const origin =
      delta.distance === undefined
        ? delta.id && base(delta.id)
        : readEntry(pack, offset - delta.distance, base, deltas - 1);
    if (origin === undefined || origin === '') throw new Error('the base of a delta is missing');
    return { type: origin.type, content: applyDelta(origin.content, content, LARGEST.content) };
  }
}

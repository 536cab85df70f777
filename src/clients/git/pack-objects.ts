import { createHash } from 'node:crypto';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { constants, crc32, deflateSync } from 'node:zlib';
import { writeLooseObject, writeWhole, type GitObject, type ObjectType } from './loose.ts';
import { encodePackIndex, type PackEntry } from './pack-index.ts';
import type { UnpackedPack } from './unpack.ts';

/** Numbers of the types of objects in a pack (gitformat-pack). */
const NUMBERS: Readonly<Record<ObjectType, number>> = { commit: 1, tree: 2, blob: 3, tag: 4 };
const CHECKSUM = 20;
/** More objects than these become one pack: a file for each would take ten times as long. */
const MOST_LOOSE = 8;

/** Puts whole objects into a pack of version 2 (gitformat-pack), in their order. */
export function packObjects(objects: readonly GitObject[]): Buffer {
  return buildPack(objects).pack;
}

/**
 * Keeps what a pack brought in a repository: few objects as files of their own, more as a pack, which is the same one where it is
 * whole. A commit is there only when all that it needs is, as long as it comes before that. Like git with small pushes, it leaves
 * it to the system when they reach the disk.
 */
export function storePack(
  repository: string,
  received: Buffer,
  { objects, entries, isWhole }: UnpackedPack,
): void {
  if (objects.length <= MOST_LOOSE) {
    for (const { type, content } of objects.toReversed()) writeLooseObject(repository, type, content);
    return;
  }
  const built = isWhole ? { pack: received, entries } : buildPack(objects);
  const checksum = built.pack.subarray(-CHECKSUM);
  const folder = join(repository, 'objects', 'pack');
  const name = join(folder, `pack-${checksum.toString('hex')}`);
  if (existsSync(`${name}.idx`)) return;
  mkdirSync(folder, { recursive: true });
  // The index makes it count.
  writeWhole(`${name}.pack`, built.pack, 'tmp_pack');
  writeWhole(`${name}.idx`, encodePackIndex(built.entries, checksum), 'tmp_pack');
}

function buildPack(objects: readonly GitObject[]): { pack: Buffer; entries: PackEntry[] } {
  const head = Buffer.from('PACK\0\0\0\x02\0\0\0\0', 'latin1');
  head.writeUInt32BE(objects.length, 8);
  const parts = [head];
  const entries: PackEntry[] = [];
  let offset = head.length;
  for (const { id, type, content } of objects) {
    const entry = Buffer.concat([
      entryHeader(NUMBERS[type], content.length),
      deflateSync(content, { level: constants.Z_BEST_SPEED }),
    ]);
    entries.push({ id, offset, crc: crc32(entry) });
    parts.push(entry);
    offset += entry.length;
  }
  const body = Buffer.concat(parts);
  return { pack: Buffer.concat([body, createHash('sha1').update(body).digest()]), entries };
}

/** Type and size: four bits of the size in the first byte, then seven in each, the lowest first. */
function entryHeader(type: number, size: number): Buffer {
  const bytes: number[] = [];
  let byte = (type << 4) | (size & 15);
  for (let rest = Math.floor(size / 16); ; rest = Math.floor(rest / 128)) {
    if (rest === 0) return Buffer.from([...bytes, byte]);
    bytes.push(byte | 128);
    byte = rest & 127;
  }
}

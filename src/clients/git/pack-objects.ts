import { createHash } from 'node:crypto';
import { deflateSync } from 'node:zlib';
import type { GitObject, ObjectType } from './loose.ts';

/** Numbers of the types of objects in a pack (gitformat-pack). */
const NUMBERS: Readonly<Record<ObjectType, number>> = { commit: 1, tree: 2, blob: 3, tag: 4 };

/** Puts whole objects into a pack of version 2 (gitformat-pack), in their order. */
export function packObjects(objects: readonly GitObject[]): Buffer {
  const head = Buffer.from('PACK\0\0\0\x02\0\0\0\0', 'latin1');
  head.writeUInt32BE(objects.length, 8);
  const body = Buffer.concat([
    head,
    ...objects.flatMap(({ type, content }) => [
      entryHeader(NUMBERS[type], content.length),
      deflateSync(content),
    ]),
  ]);
  return Buffer.concat([body, createHash('sha1').update(body).digest()]);
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

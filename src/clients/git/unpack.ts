import { createHash } from 'node:crypto';
import { crc32, inflateSync, type InflateRaw } from 'node:zlib';
import { objectId, type GitObject, type ObjectType } from './loose.ts';
import type { PackEntry } from './pack-index.ts';

export type UnpackedObject = Pick<GitObject, 'type' | 'content'>;

export interface UnpackedPack {
  readonly objects: readonly GitObject[];
  readonly entries: readonly PackEntry[];
  /** Whether it holds all that its deltas are made of, so that a repository can keep it as it is. */
  readonly isWhole: boolean;
}

/** Types of whole objects by their numbers (gitformat-pack); 6 and 7 are deltas. */
export const WHOLE: Readonly<Record<number, ObjectType>> = { 1: 'commit', 2: 'tree', 3: 'blob', 4: 'tag' };
const OFFSET_DELTA = 6;
const REFERENCE_DELTA = 7;
const HEADER = 12;
const CHECKSUM = 20;
const MOST_BYTES = 64 * 1024 * 1024;

/**
 * The objects of a small pack of version 2 (gitformat-pack), deltas resolved, in their order, and where they are in it.
 * @param base finds an object that a thin pack leaves out because the receiver has it.
 * @param limit bytes that the objects may have together.
 * @throws Error when the pack is damaged, a base is missing, or the objects are larger.
 */
export async function unpackObjects(
  pack: Buffer,
  base: (id: string) => Promise<UnpackedObject | undefined>,
  limit = MOST_BYTES,
): Promise<UnpackedPack> {
  const end = pack.length - CHECKSUM;
  if (end < HEADER || pack.toString('latin1', 0, 4) !== 'PACK' || pack.readUInt32BE(4) !== 2) {
    throw new Error('this is no pack of version 2');
  }
  const sum = createHash('sha1').update(pack.subarray(0, end)).digest();
  if (!sum.equals(pack.subarray(end))) throw new Error('the pack is damaged: its checksum is another one');
  const byOffset = new Map<number, GitObject>();
  const byId = new Map<string, GitObject>();
  let position = HEADER;
  let left = limit;
  let isWhole = true;
  const entries: PackEntry[] = [];
  for (let count = pack.readUInt32BE(8); count > 0; count -= 1) {
    const start = position;
    const head = readEntryHeader(pack, position);
    const delta = readDeltaBase(pack, head);
    position = delta.end;
    let origin: UnpackedObject | undefined;
    if (delta.distance !== undefined) origin = byOffset.get(start - delta.distance);
    else if (delta.id !== undefined) origin = byId.get(delta.id) ?? (await base(delta.id));
    if (head.size > left) throw new Error('the objects of the pack are too large');
    const { content, used } = inflateEntry(pack.subarray(position, end), head.size);
    position += used;
    const unpacked = objectOf(head.type, origin, content, left);
    left -= unpacked.content.length;
    const object = { id: objectId(unpacked.type, unpacked.content), ...unpacked };
    isWhole &&= delta.id === undefined;
    entries.push({ id: object.id, offset: start, crc: crc32(pack.subarray(start, position)) });
    byOffset.set(start, object);
    byId.set(object.id, object);
  }
  if (position !== end) throw new Error('the pack is damaged: it holds more than its objects');
  // One that is in it twice would be twice in its index.
  return { objects: [...byId.values()], entries, isWhole: isWhole && byId.size === entries.length };
}

function objectOf(
  type: number,
  origin: UnpackedObject | undefined,
  content: Buffer,
  limit: number,
): UnpackedObject {
  const whole = WHOLE[type];
  if (whole !== undefined) return { type: whole, content };
  if (type !== OFFSET_DELTA && type !== REFERENCE_DELTA)
    throw new Error(`the pack has an entry of type ${type}`);
  if (origin === undefined) throw new Error('the pack has a delta whose base is missing');
  return { type: origin.type, content: applyDelta(origin.content, content, limit) };
}

/** The content of an entry, and how many bytes of the pack it took. @throws Error when it has another size. */
export function inflateEntry(bytes: Buffer, size: number): { content: Buffer; used: number } {
  const limits = { info: true, maxOutputLength: size + 1 } as const;
  // With `info` it gives its engine as well, which its types do not say.
  const { buffer, engine } = inflateSync(bytes, limits) as unknown as { buffer: Buffer; engine: InflateRaw };
  if (buffer.length !== size) throw new Error('the pack is damaged: an object has another size');
  return { content: buffer, used: engine.bytesWritten };
}

interface EntryHeader {
  readonly type: number;
  /** Of the content, or of the delta. */
  readonly size: number;
  readonly end: number;
}

/** Type and size: four bits of the size in the first byte, then seven in each, the lowest first. */
export function readEntryHeader(pack: Buffer, at: number): EntryHeader {
  let byte = pack.readUInt8(at);
  const type = (byte >> 4) & 7;
  let size = byte & 15;
  let end = at + 1;
  for (let weight = 16; byte & 128; weight *= 128) {
    byte = pack.readUInt8(end);
    size += (byte & 127) * weight;
    end += 1;
  }
  return { type, size, end };
}

/** What an entry is a delta of: an entry that begins so many bytes before it, or an object by its id. A whole one has neither. */
export function readDeltaBase(
  pack: Buffer,
  { type, end }: EntryHeader,
): { readonly distance?: number; readonly id?: string; readonly end: number } {
  if (type === REFERENCE_DELTA) return { id: pack.toString('hex', end, end + 20), end: end + 20 };
  if (type !== OFFSET_DELTA) return { end };
  const distance = readDistance(pack, end);
  return { distance: distance.value, end: distance.end };
}

/** How far back the base of a delta is: seven bits a byte, the highest first, and one more for each further byte. */
function readDistance(pack: Buffer, at: number): { value: number; end: number } {
  let byte = pack.readUInt8(at);
  let value = byte & 127;
  let end = at + 1;
  while (byte & 128) {
    byte = pack.readUInt8(end);
    value = (value + 1) * 128 + (byte & 127);
    end += 1;
  }
  return { value, end };
}

/**
 * Makes an object of another one and the instructions of a delta (gitformat-pack, "Deltified representation").
 * @throws Error when the instructions do not fit, or the object would be larger than `limit` bytes.
 */
export function applyDelta(base: Buffer, delta: Buffer, limit = MOST_BYTES): Buffer {
  const from = readSize(delta, 0);
  const to = readSize(delta, from.end);
  if (from.value !== base.length) throw new Error('a delta is for another base');
  if (to.value > limit) throw new Error('the objects of the pack are too large');
  const parts: Buffer[] = [];
  let at = to.end;
  let made = 0;
  while (at < delta.length) {
    const code = delta.readUInt8(at);
    at += 1;
    if (code === 0) throw new Error('a delta has an instruction that is not known');
    if ((code & 128) === 0) {
      const added = delta.subarray(at, at + code);
      parts.push(added);
      at += code;
      made += added.length;
      continue;
    }
    // Bits 0 to 3 say which bytes of the offset follow, bits 4 to 6 which of the size.
    const number = (first: number, bytes: number): number => {
      let value = 0;
      for (let index = 0; index < bytes; index += 1) {
        if ((code & (1 << (first + index))) === 0) continue;
        value += delta.readUInt8(at) * 256 ** index;
        at += 1;
      }
      return value;
    };
    const offset = number(0, 4);
    const size = number(4, 3) || 0x10000;
    if (offset + size > base.length) throw new Error('a delta copies from behind the end of its base');
    parts.push(base.subarray(offset, offset + size));
    made += size;
    if (made > to.value) break;
  }
  if (made !== to.value) throw new Error('a delta makes an object of another size');
  return Buffer.concat(parts);
}

function readSize(delta: Buffer, at: number): { value: number; end: number } {
  let value = 0;
  let end = at;
  for (let weight = 1; ; weight *= 128) {
    const byte = delta.readUInt8(end);
    value += (byte & 127) * weight;
    end += 1;
    if ((byte & 128) === 0) return { value, end };
  }
}

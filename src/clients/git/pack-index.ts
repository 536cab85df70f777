import { createHash } from 'node:crypto';

/** Where an object begins in a pack, and the CRC-32 of its bytes there. */
export interface PackEntry {
  readonly id: string;
  readonly offset: number;
  readonly crc: number;
}

const MAGIC = Buffer.from('\xfftOc\0\0\0\x02', 'latin1');
const FANOUT = 256 * 4;
const ID = 20;
/** Offsets with this bit are kept in a further table, for packs of more than two gigabytes. */
const FAR = 0x80000000;

/** The index of a pack (gitformat-pack, "Version 2 pack-*.idx files"). @param checksum the last twenty bytes of the pack. */
export function encodePackIndex(entries: readonly PackEntry[], checksum: Buffer): Buffer {
  const sorted = entries.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const fanout = Buffer.alloc(FANOUT);
  for (let first = 0, count = 0; first < 256; first += 1) {
    while (count < sorted.length && Number.parseInt(sorted[count]?.id.slice(0, 2) ?? '', 16) <= first)
      count += 1;
    fanout.writeUInt32BE(count, first * 4);
  }
  const numbers = Buffer.alloc(sorted.length * 8);
  for (const [index, { crc, offset }] of sorted.entries()) {
    numbers.writeUInt32BE(crc, index * 4);
    numbers.writeUInt32BE(offset, (sorted.length + index) * 4);
  }
  const ids = Buffer.from(sorted.map(({ id }) => id).join(''), 'hex');
  const body = Buffer.concat([MAGIC, fanout, ids, numbers, checksum]);
  return Buffer.concat([body, createHash('sha1').update(body).digest()]);
}

/** Finds objects in the index of a pack. */
export class PackIndex {
  readonly #bytes: Buffer;
  readonly #count: number;

  /** @throws Error when this is no index of version 2, or a damaged one. */
  constructor(bytes: Buffer) {
    const end = bytes.length - ID;
    const sum = createHash('sha1')
      .update(bytes.subarray(0, Math.max(end, 0)))
      .digest();
    if (!bytes.subarray(0, MAGIC.length).equals(MAGIC) || !sum.equals(bytes.subarray(end))) {
      throw new Error('this is no index of a pack, or a damaged one');
    }
    this.#bytes = bytes;
    this.#count = this.#fanout(255);
  }

  /** Where the object begins in the pack; undefined when it is not in it. @throws Error when it is too far behind. */
  find(id: string): number | undefined {
    const wanted = Buffer.from(id, 'hex');
    const first = wanted[0] ?? 0;
    let low = first === 0 ? 0 : this.#fanout(first - 1);
    let high = this.#fanout(first);
    const ids = MAGIC.length + FANOUT;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const at = ids + middle * ID;
      const order = this.#bytes.compare(wanted, 0, ID, at, at + ID);
      if (order === 0) return this.#offset(middle);
      if (order < 0) low = middle + 1;
      else high = middle;
    }
    return undefined;
  }

  #fanout(first: number): number {
    return this.#bytes.readUInt32BE(MAGIC.length + first * 4);
  }

  #offset(index: number): number {
    const offset = this.#bytes.readUInt32BE(MAGIC.length + FANOUT + this.#count * (ID + 4) + index * 4);
    if (offset >= FAR) throw new Error('the pack is too large');
    return offset;
  }
}

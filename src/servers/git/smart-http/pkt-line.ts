/** pkt-line framing (gitprotocol-common): four hexadecimal digits of length, then the data. */

export type Packet =
  { readonly kind: 'data'; readonly data: Buffer } | { readonly kind: 'flush' | 'delimiter' };

export class BadPacket extends Error {}

/** Cuts a stream of bytes into packets, whatever the sizes of the chunks. */
export class PacketReader {
  #rest: Buffer = Buffer.alloc(0);

  push(chunk: Buffer): void {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
  }

  /** What belongs to no packet yet, or comes after the last one. */
  get rest(): Buffer {
    return this.#rest;
  }

  /** The next complete packet, or undefined until more bytes are there. @throws BadPacket */
  next(): Packet | undefined {
    if (this.#rest.length < 4) return undefined;
    const digits = this.#rest.toString('latin1', 0, 4);
    if (!/^[0-9a-fA-F]{4}$/.test(digits)) throw new BadPacket('a packet has no valid length');
    const length = Number.parseInt(digits, 16);
    if (length < 4) {
      this.#rest = this.#rest.subarray(4);
      if (length === 3) throw new BadPacket('a packet has no valid length');
      return { kind: length === 0 ? 'flush' : 'delimiter' };
    }
    if (this.#rest.length < length) return undefined;
    const data = this.#rest.subarray(4, length);
    this.#rest = this.#rest.subarray(length);
    return { kind: 'data', data };
  }
}

export function packet(content: string | Buffer): Buffer {
  const data = typeof content === 'string' ? Buffer.from(content) : content;
  return Buffer.concat([Buffer.from((data.length + 4).toString(16).padStart(4, '0')), data]);
}

export const FLUSH = Buffer.from('0000');

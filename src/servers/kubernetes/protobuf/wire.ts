import { badRequest } from '../errors.ts';

/** A varint as a number; everything else as its bytes. */
export type WireValue = bigint | Buffer;

/** Walks over the fields of a protobuf message (protocol buffers, "Encoding"). */
export class WireReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  *[Symbol.iterator](): Generator<[number, WireValue]> {
    while (this.#at < this.#bytes.length) {
      const tag = this.#varint();
      yield [Number(tag >> 3n), this.#value(Number(tag & 7n))];
    }
  }

  /** The whole message as packed numbers. */
  varints(): bigint[] {
    const numbers: bigint[] = [];
    while (this.#at < this.#bytes.length) numbers.push(this.#varint());
    return numbers;
  }

  #value(wireType: number): WireValue {
    switch (wireType) {
      case 0:
        return this.#varint();
      case 1:
        return this.#take(8);
      case 2:
        return this.#take(Number(this.#varint()));
      case 5:
        return this.#take(4);
      default:
        throw badRequest(`the protobuf has a field of the unknown wire type ${wireType}`);
    }
  }

  #varint(): bigint {
    let result = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#bytes[this.#at];
      if (byte === undefined) throw badRequest('the protobuf ends in the middle of a number');
      this.#at += 1;
      result |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, result);
    }
    throw badRequest('the protobuf has a number of more than 64 bits');
  }

  #take(length: number): Buffer {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw badRequest('the protobuf ends in the middle of a field');
    const bytes = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return bytes;
  }
}

/** Text of a message. @throws ApiError `BadRequest` when it is not UTF-8. */
export function utf8(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw badRequest('the protobuf holds text that is not UTF-8');
  }
}

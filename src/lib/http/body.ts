import type { Readable } from 'node:stream';

/** A request body went over its limit; servers answer 413. */
export class BodyTooLarge extends Error {
  readonly limit: number;

  constructor(limit: number) {
    super(`the body is larger than ${limit} bytes`);
    this.name = 'BodyTooLarge';
    this.limit = limit;
  }
}

/** So much of a refused body is still read, so that its sender sees the answer; then the connection is cut. */
const DISCARD_LIMIT = 64 * 1024 * 1024;

/**
 * Collects a body of at most `limit` bytes.
 * @throws BodyTooLarge as soon as the limit is passed; the rest is discarded, and the connection stays of use.
 */
export async function readBody(stream: Readable, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  // Leaving the loop must not close the connection: the refusal still has to be answered.
  for await (const chunk of stream.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limit) {
      discard(stream);
      throw new BodyTooLarge(limit);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}

function discard(stream: Readable): void {
  let left = DISCARD_LIMIT;
  stream.on('data', (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) stream.destroy();
  });
  stream.on('error', () => undefined);
  stream.resume();
}

/** Lets go of a stream of got once it was read to its end: got leaves it as it is, and with it its ear at the caller's signal. */
export function releasedAtEnd<T extends Readable>(body: T): T {
  body.once('end', () => body.destroy());
  return body;
}

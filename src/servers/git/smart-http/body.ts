import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { messageOf } from '../../../lib/errors.ts';
import { badRequest, GitServerError } from '../errors.ts';

/** What a client sends: a small body as a whole, and any as it goes to git. */
export interface Body {
  readonly whole?: Buffer;
  readonly pieces: AsyncIterable<Buffer> | Iterable<Buffer>;
}

/**
 * Reads the body of a request up to `limit` bytes, unpacked where it came packed.
 * @throws GitServerError 415 for an unknown encoding, 400 when the client goes away or the packing is damaged.
 */
export async function readBegin(request: IncomingMessage, limit: number): Promise<Body> {
  const iterator = unpacked(request)[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  const begun: Buffer[] = [];
  let size = 0;
  try {
    for (let piece = await iterator.next(); piece.done !== true; piece = await iterator.next()) {
      begun.push(piece.value);
      size += piece.value.length;
      if (size > limit) return { pieces: joined(begun, iterator) };
    }
  } catch (error) {
    throw badRequest(messageOf(error));
  }
  const whole = Buffer.concat(begun);
  return { whole, pieces: [whole] };
}

async function* joined(begun: readonly Buffer[], rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  yield* begun;
  for (let piece = await rest.next(); piece.done !== true; piece = await rest.next()) yield piece.value;
}

function unpacked(request: IncomingMessage): Readable {
  const encoding = request.headers['content-encoding'] ?? 'identity';
  if (encoding === 'identity') return request;
  if (encoding !== 'gzip' && encoding !== 'x-gzip') {
    throw new GitServerError(415, `the content encoding "${encoding}" is not supported; use gzip`);
  }
  const gunzip = createGunzip();
  request.once('error', (error) => gunzip.destroy(error));
  request.once('aborted', () => gunzip.destroy(new Error('the client has gone')));
  return request.pipe(gunzip);
}

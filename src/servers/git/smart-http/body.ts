import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { messageOf } from '../../../lib/errors.ts';
import { readUpTo, type Begun } from '../../../lib/read-up-to.ts';
import { badRequest, GitServerError } from '../errors.ts';

/**
 * Reads the body of a request up to `limit` bytes, unpacked where it came packed.
 * @throws GitServerError 415 for an unknown encoding, 400 when the client goes away or the packing is damaged.
 */
export async function readBegin(request: IncomingMessage, limit: number): Promise<Begun> {
  const body = unpacked(request) as AsyncIterable<Buffer>;
  return readUpTo(body, limit).catch((error: unknown) => {
    throw badRequest(messageOf(error));
  });
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

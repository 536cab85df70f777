import type { FileHandle } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { RegistryRefusal } from './errors.ts';
import { sendEmpty, type Exchange, type Parts } from './exchange.ts';
import { parseRange } from './ranges.ts';

/** Content up to this size is sent in one piece, without a stream. */
const ONE_PIECE = 64 * 1024;

/** GET and HEAD of a blob, with ranges ("Pulling blobs"). */
export async function getBlob(exchange: Exchange, repository: string, digest: string): Promise<void> {
  const { request, response, parts } = exchange;
  const size = parts.catalog.blob(repository, digest);
  if (size === undefined) throw unknown(repository, digest);
  const handle = await parts.store.read(digest, size);
  if (handle === undefined) throw damaged(parts, repository, digest);
  try {
    const headers = {
      'content-type': 'application/octet-stream',
      'docker-content-digest': digest,
      etag: `"${digest}"`,
      'accept-ranges': 'bytes',
    };
    if (request.headers['if-none-match'] === headers.etag) {
      response.writeHead(304, headers);
      response.end();
      return;
    }
    const range = parseRange(request.headers.range, size);
    if (range === 'unsatisfiable') {
      throw new RegistryRefusal(416, 'RANGE_INVALID', `the blob has ${size} bytes`, {
        'content-range': `bytes */${size}`,
      });
    }
    const { start, end } = range ?? { start: 0, end: size - 1 };
    response.writeHead(range === undefined ? 200 : 206, {
      ...headers,
      'content-length': end - start + 1,
      ...(range === undefined ? {} : { 'content-range': `bytes ${start}-${end}/${size}` }),
    });
    if (request.method === 'HEAD') response.end();
    else await send(handle, start, end, response);
  } finally {
    await handle.close();
  }
}

/** DELETE of a blob from one repository; the content goes when no other repository has it. */
export async function deleteBlob(exchange: Exchange, repository: string, digest: string): Promise<void> {
  const { catalog, store } = exchange.parts;
  if (catalog.blob(repository, digest) === undefined) throw unknown(repository, digest);
  catalog.dropBlob(repository, digest);
  if (!catalog.isUsed(digest)) await store.remove(digest);
  sendEmpty(exchange.response, 202, { 'docker-content-digest': digest });
}

async function send(handle: FileHandle, start: number, end: number, response: ServerResponse): Promise<void> {
  const length = end - start + 1;
  if (length > ONE_PIECE) {
    const content = handle.createReadStream({ start, end, autoClose: false, highWaterMark: 512 * 1024 });
    await pipeline(content, response);
    return;
  }
  const piece = Buffer.allocUnsafe(Math.max(length, 0));
  const { bytesRead } = await handle.read(piece, 0, piece.length, start);
  if (bytesRead < piece.length) response.destroy();
  else response.end(piece);
}

function unknown(repository: string, digest: string): RegistryRefusal {
  return new RegistryRefusal(404, 'BLOB_UNKNOWN', `${repository} has no blob ${digest}`);
}

/** A damaged blob counts as absent, so that the next push of the image mends it. */
function damaged(parts: Parts, repository: string, digest: string): RegistryRefusal {
  parts.log.error(`the stored content of ${digest} (${repository}) is missing or has another size`);
  return new RegistryRefusal(
    404,
    'BLOB_UNKNOWN',
    `the stored content of ${digest} is damaged; push it again`,
  );
}

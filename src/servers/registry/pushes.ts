import type { IncomingMessage } from 'node:http';
import { RegistryRefusal } from './errors.ts';
import { sendEmpty, type Exchange } from './exchange.ts';
import { digestName, repositoryName } from './names.ts';
import { parseContentRange } from './ranges.ts';
import type { Upload } from './uploads.ts';

/** POST: opens an upload, or takes the whole blob at once, or mounts it from another repository ("Pushing blobs"). */
export async function beginUpload(exchange: Exchange, repository: string): Promise<void> {
  const { request, query, response, parts } = exchange;
  const mount = query.get('mount');
  if (mount !== null && tryMount(exchange, repository, digestName(mount), query.get('from'))) return;
  const digest = query.get('digest');
  if (digest === null || mount !== null) {
    sendProgress(exchange, parts.uploads.begin(repository), 202);
    return;
  }
  digestName(digest);
  const { id } = parts.uploads.begin(repository);
  try {
    await parts.uploads.append(repository, id, request, announcedLength(request));
  } catch (error) {
    await parts.uploads.cancel(repository, id).catch(() => undefined); // Nobody else knows of it.
    throw error;
  }
  await store(exchange, repository, id, digest);
  sendStored(response, repository, digest);
}

/** GET: how much of an upload has arrived. */
export function uploadStatus(exchange: Exchange, repository: string, id: string): void {
  sendProgress(exchange, exchange.parts.uploads.find(repository, id), 204);
}

/** PATCH: the next chunk, in order where it says its range. */
export async function appendChunk(exchange: Exchange, repository: string, id: string): Promise<void> {
  sendProgress(exchange, await append(exchange, repository, id), 202);
}

/** PUT: the last chunk, or the whole content, or nothing more; the blob is stored when its digest is right. */
export async function finishUpload(exchange: Exchange, repository: string, id: string): Promise<void> {
  const digest = digestName(exchange.query.get('digest') ?? '');
  await append(exchange, repository, id);
  await store(exchange, repository, id, digest);
  sendStored(exchange.response, repository, digest);
}

/** DELETE: gives an upload up. */
export async function cancelUpload(exchange: Exchange, repository: string, id: string): Promise<void> {
  await exchange.parts.uploads.cancel(repository, id);
  sendEmpty(exchange.response, 204, {});
}

/** Without `from`, a blob of any repository is taken ("Mounting a blob from another repository"). */
function tryMount(
  { response, parts }: Exchange,
  repository: string,
  digest: string,
  from: string | null,
): boolean {
  const { catalog } = parts;
  const size = from === null ? catalog.blobAnywhere(digest) : catalog.blob(repositoryName(from), digest);
  if (size === undefined) return false;
  catalog.addBlob(repository, digest, size);
  sendStored(response, repository, digest);
  return true;
}

async function append({ request, parts }: Exchange, repository: string, id: string): Promise<Upload> {
  const { uploads } = parts;
  const upload = uploads.find(repository, id);
  const header = request.headers['content-range'];
  if (header === undefined) return uploads.append(repository, id, request, announcedLength(request));
  const range = parseContentRange(header);
  if (range?.start !== upload.size) {
    throw new RegistryRefusal(
      416,
      'BLOB_UPLOAD_INVALID',
      `the upload has ${upload.size} bytes, and goes on from there; got the range "${header.slice(0, 60)}"`,
      progressHeaders(upload),
    );
  }
  const length = range.end - range.start + 1;
  if (length !== (announcedLength(request) ?? length)) {
    throw new RegistryRefusal(400, 'SIZE_INVALID', 'Content-Length and Content-Range differ');
  }
  return uploads.append(repository, id, request, length);
}

async function store({ parts }: Exchange, repository: string, id: string, digest: string): Promise<void> {
  const { file, size } = await parts.uploads.finish(repository, id, digest);
  parts.store.adopt(file, digest);
  parts.catalog.addBlob(repository, digest, size);
}

function announcedLength(request: IncomingMessage): number | undefined {
  const header = request.headers['content-length'];
  return header === undefined ? undefined : Number(header);
}

function sendStored(response: Exchange['response'], repository: string, digest: string): void {
  const location = `/v2/${repository}/blobs/${digest}`;
  sendEmpty(response, 201, { location, 'docker-content-digest': digest });
}

function sendProgress({ response }: Exchange, upload: Upload, status: 202 | 204): void {
  sendEmpty(response, status, progressHeaders(upload));
}

/** `Range` names the last byte received; before the first one it is `0-0`, as clients expect it. */
function progressHeaders({ repository, id, size }: Upload): Record<string, string> {
  return {
    location: `/v2/${repository}/blobs/uploads/${id}`,
    range: `0-${Math.max(size - 1, 0)}`,
    'docker-upload-uuid': id,
  };
}

import { contentDigest } from '../../clients/oci.ts';
import { BodyTooLarge, readBody } from '../../lib/http/body.ts';
import type { Catalog, ManifestEntry } from './catalog.ts';
import { RegistryRefusal } from './errors.ts';
import { sendEmpty, type Exchange, type Parts } from './exchange.ts';
import { parseManifest, type ManifestDocument } from './manifest-document.ts';
import { digestName, tagName, type Reference } from './names.ts';

/** "Pushing Manifests" asks registries to take at least this much; nothing real comes near. */
const MANIFEST_LIMIT = 4 * 1024 * 1024;

/** GET and HEAD of a manifest by tag or digest. Its bytes are verified each time: they are small, and all else hangs on them. */
export async function getManifest(
  exchange: Exchange,
  repository: string,
  reference: Reference,
): Promise<void> {
  const { request, response, parts } = exchange;
  const digest = resolve(parts.catalog, repository, reference);
  const entry = digest === undefined ? undefined : parts.catalog.manifest(repository, digest);
  if (digest === undefined || entry === undefined) throw unknown(parts.catalog, repository, reference);
  const bytes = await readVerified(parts, digest, entry);
  response.writeHead(200, {
    'content-type': entry.mediaType,
    'content-length': bytes.length,
    'docker-content-digest': digest,
    etag: `"${digest}"`,
  });
  if (request.method === 'HEAD') response.end();
  else response.end(bytes);
}

/** PUT of a manifest, by digest with any number of `?tag=`, or by tag. What it refers to has to be there. */
export async function putManifest(
  exchange: Exchange,
  repository: string,
  reference: Reference,
): Promise<void> {
  const { request, response, query, parts } = exchange;
  const tags = reference.kind === 'tag' ? [reference.tag] : query.getAll('tag').map(tagName);
  const bytes = await readManifest(exchange);
  const algorithm = reference.kind === 'digest' ? reference.digest.split(':')[0] : 'sha256';
  const digest = contentDigest(bytes, algorithm);
  if (reference.kind === 'digest' && reference.digest !== digest) {
    throw new RegistryRefusal(400, 'DIGEST_INVALID', `the manifest is ${digest}, not ${reference.digest}`);
  }
  const document = parseManifest(bytes, request.headers['content-type']);
  requireContent(parts.catalog, repository, document);
  const { mediaType, subject, artifactType, annotations } = document;
  const staged = await parts.store.stage(bytes);
  parts.store.adopt(staged, digest);
  parts.catalog.addManifest(repository, digest, {
    mediaType,
    size: bytes.length,
    ...(subject === undefined ? {} : { subject }),
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(annotations === undefined ? {} : { annotations }),
  });
  for (const tag of tags) parts.catalog.setTag(repository, tag, digest);
  parts.log.info(`${repository}${tags.map((tag) => `:${tag}`).join('')} is ${digest}`);
  if (query.has('tag')) response.setHeader('oci-tag', tags);
  sendEmpty(response, 201, {
    location: `/v2/${repository}/manifests/${digest}`,
    'docker-content-digest': digest,
    ...(subject === undefined ? {} : { 'oci-subject': subject }),
  });
}

/** DELETE: a tag alone, or by digest the manifest with all its tags ("Deleting tags", "Deleting Manifests"). */
export async function deleteManifest(
  exchange: Exchange,
  repository: string,
  reference: Reference,
): Promise<void> {
  const { response, parts } = exchange;
  const { catalog, store } = parts;
  if (reference.kind === 'tag') {
    if (catalog.tag(repository, reference.tag) === undefined) throw unknown(catalog, repository, reference);
    catalog.dropTag(repository, reference.tag);
  } else {
    const { digest } = reference;
    if (catalog.manifest(repository, digest) === undefined) throw unknown(catalog, repository, reference);
    catalog.dropManifest(repository, digest);
    if (!catalog.isUsed(digest)) await store.remove(digest);
  }
  parts.log.info(`${repository} has dropped ${reference.kind === 'tag' ? reference.tag : reference.digest}`);
  sendEmpty(response, 202, {});
}

async function readManifest({ request }: Exchange): Promise<Buffer> {
  try {
    return await readBody(request, MANIFEST_LIMIT);
  } catch (error) {
    if (!(error instanceof BodyTooLarge)) throw error;
    throw new RegistryRefusal(413, 'SIZE_INVALID', `a manifest may have ${error.limit} bytes`);
  }
}

async function readVerified({ store, log }: Parts, digest: string, entry: ManifestEntry): Promise<Buffer> {
  const handle = await store.read(digest, entry.size);
  try {
    const bytes = await handle?.readFile();
    if (bytes !== undefined && contentDigest(bytes, digest.split(':')[0]) === digest) return bytes;
  } finally {
    await handle?.close();
  }
  log.error(`the stored manifest ${digest} is damaged`);
  throw new RegistryRefusal(
    404,
    'MANIFEST_UNKNOWN',
    `the stored manifest ${digest} is damaged; push it again`,
  );
}

/** Refuses a manifest that points to what the repository does not have, or has with another size. */
function requireContent(catalog: Catalog, repository: string, { blobs, manifests }: ManifestDocument): void {
  for (const { digest, size } of blobs) check(digest, size, catalog.blob(repository, digest));
  for (const { digest, size } of manifests) {
    check(digest, size, catalog.manifest(repository, digest)?.size ?? catalog.blob(repository, digest));
  }

  function check(digest: string, announced: number, stored: number | undefined): void {
    digestName(digest);
    if (stored === undefined) {
      const message = `the manifest refers to ${digest}, which ${repository} does not have`;
      throw new RegistryRefusal(404, 'MANIFEST_BLOB_UNKNOWN', message);
    }
    if (stored !== announced) {
      const message = `the manifest gives ${digest} ${announced} bytes, but it has ${stored}`;
      throw new RegistryRefusal(400, 'MANIFEST_INVALID', message);
    }
  }
}

function resolve(catalog: Catalog, repository: string, reference: Reference): string | undefined {
  return reference.kind === 'digest' ? reference.digest : catalog.tag(repository, reference.tag);
}

function unknown(catalog: Catalog, repository: string, reference: Reference): RegistryRefusal {
  if (!catalog.has(repository)) {
    return new RegistryRefusal(404, 'NAME_UNKNOWN', `there is no repository ${repository}`);
  }
  const what = reference.kind === 'tag' ? `tag ${reference.tag}` : `manifest ${reference.digest}`;
  return new RegistryRefusal(404, 'MANIFEST_UNKNOWN', `${repository} has no ${what}`);
}

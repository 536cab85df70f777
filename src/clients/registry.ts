import { Agent as PlainAgent, request as plainRequest, type IncomingMessage } from 'node:http';
import { Agent as SecureAgent, request as secureRequest } from 'node:https';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { systemCode } from '../lib/errors.ts';
import { readBody } from '../lib/http/body.ts';
import { basicAuthorization } from '../lib/http/auth.ts';
import { isLoopbackHost } from '../lib/http/guard.ts';
import {
  contentDigest,
  hasherFor,
  isIndexType,
  mediaTypes,
  type Descriptor,
  type ImageConfig,
  type ImageIndex,
  type ImageManifest,
  type Platform,
} from './oci.ts';

export interface RegistryOptions {
  /** `host:port`, as it stands in image references. */
  readonly host: string;
  readonly username?: string;
  readonly password?: string;
  /** Plain HTTP. Unless told, that is what loopback hosts get and nobody else, as docker does it. */
  readonly insecure?: boolean;
}

/** A manifest whose bytes have the digest that they are known by. */
export interface FetchedManifest {
  readonly digest: string;
  readonly mediaType: string;
  readonly bytes: Buffer;
}

/** One runnable image: what an index points to for the platform, and how to run it. */
export interface ResolvedImage {
  readonly digest: string;
  readonly manifest: ImageManifest;
  readonly config: ImageConfig;
}

/** Content to push that is too large for memory; its digest is known beforehand. */
export interface BlobStream {
  readonly digest: string;
  readonly size: number;
  readonly stream: Readable;
}

/** The registry said no, or answered outside its protocol. `code` is the first one of the OCI error list (`MANIFEST_UNKNOWN`). */
export class RegistryError extends Error {
  readonly status: number;
  readonly code: string | undefined;
  readonly url: string;

  constructor(message: string, status: number, code: string | undefined, url: string) {
    super(message);
    this.name = 'RegistryError';
    this.status = status;
    this.code = code;
    this.url = url;
  }
}

/** Content is not what its digest or size says: it was changed or cut off on its way, or in the registry. */
export class ContentMismatch extends Error {
  readonly digest: string;

  constructor(digest: string, detail: string) {
    super(`the content that was received for ${digest} is not that content: ${detail}`);
    this.name = 'ContentMismatch';
    this.digest = digest;
  }
}

/** Manifests and image configurations are small documents; what is larger is refused. */
const DOCUMENT_LIMIT = 4 * 1024 * 1024;
/** A registry that says nothing for this many milliseconds is given up. */
const SILENCE_LIMIT = 60_000;
const MANIFEST_TYPES = [
  mediaTypes.manifest,
  mediaTypes.index,
  mediaTypes.dockerManifest,
  mediaTypes.dockerManifestList,
].join(', ');

interface Call {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE';
  /** Path with query, or a whole URL that the registry has given as a Location. */
  readonly target: string;
  readonly headers?: Readonly<Record<string, string | number>>;
  readonly body?: Uint8Array | Readable;
  /** The statuses that the caller understands; all others become a RegistryError. */
  readonly expect: readonly number[];
}

/**
 * A client of the OCI distribution API 1.1, for any registry. All content is verified against its digest.
 * Calls throw RegistryError for what the registry refuses, ContentMismatch for wrong content, and Node's own
 * errors when it cannot be reached.
 */
export class Registry {
  readonly host: string;
  readonly #base: string;
  readonly #agent: PlainAgent;
  readonly #authorization: string | undefined;

  constructor({ host, username, password, insecure = isLoopbackHost(host) }: RegistryOptions) {
    this.host = host;
    this.#base = `${insecure ? 'http' : 'https'}://${host}`;
    this.#agent = insecure ? new PlainAgent({ keepAlive: true }) : new SecureAgent({ keepAlive: true });
    this.#authorization = username === undefined ? undefined : basicAuthorization(username, password ?? '');
  }

  /** Resolves when the registry answers and accepts the credentials ("Determining Support"). */
  async ping(): Promise<void> {
    await this.#text({ method: 'GET', target: '/v2/', expect: [200] });
  }

  /** The manifest by tag or digest, or undefined when there is none. */
  async manifest(repository: string, reference: string): Promise<FetchedManifest | undefined> {
    const response = await this.#call({
      method: 'GET',
      target: `/v2/${repository}/manifests/${reference}`,
      headers: { accept: MANIFEST_TYPES },
      expect: [200, 404],
    });
    const bytes = await readBody(response, DOCUMENT_LIMIT);
    if (response.statusCode === 404) return undefined;
    const announced = header(response, 'docker-content-digest');
    const expected = reference.includes(':') ? reference : (announced ?? contentDigest(bytes));
    verify(expected, bytes);
    const mediaType = header(response, 'content-type')?.split(';')[0]?.trim() ?? mediaTypes.manifest;
    return { digest: expected, mediaType, bytes };
  }

  /** The digest that a tag or digest stands for, or undefined when there is no such manifest. Nothing is downloaded. */
  async resolve(repository: string, reference: string): Promise<string | undefined> {
    const response = await this.#call({
      method: 'HEAD',
      target: `/v2/${repository}/manifests/${reference}`,
      headers: { accept: MANIFEST_TYPES },
      expect: [200, 404],
    });
    response.resume();
    if (response.statusCode === 404) return undefined;
    return header(response, 'docker-content-digest') ?? (await this.manifest(repository, reference))?.digest;
  }

  /**
   * The image by tag or digest with its configuration; of an index, the image for the platform.
   * @returns undefined when there is no such manifest.
   */
  async image(
    repository: string,
    reference: string,
    platform: Platform = hostPlatform(),
  ): Promise<ResolvedImage | undefined> {
    let found = await this.manifest(repository, reference);
    if (found !== undefined && isIndexType(found.mediaType)) {
      const index = parseDocument<ImageIndex>(found.bytes, found.digest);
      found = await this.manifest(repository, choosePlatform(index, platform, found.digest).digest);
    }
    if (found === undefined) return undefined;
    const manifest = parseDocument<ImageManifest>(found.bytes, found.digest);
    if (!Array.isArray(manifest.layers)) {
      throw new ContentMismatch(found.digest, 'it is not an image manifest');
    }
    const config = await this.readBlob(repository, manifest.config);
    return { digest: found.digest, manifest, config: parseDocument(config, manifest.config.digest) };
  }

  /**
   * A blob as a stream that fails with ContentMismatch, before its end, when content or size differ from the
   * descriptor. What has been read must not be used until the stream has ended.
   */
  async openBlob(
    repository: string,
    { digest, size }: Pick<Descriptor, 'digest' | 'size'>,
  ): Promise<Readable> {
    const target = `/v2/${repository}/blobs/${digest}`;
    const response = await this.#follow({ method: 'GET', target, expect: [200] });
    const verifier = verifying(digest, size);
    pipeline(response, verifier).catch(() => undefined); // The verifier carries the error to its reader.
    return verifier;
  }

  /**
   * A whole blob of at most 4 MiB, an image's configuration for example.
   * @throws BodyTooLarge when it is larger.
   */
  async readBlob(repository: string, descriptor: Pick<Descriptor, 'digest' | 'size'>): Promise<Buffer> {
    return readBody(await this.openBlob(repository, descriptor), DOCUMENT_LIMIT);
  }

  async hasBlob(repository: string, digest: string): Promise<boolean> {
    const response = await this.#follow({
      method: 'HEAD',
      target: `/v2/${repository}/blobs/${digest}`,
      expect: [200, 404],
    });
    response.resume();
    return response.statusCode === 200;
  }

  /** Pushes a blob that the repository does not have yet; gives its digest. A stream is always consumed or destroyed. */
  async pushBlob(repository: string, content: Uint8Array | BlobStream): Promise<string> {
    const { digest, size, body } = blobOf(content);
    try {
      if (await this.hasBlob(repository, digest)) return digest;
      const begun = await this.#call({
        method: 'POST',
        target: `/v2/${repository}/blobs/uploads/`,
        headers: { 'content-length': 0 },
        expect: [202],
      });
      begun.resume();
      const location = new URL(this.#locationOf(begun));
      location.searchParams.set('digest', digest);
      await this.#text({
        method: 'PUT',
        target: location.href,
        headers: { 'content-type': 'application/octet-stream', 'content-length': size },
        body,
        expect: [201],
      });
      return digest;
    } finally {
      if (body instanceof Readable) body.destroy();
    }
  }

  /** Takes a blob over from another repository of this registry; false when the registry wants it pushed instead. */
  async mountBlob(repository: string, digest: string, from: string): Promise<boolean> {
    const query = new URLSearchParams({ mount: digest, from });
    const response = await this.#call({
      method: 'POST',
      target: `/v2/${repository}/blobs/uploads/?${query.toString()}`,
      headers: { 'content-length': 0 },
      expect: [201, 202],
    });
    response.resume();
    if (response.statusCode === 201) return true;
    const target = this.#locationOf(response); // An upload was opened in place of the mount: it is not needed.
    await this.#text({ method: 'DELETE', target, expect: [204, 404, 405] });
    return false;
  }

  /** Puts a manifest under a tag, or under its own digest; gives its digest. */
  async pushManifest(
    repository: string,
    reference: string,
    content: ImageManifest | ImageIndex | Uint8Array,
    mediaType: string = mediaTypes.manifest,
  ): Promise<string> {
    const bytes = content instanceof Uint8Array ? content : Buffer.from(JSON.stringify(content));
    await this.#text({
      method: 'PUT',
      target: `/v2/${repository}/manifests/${reference}`,
      headers: { 'content-type': mediaType, 'content-length': bytes.length },
      body: bytes,
      expect: [201],
    });
    return reference.includes(':') ? reference : contentDigest(bytes);
  }

  /** Deletes a tag or, by digest, a manifest with all its tags; false when there was none. */
  async deleteManifest(repository: string, reference: string): Promise<boolean> {
    const target = `/v2/${repository}/manifests/${reference}`;
    const response = await this.#call({ method: 'DELETE', target, expect: [202, 404] });
    response.resume();
    return response.statusCode === 202;
  }

  /** All tags of the repository in the registry's order; none when there is no such repository. */
  async tags(repository: string): Promise<string[]> {
    const pages = await this.#pages<{ tags?: string[] | null }>(`/v2/${repository}/tags/list?n=1000`);
    return pages.flatMap((page) => page.tags ?? []);
  }

  /** The names of all repositories. */
  async repositories(): Promise<string[]> {
    const pages = await this.#pages<{ repositories?: string[] | null }>('/v2/_catalog?n=1000');
    return pages.flatMap((page) => page.repositories ?? []);
  }

  /** Ends the connections that wait for further calls. They do not keep the process alive. */
  close(): void {
    this.#agent.destroy();
  }

  /** Reads a list that goes on in `Link: <…>; rel="next"`. */
  async #pages<T>(first: string): Promise<T[]> {
    const pages: T[] = [];
    let target: string | undefined = first;
    while (target !== undefined) {
      const response = await this.#call({ method: 'GET', target, expect: [200, 404] });
      const body = await readBody(response, DOCUMENT_LIMIT);
      if (response.statusCode === 404) break;
      pages.push(parseDocument<T>(body, target));
      const next: string | undefined = /<([^>]+)>\s*;\s*rel="?next"?/.exec(
        header(response, 'link') ?? '',
      )?.[1];
      target = next === undefined ? undefined : new URL(next, new URL(target, this.#base)).href;
    }
    return pages;
  }

  #locationOf(response: IncomingMessage): string {
    const location = header(response, 'location');
    if (location !== undefined) return new URL(location, this.#base).href;
    throw new RegistryError('the registry gave no Location', response.statusCode ?? 0, undefined, this.#base);
  }

  async #text(call: Call): Promise<string> {
    return (await readBody(await this.#call(call), DOCUMENT_LIMIT)).toString('utf8');
  }

  /** A GET or HEAD that may be sent on, which large registries do with blobs. */
  async #follow(call: Call, hops = 5): Promise<IncomingMessage> {
    const response = await this.#call({ ...call, expect: [...call.expect, 301, 302, 303, 307, 308] });
    if (call.expect.includes(response.statusCode ?? 0)) return response;
    response.resume();
    const target = this.#locationOf(response);
    if (hops === 0)
      throw new RegistryError('too many redirects', response.statusCode ?? 0, undefined, target);
    return this.#follow({ ...call, target }, hops - 1);
  }

  async #call(call: Call): Promise<IncomingMessage> {
    const { method, target, expect } = call;
    const url = new URL(target, this.#base);
    const { request, answered } = this.#send(url, call);
    let response: IncomingMessage;
    try {
      response = await answered;
    } catch (error) {
      // The registry may close a connection that waits just when it is used again: no reason to fail a read.
      const stale = request.reusedSocket && systemCode(error) === 'ECONNRESET';
      if (!stale || (method !== 'GET' && method !== 'HEAD')) throw error;
      response = await this.#send(url, call).answered;
    }
    if (expect.includes(response.statusCode ?? 0)) return response;
    throw await refusal(response, method, url.href);
  }

  #send(url: URL, { method, headers, body }: Call) {
    const home = url.origin === new URL(this.#base).origin;
    const send = url.protocol === 'https:' ? secureRequest : plainRequest;
    const request = send(url, {
      method,
      ...(home ? { agent: this.#agent } : {}),
      headers: {
        ...headers,
        // Credentials never go to another origin that a redirect names.
        ...(home && this.#authorization !== undefined ? { authorization: this.#authorization } : {}),
      },
      timeout: SILENCE_LIMIT,
    });
    const answered = new Promise<IncomingMessage>((resolve, reject) => {
      request.once('response', resolve);
      request.on('error', reject);
      request.once('timeout', () => request.destroy(new Error(`${url.host} has not answered for 60 s`)));
    });
    if (body instanceof Readable) {
      // A refusal may arrive before the body is sent; the answer says more than the broken pipe.
      pipeline(body, request).catch((error: unknown) => request.destroy(error as Error));
    } else {
      request.end(body);
    }
    return { request, answered };
  }
}

/** The platform of the host in the words of images: `linux` and `amd64` or `arm64`. */
export function hostPlatform(): Platform {
  return { os: 'linux', architecture: process.arch === 'x64' ? 'amd64' : process.arch };
}

/** Passes content on and fails at its end when it is not that of the digest, or earlier when it is too long. */
function verifying(digest: string, size: number): Transform {
  const hash = hasherFor(digest);
  const [algorithm = ''] = digest.split(':');
  let received = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      received += chunk.length;
      if (received > size) {
        done(new ContentMismatch(digest, `it is longer than the ${size} bytes announced`));
        return;
      }
      hash.update(chunk);
      done(null, chunk);
    },
    flush(done) {
      const actual = `${algorithm}:${hash.digest('hex')}`;
      if (received !== size) done(new ContentMismatch(digest, `${received} bytes in place of ${size}`));
      else done(actual === digest ? null : new ContentMismatch(digest, `its digest is ${actual}`));
    },
  });
}

function verify(digest: string, bytes: Uint8Array): void {
  const actual = contentDigest(bytes, digest.split(':')[0]);
  if (actual !== digest) throw new ContentMismatch(digest, `its digest is ${actual}`);
}

function choosePlatform(index: ImageIndex, wanted: Platform, digest: string): Descriptor {
  const images = index.manifests.filter((entry) => entry.platform?.os !== 'unknown');
  const fits = ({ platform }: Descriptor) =>
    platform?.os === wanted.os &&
    platform.architecture === wanted.architecture &&
    (wanted.variant === undefined || platform.variant === wanted.variant);
  const [only] = images.length === 1 && images[0]?.platform === undefined ? images : [];
  const chosen = images.find(fits) ?? only;
  if (chosen !== undefined) return chosen;
  const offered = images.map(({ platform }) => `${platform?.os ?? '?'}/${platform?.architecture ?? '?'}`);
  throw new ContentMismatch(
    digest,
    `the index has no image for ${wanted.os}/${wanted.architecture}, only ${offered.join(', ') || 'none'}`,
  );
}

function parseDocument<T>(bytes: Buffer, what: string): T {
  try {
    return JSON.parse(bytes.toString('utf8')) as T;
  } catch {
    throw new ContentMismatch(what, 'it is not JSON');
  }
}

function blobOf(content: Uint8Array | BlobStream) {
  if (content instanceof Uint8Array) {
    return { digest: contentDigest(content), size: content.length, body: content };
  }
  return { digest: content.digest, size: content.size, body: content.stream };
}

function header(response: IncomingMessage, name: string): string | undefined {
  const value = response.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

async function refusal(response: IncomingMessage, method: string, url: string): Promise<RegistryError> {
  const status = response.statusCode ?? 0;
  let code: string | undefined;
  let detail = response.statusMessage ?? '';
  try {
    const body = JSON.parse((await readBody(response, 64 * 1024)).toString('utf8')) as {
      errors?: { code?: string; message?: string }[];
    };
    ({ code, message: detail = detail } = body.errors?.[0] ?? {});
  } catch {
    response.resume(); // Not the protocol's error list: the status has to do.
  }
  return new RegistryError(
    `${method} ${url} was answered ${status}: ${code === undefined ? detail : `${code}: ${detail}`}`,
    status,
    code,
    url,
  );
}

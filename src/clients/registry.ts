import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { readBody } from '../lib/http/body.ts';
import {
  contentDigest,
  isIndexType,
  mediaTypes,
  type Descriptor,
  type ImageConfig,
  type ImageIndex,
  type ImageManifest,
  type Platform,
} from './oci.ts';
import {
  Connection,
  DOCUMENT_LIMIT,
  header,
  RegistryError,
  type RegistryOptions,
} from './registry/connection.ts';
import {
  choosePlatform,
  ContentMismatch,
  hostPlatform,
  parseDocument,
  verify,
  verifying,
} from './registry/content.ts';

export { ContentMismatch, hostPlatform, RegistryError, type RegistryOptions };

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

const MANIFEST_TYPES = [
  mediaTypes.manifest,
  mediaTypes.index,
  mediaTypes.dockerManifest,
  mediaTypes.dockerManifestList,
].join(', ');

/**
 * A client of the OCI distribution API 1.1, for any registry. All content is verified against its digest.
 * Calls throw RegistryError for what the registry refuses, ContentMismatch for wrong content, and Node's own
 * errors when it cannot be reached.
 */
export class Registry {
  readonly host: string;
  readonly #connection: Connection;

  constructor(options: RegistryOptions) {
    this.host = options.host;
    this.#connection = new Connection(options);
  }

  /** Resolves when the registry answers and accepts the credentials ("Determining Support"). */
  async ping(): Promise<void> {
    await this.#connection.text({ method: 'GET', target: '/v2/', expect: [200] });
  }

  /** The manifest by tag or digest, or undefined when there is none. */
  async manifest(repository: string, reference: string): Promise<FetchedManifest | undefined> {
    const response = await this.#connection.call({
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
    const response = await this.#connection.call({
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
    const response = await this.#connection.follow({ method: 'GET', target, expect: [200] });
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
    const response = await this.#connection.follow({
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
      const begun = await this.#connection.call({
        method: 'POST',
        target: `/v2/${repository}/blobs/uploads/`,
        headers: { 'content-length': 0 },
        expect: [202],
      });
      begun.resume();
      const location = new URL(this.#connection.locationOf(begun));
      location.searchParams.set('digest', digest);
      await this.#connection.text({
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
    const response = await this.#connection.call({
      method: 'POST',
      target: `/v2/${repository}/blobs/uploads/?${query.toString()}`,
      headers: { 'content-length': 0 },
      expect: [201, 202],
    });
    response.resume();
    if (response.statusCode === 201) return true;
    const target = this.#connection.locationOf(response); // An upload was opened in place of the mount: it is not needed.
    await this.#connection.text({ method: 'DELETE', target, expect: [204, 404, 405] });
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
    await this.#connection.text({
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
    const response = await this.#connection.call({ method: 'DELETE', target, expect: [202, 404] });
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
    this.#connection.close();
  }

  /** Reads a list that goes on in `Link: <…>; rel="next"`. */
  async #pages<T>(first: string): Promise<T[]> {
    const pages: T[] = [];
    let target: string | undefined = first;
    while (target !== undefined) {
      const response = await this.#connection.call({ method: 'GET', target, expect: [200, 404] });
      const body = await readBody(response, DOCUMENT_LIMIT);
      if (response.statusCode === 404) break;
      pages.push(parseDocument<T>(body, target));
      const next: string | undefined = /<([^>]+)>\s*;\s*rel="?next"?/.exec(
        header(response, 'link') ?? '',
      )?.[1];
      target = next === undefined ? undefined : new URL(next, new URL(target, this.#connection.base)).href;
    }
    return pages;
  }
}

function blobOf(content: Uint8Array | BlobStream) {
  if (content instanceof Uint8Array) {
    return { digest: contentDigest(content), size: content.length, body: content };
  }
  return { digest: content.digest, size: content.size, body: content.stream };
}

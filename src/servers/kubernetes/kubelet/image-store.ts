import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ContentMismatch, Registry, RegistryError } from '../../../clients/registry.ts';
import { parseImageReference, type ImageReference } from '../../../clients/image-reference.ts';
import type { ImageConfig } from '../../../clients/oci.ts';
import { messageOf } from '../../../lib/errors.ts';
import { readFileIfExists, writeFileAtomic } from '../../../lib/fs.ts';
import type { Log } from '../../../lib/log.ts';
import { Unpacker, UnpackError, type UnpackLimits } from './unpack.ts';

/** An unpacked image. Its folder is shared by all containers and only read. */
export interface Image {
  /** The digest of the image's manifest. */
  readonly digest: string;
  /** `host/repository@sha256:…`: what the kubelet reports as `imageID`. */
  readonly id: string;
  /** The folder with the image's files. */
  readonly root: string;
  readonly config: ImageConfig;
  /** Bytes of its files. */
  readonly size: number;
}

export interface ImageStoreOptions {
  readonly dataDir: string;
  readonly log: Log;
  /** Credentials for a registry's host; none unless told. */
  readonly credentials?: (host: string) => { username: string; password: string } | undefined;
  readonly limits?: UnpackLimits;
  /** Images kept although no pod uses them; 20 unless told. */
  readonly keep?: number;
}

/** What is on disk beside an image's files. */
interface Record_ {
  readonly digest: string;
  readonly id: string;
  readonly config: ImageConfig;
  readonly size: number;
  readonly pulledAt: number;
}

/** Pulling failed, with the words that a person needs. */
class PullError extends Error {
  constructor(message: string, options?: { cause: unknown }) {
    super(message, options);
    this.name = 'PullError';
  }
}

const LIMITS: UnpackLimits = { bytes: 4 * 1024 ** 3, entries: 400_000 };

/** Pulls images, verifies every blob, and keeps the unpacked files, one folder an image. */
export class ImageStore {
  readonly #options: ImageStoreOptions;
  readonly #folder: string;
  readonly #images = new Map<string, Image>();
  /** The digest that a reference with a tag stood for when it was last pulled. */
  #tags: Record<string, string> = {};
  readonly #pulls = new Map<string, Promise<Image>>();
  readonly #registries = new Map<string, Registry>();

  private constructor(options: ImageStoreOptions) {
    this.#options = options;
    this.#folder = join(options.dataDir, 'images');
  }

  /** Opens the store; what an interrupted pull left behind is removed. */
  static async open(options: ImageStoreOptions): Promise<ImageStore> {
    const store = new ImageStore(options);
    await mkdir(store.#folder, { recursive: true, mode: 0o700 });
    await store.#load();
    return store;
  }

  /** The image of a reference if it is here. */
  find(reference: string): Image | undefined {
    const { digest } = parse(reference);
    return this.#images.get(digest ?? this.#tags[reference] ?? '');
  }

  /**
   * Brings an image here, or finds it here by the digest that the registry tells for its tag.
   * @throws PullError with a message for the pod's status.
   */
  async pull(reference: string): Promise<Image> {
    const running = this.#pulls.get(reference);
    if (running !== undefined) return running;
    const pull = this.#pull(reference).finally(() => this.#pulls.delete(reference));
    this.#pulls.set(reference, pull);
    return pull;
  }

  /** Removes images that no pod uses, the longest unused first, beyond those that are kept for the next start. */
  async collect(inUse: ReadonlySet<string>): Promise<void> {
    const unused = [...this.#images.values()].filter(({ digest }) => !inUse.has(digest));
    const surplus = unused.slice(0, Math.max(0, unused.length - (this.#options.keep ?? 20)));
    for (const image of surplus) {
      this.#images.delete(image.digest);
      await rm(join(this.#folder, folderName(image.digest)), { recursive: true, force: true });
    }
  }

  close(): void {
    for (const registry of this.#registries.values()) registry.close();
  }

  async #pull(reference: string): Promise<Image> {
    const parsed = parse(reference);
    const { registry: host, repository, tag = 'latest', digest } = parsed;
    try {
      const registry = this.#registry(host);
      const resolved = digest ?? (await registry.resolve(repository, tag));
      if (resolved === undefined) throw missing(parsed, reference);
      const image = this.#images.get(resolved) ?? (await this.#fetch(registry, parsed, resolved, reference));
      if (digest === undefined && this.#tags[reference] !== resolved) {
        this.#tags = { ...this.#tags, [reference]: resolved };
        await writeFileAtomic(join(this.#folder, 'tags.json'), JSON.stringify(this.#tags));
      }
      // The last used is the last to be removed.
      this.#images.delete(image.digest);
      this.#images.set(image.digest, image);
      return image;
    } catch (error) {
      throw explain(reference, host, error);
    }
  }

  async #fetch(
    registry: Registry,
    parsed: ImageReference,
    digest: string,
    reference: string,
  ): Promise<Image> {
    const { repository } = parsed;
    const found = await registry.image(repository, digest);
    if (found === undefined) throw missing(parsed, reference);
    const temporary = join(this.#folder, `.${randomBytes(6).toString('hex')}.part`);
    const root = join(temporary, 'rootfs');
    await mkdir(root, { recursive: true, mode: 0o755 });
    try {
      const unpacker = new Unpacker(root, this.#options.limits ?? LIMITS);
      const diffIds = found.config.rootfs.diff_ids;
      for (const [i, layer] of found.manifest.layers.entries()) {
        await unpacker.layer(await registry.openBlob(repository, layer), layer.mediaType, diffIds[i]);
      }
      const record: Record_ = {
        digest,
        id: `${parsed.registry}/${repository}@${digest}`,
        config: found.config,
        size: unpacker.size,
        pulledAt: Date.now(),
      };
      await writeFileAtomic(join(temporary, 'image.json'), JSON.stringify(record));
      const folder = join(this.#folder, folderName(digest));
      await rm(folder, { recursive: true, force: true });
      await rename(temporary, folder);
      const image = imageOf(record, folder);
      this.#images.set(digest, image);
      return image;
    } catch (error) {
      await rm(temporary, { recursive: true, force: true });
      throw error;
    }
  }

  #registry(host: string): Registry {
    let registry = this.#registries.get(host);
    if (registry === undefined) {
      registry = new Registry({ host, ...this.#options.credentials?.(host) });
      this.#registries.set(host, registry);
    }
    return registry;
  }

  async #load(): Promise<void> {
    this.#tags = JSON.parse((await readFileIfExists(join(this.#folder, 'tags.json'))) ?? '{}') as Record<
      string,
      string
    >;
    const records: { record: Record_; folder: string }[] = [];
    for (const name of await readdir(this.#folder)) {
      if (name === 'tags.json') continue;
      const folder = join(this.#folder, name);
      try {
        const record = JSON.parse(await readFile(join(folder, 'image.json'), 'utf8')) as Record_;
        if (name !== folderName(record.digest)) throw new Error('the folder has another name');
        records.push({ record, folder });
      } catch (error) {
        if (!name.endsWith('.part')) this.#options.log.warn(`image ${name} is removed: ${messageOf(error)}`);
        await rm(folder, { recursive: true, force: true });
      }
    }
    for (const { record, folder } of records.sort((a, b) => a.record.pulledAt - b.record.pulledAt)) {
      this.#images.set(record.digest, imageOf(record, folder));
    }
  }
}

function imageOf({ digest, id, config, size }: Record_, folder: string): Image {
  return { digest, id, config, size, root: join(folder, 'rootfs') };
}

function folderName(digest: string): string {
  return digest.replace(':', '-');
}

function parse(reference: string): ImageReference {
  try {
    return parseImageReference(reference);
  } catch (error) {
    throw new PullError(`InvalidImageName: ${messageOf(error)}`, { cause: error });
  }
}

function missing({ registry, repository, tag, digest }: ImageReference, reference: string): PullError {
  return new PullError(
    `failed to pull image "${reference}": ${registry} has no manifest ${digest ?? tag ?? 'latest'} in ${repository}: not found`,
  );
}

function explain(reference: string, host: string, error: unknown): PullError {
  if (error instanceof PullError) return error;
  const tampered = error instanceof ContentMismatch || error instanceof UnpackError;
  const why = tampered
    ? `the image was tampered with or damaged: ${error.message}`
    : error instanceof RegistryError
      ? `the registry ${host} refused: ${error.message}`
      : `the registry ${host} cannot be used: ${messageOf(error)}`;
  return new PullError(`failed to pull image "${reference}": ${why}`, { cause: error });
}

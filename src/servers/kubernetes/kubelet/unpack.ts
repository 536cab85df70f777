import { createHash } from 'node:crypto';
import { chmod, link, lstat, mkdir, open, readdir, readlink, rm, symlink } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { createTarDecoder, type ParsedTarEntry } from 'modern-tar';
import { systemCode } from '../../../lib/errors.ts';

export interface UnpackLimits {
  /** Bytes of all files together. */
  readonly bytes: number;
  readonly entries: number;
}

/** The image's content cannot be unpacked: it is damaged, too large, or wants to leave its folder. */
export class UnpackError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UnpackError';
  }
}

/** Unpacks an image's layers one over the other into a folder that nothing in them can leave. */
export class Unpacker {
  readonly #root: string;
  readonly #limits: UnpackLimits;
  /** Folders (relative to the root) that are known to be real ones. */
  readonly #folders = new Set<string>();
  #written = new Set<string>();
  #bytes = 0;
  #entries = 0;

  constructor(root: string, limits: UnpackLimits) {
    this.#root = root;
    this.#limits = limits;
  }

  /** Bytes of the files so far. */
  get size(): number {
    return this.#bytes;
  }

  /**
   * Adds a layer (image specification, "Image Layer Filesystem Changeset").
   * @param diffId the digest of the uncompressed layer, from the image's configuration.
   * @throws UnpackError; whatever the stream fails with.
   */
  async layer(content: Readable, mediaType: string, diffId: string | undefined): Promise<void> {
    this.#written = new Set();
    const hash = createHash('sha256');
    const tee = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        hash.update(chunk);
        done(null, chunk);
      },
    });
    const plain = decompress(content, mediaType).on('error', (error: Error) => tee.destroy(error));
    content.on('error', (error: Error) => tee.destroy(error));
    plain.pipe(tee);
    const decoder = createTarDecoder({ strict: true });
    const source = Readable.toWeb(tee) as unknown as ReadableStream<Uint8Array>;
    const entries = source.pipeThrough(decoder) as unknown as AsyncIterable<ParsedTarEntry>;
    try {
      for await (const entry of entries) await this.#entry(entry);
    } finally {
      content.destroy();
    }
    const digest = `sha256:${hash.digest('hex')}`;
    if (diffId?.startsWith('sha256:') === true && digest !== diffId) {
      throw new UnpackError(
        `the layer ${diffId} has other content than the image's configuration says: ${digest}`,
      );
    }
  }

  async #entry({ header, body }: ParsedTarEntry): Promise<void> {
    this.#entries += 1;
    if (this.#entries > this.#limits.entries) {
      throw new UnpackError(`the image has more than ${this.#limits.entries} files`);
    }
    const path = cleanPath(header.name);
    const name = posix.basename(path);
    if (path === '') {
      await body.cancel();
    } else if (name === '.wh..wh..opq') {
      await body.cancel();
      await this.#clear(posix.dirname(path));
    } else if (name.startsWith('.wh.')) {
      await body.cancel();
      await this.#remove(posix.join(posix.dirname(path), name.slice(4)));
    } else {
      await this.#write(path, header, body);
    }
  }

  async #write(
    path: string,
    { type = 'file', mode, linkname = '', size }: ParsedTarEntry['header'],
    body: ParsedTarEntry['body'],
  ): Promise<void> {
    const folder = await this.#folder(posix.dirname(path));
    const real = join(this.#root, folder, posix.basename(path));
    const relative = posix.join(folder, posix.basename(path));
    this.#written.add(relative);
    switch (type) {
      case 'directory':
        await body.cancel();
        if (!(await isFolder(real))) {
          await rm(real, { force: true });
          await mkdir(real, { mode: 0o755 });
        }
        return;
      case 'file':
        this.#bytes += size;
        if (this.#bytes > this.#limits.bytes) {
          throw new UnpackError(`the image's files are larger than ${this.#limits.bytes} bytes`);
        }
        await this.#replace(real, relative);
        await writeBody(real, body);
        // Nobody writes into an image, and nothing of it runs with another user's rights.
        await chmod(real, ((mode ?? 0) & 0o111) === 0 ? 0o444 : 0o555);
        return;
      case 'symlink': {
        await body.cancel();
        await this.#replace(real, relative);
        await symlink(containedTarget(folder, linkname), real);
        return;
      }
      case 'link': {
        await body.cancel();
        const target = cleanPath(linkname);
        const targetFolder = await this.#folder(posix.dirname(target));
        const original = join(this.#root, targetFolder, posix.basename(target));
        await this.#replace(real, relative);
        await link(original, real);
        return;
      }
      default:
        await body.cancel(); // Devices and pipes: containers here have none.
    }
  }

  /** Makes room for a file; a folder that was there goes with all that is in it. */
  async #replace(real: string, relative: string): Promise<void> {
    if (this.#folders.has(relative)) this.#folders.clear();
    await rm(real, { recursive: true, force: true });
  }

  async #remove(path: string): Promise<void> {
    const folder = await this.#folder(posix.dirname(path));
    const relative = posix.join(folder, posix.basename(path));
    if (this.#written.has(relative)) return; // Whiteouts are about the layers below.
    this.#folders.clear();
    await rm(join(this.#root, relative), { recursive: true, force: true });
  }

  async #clear(path: string): Promise<void> {
    const folder = await this.#folder(path);
    const kept = [...this.#written];
    for (const name of await readdir(join(this.#root, folder))) {
      const relative = posix.join(folder, name);
      if (kept.some((written) => written === relative || written.startsWith(`${relative}/`))) continue;
      await rm(join(this.#root, relative), { recursive: true, force: true });
    }
    this.#folders.clear();
  }

  /** The real folder (relative to the root) for a path, made where it is missing; links on the way are followed inside the root. */
  async #folder(path: string): Promise<string> {
    if (path === '.' || path === '' || this.#folders.has(path)) return path === '' ? '.' : path;
    let current = '.';
    const rest = path.split('/').filter((part) => part !== '.' && part !== '');
    let hops = 0;
    for (let part = rest.shift(); part !== undefined; part = rest.shift()) {
      if (part === '..') {
        current = posix.dirname(current);
        continue;
      }
      const next = posix.join(current, part);
      const real = join(this.#root, next);
      const stat = await lstatIfExists(real);
      if (stat === undefined) await mkdir(real, { mode: 0o755 });
      else if (stat.isSymbolicLink()) {
        hops += 1;
        if (hops > 40) throw new UnpackError(`too many links on the way to ${path}`);
        const target = await readlink(real);
        rest.unshift(...target.split('/').filter((step) => step !== '.' && step !== ''));
        continue;
      } else if (!stat.isDirectory()) {
        await rm(real, { force: true });
        await mkdir(real, { mode: 0o755 });
      }
      current = next;
    }
    if (current === path) this.#folders.add(path);
    return current;
  }
}

function decompress(content: Readable, mediaType: string): Readable {
  if (/[+.]gzip$/.test(mediaType)) return content.pipe(createGunzip());
  if (/[.]tar$/.test(mediaType)) return content;
  throw new UnpackError(`layers of the type ${mediaType} cannot be unpacked; gzip and plain tar can`);
}

/** A path inside the root, without leading slash. */
function cleanPath(name: string): string {
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..') || name.includes('\0')) {
    throw new UnpackError(`the image has a file that wants to leave its folder: ${name.slice(0, 200)}`);
  }
  return parts.join('/');
}

/** A link's target as a relative path that stays inside the root, wherever the link pointed. */
function containedTarget(folder: string, target: string): string {
  const depth = folder === '.' ? 0 : folder.split('/').length;
  const up = '../'.repeat(depth);
  if (target.startsWith('/')) {
    const inside = posix.normalize(target).slice(1);
    return `${up}${inside}` === '' ? '.' : `${up}${inside}`;
  }
  const normal = posix.normalize(target);
  const steps = normal.split('/');
  const ups = steps.filter((step) => step === '..').length;
  if (ups <= depth) return normal;
  const inside = steps.slice(ups).join('/');
  return `${up}${inside}` === '' ? '.' : `${up}${inside}`;
}

async function writeBody(file: string, body: ReadableStream<Uint8Array>): Promise<void> {
  const handle = await open(file, 'wx', 0o644);
  try {
    for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) await handle.writeFile(chunk);
  } finally {
    await handle.close();
  }
}

async function lstatIfExists(path: string) {
  try {
    return await lstat(path);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

async function isFolder(path: string): Promise<boolean> {
  return (await lstatIfExists(path))?.isDirectory() === true;
}

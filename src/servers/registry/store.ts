import { mkdirSync, renameSync } from 'node:fs';
import { mkdir, open, rm, writeFile, type FileHandle } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { dirname, join } from 'node:path';
import { systemCode } from '../../lib/errors.ts';

/**
 * The bytes on disk, each content once, under the name of its digest: `blobs/sha256/ab/abcd…`. A file gets that name by
 * a rename when it is whole and verified, so a crash leaves at most a nameless rest in `uploads`, and whoever
 * reads a file that is replaced or removed meanwhile still reads the old one to its end.
 */
export class Store {
  readonly #folder: string;
  readonly uploads: string;

  private constructor(folder: string) {
    this.#folder = folder;
    this.uploads = join(folder, 'uploads');
  }

  /** Opens the store, creating it where needed, and removes what interrupted uploads have left behind. */
  static async open(folder: string): Promise<Store> {
    const store = new Store(folder);
    await rm(store.uploads, { recursive: true, force: true });
    await mkdir(store.uploads, { recursive: true, mode: 0o700 });
    return store;
  }

  /** A path in the folder for unfinished files; nothing is created. */
  temporary(): string {
    return join(this.uploads, randomUUID());
  }

  /** Gives a whole, verified file its name. Synchronous, so that the caller can enter it in the catalog in the same turn. */
  adopt(file: string, digest: string): void {
    const target = this.#path(digest);
    try {
      renameSync(file, target);
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw error;
      mkdirSync(dirname(target), { recursive: true, mode: 0o700 });
      renameSync(file, target);
    }
  }

  /** Writes small content to an unfinished file that `adopt` takes. */
  async stage(content: Uint8Array): Promise<string> {
    const file = this.temporary();
    await writeFile(file, content, { flag: 'wx', mode: 0o600 });
    return file;
  }

  /**
   * Opens content for reading; undefined when it is missing or has another size than it had when it was stored, which
   * a reader must never get. The caller closes the handle.
   */
  async read(digest: string, size: number): Promise<FileHandle | undefined> {
    const handle = await openIfExists(this.#path(digest));
    if (handle === undefined) return undefined;
    try {
      if ((await handle.stat()).size === size) return handle;
    } catch (error) {
      await handle.close();
      throw error;
    }
    await handle.close();
    return undefined;
  }

  /** Takes the name away at once; the returned promise ends when the disk space is free. */
  async remove(digest: string): Promise<void> {
    const grave = this.temporary();
    try {
      renameSync(this.#path(digest), grave);
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return;
      throw error;
    }
    await rm(grave, { force: true });
  }

  #path(digest: string): string {
    const [algorithm = '', hex = ''] = digest.split(':');
    return join(this.#folder, 'blobs', algorithm, hex.slice(0, 2), hex);
  }
}

async function openIfExists(file: string): Promise<FileHandle | undefined> {
  try {
    return await open(file, 'r');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

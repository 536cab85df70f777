import { createHash } from 'node:crypto';
import {
  constants,
  copyFileSync,
  createReadStream,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { copyFile as copyLarge, lstat, readdir, readlink, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { PlaygroundError, explainStorage, isStorageFailure } from '../../lib/errors.ts';
import { isInside } from '../../lib/fs.ts';

/** Shares the blocks of the original where the file system can. */
const CLONE = constants.COPYFILE_FICLONE;
const PARALLEL = 16;
/** Bytes. */
const SMALL = 1024 * 1024;

export const entriesSchema = z.array(
  z.union([
    z.object({ path: z.string(), size: z.number(), mode: z.number(), sha256: z.string() }),
    z.object({ path: z.string(), link: z.string() }),
    z.object({ path: z.string(), folder: z.literal(true) }),
  ]),
);

/** What a copied folder consists of: files with their digest, links, and folders before what is in them. */
export type Entries = z.output<typeof entriesSchema>;

/**
 * Copies a folder in one turn of the event loop, so that nothing in this process changes it meanwhile. What other processes
 * write is as after `kill -9`: references of a repository are copied before the objects that they lead to, and loose objects
 * before the packs that they may move to.
 */
export function copyAtOnce(from: string, to: string): void {
  mkdirSync(to, { recursive: true, mode: 0o700 });
  const entries = readdirSync(from, { withFileTypes: true });
  const order = (name: string) => (name === 'refs' ? 0 : name === 'packed-refs' ? 1 : 2);
  entries.sort((a, b) => order(a.name) - order(b.name) || (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) copyAtOnce(source, target);
    else if (entry.isFile()) copyFileSync(source, target, CLONE);
    else if (entry.isSymbolicLink()) symlinkSync(readlinkSync(source), target);
  }
}

/** Lists what is in a folder, with digests. */
export async function listEntries(folder: string): Promise<Entries> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = found
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort((a, b) => (a < b ? -1 : 1));
  return inParallel(paths, async (path) => {
    const place = join(folder, path);
    const entry = await lstat(place);
    if (entry.isDirectory()) return { path, folder: true as const };
    if (entry.isSymbolicLink()) return { path, link: await readlink(place) };
    return { path, size: entry.size, mode: entry.mode & 0o777, sha256: await digestOf(place, entry.size) };
  });
}

/**
 * Copies what is listed into a new folder and compares every copy with its digest.
 * @throws PlaygroundError `snapshot-damaged` naming the first file that is missing or different.
 */
export async function copyVerified(
  from: string,
  entries: Entries,
  to: string,
  signal: AbortSignal,
): Promise<void> {
  const damaged = (path: string, what: string, cause?: unknown) =>
    new PlaygroundError({
      code: 'snapshot-damaged',
      message: `the snapshot is damaged: ${join(from, path)} ${what}`,
      hint: 'nothing was changed; put a good copy of the snapshot back, or save a new one',
      cause,
    });
  mkdirSync(to, { recursive: true, mode: 0o700 });
  for (const entry of entries) {
    if (!isInside(to, entry.path)) throw damaged(entry.path, 'leads out of its folder');
    if ('folder' in entry) mkdirSync(join(to, entry.path), { mode: 0o700 });
  }
  await inParallel(entries, async (entry) => {
    signal.throwIfAborted();
    if ('folder' in entry) return;
    const [source, target] = [join(from, entry.path), join(to, entry.path)];
    try {
      if ('link' in entry) await symlink(entry.link, target);
      else if ((await copyFile(source, target, entry)) !== entry.sha256)
        throw damaged(entry.path, 'has another content than when it was saved');
    } catch (error) {
      if (error instanceof PlaygroundError) throw error;
      throw isStorageFailure(error)
        ? explainStorage(error, target)
        : damaged(entry.path, 'cannot be read', error);
    }
  });
}

/** Copies a file and gives the digest of what was copied. */
async function copyFile(
  source: string,
  target: string,
  { size, mode }: { readonly size: number; readonly mode: number },
): Promise<string> {
  if (size > SMALL) {
    await copyLarge(source, target, CLONE);
    return digestOf(target, size);
  }
  const content = readFileSync(source);
  writeFileSync(target, content, { mode });
  return createHash('sha256').update(content).digest('hex');
}

/** Small files are read in one go: most of a copy is small, and a stream for each would take longer than all the rest. */
async function digestOf(file: string, size: number): Promise<string> {
  const hash = createHash('sha256');
  if (size <= SMALL) return hash.update(readFileSync(file)).digest('hex');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

/** After the first failure nothing new is begun; when it is thrown, nothing is under way any more. */
async function inParallel<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const failures: unknown[] = [];
  const left = items.entries();
  const worker = async () => {
    for (const [index, item] of left) {
      if (failures.length > 0) return;
      try {
        results[index] = await work(item);
      } catch (error) {
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, worker));
  if (failures.length > 0) throw failures[0];
  return results;
}

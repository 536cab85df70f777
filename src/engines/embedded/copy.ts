import { createHash } from 'node:crypto';
import {
  constants,
  copyFileSync,
  createReadStream,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  type Stats,
} from 'node:fs';
import { copyFile as copyLarge, lstat, readdir, readlink, symlink } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { PlaygroundError, explainStorage, isStorageFailure, systemCode } from '../../lib/errors.ts';
import { isInside } from '../../lib/fs.ts';
import { sideBySide } from '../../lib/side-by-side.ts';

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

/**
 * Files that are named by their content and never written in place: the objects and packs of Git, and the blobs of the registry.
 * They get their name by a rename when they are whole, and lose it when they are removed.
 */
const IMMUTABLE = [
  /(^|\/)objects\/[0-9a-f]{2}\/([0-9a-f]{38}|[0-9a-f]{62})$/,
  /(^|\/)objects\/pack\/pack-[0-9a-f]+\.(pack|idx|rev)$/,
  /(^|\/)blobs\/sha256\/[0-9a-f]{2}\/[0-9a-f]{64}$/,
];

/** What a copied folder consists of: files with their digest, links, and folders before what is in them. */
export type Entries = z.output<typeof entriesSchema>;

/**
 * Copies a folder in one turn of the event loop, so that nothing in this process changes it meanwhile. What other processes
 * write is as after `kill -9`: references of a repository are copied before the objects that they lead to, and loose objects
 * before the packs that they may move to. Files that never change are the same on disk under both names.
 * @param without folders that are left out, by their paths
 */
export function copyAtOnce(from: string, to: string, without: readonly string[] = []): void {
  mkdirSync(to, { recursive: true, mode: 0o700 });
  const entries = readdirSync(from, { withFileTypes: true });
  const order = (name: string) => (name === 'refs' ? 0 : name === 'packed-refs' ? 1 : 2);
  entries.sort((a, b) => order(a.name) - order(b.name) || (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (without.includes(source)) continue;
    if (entry.isDirectory()) copyAtOnce(source, target, without);
    else if (entry.isFile()) {
      if (!linkIfImmutable(source, target)) copyFileSync(source, target, CLONE);
    } else if (entry.isSymbolicLink()) symlinkSync(readlinkSync(source), target);
  }
}

/**
 * Gives a file that never changes a second name, which takes a fraction of the time of a copy.
 * @returns false for all other files, and where the file system cannot: they have to be copied.
 */
function linkIfImmutable(source: string, target: string): boolean {
  const path = sep === '/' ? source : source.replaceAll(sep, '/');
  if (!IMMUTABLE.some((names) => names.test(path))) return false;
  try {
    linkSync(source, target);
    return true;
  } catch (error) {
    // Another file system, one without such names, or too many of them.
    if (['EXDEV', 'EPERM', 'ENOTSUP', 'EMLINK'].includes(systemCode(error) ?? '')) return false;
    throw error;
  }
}

/** Lists what is in a folder, with digests. */
export async function listEntries(folder: string): Promise<Entries> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = found
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort((a, b) => (a < b ? -1 : 1));
  return sideBySide(paths, PARALLEL, async (path) => {
    const place = join(folder, path);
    const entry = await lstat(place);
    if (entry.isDirectory()) return { path, folder: true as const };
    if (entry.isSymbolicLink()) return { path, link: await readlink(place) };
    return { path, size: entry.size, mode: entry.mode & 0o777, sha256: await digestOf(place, entry.size) };
  });
}

/**
 * Makes a folder what is listed: copies what is not there already, files that never change by a second name, and removes the
 * rest. Everything that is listed is compared with its digest, also where nothing is copied.
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
  for (const { path } of entries) if (!isInside(to, path)) throw damaged(path, 'leads out of its folder');
  mkdirSync(to, { recursive: true, mode: 0o700 });
  const there = keepListed(to, entries);
  for (const entry of entries) {
    if ('folder' in entry && !there.has(entry.path)) mkdirSync(join(to, entry.path), { mode: 0o700 });
  }
  await sideBySide(entries, PARALLEL, async (entry) => {
    signal.throwIfAborted();
    if ('folder' in entry) return;
    const [source, target] = [join(from, entry.path), join(to, entry.path)];
    try {
      if ('link' in entry) await symlink(entry.link, target);
      else if ((await copyFile(source, target, entry, there.has(entry.path))) !== entry.sha256)
        throw damaged(entry.path, 'has another content than when it was saved');
    } catch (error) {
      if (error instanceof PlaygroundError) throw error;
      throw isStorageFailure(error)
        ? explainStorage(error, target)
        : damaged(entry.path, 'cannot be read', error);
    }
  });
}

/** Removes from a folder what is not listed, or of another kind or size than it is listed, and gives the paths that are left. */
function keepListed(folder: string, entries: Entries): ReadonlySet<string> {
  const listed = new Map(entries.map((entry) => [entry.path, entry]));
  const kept = new Set<string>();
  const walk = (below: string) => {
    for (const found of readdirSync(join(folder, below), { withFileTypes: true })) {
      const path = join(below, found.name);
      const entry = listed.get(path);
      const place = join(folder, path);
      const fits = found.isDirectory()
        ? entry !== undefined && 'folder' in entry
        : found.isFile() && entry !== undefined && 'size' in entry && isAs(entry, lstatSync(place));
      if (!fits) rmSync(place, { recursive: true, force: true });
      else {
        kept.add(path);
        if (found.isDirectory()) walk(path);
      }
    }
  };
  walk('');
  return kept;
}

interface Listed {
  readonly size: number;
  readonly mode: number;
}

function isAs({ size, mode }: Listed, found: Stats): boolean {
  return found.size === size && (found.mode & 0o777) === mode;
}

/**
 * Copies a file, or gives it a second name, unless the same is there already.
 * @param there whether a file of this size and with these rights is
 * @returns the digest of what is there then
 */
async function copyFile(source: string, target: string, listed: Listed, there: boolean): Promise<string> {
  const { size, mode } = listed;
  if (size > SMALL) {
    const digest = await digestOf(source, size);
    if (there && digest === (await digestOf(target, size))) return digest;
    rmSync(target, { force: true });
    if (linkIfImmutable(source, target)) return digest;
    await copyLarge(source, target, CLONE);
    return digestOf(target, size);
  }
  const content = readFileSync(source);
  const digest = createHash('sha256').update(content).digest('hex');
  if (there) {
    if (content.equals(readFileSync(target))) return digest;
    // It may be the same on disk as what another name stands for, so it is not written to.
    rmSync(target);
  }
  if (!linkIfImmutable(source, target)) writeFileSync(target, content, { mode });
  return digest;
}

/** Small files are read in one go: most of a copy is small, and a stream for each would take longer than all the rest. */
async function digestOf(file: string, size: number): Promise<string> {
  const hash = createHash('sha256');
  if (size <= SMALL) return hash.update(readFileSync(file)).digest('hex');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

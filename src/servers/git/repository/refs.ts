import { mkdir, open, readFile, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { systemCode } from '../../../lib/errors.ts';
import { readFileIfExists } from '../../../lib/fs.ts';

export interface Ref {
  /** `refs/heads/main` */
  readonly name: string;
  readonly sha: string;
}

export const NO_SHA = '0'.repeat(40);

const SHA = /^[0-9a-f]{40}$/;

/**
 * The commit or tag object of a reference, or undefined. Reads the files of the repository (gitrepository-layout)
 * instead of asking git: loose before packed, as git does, so that a reference that is being packed is found.
 */
export async function readRef(folder: string, name: string): Promise<string | undefined> {
  const loose = await readLoose(join(folder, name));
  if (loose !== undefined) return loose;
  return (await readPacked(folder)).get(name);
}

/** References below a prefix (`refs/heads/`), sorted by name. */
export async function listRefs(folder: string, prefix: string): Promise<Ref[]> {
  const loose = new Map<string, string>();
  await collectLoose(folder, prefix.replace(/\/+$/, ''), loose);
  const refs = new Map([...(await readPacked(folder)), ...loose]);
  return [...refs]
    .filter(([name]) => name.startsWith(prefix))
    .map(([name, sha]) => ({ name, sha }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Whether there is any branch. */
export async function hasBranches(folder: string): Promise<boolean> {
  return (await listRefs(folder, 'refs/heads/')).length > 0;
}

/**
 * Sets a reference in a part of the name space that only this server writes (`refs/pull/`), by git's own
 * protocol: an exclusive `.lock` file that is renamed.
 */
export async function writeOwnRef(folder: string, name: string, sha: string): Promise<void> {
  const file = join(folder, name);
  await mkdir(dirname(file), { recursive: true });
  // Only a crash leaves a lock here; whoever is alive holds it for a moment, behind the repository's queue.
  await rm(`${file}.lock`, { force: true });
  await lockRef(file, `${sha}\n`);
  await rename(`${file}.lock`, file);
}

/**
 * Moves, creates or (with forty zeros) deletes a reference that is a file of its own, by git's own protocol: under an exclusive
 * `.lock` file, which becomes the reference. What git acknowledges is on disk, so that is forced there.
 * @returns false, and nothing has changed, where it is not as `before` says or more than its file is concerned: it is packed, its
 * name collides with another one, or somebody else holds its lock.
 */
export async function moveRef(
  folder: string,
  name: string,
  { before, after }: { readonly before: string; readonly after: string },
): Promise<boolean> {
  const packed = await readPacked(folder);
  if (after === NO_SHA ? packed.has(name) : before === NO_SHA && collides(name, packed)) return false;
  const file = join(folder, name);
  try {
    await mkdir(dirname(file), { recursive: true });
    await lockRef(file, after === NO_SHA ? '' : `${after}\n`);
  } catch (error) {
    if (['EEXIST', 'ENOTDIR'].includes(systemCode(error) ?? '')) return false;
    throw error;
  }
  try {
    if (((await readRef(folder, name)) ?? NO_SHA) !== before) return false;
    if (after === NO_SHA) await rm(file);
    else await rename(`${file}.lock`, file);
    return true;
  } catch (error) {
    // Where a reference is to be, a folder of others is, or an empty one.
    if (['EISDIR', 'ENOTEMPTY', 'EEXIST'].includes(systemCode(error) ?? '')) return false;
    throw error;
  } finally {
    await rm(`${file}.lock`, { force: true });
  }
}

/**
 * Removes the locks of references that a crash has left in a repository; they would keep them from ever moving again. To be
 * called while nobody writes to it.
 */
export async function releaseLocks(folder: string): Promise<void> {
  const walk = async (path: string): Promise<void> => {
    for (const entry of await readdir(path, { withFileTypes: true })) {
      const name = join(path, entry.name);
      if (entry.isDirectory()) await walk(name);
      else if (entry.name.endsWith('.lock')) await rm(name, { force: true });
    }
  };
  await rm(join(folder, 'packed-refs.lock'), { force: true });
  await walk(join(folder, 'refs'));
}

/** Whether a packed reference stands where this one needs a folder, or the other way round. */
function collides(name: string, packed: ReadonlyMap<string, string>): boolean {
  return [...packed.keys()].some((other) => other.startsWith(`${name}/`) || name.startsWith(`${other}/`));
}

/** Takes the lock of a reference, with what it is to become. @throws EEXIST when somebody else holds it. */
async function lockRef(file: string, content: string): Promise<void> {
  const handle = await open(`${file}.lock`, 'wx');
  try {
    await handle.writeFile(content);
    await handle.datasync();
  } finally {
    await handle.close();
  }
}

async function readLoose(file: string): Promise<string | undefined> {
  try {
    const text = (await readFile(file, 'utf8')).trim();
    return SHA.test(text) ? text : undefined;
  } catch (error) {
    if (['ENOENT', 'EISDIR', 'ENOTDIR', 'ENAMETOOLONG'].includes(systemCode(error) ?? '')) return undefined;
    throw error;
  }
}

async function readPacked(folder: string): Promise<Map<string, string>> {
  const refs = new Map<string, string>();
  const text = await readFileIfExists(join(folder, 'packed-refs'));
  for (const line of text?.split('\n') ?? []) {
    const sha = line.slice(0, 40);
    if (SHA.test(sha) && line[40] === ' ') refs.set(line.slice(41), sha);
  }
  return refs;
}

async function collectLoose(folder: string, name: string, found: Map<string, string>): Promise<void> {
  let entries;
  try {
    entries = await readdir(join(folder, name), { withFileTypes: true });
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) return;
    throw error;
  }
  for (const entry of entries) {
    const path = `${name}/${entry.name}`;
    if (entry.isDirectory()) await collectLoose(folder, path, found);
    else if (!entry.name.endsWith('.lock')) {
      const sha = await readLoose(join(folder, path));
      if (sha !== undefined) found.set(path, sha);
    }
  }
}

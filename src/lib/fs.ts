import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join, relative, isAbsolute, resolve } from 'node:path';
import { randomBytes } from 'node:crypto';
import { explainStorage, systemCode } from './errors.ts';

/** Creates a folder that only its owner may enter, parents included. */
export async function ensurePrivateDir(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return folder;
}

/** Writes a file so that a reader, or a crash, sees the old content or the new one, never a part. */
export async function writeFileAtomic(
  file: string,
  content: string | Uint8Array,
  { mode = 0o600 }: { mode?: number } = {},
): Promise<void> {
  const temporary = join(dirname(file), `.${randomBytes(6).toString('hex')}.tmp`);
  try {
    const handle = await open(temporary, 'wx', mode);
    try {
      await handle.writeFile(content);
      await handle.datasync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw explainStorage(error, file);
  }
}

/** The file's text, or undefined when there is no such file. */
export async function readFileIfExists(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    // ENOTDIR: something above it is a file, so it is not there either.
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) return undefined;
    throw error;
  }
}

/** Whether `path` lies in `folder` (or is it), after `..` and `.` are resolved. Links are not followed. */
export function isInside(folder: string, path: string): boolean {
  const way = relative(resolve(folder), resolve(folder, path));
  return way === '' || (!way.startsWith('..') && !isAbsolute(way));
}

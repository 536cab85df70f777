import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { explainStorage, systemCode } from '../../lib/errors.ts';
import { succeed } from '../../servers/kubernetes/server.ts';
import { copyAtOnce } from './copy.ts';
import { folders } from './state.ts';

/** A file may vanish while its folder is copied, because git packs it away; then the copy begins anew. */
const TRIES = 5;

/** The data of a playground beside which a replacement is prepared, and what a replacement has put aside. */
export function dataFolders(name: string) {
  const { allData } = folders(name);
  return { data: allData, next: `${allData}.next`, previous: `${allData}.previous` };
}

/** Copies the data of all parts at one moment. */
export async function copyData(name: string, folder: string): Promise<void> {
  for (let tries = TRIES; ; tries -= 1) {
    try {
      copyAtOnce(folders(name).allData, folder);
      return;
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      if (systemCode(error) !== 'ENOENT' || tries === 1) throw explainStorage(error, folder);
    }
  }
}

/**
 * Puts the prepared data in place of those that are there, which nobody may use meanwhile. When it is interrupted, `settleData`
 * finds either the old ones or the new ones, whole.
 */
export async function replaceData(name: string): Promise<void> {
  const { data, next, previous } = dataFolders(name);
  await rm(previous, { recursive: true, force: true });
  succeed(join(data, 'kubernetes'), join(next, 'kubernetes'));
  await rename(data, previous);
  await rename(next, data);
}

/** Takes a replacement back. */
export async function takeBack(name: string): Promise<void> {
  const { data, next, previous } = dataFolders(name);
  await rename(data, next);
  await rename(previous, data);
  await rm(next, { recursive: true, force: true });
}

/** Brings the data of a playground that does not run into order after a replacement that was interrupted. */
export async function settleData(name: string): Promise<void> {
  const { data, next, previous } = dataFolders(name);
  if (!existsSync(data) && existsSync(previous)) await rename(previous, data);
  for (const folder of [next, previous]) await rm(folder, { recursive: true, force: true });
}

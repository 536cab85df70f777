import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { explainStorage, systemCode } from '../../lib/errors.ts';
import { succeed } from '../../servers/kubernetes/server.ts';
import { copyAtOnce } from './copy.ts';
import { folders } from './state.ts';

/** A file may vanish while its folder is copied, because git packs it away; then the copy begins anew. */
const TRIES = 5;

/** What the parts bring back by themselves when they need it: fetched repositories, and versions of libraries taken out of them. */
const CACHES = [
  ['gitops', 'mirrors'],
  ['ci', 'libraries'],
] as const;

/** The data of a playground beside which a replacement is prepared, and what a replacement has put aside. */
export function dataFolders(name: string) {
  const { allData } = folders(name);
  return { data: allData, next: `${allData}.next`, previous: `${allData}.previous` };
}

/** Copies the data of all parts at one moment, without their caches. */
export async function copyData(name: string, folder: string): Promise<void> {
  const place = folders(name);
  const caches = CACHES.map(([part, cache]) => join(place.data(part), cache));
  for (let tries = TRIES; ; tries -= 1) {
    try {
      copyAtOnce(place.allData, folder, caches);
      return;
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      if (systemCode(error) !== 'ENOENT' || tries === 1) throw explainStorage(error, folder);
    }
  }
}

/**
 * Puts the prepared data in place of those that are there, which nobody may use meanwhile. When it is interrupted, `settleData`
 * finds either the old ones or the new ones, whole. What was there stays beside it, as material for the next replacement: to
 * remove thousands of files and to create them again takes longer than all the rest.
 */
export async function replaceData(name: string): Promise<void> {
  const { data, next, previous } = dataFolders(name);
  await rm(previous, { recursive: true, force: true });
  succeed(join(data, 'kubernetes'), join(next, 'kubernetes'));
  for (const path of CACHES) {
    const [from, to] = [join(data, ...path), join(next, ...path)];
    if (existsSync(from) && existsSync(dirname(to)) && !existsSync(to)) await rename(from, to);
  }
  await rename(data, previous);
  await rename(next, data);
}

/** Gives the folder in which a replacement is to be prepared; what an earlier one has put aside is in it. */
export async function beginReplacement(name: string): Promise<string> {
  const { next, previous } = dataFolders(name);
  await rm(next, { recursive: true, force: true });
  if (existsSync(previous)) await rename(previous, next);
  return next;
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

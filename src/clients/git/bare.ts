import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Makes an empty bare repository for a mirror, which is four small entries (gitrepository-layout): writing them costs no
 * process. Its HEAD names no branch that could exist.
 * @returns whether it was new.
 */
export async function createBareMirror(folder: string): Promise<boolean> {
  if (existsSync(join(folder, 'HEAD'))) return false;
  await mkdir(join(folder, 'objects', 'info'), { recursive: true, mode: 0o700 });
  await mkdir(join(folder, 'refs', 'heads'), { recursive: true });
  await writeFile(
    join(folder, 'config'),
    '[core]\n\trepositoryformatversion = 0\n\tbare = true\n[gc]\n\tauto = 0\n',
  );
  await writeFile(join(folder, 'HEAD'), 'ref: refs/heads/.none\n');
  return true;
}

/**
 * Puts the command of this checkout among those of its packages, so that `npx gitops-playground` in a clone starts it
 * at once. Without that, npx installs the checkout into a cache of its own first, on every run.
 */
import { existsSync, lstatSync } from 'node:fs';
import { rm, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = join(dirname(dirname(fileURLToPath(import.meta.url))), 'node_modules', '.bin');

// Windows has no links for everybody; npx finds its own way there.
if (process.platform !== 'win32' && existsSync(folder) && !lstatSync(dirname(folder)).isSymbolicLink()) {
  const link = join(folder, 'gitops-playground');
  await rm(link, { force: true });
  await symlink(join('..', '..', 'bin', 'gitops-playground.cjs'), link);
}

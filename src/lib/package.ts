import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of the installed package: the same from the sources, from the bundles and from a tarball. */
export const packageRoot: string = findRoot(dirname(fileURLToPath(import.meta.url)));

/** A file that `npm run build` makes, by its path below `dist/`. */
export function builtFile(...path: string[]): string {
  return join(packageRoot, 'dist', ...path);
}

export function packageVersion(): string {
  const manifest = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as { version: string };
  return manifest.version;
}

function findRoot(folder: string): string {
  if (existsSync(join(folder, 'package.json'))) return folder;
  const parent = dirname(folder);
  if (parent === folder) throw new Error('the package has lost its package.json');
  return findRoot(parent);
}

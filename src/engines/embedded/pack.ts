import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { leastEnvironment, run } from '../../lib/process.ts';
import { sideBySide } from '../../lib/side-by-side.ts';
import { compact } from '../../servers/kubernetes/server.ts';

/** Where nothing else is configured, so that what a person has set for Git does not matter. */
const ENVIRONMENT = { GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null' };
const LIMIT_MS = 30_000;
const PARALLEL = 2;

/** Makes a copy of the data of all parts small, so that bringing it back takes a fraction of the time. */
export async function packData(data: string): Promise<void> {
  const packing = packRepositories(data);
  compact(join(data, 'kubernetes'));
  await packing;
}

/**
 * Packs the objects and references of every Git repository below a copied folder, whether anything leads to them or not: what
 * were hundreds of files and folders are a few then. A repository that cannot be packed stays as it was copied, which is whole
 * as well.
 */
async function packRepositories(folder: string): Promise<void> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  const repositories = found
    .filter((entry) => entry.isDirectory() && basename(entry.name) === 'objects')
    .map((entry) => entry.parentPath)
    .filter(
      (path) =>
        ['HEAD', 'refs'].every((name) => existsSync(join(path, name))) &&
        !existsSync(join(path, 'objects', 'info', 'alternates')),
    );
  await sideBySide(repositories, PARALLEL, pack);
}

async function pack(repository: string): Promise<void> {
  const options = { env: leastEnvironment(ENVIRONMENT), cwd: dirname(repository), timeout: LIMIT_MS };
  for (const args of [
    ['pack-refs', '--all', '--prune'],
    ['repack', '-a', '-d', '-k', '-q'],
  ])
    await run('git', ['--git-dir', repository, ...args], options).catch(() => undefined);
}

/**
 * Writes the golden files: what is installed into a cluster, rendered for fixed settings, so that a change of code shows
 * as a change of what reaches the cluster. A test fails when they are stale.
 */
import { build } from 'esbuild';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const golden = join(root, 'test', 'golden');

await mkdir(join(root, '.cache'), { recursive: true });
// Below the project, where the packages are found.
const folder = await mkdtemp(join(root, '.cache', 'golden-'));
try {
  const outfile = join(folder, 'golden.mjs');
  const entryPoints = [join(root, 'test', 'support', 'golden.ts')];
  await build({ entryPoints, outfile, bundle: true, platform: 'node', format: 'esm', packages: 'external' });
  const { goldenFiles } = await import(pathToFileURL(outfile).href);
  const files = goldenFiles();
  await rm(golden, { recursive: true, force: true });
  for (const [path, content] of files) {
    const file = join(golden, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
  }
  process.stdout.write(`${files.size} files in test/golden\n`);
} finally {
  await rm(folder, { recursive: true, force: true });
}

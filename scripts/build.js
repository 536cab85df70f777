/**
 * Makes `dist/`: the bundles that people run, and the files that are generated rather than written. Everything is bundled,
 * so an installed package has no dependencies and starts fast. Steps whose folder or input does not exist are left out.
 */
import { build } from 'esbuild';
import { existsSync } from 'node:fs';
import { cp, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = join(root, 'dist');

/** Output name by entry point: programs that run as processes of their own. */
const programs = {
  cli: 'src/cli/main.ts',
  daemon: 'src/engines/embedded/daemon.ts',
  'pod-preload': 'src/servers/kubernetes/kubelet/preload.ts',
};

/** Bundled CommonJS packages call `require` for Node's own modules. */
const banner =
  "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);";

async function bundlePrograms() {
  const entryPoints = Object.entries(programs)
    .map(([out, input]) => ({ out, in: join(root, input) }))
    .filter((entry) => existsSync(entry.in));
  await build({
    entryPoints,
    outdir: dist,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    platform: 'node',
    target: 'node20.19',
    format: 'esm',
    minifySyntax: true,
    legalComments: 'linked',
    banner: { js: banner },
    logLevel: 'warning',
  });
}

async function copySeededRepositories() {
  await cp(join(root, 'manifests', 'repos'), join(dist, 'repos'), { recursive: true });
}

await mkdir(dist, { recursive: true });
await Promise.all([bundlePrograms(), copySeededRepositories()]);

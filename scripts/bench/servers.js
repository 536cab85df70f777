import { build } from 'esbuild';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** A server of the project, alone, as a module that can be imported: the benchmark measures no TypeScript loader. */
export async function loadServer(part) {
  const outfile = join(root, 'dist', 'bench', `${part}-server.mjs`);
  await build({
    entryPoints: [join(root, 'src', 'servers', part, 'server.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20.19',
    logLevel: 'warning',
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
  });
  return import(pathToFileURL(outfile).href);
}

export const silentLog = { info: () => undefined, warn: () => undefined, error: () => undefined };

export function freePort() {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

/** Median of several runs, in milliseconds. */
export async function median(times, work) {
  const values = [];
  for (let time = 0; time < times; time += 1) {
    const start = performance.now();
    await work(time);
    values.push(performance.now() - start);
  }
  return Math.round(values.sort((a, b) => a - b)[Math.floor(times / 2)] * 10) / 10;
}

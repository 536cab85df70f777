import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:http';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { contentDigest } from '../../../../src/clients/oci.ts';
import { packageRoot } from '../../../../src/lib/package.ts';
import { putBlob, putImage, startTestRegistry } from './support.ts';

type Send = (path: string, init?: RequestInit) => Promise<Response>;

let folder: string;
let program: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'registry-kill-'));
  program = join(folder, 'serve.mjs');
  await build({
    stdin: {
      contents: `
        import { startRegistry } from './src/servers/registry/server.ts';
        import { silentLog } from './src/lib/log.ts';
        const server = await startRegistry({ dataDir: process.argv[2], port: 0, log: silentLog });
        process.stdout.write(String(server.port));`,
      resolveDir: packageRoot,
      loader: 'ts',
    },
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile: program,
  });
});

afterAll(() => rm(folder, { recursive: true, force: true }));

async function start(dataDir: string): Promise<{ child: ChildProcess; send: Send; url: string }> {
  const child = spawn(process.execPath, [program, dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {},
  });
  const [port] = (await once(child.stdout, 'data')) as [Buffer];
  const url = `http://127.0.0.1:${port.toString()}`;
  return { child, url, send: (path, init) => fetch(new URL(path, url), init) };
}

async function kill(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  await once(child, 'exit');
}

const files = async (dataDir: string) =>
  (await readdir(dataDir, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());

it('keeps everything acknowledged, and nothing of a half upload, over kill -9', async () => {
  const dataDir = join(folder, 'half');
  const { child, send, url } = await start(dataDir);
  const target = { fetch: send };
  const image = await putImage(target, 'a/b', 'v1');
  const begun = await send('/v2/a/b/blobs/uploads/', { method: 'POST' });
  const location = begun.headers.get('location') ?? '';
  const half = request(new URL(location, url), { method: 'PATCH', headers: { 'content-length': 1e6 } });
  half.on('error', () => undefined);
  half.write(Buffer.alloc(300_000, 'half'));
  let received = 0;
  while (received < 200_000) {
    const { headers } = await send(location);
    received = Number(headers.get('range')?.split('-')[1]);
  }
  await kill(child);

  const again = await startTestRegistry({ dataDir });
  expect(await (await again.fetch('/v2/a/b/manifests/v1')).text()).toBe(image.bytes);
  expect(await (await again.fetch(`/v2/a/b/blobs/${image.layer.digest}`)).text()).toBe('layer of v1');
  expect((await again.fetch(location)).status).toBe(404);
  // Layer, configuration, manifest and catalog.
  expect(await files(dataDir)).toHaveLength(4);
  await again.dispose();
});

it('has what it acknowledged until the moment of kill -9, whenever that is', async () => {
  const dataDir = join(folder, 'any');
  const acknowledged: string[] = [];
  for (let round = 0; round < 3; round += 1) {
    const { child, send } = await start(dataDir);
    const target = { fetch: send };
    const pushing = (async () => {
      for (let n = 0; ; n += 1) acknowledged.push((await putBlob(target, 'a/b', `${round} ${n}`)).digest);
    })();
    const stopped = expect(pushing).rejects.toThrow();
    while (acknowledged.length < (round + 1) * 20) await new Promise(setImmediate);
    await kill(child);
    await stopped;
  }
  const again = await startTestRegistry({ dataDir });
  for (const digest of acknowledged) {
    const content = await (await again.fetch(`/v2/a/b/blobs/${digest}`)).text();
    expect(contentDigest(content)).toBe(digest);
  }
  await again.dispose();
});

it('does not start on a catalog that something has changed', async () => {
  const dataDir = await mkdtemp(join(folder, 'bad-'));
  await writeFile(join(dataDir, 'catalog.jsonl'), 'nonsense\n{"op":"blob"}\n');
  await expect(startTestRegistry({ dataDir })).rejects.toThrow('damaged at line 1');
});

import { execa } from 'execa';
import { createHash, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort, loadServer, median, silentLog } from './servers.js';

const RUNS = 5;
const SIZE = 16 * 1024 * 1024;

/** Push and pull of a blob of 16 MB through our registry and through Debian's docker-registry, where that is installed. */
export async function registries(folder) {
  const { startRegistry } = await loadServer('registry');
  const server = await startRegistry({ dataDir: join(folder, 'registry-ours'), port: 0, log: silentLog });
  const embedded = await measure(`http://127.0.0.1:${server.port}`);
  await server.close();
  const theirs = await startDockerRegistry(folder);
  if (theirs === undefined) return { embedded, dockerRegistry: 'not installed' };
  try {
    const dockerRegistry = await measure(theirs.url);
    const ratio = (part) => Math.round((embedded[part] / dockerRegistry[part]) * 100) / 100;
    return { embedded, dockerRegistry, ratio: { push: ratio('push'), pull: ratio('pull') } };
  } finally {
    await theirs.close();
  }
}

async function measure(url) {
  const digests = [];
  const push = await median(RUNS, async () => {
    const content = randomBytes(SIZE);
    const digest = `sha256:${createHash('sha256').update(content).digest('hex')}`;
    const start = await fetch(`${url}/v2/bench/blobs/uploads/`, { method: 'POST' });
    const location = new URL(start.headers.get('location'), url);
    location.searchParams.set('digest', digest);
    const headers = { 'content-type': 'application/octet-stream' };
    const { status } = await fetch(location, { method: 'PUT', body: content, headers });
    if (status !== 201) throw new Error(`the registry answered ${status}`);
    digests.push(digest);
  });
  const pull = await median(RUNS, async (time) => {
    await (await fetch(`${url}/v2/bench/blobs/${digests[time]}`)).arrayBuffer();
  });
  return { push, pull };
}

async function startDockerRegistry(folder) {
  const port = await freePort();
  const config = join(folder, 'docker-registry.yml');
  writeFileSync(
    config,
    `version: 0.1\nlog: {level: error}\nstorage: {filesystem: {rootdirectory: ${join(folder, 'registry-theirs')}}}\nhttp: {addr: '127.0.0.1:${port}'}\n`,
  );
  const child = execa('docker-registry', ['serve', config], { reject: false, stdio: 'ignore' });
  const url = `http://127.0.0.1:${port}`;
  let ended = false;
  void child.then(() => (ended = true));
  while (!ended) {
    const up = await fetch(`${url}/v2/`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (up) return { url, close: async () => void (child.kill(), await child) };
    await delay(20);
  }
  return undefined;
}

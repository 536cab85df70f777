import { spawn, type ChildProcess } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentLog } from '../../../../src/lib/log.ts';
import { packageRoot } from '../../../../src/lib/package.ts';
import { waitFor } from '../../../../src/lib/wait.ts';
import { startKubernetes } from '../../../../src/servers/kubernetes/server.ts';
import { startRegistry, type RegistryServer } from '../../../../src/servers/registry/server.ts';
import { pushImage, SERVER } from './kubelet/images.ts';

let folder: string;
let registry: RegistryServer;
let image: string;
const program = join(packageRoot, '.cache', `kubernetes-${process.pid}.mjs`);
const network = process.pid % 200;
const networks = { podNetwork: `127.48.${network}`, serviceNetwork: `127.49.${network}` };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kubernetes-'));
  registry = await startRegistry({ dataDir: join(folder, 'registry'), port: 0, log: silentLog });
  image = await pushImage(registry.host, 'playground/web', { layers: [{ 'app/server.js': SERVER }] });
});
afterAll(async () => {
  await registry.close();
  await rm(folder, { recursive: true });
  await rm(program, { force: true });
});

/** A daemon that has the cluster in it: it makes a pod when there is none, and tells when the pod is ready. */
const DAEMON = `
import { startKubernetes } from './src/servers/kubernetes/server.ts';
const log = { info() {}, warn() {}, error(message) { console.error(message) } };
const pods = { group: '', resource: 'pods' };
const server = await startKubernetes({ ...JSON.parse(process.argv[2]), port: 0, ingressPort: 0, log });
const spec = { containers: [{ name: 'web', image: process.argv[3], ports: [{ containerPort: 8080 }], readinessProbe: { httpGet: { port: 8080 } } }] };
if (!server.cluster.get(pods, 'default', 'web')) {
  server.cluster.create(pods, { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web', namespace: 'default' }, spec });
}
server.cluster.subscribe(pods, ({ object }) => {
  if (object.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True')) {
    console.log(JSON.stringify({ ip: object.status.podIP, restarts: object.status.containerStatuses[0].restartCount }));
  }
});
`;

describe('the cluster', () => {
  it('loses nothing when its process is killed: pods end with it, and go on with the next', async () => {
    await mkdir(join(packageRoot, '.cache'), { recursive: true });
    await build({
      stdin: { contents: DAEMON, resolveDir: packageRoot, loader: 'ts' },
      outfile: program,
      bundle: true,
      platform: 'node',
      format: 'esm',
      target: 'node20',
      banner: {
        js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
      },
      logLevel: 'error',
    });
    const options = JSON.stringify({ dataDir: join(folder, 'kubernetes'), ...networks });
    const start = () =>
      spawn(process.execPath, [program, options, image], { stdio: ['ignore', 'pipe', 'inherit'] });
    const first = start();
    const { ip } = await ready(first, 0);
    const { pid } = (await (await fetch(`http://${ip}:8080/`)).json()) as { pid: number };
    first.kill('SIGKILL');
    await waitFor(() => (isAlive(pid) ? { done: false, seen: 'alive' } : { done: true, value: undefined }), {
      what: 'the end of the pod',
      limit: 3_000,
      interval: 10,
    });

    const second = start();
    expect(await ready(second, 1)).toEqual({ ip, restarts: 1 });
    const again = (await (await fetch(`http://${ip}:8080/`)).json()) as { pid: number };
    second.kill('SIGKILL');
    await waitFor(
      () => (isAlive(again.pid) ? { done: false, seen: 'alive' } : { done: true, value: undefined }),
      {
        what: 'the end of the pod',
        limit: 3_000,
      },
    );

    // A third start, ended properly, leaves nothing running.
    const server = await startKubernetes({
      dataDir: join(folder, 'kubernetes'),
      ...networks,
      port: 0,
      ingressPort: 0,
      log: silentLog,
    });
    await server.close();
    expect(await readdir(join(folder, 'kubernetes', 'node', 'processes'))).toEqual([]);
  });
});

function ready(child: ChildProcess, restarts: number): Promise<{ ip: string; restarts: number }> {
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => {
      reject(new Error(`the daemon ended with ${code}`));
    });
    if (child.stdout === null) throw new Error('no output');
    createInterface({ input: child.stdout }).on('line', (line) => {
      const told = JSON.parse(line) as { ip: string; restarts: number };
      if (told.restarts === restarts) resolve(told);
    });
  });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

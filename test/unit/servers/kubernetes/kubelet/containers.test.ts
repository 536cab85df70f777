import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { spawn } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { types } from '../../../../../src/servers/kubernetes/controllers/objects.ts';
import { isReady, podObject, startNode, type NodeHarness } from './harness.ts';
import { pushImage, SERVER } from './images.ts';

let node: NodeHarness;
let image: string;
beforeAll(async () => {
  node = await startNode();
  image = await pushImage(node.registry, 'playground/web', { layers: [{ 'app/server.js': SERVER }] });
});
afterAll(async () => {
  await node.close();
});

const create = (
  name: string,
  container: Record<string, unknown> = {},
  spec: Record<string, unknown> = {},
  of = image,
) => node.cluster.create(types.pods, podObject(name, of, container, spec));
const remove = async (name: string) => {
  node.cluster.delete(types.pods, 'default', name);
  await node.gone(name);
};
const ask = async (name: string, path: string) =>
  (await fetch(`http://${node.pod(name)?.status?.podIP}:8080${path}`)).text();
const READY = { readinessProbe: { httpGet: { path: '/', port: 8080 } } };
const script = (code: string) => ({ command: ['node', '-e', code] });
const waiting = (name: string) => node.pod(name)?.status?.containerStatuses?.[0]?.state?.waiting;
const until = (name: string, reason: string) => node.until(name, () => waiting(name)?.reason === reason);

describe('a container', () => {
  it('gets variables and volumes from ConfigMaps, Secrets and its pod', async () => {
    const meta = { name: 'settings', namespace: 'default' };
    node.cluster.create(types.configMaps, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: meta,
      data: { colour: 'green', 'a.txt': 'A' },
    });
    node.cluster.create(types.secrets, {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: meta,
      stringData: { password: 'hush' },
    });
    create(
      'world',
      {
        ...READY,
        env: [
          { name: 'COLOUR', valueFrom: { configMapKeyRef: { name: 'settings', key: 'colour' } } },
          { name: 'PASSWORD', valueFrom: { secretKeyRef: { name: 'settings', key: 'password' } } },
          { name: 'POD', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
          { name: 'ADDRESS', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
          { name: 'MEMORY', valueFrom: { resourceFieldRef: { resource: 'limits.memory', divisor: '1Mi' } } },
          { name: 'URL', value: 'http://$(POD)/$(MISSING)/$$(POD)' },
        ],
        envFrom: [{ configMapRef: { name: 'settings' }, prefix: 'S_' }],
        resources: { limits: { memory: '96Mi' } },
        volumeMounts: [
          { name: 'config', mountPath: '/etc/web' },
          { name: 'secret', mountPath: '/app/secret.txt', subPath: 'password', readOnly: true },
          { name: 'data', mountPath: '/var/data' },
          { name: 'about', mountPath: '/about' },
        ],
      },
      {
        volumes: [
          { name: 'config', configMap: { name: 'settings', items: [{ key: 'a.txt', path: 'sub/b.txt' }] } },
          { name: 'secret', secret: { secretName: 'settings' } },
          { name: 'data', emptyDir: {} },
          {
            name: 'about',
            downwardAPI: { items: [{ path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } }] },
          },
        ],
      },
    );
    const pod = await node.until('world', isReady);
    const env = JSON.parse(await ask('world', '/env')) as Record<string, string>;
    expect(env).toMatchObject({
      STAGE: 'image',
      COLOUR: 'green',
      PASSWORD: 'hush',
      POD: 'world',
      ADDRESS: pod.status?.podIP,
      MEMORY: '96',
      URL: 'http://world/$(MISSING)/$(POD)',
      S_colour: 'green',
      HOSTNAME: 'world',
    });
    expect(await ask('world', '/read?file=/etc/web/sub/b.txt')).toBe('A');
    expect(await ask('world', '/read?file=secret.txt')).toBe('hush');
    expect(await ask('world', '/read?file=/about/labels')).toBe('app="world"');
    expect(await ask('world', '/write?file=/var/data/x')).toBe('done');
    expect(await ask('world', '/write?file=/etc/web/x')).toBe('no: ERR_ACCESS_DENIED');

    const live = node.cluster.get(types.configMaps, 'default', 'settings')!;
    node.cluster.update(types.configMaps, { ...live, data: { colour: 'red', 'a.txt': 'B' } });
    await expect.poll(() => ask('world', '/read?file=/etc/web/sub/b.txt')).toBe('B');

    const session = await node.kubelet.exec('default', 'world', { command: ['cat', '/etc/web/sub/b.txt'] });
    session.stdin.end();
    let output = '';
    session.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    expect(await session.exited).toBe(0);
    expect(output).toBe('B');
    await expect(node.kubelet.exec('default', 'world', { command: ['bash'] })).rejects.toThrow(/engine k3d/);
    await remove('world');
  });

  it('waits for a missing ConfigMap, and starts as soon as it is there', async () => {
    create('early', {
      ...READY,
      env: [{ name: 'X', valueFrom: { configMapKeyRef: { name: 'late', key: 'x' } } }],
    });
    await until('early', 'CreateContainerConfigError');
    expect(waiting('early')?.message).toBe('configmap "late" not found');
    expect(node.pod('early')?.status?.phase).toBe('Pending');
    node.cluster.create(types.configMaps, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'late', namespace: 'default' },
      data: { x: '1' },
    });
    await node.until('early', isReady);
    await remove('early');
  });

  it('is started again when it ends, first at once and then with a growing delay', async () => {
    create('crash', script('console.log("try"); process.exit(3)'));
    await until('crash', 'CrashLoopBackOff');
    const status = node.pod('crash')?.status;
    expect(status?.phase).toBe('Running');
    expect(status?.containerStatuses?.[0]).toMatchObject({ restartCount: 1, ready: false });
    expect(status?.containerStatuses?.[0]?.lastState?.terminated).toMatchObject({
      exitCode: 3,
      reason: 'Error',
    });
    expect(waiting('crash')?.message).toMatch(
      /^back-off 10s restarting failed container=web pod=crash_default/,
    );
    expect(await node.logs('crash')).toBe('try\n');
    expect(await node.logs('crash', { previous: true })).toBe('try\n');
    await remove('crash');
  });

  it('runs to completion, after its init containers', async () => {
    create(
      'task',
      {
        ...script('console.log(require("fs").readFileSync("/work/in", "utf8"))'),
        volumeMounts: [{ name: 'work', mountPath: '/work' }],
      },
      {
        restartPolicy: 'Never',
        initContainers: [
          {
            name: 'prepare',
            image,
            ...script('require("fs").writeFileSync("/work/in", "prepared")'),
            volumeMounts: [{ name: 'work', mountPath: '/work' }],
          },
        ],
        volumes: [{ name: 'work', emptyDir: {} }],
      },
    );
    const pod = await node.until('task', ({ status }) => status?.phase === 'Succeeded');
    expect(pod.status?.initContainerStatuses?.[0]?.state?.terminated?.reason).toBe('Completed');
    expect(await node.logs('task')).toBe('prepared\n');
    expect(await node.logs('task', { timestamps: true })).toMatch(/^\d{4}-.*Z prepared\n$/);
    await remove('task');
  });

  it('fails when an init container fails and is not to be restarted', async () => {
    create(
      'broken',
      {},
      { restartPolicy: 'Never', initContainers: [{ name: 'prepare', image, ...script('process.exit(1)') }] },
    );
    const pod = await node.until('broken', ({ status }) => status?.phase === 'Failed');
    expect(pod.status?.containerStatuses?.[0]?.state?.waiting?.reason).toBe('PodInitializing');
    await remove('broken');
  });

  it('is restarted when its liveness probe fails, and not ready when its readiness probe does', async () => {
    const code = `require('http').createServer((q, r) => { r.statusCode = q.url === '/live' ? 500 : 200; r.end() }).listen(8080); process.on('SIGTERM', () => process.exit(0))`;
    create('sick', {
      ...script(code),
      ...READY,
      livenessProbe: { httpGet: { path: '/live', port: 8080 }, periodSeconds: 1, failureThreshold: 1 },
    });
    await node.until('sick', ({ status }) => (status?.containerStatuses?.[0]?.restartCount ?? 0) > 0);
    expect(node.events('sick')).toEqual(
      expect.arrayContaining([
        'Unhealthy: Liveness probe failed: HTTP probe failed with statuscode: 500',
        'Killing: Container web failed liveness probe, will be restarted',
      ]),
    );
    await remove('sick');
  });

  it('is killed when it does not end within its grace period', async () => {
    create(
      'stubborn',
      {
        ...script(`process.on('SIGTERM', () => {}); require('http').createServer().listen(8080)`),
        readinessProbe: { tcpSocket: { port: 8080 } },
      },
      { terminationGracePeriodSeconds: 1 },
    );
    await node.until('stubborn', isReady);
    const began = Date.now();
    await remove('stubborn');
    expect(Date.now() - began).toBeGreaterThan(900);
  });

  it('says why an image cannot run here, and what can run it', async () => {
    const other = await pushImage(node.registry, 'other/nginx', {
      layers: [{ x: 'y' }],
      config: { Cmd: ['nginx', '-g', 'daemon off;'] },
    });
    create('nginx', {}, {}, other);
    await until('nginx', 'RunContainerError');
    expect(waiting('nginx')?.message).toMatch(/starts with "nginx -g daemon off;".*the engine k3d/);
    expect(node.events('nginx').some((line) => line.startsWith('Failed: Error: RunContainerError'))).toBe(
      true,
    );
    await remove('nginx');
  });

  it('says that an image was tampered with, or is not there', async () => {
    const tampered = await pushImage(node.registry, 'other/tampered', {
      layers: [{ 'app/server.js': `${SERVER}// unique` }],
    });
    const blobs = join(node.dataDir, 'registry');
    for (const file of filesBelow(blobs)) {
      const bytes = readFileSync(file);
      if (bytes[0] === 0x1f && bytes[1] === 0x8b) {
        bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 0xff;
        writeFileSync(file, bytes);
      }
    }
    create('tampered', {}, {}, tampered);
    await until('tampered', 'ErrImagePull');
    expect(waiting('tampered')?.message).toMatch(/tampered with or damaged/);
    await remove('tampered');
    create('absent', {}, {}, `${node.registry}/no/such:1`);
    await until('absent', 'ErrImagePull');
    expect(waiting('absent')?.message).toMatch(/not found/);
    await until('absent', 'ImagePullBackOff');
    await remove('absent');
  });

  it('is started again, at its address, by a node that was started again', async () => {
    create('stays', READY);
    const before = await node.until('stays', isReady);
    await node.restart();
    const after = await node.until(
      'stays',
      (pod) => isReady(pod) && pod.status?.containerStatuses?.[0]?.restartCount === 1,
    );
    expect(after.metadata.uid).toBe(before.metadata.uid);
    expect(after.status?.podIP).toBe(before.status?.podIP);
    expect(after.status?.containerStatuses?.[0]?.lastState?.terminated?.reason).toBe('Unknown');
    await remove('stays');
  });
});

describe('a node', () => {
  it('ends what a killed one has left behind', async () => {
    // Something that does not end by itself, as its record on disk says.
    const orphan = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], {
      detached: true,
      stdio: 'ignore',
    });
    const stat = readFileSync(`/proc/${orphan.pid}/stat`, 'utf8');
    const started = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
    writeFileSync(join(node.dataDir, 'node', 'processes', String(orphan.pid)), started);
    const ended = new Promise((resolve) => orphan.once('exit', (_code, signal) => resolve(signal)));
    await node.restart();
    expect(await ended).toBe('SIGKILL');
  });
});

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

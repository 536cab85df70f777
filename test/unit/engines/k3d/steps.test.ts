import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { parse } from 'yaml';
import { configSchema, type Config } from '../../../../src/config/schema.ts';
import { readClusterState } from '../../../../src/engines/components/state.ts';
import { k3dEngine } from '../../../../src/engines/k3d/engine.ts';
import { choosePorts, clusterSteps } from '../../../../src/engines/k3d/steps.ts';
import { runTasks, type TaskEvent } from '../../../../src/lib/task.ts';
import type { KubernetesServer } from '../../../../src/servers/kubernetes/server.ts';
import { startEmbeddedCluster } from '../../../support/embedded-cluster.ts';
import { startDockerProxy, type DockerProxy } from '../../../support/docker-proxy.ts';
import { writeFakeTools } from '../../../support/fake-tools.ts';

/**
 * The way to a cluster in k3d and back, with a Docker engine, k3d and helm that are programs of the test: what is made in which
 * order, and what every failure leaves.
 */
describe('the steps to a cluster in k3d', () => {
  let docker: DockerProxy;
  let folder: string;
  let cluster: KubernetesServer;
  let registry: Server;
  let config: Config;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'steps-'));
    vi.stubEnv('GITOPS_PLAYGROUND_HOME', join(folder, 'home'));
    docker = await startDockerProxy();
    vi.stubEnv('DOCKER_HOST', `unix://${docker.socket}`);
    cluster = await startEmbeddedCluster(folder, 'k3d-gp-default');
    const tools = join(folder, 'bin');
    mkdirSync(tools);
    writeFakeTools(tools, cluster.kubeconfig());
    vi.stubEnv('PATH', [tools, dirname(process.execPath), process.env.PATH ?? ''].join(delimiter));
    const { ports } = await choosePorts(undefined);
    config = configSchema.parse({ engine: 'k3d', port: ports.dashboard });
    // Answers as the registry does, from the moment when Docker would have started its container.
    registry = createServer((_request, response) => response.end('{}'));
    serveRegistry();
  });
  afterEach(async () => {
    docker.rule = () => undefined;
    await k3dEngine.down('default', () => undefined).catch(() => undefined);
    registry.close();
    registry.closeAllConnections();
    await docker.close();
    await cluster.close();
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true, force: true });
  });

  const serveRegistry = (rule: DockerProxy['rule'] = () => undefined) => {
    docker.rule = (call) => {
      const fault = rule(call);
      const starts = call.method === 'POST' && call.path.endsWith('-registry/start');
      if (fault === undefined && starts && !registry.listening) {
        registry.listen((config.port ?? 0) + 2, '127.0.0.1');
      }
      return fault;
    };
  };
  const behave = (behaviour: string) => {
    writeFileSync(join(folder, 'bin', 'behaviour'), behaviour);
  };
  /** Runs the steps up to the cluster; what is installed into it is no matter here. */
  const run = async (signal = new AbortController().signal) => {
    const events: TaskEvent[] = [];
    const tasks = clusterSteps(config).filter(({ id }) => !id.startsWith('install-') && id !== 'pulls');
    await runTasks(tasks, (event) => events.push(event), signal);
    return Object.fromEntries(
      events.flatMap((event) => (event.type === 'finished' ? [[event.id, event.outcome]] : [])),
    );
  };
  const left = () =>
    [docker.engine.containers, docker.engine.networks, docker.engine.volumes].flatMap((all) => [
      ...all.keys(),
    ]);
  const down = async () => {
    docker.rule = () => undefined;
    await k3dEngine.down('default', () => undefined);
    expect(left()).toEqual([]);
    expect(await readClusterState('default')).toBeUndefined();
  };

  test('make network, registry and nodes, and find everything there when they are repeated', async () => {
    await run();
    expect(left().sort()).toEqual([
      'gp-default',
      'gp-default-registry',
      'gp-default-registry',
      'k3d-gp-default-server-0',
      'k3d-gp-default-serverlb',
    ]);
    expect(await run()).toMatchObject({ images: 'unchanged', cluster: 'unchanged' });
    await down();
  }, 30_000);

  test('call the registry by one more name in the network, which nodes take images of from it', async () => {
    await run();
    expect(docker.engine.containers.get('gp-default-registry')?.aliases).toEqual({
      'gp-default': ['registry.localhost'],
    });
    const written = parse(readFileSync(join(folder, 'home', 'default', 'k3d.yaml'), 'utf8')) as {
      readonly registries: { readonly config: string };
    };
    expect(parse(written.registries.config)).toMatchObject({
      mirrors: { 'registry.localhost:5000': { endpoint: ['http://gp-default-registry:5000'] } },
    });
  }, 30_000);

  test('start the nodes again that were stopped', async () => {
    await run();
    for (const node of docker.engine.containers.values()) node.running = false;
    expect(await run()).toMatchObject({ cluster: 'done' });
    expect([...docker.engine.containers.values()].every(({ running }) => running)).toBe(true);
  }, 30_000);

  test('restart by k3d what Docker has started by itself after a reboot', async () => {
    await run();
    const server = docker.engine.containers.get('k3d-gp-default-server-0');
    if (server !== undefined) server.startedAt = '2026-01-01T00:00:00Z';
    docker.calls.length = 0;
    expect(await run()).toMatchObject({ cluster: 'done' });
    const turns = docker.calls.filter((call) => call.includes('server-0/st'));
    expect(turns).toEqual([
      'POST /containers/k3d-gp-default-server-0/stop',
      'POST /containers/k3d-gp-default-server-0/start',
    ]);
  }, 30_000);

  test('make the cluster anew that was deleted behind their back', async () => {
    await run();
    docker.engine.containers.clear();
    expect((await k3dEngine.state('default')).state).toBe('stopped');
    expect(await run()).toMatchObject({ cluster: 'done' });
    expect(docker.engine.containers.size).toBe(3);
  }, 30_000);

  const phases: [string, (call: { method: string; path: string }) => boolean][] = [
    ['the images are looked at', ({ path }) => path.startsWith('/images/')],
    ['the network is made', ({ path }) => path === '/networks/create'],
    ['the volume is made', ({ path }) => path === '/volumes/create'],
    ['the registry is started', ({ path }) => path.endsWith('-registry/start')],
    ['the nodes are looked at', ({ path }) => path === '/containers/json'],
    ['the nodes are made', ({ path }) => path === '/containers/create'],
  ];

  test.each(phases)(
    'go on after Docker was gone while %s',
    async (_phase, isPhase) => {
      let gone = false;
      serveRegistry((call) => {
        gone ||= isPhase(call);
        return gone ? 'break' : undefined;
      });
      const failure = await run().catch((error: unknown) => error);
      expect(failure).toMatchObject({
        code: expect.stringMatching(/^(docker-unreachable|cluster-failed)$/) as string,
        hint: expect.stringMatching(/repeat|repeating/) as string,
      });
      serveRegistry();
      expect(await run()).toMatchObject({ cluster: 'done' });
      await down();
    },
    30_000,
  );

  test.each(phases)(
    'leave what down removes after Ctrl-C while %s',
    async (_phase, isPhase) => {
      const interruption = new AbortController();
      serveRegistry((call) => {
        if (isPhase(call)) interruption.abort(new Error('interrupted'));
        return undefined;
      });
      await expect(run(interruption.signal)).rejects.toThrow('interrupted');
      await down();
    },
    30_000,
  );

  test('begin the cluster anew that an interruption has left half made', async () => {
    const interruption = new AbortController();
    behave('hang');
    serveRegistry(({ path }) => {
      if (path === '/containers/json')
        setTimeout(() => {
          interruption.abort(new Error('interrupted'));
        }, 500);
      return undefined;
    });
    await expect(run(interruption.signal)).rejects.toThrow('interrupted');
    expect((await readClusterState('default'))?.cluster).toBe('creating');
    behave('');
    serveRegistry();
    expect(await run()).toMatchObject({ cluster: 'done' });
    expect((await readClusterState('default'))?.cluster).toBe('complete');
  }, 30_000);

  test.each([
    ['disk-full', 'Failed to create cluster: no space left on device'],
    ['port-in-use', 'Bind for 127.0.0.1:8401 failed: port is already allocated'],
    ['pull-limited', 'docker failed to pull image: toomanyrequests: You have reached your pull rate limit'],
    [
      'registry-unreachable',
      'Get "https://registry-1.docker.io/v2/": dial tcp: lookup registry-1.docker.io: no such host',
    ],
    ['cluster-failed', 'something that nobody has seen before'],
  ])(
    'say %s in the words of k3d',
    async (code, words) => {
      behave(words);
      await expect(run()).rejects.toMatchObject({
        code,
        message: expect.stringContaining(words) as string,
        hint: expect.stringMatching(/up/) as string,
      });
      await down();
    },
    30_000,
  );

  test('refuse settings that stand in what was made', async () => {
    await run();
    config = { ...config, gitServer: 'scm-manager' };
    await expect(run()).rejects.toMatchObject({ code: 'config-fixed' });
  }, 30_000);

  test('down asks for Docker as soon as a registry may be there, even without a cluster', async () => {
    serveRegistry(({ path }) => (path === '/volumes/create' ? 'break' : undefined));
    await run().catch(() => undefined);
    expect(docker.engine.networks.size).toBe(1);
    docker.rule = () => 'break';
    await expect(k3dEngine.down('default', () => undefined)).rejects.toMatchObject({
      code: 'docker-unreachable',
    });
    await down();
  }, 30_000);

  test('down that Docker does not answer says so, and can be repeated', async () => {
    await run();
    docker.rule = () => 'break';
    await expect(k3dEngine.down('default', () => undefined)).rejects.toMatchObject({
      code: 'docker-unreachable',
    });
    await down();
  }, 30_000);
});

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type Docker from 'dockerode';
import { execa } from 'execa';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { pushStandInBaseImage } from '../../src/clients/images.ts';
import { Registry } from '../../src/clients/registry.ts';
import { registryAlias } from '../../src/config/names.ts';
import { imageTagged } from '../../src/engines/components/pins.ts';
import { clusterFolders } from '../../src/engines/components/state.ts';
import type { ClusterSettings } from '../../src/engines/k3d/cluster-config.ts';
import {
  createCluster,
  ensureNetwork,
  ensureRegistry,
  lookAtNodes,
  removeAll,
  restartCluster,
  stopCluster,
  type ClusterTools,
} from '../../src/engines/k3d/cluster.ts';
import { connectDocker } from '../../src/engines/k3d/docker.ts';
import { dockerNames, labelsOf } from '../../src/engines/k3d/names.ts';
import { choosePorts } from '../../src/engines/k3d/steps.ts';
import { ensurePrivateDir } from '../../src/lib/fs.ts';
import type { Ports } from '../../src/lib/ports.ts';
import { k3dProgram, liveEngine } from '../support/docker-engine.ts';
import { startDockerProxy, type DockerProxy } from '../support/docker-proxy.ts';
import {
  standInK3s,
  standInLoadBalancer,
  standInRegistry,
  standInTools,
  standInsPossible,
} from '../support/stand-in-images.ts';

const engine = await liveEngine();
const k3d = k3dProgram();
const possible = engine !== undefined && standInsPossible();

/**
 * The real Docker engine, and the real k3d where it is installed. The images are stand-ins, as none can be pulled: what is
 * seen here is what Docker and k3d make of our configuration, not Kubernetes.
 */
describe.skipIf(!possible)(
  'a cluster in a real Docker engine (skipped without DOCKER_HOST and busybox)',
  () => {
    let proxy: DockerProxy;
    let docker: Docker;
    let tools: ClusterTools;
    let home: string;
    let ports: Ports;
    const before = process.env.GITOPS_PLAYGROUND_HOME;
    const names = ['cluster-a', 'cluster-b'];
    const quiet = () => undefined;
    const images = { loadBalancer: imageTagged('k3d-proxy'), helper: imageTagged('k3d-tools') };

    beforeAll(async () => {
      home = mkdtempSync(join(tmpdir(), 'home-'));
      process.env.GITOPS_PLAYGROUND_HOME = home;
      proxy = await startDockerProxy({ upstream: engine?.path ?? '', unprivileged: true });
      const host = { kind: 'socket', path: proxy.socket, from: 'test' } as const;
      docker = await connectDocker(host);
      tools = { docker, host, k3d: { name: 'k3d', file: k3d ?? 'k3d', version: '5.9.0', from: 'PATH' } };
      await standInK3s(docker, imageTagged('k3s'));
      await standInLoadBalancer(docker, images.loadBalancer);
      await standInTools(docker, images.helper);
      await standInRegistry(docker, imageTagged('registry'));
      ({ ports } = await choosePorts(undefined));
      for (const name of names) await ensurePrivateDir(clusterFolders(name).folder);
    }, 120_000);
    afterEach(async () => {
      proxy.rule = () => undefined;
      for (const name of names) await removeAll(docker, name, quiet);
    }, 60_000);
    afterAll(async () => {
      await proxy.close();
      if (before === undefined) delete process.env.GITOPS_PLAYGROUND_HOME;
      else process.env.GITOPS_PLAYGROUND_HOME = before;
      rmSync(home, { recursive: true, force: true });
    });

    const settings = (name: string): ClusterSettings => ({
      name,
      ports,
      image: imageTagged('k3s'),
      mirrored: ['docker.io'],
      env: {},
    });
    const startRegistry = async (name: string) => {
      await ensureNetwork(docker, name);
      await ensureRegistry(docker, name, { image: imageTagged('registry'), port: ports.registry });
    };
    const create = (name: string, signal = new AbortController().signal) =>
      createCluster(tools, settings(name), images, quiet, signal);
    const objectsOf = async (name: string) => {
      const label = Object.entries(labelsOf(name)).map(([key, value]) => `${key}=${value}`);
      const k3dLabel = [`k3d.cluster=${dockerNames(name).cluster}`];
      const containers = [
        ...(await docker.listContainers({ all: true, filters: { label } })),
        ...(await docker.listContainers({ all: true, filters: { label: k3dLabel } })),
      ];
      const volumes = (await docker.listVolumes()).Volumes.filter(({ Name }) => Name.includes(name));
      const networks = await docker.listNetworks({ filters: { label } });
      return { containers: containers.length, volumes: volumes.length, networks: networks.length };
    };

    describe('the registry', () => {
      test('takes an image that docker pushes, and answers on loopback alone', async () => {
        await startRegistry('cluster-a');
        const host = `localhost:${ports.registry}`;
        const image = `${host}/team/tools:1`;
        await docker.getImage(imageTagged('k3d-tools')).tag({ repo: `${host}/team/tools`, tag: '1' });
        const { stdout } = await execa('docker', ['push', image], {
          env: { DOCKER_HOST: `unix://${proxy.socket}` },
        });
        expect(stdout).toContain('digest: sha256:');
        const registry = new Registry({ host });
        expect(await registry.tags('team/tools')).toEqual(['1']);
        await pushStandInBaseImage(host);
        expect(await registry.repositories()).toContain('library/node');
        expect(
          await registry.deleteManifest(
            'library/node',
            (await registry.resolve('library/node', '22-alpine')) ?? '',
          ),
        ).toBe(true);
        registry.close();
        const { NetworkSettings } = await docker.getContainer(dockerNames('cluster-a').registry).inspect();
        expect(NetworkSettings.Ports['5000/tcp']).toEqual([
          { HostIp: '127.0.0.1', HostPort: String(ports.registry) },
        ]);
        const { network } = dockerNames('cluster-a');
        expect(NetworkSettings.Networks[network]?.Aliases).toContain(registryAlias);
        await docker.getImage(image).remove();
      }, 60_000);

      test('that was stopped is started again with what it held', async () => {
        await startRegistry('cluster-a');
        await pushStandInBaseImage(`localhost:${ports.registry}`);
        await docker.getContainer(dockerNames('cluster-a').registry).stop({ t: 1 });
        await startRegistry('cluster-a');
        const registry = new Registry({ host: `localhost:${ports.registry}` });
        expect(await registry.tags('library/node')).toEqual(['22-alpine']);
        registry.close();
      }, 60_000);

      test('whose port is taken says so with what to do, and leaves no container behind', async () => {
        const taken = createServer();
        await new Promise<void>((resolve) => taken.listen(ports.registry, '127.0.0.1', resolve));
        await expect(startRegistry('cluster-a')).rejects.toMatchObject({
          code: 'port-in-use',
          hint: expect.stringContaining('repeat `up`') as string,
        });
        taken.close();
        expect((await objectsOf('cluster-a')).containers).toBe(0);
        await startRegistry('cluster-a');
      }, 60_000);
    });

    describe.skipIf(k3d === undefined)(
      'by the real k3d (skipped where it is not installed; K3D names it)',
      () => {
        test('has its ports on loopback, its labels and its own kubeconfig', async () => {
          await startRegistry('cluster-a');
          await create('cluster-a');
          expect((await lookAtNodes(docker, 'cluster-a')).state).toBe('running');
          const { cluster } = dockerNames('cluster-a');
          const server = await docker.getContainer(`k3d-${cluster}-server-0`).inspect();
          const bindings = Object.entries(server.NetworkSettings.Ports);
          expect(bindings.length).toBeGreaterThan(20);
          for (const [port, [binding]] of bindings as [string, { HostIp: string; HostPort: string }[]][]) {
            expect(`${binding?.HostIp ?? ''}:${binding?.HostPort ?? ''}/tcp`).toBe(`127.0.0.1:${port}`);
          }
          expect(server.Config.Labels).toMatchObject(labelsOf('cluster-a'));
          expect(server.Args.join(' ')).toContain(`--service-node-port-range=${ports.dashboard}-`);
          const kubeconfig = parse(readFileSync(clusterFolders('cluster-a').kubeconfig, 'utf8')) as {
            'current-context': string;
            clusters: { cluster: { server: string } }[];
          };
          expect(kubeconfig['current-context']).toBe(`k3d-${cluster}`);
          expect(kubeconfig.clusters[0]?.cluster.server).toBe(`https://127.0.0.1:${ports.kubernetes}`);
          const { networks } = await objectsOf('cluster-a');
          expect(networks).toBe(1);
        }, 120_000);

        test('comes back after its nodes were stopped, and after Docker has started them by itself', async () => {
          await startRegistry('cluster-a');
          await create('cluster-a');
          const signal = new AbortController().signal;
          await stopCluster(tools, 'cluster-a');
          const stopped = await lookAtNodes(docker, 'cluster-a');
          expect(stopped.state).toBe('stopped');
          await startRegistry('cluster-a');
          await restartCluster(tools, 'cluster-a', stopped, quiet, signal);
          const started = await lookAtNodes(docker, 'cluster-a');
          expect(started.state).toBe('running');
          await docker.getContainer(`k3d-${dockerNames('cluster-a').cluster}-server-0`).restart({ t: 1 });
          const byDocker = await lookAtNodes(docker, 'cluster-a');
          expect(byDocker.startedAt).not.toBe(started.startedAt);
          await restartCluster(tools, 'cluster-a', byDocker, quiet, signal);
          expect((await lookAtNodes(docker, 'cluster-a')).state).toBe('running');
        }, 120_000);

        test('goes away with everything, and leaves the one beside it alone', async () => {
          await startRegistry('cluster-a');
          await create('cluster-a');
          await ensureNetwork(docker, 'cluster-b');
          expect(await removeAll(docker, 'cluster-a', quiet)).toEqual([]);
          expect(await objectsOf('cluster-a')).toEqual({ containers: 0, volumes: 0, networks: 0 });
          expect((await objectsOf('cluster-b')).networks).toBe(1);
        }, 120_000);

        test('that was interrupted while it was made leaves what down removes', async () => {
          await startRegistry('cluster-a');
          const interruption = new AbortController();
          proxy.rule = ({ method, path }) => {
            if (method === 'POST' && path.endsWith('/start')) interruption.abort(new Error('interrupted'));
            return undefined;
          };
          await expect(create('cluster-a', interruption.signal)).rejects.toThrow('interrupted');
          proxy.rule = () => undefined;
          expect(await removeAll(docker, 'cluster-a', quiet)).toEqual([]);
          expect(await objectsOf('cluster-a')).toEqual({ containers: 0, volumes: 0, networks: 0 });
        }, 120_000);

        test('whose port is taken says which, and leaves no node behind', async () => {
          await startRegistry('cluster-a');
          const taken = createServer();
          await new Promise<void>((resolve) => taken.listen(ports.git, '127.0.0.1', resolve));
          const failure = create('cluster-a');
          await expect(failure).rejects.toMatchObject({ code: 'port-in-use' });
          await expect(failure).rejects.toThrow(String(ports.git));
          taken.close();
          expect((await lookAtNodes(docker, 'cluster-a')).state).toBe('absent');
        }, 120_000);

        test.each([
          ['disk-full', 'no space left on device'],
          ['pull-limited', 'toomanyrequests: You have reached your pull rate limit'],
        ])(
          'tells %s from the words of the engine',
          async (code, message) => {
            await startRegistry('cluster-a');
            proxy.rule = ({ method, path }) =>
              method === 'POST' && path === '/containers/create' ? { status: 500, message } : undefined;
            await expect(create('cluster-a')).rejects.toMatchObject({ code });
            proxy.rule = () => undefined;
            expect((await lookAtNodes(docker, 'cluster-a')).state).toBe('absent');
          },
          120_000,
        );
      },
    );

    test('down says what it could not remove, and why', async () => {
      await ensureNetwork(docker, 'cluster-a');
      await startRegistry('cluster-a');
      proxy.rule = ({ method, path }) =>
        method === 'DELETE' && path.startsWith('/networks/')
          ? { status: 403, message: 'network has active endpoints' }
          : undefined;
      const left = await removeAll(docker, 'cluster-a', quiet);
      expect(left).toHaveLength(1);
      expect(left[0]).toMatch(/^network gp-cluster-a: .*active endpoints/);
    }, 60_000);
  },
);

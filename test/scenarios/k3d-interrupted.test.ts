import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { configSchema } from '../../src/config/schema.ts';
import { parseImageReference } from '../../src/clients/image-reference.ts';
import { componentsOf } from '../../src/engines/components/catalog.ts';
import { chartFile } from '../../src/engines/components/charts.ts';
import { componentSettings } from '../../src/engines/components/endpoints.ts';
import { exampleState } from '../../src/engines/components/example.ts';
import { chartPin } from '../../src/engines/components/pins.ts';
import { readClusterState } from '../../src/engines/components/state.ts';
import { podImages } from '../../src/engines/k3d/bundle-content.ts';
import { platformOf } from '../../src/engines/k3d/names.ts';
import type { KubernetesServer } from '../../src/servers/kubernetes/server.ts';
import { startEmbeddedCluster } from '../support/embedded-cluster.ts';
import { freeRow } from '../support/free-row.ts';
import { startDockerProxy, type DockerProxy } from '../support/docker-proxy.ts';
import { eventually } from '../support/eventually.ts';
import { writeFakeTools } from '../support/fake-tools.ts';
import { internetPossible, startInternet, type Internet } from '../support/internet.ts';
import { Cli } from '../support/playground.ts';
import { repinnedProgram } from '../support/repinned.ts';

/** Ctrl-C while the parts are installed, with a Docker engine, k3d and helm that are programs of the test. */
describe.skipIf(!internetPossible)(
  'Ctrl-C while parts are installed into k3d (skipped without openssl, which makes certificates)',
  () => {
    let folder: string;
    let docker: DockerProxy;
    let cluster: KubernetesServer;
    let registry: Server;
    let internet: Internet;
    let cli: Cli;
    let port: number;

    beforeEach(async () => {
      folder = mkdtempSync(join(tmpdir(), 'interrupted-'));
      docker = await startDockerProxy();
      const name = 'class';
      cluster = await startEmbeddedCluster(folder, `k3d-gp-${name}`);
      const tools = join(folder, 'bin');
      mkdirSync(tools);
      writeFakeTools(tools, cluster.kubeconfig());
      const config = configSchema.parse({ engine: 'k3d', name });
      const images = podImages(config, componentSettings(exampleState(config), platformOf(name)));
      const hosts = images.map((image) => parseImageReference(image).registry);
      const answering = [...hosts, 'registry-1.docker.io'].map((host) => [
        host,
        (_request: unknown, response: { end(): void }) => {
          response.end();
        },
      ]);
      internet = await startInternet(join(folder, 'internet'), Object.fromEntries(answering));
      const charts = componentsOf(config).flatMap(({ chart }) => (chart === undefined ? [] : [chart.name]));
      const content = 'a chart, which the helm of this test does not read';
      const sum = createHash('sha256').update(content).digest('hex');
      const pinned = charts.map((chart) => chartPin(chart).sha256).filter((known) => known !== null);
      cli = new Cli({
        program: repinnedProgram(join(folder, 'program'), new Map(pinned.map((known) => [known, sum]))),
        env: {
          ...internet.env,
          DOCKER_HOST: `unix://${docker.socket}`,
          PATH: [tools, dirname(process.execPath), process.env.PATH ?? ''].join(delimiter),
        },
      });
      vi.stubEnv('GITOPS_PLAYGROUND_HOME', join(cli.home, 'playgrounds'));
      for (const chart of charts) {
        mkdirSync(dirname(chartFile(chart)), { recursive: true });
        writeFileSync(chartFile(chart), content);
      }
      port = await freeRow();
      registry = createServer((_request, response) => response.end('{}'));
      docker.rule = ({ method, path }) => {
        const starts = method === 'POST' && path.endsWith('-registry/start');
        if (starts && !registry.listening) registry.listen(port + 2, '127.0.0.1');
        return undefined;
      };
    });
    afterEach(async () => {
      await cli.dispose();
      registry.close();
      registry.closeAllConnections();
      await internet.close();
      await docker.close();
      await cluster.close();
      vi.unstubAllEnvs();
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    });

    const up = () => cli.start(['up', '--engine', 'k3d', '--name', 'class', '--port', String(port)]);
    const down = async () => {
      expect(await cli.run('down', '--name', 'class', '--yes')).toMatchObject({ exitCode: 0 });
      expect([...docker.engine.containers.keys(), ...docker.engine.volumes.keys()]).toEqual([]);
      expect(await readClusterState('class')).toBeUndefined();
    };
    const linesOf = (name: string) => {
      const file = join(folder, 'bin', name);
      return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
    };
    const helmProcesses = () => linesOf('helm.pids').map(Number);
    const runs = (pid: number) => {
      try {
        process.kill(pid, 0);
        return true;
      } catch {
        return false;
      }
    };

    test('ends helm, says what is there and how to go on, and up or down do so', async () => {
      writeFileSync(join(folder, 'bin', 'helm-behaviour'), 'hang');
      const first = up();
      const pids = await eventually('three charts to be installed', helmProcesses, (all) => all.length === 3);
      first.kill('SIGINT');
      const { exitCode, stderr } = await first;
      expect(exitCode).toBe(130);
      const text = String(stderr);
      expect(text).toMatch(/interrupted during: (.*; )?Install Gitea/);
      expect(text).toMatch(/during: .*Install Argo CD/);
      expect(text).toMatch(/done and kept: .*Start the cluster/);
      expect(text).toContain(
        'hint: go on from here: gitops-playground up --name class; or remove what was made: gitops-playground down --name class',
      );
      expect(text).not.toContain('mistake in gitops-playground');
      expect(pids.filter(runs)).toEqual([]);
      expect(await readClusterState('class')).toMatchObject({ cluster: 'complete', installed: false });

      // The same command goes on: the cluster is kept, and the charts are installed again.
      const nodes = docker.calls.filter((call) => call === 'POST /containers/create').length;
      const second = up();
      await eventually('the charts again', helmProcesses, (all) => all.length === 6);
      second.kill('SIGINT');
      expect((await second).exitCode).toBe(130);
      expect(docker.calls.filter((call) => call === 'POST /containers/create')).toHaveLength(nodes);
      await down();
    }, 90_000);

    test('while pods are waited for ends the wait at once', async () => {
      const running = up();
      await eventually(
        'the charts to be installed',
        () => linesOf('helm.done'),
        (lines) => lines.length === 3,
      );
      const before = performance.now();
      running.kill('SIGINT');
      const { exitCode, stderr } = await running;
      expect(exitCode).toBe(130);
      expect(performance.now() - before).toBeLessThan(10_000);
      expect(String(stderr)).toMatch(/interrupted during: .*Install Gitea/);
      expect(await readClusterState('class')).toMatchObject({ cluster: 'complete', installed: false });
      await down();
    }, 90_000);
  },
);

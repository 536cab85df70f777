import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { configSchema } from '../../src/config/schema.ts';
import { connectKubernetes, type KubernetesClient } from '../../src/clients/kubernetes.ts';
import { podType, type Pod } from '../../src/clients/kubernetes-objects.ts';
import { upgradeRelease, releaseObjects } from '../../src/engines/components/helm.ts';
import { installTasks, type Installation } from '../../src/engines/components/install.ts';
import type { Component } from '../../src/engines/components/component.ts';
import { exampleState } from '../../src/engines/components/example.ts';
import { clusterFolders, writeClusterState } from '../../src/engines/components/state.ts';
import { nameLabel } from '../../src/config/names.ts';
import { removeFromCluster } from '../../src/engines/kubernetes/removal.ts';
import { judgeCluster } from '../../src/engines/kubernetes/preflight.ts';
import { runTasks } from '../../src/lib/task.ts';
import { waitFor } from '../../src/lib/wait.ts';
import type { KubernetesServer } from '../../src/servers/kubernetes/server.ts';
import { startEmbeddedCluster } from '../support/embedded-cluster.ts';
import { componentSettings } from '../support/components.ts';
import { helmProgram, isInstalled } from '../support/programs.ts';

/** The installation of components with the real helm, into the embedded Kubernetes API server. */
describe.skipIf(!isInstalled(helmProgram, 'version'))('components, installed by the real helm', () => {
  let folder: string;
  let server: KubernetesServer;
  let cluster: KubernetesClient;
  let chart: string;
  const signal = new AbortController().signal;
  const labels = { [nameLabel]: 'default' };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'install-'));
    vi.stubEnv('GITOPS_PLAYGROUND_HOME', join(folder, 'home'));
    server = await startEmbeddedCluster(folder, 'test');
    writeFileSync(join(folder, 'kubeconfig'), server.kubeconfig());
    cluster = await connectKubernetes({ file: join(folder, 'kubeconfig') });
    mkdirSync(join(folder, 'chart', 'templates'), { recursive: true });
    writeFileSync(join(folder, 'chart', 'Chart.yaml'), 'apiVersion: v2\nname: tool\nversion: 1.0.0\n');
    writeFileSync(join(folder, 'chart', 'values.yaml'), 'greeting: hello\n');
    writeFileSync(
      join(folder, 'chart', 'templates', 'all.yaml'),
      `apiVersion: v1
kind: ConfigMap
metadata: { name: tool }
data: { greeting: "{{ .Values.greeting }}" }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: { name: tool }
rules: []
`,
    );
    await execa(helmProgram, ['package', join(folder, 'chart'), '--destination', folder]);
    chart = join(folder, 'tool-1.0.0.tgz');
  }, 60_000);
  afterAll(async () => {
    await server.close();
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true, force: true });
  });

  const helm = () => ({
    helm: { name: 'helm', file: helmProgram, version: '4.1.4', from: 'PATH' } as const,
    kubeconfig: join(folder, 'kubeconfig'),
    context: 'test',
  });
  const installation = (): Installation => ({
    cluster,
    helm: helm(),
    settings: { ...componentSettings('kubernetes'), labels },
    urlOf: () => undefined,
  });
  const component = (id: string, more: Partial<Component> = {}): Component => ({
    id,
    title: `the ${id}`,
    needs: [],
    namespace: `space-${id}`,
    images: () => [],
    ready: { workloads: [] },
    ...more,
  });
  const install = (...components: Component[]) =>
    runTasks(installTasks(components, [], installation), () => undefined, signal);
  const find = (kind: string, name: string, namespace?: string) =>
    cluster.find({
      apiVersion: kind === 'ClusterRole' ? 'rbac.authorization.k8s.io/v1' : 'v1',
      kind,
      name,
      ...(namespace === undefined ? {} : { namespace }),
    });

  test('a release gets its values, is upgraded by them, and tells what it has brought', async () => {
    await cluster.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'releases' } });
    const settings = (greeting: string) => ({
      release: 'tool',
      namespace: 'releases',
      chart,
      values: { greeting },
      valuesFile: join(folder, 'home', 'values.yaml'),
      labels,
    });
    await upgradeRelease(helm(), settings('one'), signal);
    await upgradeRelease(helm(), settings('two'), signal);
    expect((await find('ConfigMap', 'tool', 'releases'))?.data).toEqual({ greeting: 'two' });
    expect((await releaseObjects(helm(), 'tool', 'releases', signal)).map(({ kind }) => kind).sort()).toEqual(
      ['ClusterRole', 'ConfigMap'],
    );
    await execa(helmProgram, [
      'uninstall',
      'tool',
      '--namespace',
      'releases',
      '--kubeconfig',
      join(folder, 'kubeconfig'),
    ]);
  }, 60_000);

  test('a chart that cannot be read is an error with what is known of it', async () => {
    const broken = {
      release: 'x',
      namespace: 'default',
      chart: join(folder, 'nowhere.tgz'),
      values: {},
      labels,
    };
    await expect(
      upgradeRelease(helm(), { ...broken, valuesFile: join(folder, 'home', 'x.yaml') }, signal),
    ).rejects.toMatchObject({
      code: 'release-failed',
      hint: expect.stringContaining('repeat `up`') as string,
    });
  }, 60_000);

  test('everything that is made carries the label, and what is there already is left alone', async () => {
    const maps = component('maps', {
      manifests: () => [
        { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings' }, data: { a: '1' } },
      ],
    });
    await install(maps);
    expect((await find('Namespace', 'space-maps'))?.metadata.labels).toMatchObject(labels);
    const first = await find('ConfigMap', 'settings', 'space-maps');
    expect(first?.metadata.labels).toMatchObject(labels);
    const events: string[] = [];
    await runTasks(
      installTasks([maps], [], installation),
      (event) => {
        if (event.type === 'finished') events.push(event.outcome);
      },
      signal,
    );
    expect(events).toEqual(['unchanged']);
  }, 60_000);

  test('a namespace of another playground is not used, which is named', async () => {
    const metadata = { name: 'space-other', labels: { [nameLabel]: 'anna' } };
    await cluster.create({ apiVersion: 'v1', kind: 'Namespace', metadata });
    await expect(install(component('other'))).rejects.toMatchObject({
      code: 'namespace-taken',
      message: expect.stringContaining('has the playground "anna" already') as string,
      hint: expect.stringContaining('gitops-playground up --name anna') as string,
    });
    await cluster.delete({ apiVersion: 'v1', kind: 'Namespace', name: 'space-other' });
  }, 60_000);

  test('a namespace that somebody else has made is not used', async () => {
    await cluster.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'space-foreign' } });
    await expect(install(component('foreign'))).rejects.toMatchObject({
      code: 'namespace-taken',
      message: expect.stringContaining('space-foreign') as string,
    });
  }, 60_000);

  test('a pod that cannot start ends the wait with its events', async () => {
    const blocked = component('blocked', {
      manifests: () => [
        {
          apiVersion: 'apps/v1',
          kind: 'Deployment',
          metadata: { name: 'server' },
          spec: {
            selector: { matchLabels: { app: 'server' } },
            template: {
              metadata: { labels: { app: 'server' } },
              spec: { containers: [{ name: 'server', image: '127.0.0.1:1/missing/image:1' }] },
            },
          },
        },
      ],
      ready: { workloads: [{ kind: 'Deployment', name: 'server' }], limit: 3 },
    });
    const failure = await install(blocked).catch((error: unknown) => error);
    expect(failure).toMatchObject({ hint: expect.stringMatching(/up/) as string });
    expect((failure as Error).message).toMatch(/pod server-[\w-]+: /);
    expect((failure as Error).message).toContain('event ');
    // What held it up may be mended by the next `up`: its wait for another try is not waited for.
    const podNow = async () => (await cluster.list<Pod>(podType, { namespace: 'space-blocked' })).items[0];
    const first = await waitFor(
      async () => {
        const pod = await podNow();
        const { reason = 'none' } = pod?.status?.containerStatuses?.[0]?.state?.waiting ?? {};
        return pod !== undefined && reason === 'ImagePullBackOff'
          ? { done: true, value: pod.metadata.name }
          : { done: false, seen: reason };
      },
      { what: 'the pod to wait for its next try', limit: 20_000 },
    );
    await expect(install(blocked)).rejects.toThrow(/pod server-[\w-]+: /);
    expect((await podNow())?.metadata.name).not.toBe(first);
  }, 60_000);

  test('down removes what was made, and nothing else', async () => {
    const left = await removeFromCluster(cluster, helm(), 'default', [], () => undefined);
    expect(left).toEqual([]);
    for (const name of ['space-maps', 'space-blocked']) expect(await find('Namespace', name)).toBeUndefined();
    expect(await find('Namespace', 'space-foreign')).toBeDefined();
    expect(await find('Namespace', 'releases')).toBeDefined();
  }, 60_000);

  test('a cluster that lacks something is judged so', async () => {
    vi.stubEnv('KUBECONFIG', join(folder, 'kubeconfig'));
    const findings = await judgeCluster();
    expect(findings.map(({ title }) => title)).toEqual(['Cluster', 'Rights', 'Nodes', 'Storage', 'Ingress']);
    expect(findings[0]).toMatchObject({ level: 'ok' });
    expect(findings[1]).toMatchObject({ level: 'ok' });
    expect(findings[3]).toMatchObject({ level: 'fail' });
    expect(findings[4]).toMatchObject({
      level: 'warn',
      mend: expect.stringContaining('addresses with a port'),
    });
    expect(await judgeCluster(configSchema.parse({ context: 'nowhere' }))).toMatchObject([
      { title: 'Cluster', level: 'fail' },
    ]);
  }, 60_000);

  test('of a virtual cluster nothing is told of its nodes, and volumes may come from its host', async () => {
    vi.stubEnv('KUBECONFIG', join(folder, 'kubeconfig'));
    const nodeType = { apiVersion: 'v1', kind: 'Node' };
    const { items } = await cluster.list(nodeType);
    const label = async (value: string | null) => {
      const labels = { 'vcluster.loft.sh/fake-node': value };
      for (const { metadata } of items)
        await cluster.patch({ ...nodeType, name: metadata.name }, 'merge', { metadata: { labels } });
    };
    await label('true');
    const findings = await judgeCluster();
    expect(findings.find(({ title }) => title === 'Nodes')).toMatchObject({
      level: 'ok',
      detail: expect.not.stringContaining('MiB') as string,
    });
    expect(findings.find(({ title }) => title === 'Storage')).toMatchObject({
      level: 'warn',
      mend: expect.stringContaining('sync.fromHost.storageClasses') as string,
    });
    await label(null);
  }, 60_000);

  test('an add-on that the cluster has already is not installed over it', async () => {
    vi.stubEnv('KUBECONFIG', join(folder, 'kubeconfig'));
    const judge = async () =>
      (await judgeCluster(configSchema.parse({ with: ['cert-manager', 'mailpit'] }))).find(
        ({ title }) => title === 'Add-ons',
      );
    expect(await judge()).toMatchObject({ level: 'ok' });
    const names = { kind: 'Issuer', plural: 'issuers', singular: 'issuer', listKind: 'IssuerList' };
    const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };
    await cluster.create({
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'issuers.cert-manager.io' },
      spec: {
        ...{ group: 'cert-manager.io', scope: 'Namespaced', names },
        versions: [{ name: 'v1', served: true, storage: true, schema }],
      },
    });
    expect(await judge()).toMatchObject({
      level: 'fail',
      detail: expect.stringContaining('cert-manager: the cluster has this already') as string,
      mend: expect.stringContaining('--with mailpit') as string,
    });
    // The playground's own is no obstacle to it, however many are added later.
    const config = configSchema.parse({});
    await writeClusterState({ ...exampleState(config, 'kubernetes'), addons: ['cert-manager'] });
    expect(await judge()).toMatchObject({ level: 'ok' });
    rmSync(clusterFolders(config.name).folder, { recursive: true });
  }, 60_000);
});

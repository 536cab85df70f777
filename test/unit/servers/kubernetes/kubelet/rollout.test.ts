import { Agent, get } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../../../../../src/lib/wait.ts';
import { silentLog } from '../../../../../src/lib/log.ts';
import { systemClock } from '../../../../../src/servers/kubernetes/controllers/clock.ts';
import { createEventRecorder } from '../../../../../src/servers/kubernetes/controllers/events.ts';
import {
  types,
  type Deployment,
  type Service,
} from '../../../../../src/servers/kubernetes/controllers/objects.ts';
import { startIngress, type IngressServer } from '../../../../../src/servers/kubernetes/ingress/server.ts';
import { createServiceAllocator } from '../../../../../src/servers/kubernetes/services/allocation.ts';
import { Backends } from '../../../../../src/servers/kubernetes/services/backends.ts';
import { startServiceProxy } from '../../../../../src/servers/kubernetes/services/proxy.ts';
import { startNode, type NodeHarness } from './harness.ts';
import { pushImage, SERVER } from './images.ts';

let node: NodeHarness;
let ingress: IngressServer;
let images: string[];
let end: () => Promise<void>;

beforeAll(async () => {
  node = await startNode();
  const layers = [{ 'app/server.js': SERVER }];
  images = await Promise.all(
    ['1', '2'].map((version) =>
      pushImage(
        node.registry,
        'playground/web',
        { layers, config: { Env: [`VERSION=${version}`] } },
        version,
      ),
    ),
  );
  const { cluster } = node;
  const backends = new Backends(cluster);
  const allocator = await createServiceAllocator(cluster, `127.${100 + (process.pid % 100)}.200`);
  cluster.admission(allocator);
  const events = createEventRecorder(cluster, systemClock, silentLog, 'node');
  const proxy = startServiceProxy({ cluster, backends, events, log: silentLog, ownAddresses: true });
  ingress = await startIngress({ cluster, backends, port: 0 });
  end = async () => {
    allocator.close();
    events.stop();
    await Promise.all([proxy.close(), ingress.close()]);
    await node.close();
  };
});
afterAll(async () => {
  await end();
});

const object = (apiVersion: string, kind: string, spec: Record<string, unknown>) => ({
  apiVersion,
  kind,
  metadata: { name: 'web', namespace: 'default' },
  spec,
});
const template = (image: string) => ({
  metadata: { labels: { app: 'web' } },
  spec: {
    containers: [
      {
        name: 'web',
        image,
        ports: [{ name: 'http', containerPort: 8080 }],
        readinessProbe: { httpGet: { path: '/', port: 'http' } },
      },
    ],
  },
});
const ask = (url: string, host: string) =>
  new Promise<{ status: number; body: string }>((resolve, reject) => {
    get(url, { headers: { host }, agent: new Agent() }, (response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => (body += chunk.toString()));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
    }).on('error', reject);
  });

describe('a Deployment behind a Service and an Ingress', () => {
  it('is replaced without a single failed request', async () => {
    const { cluster } = node;
    const service = cluster.create<Service>(
      types.services,
      object('v1', 'Service', {
        type: 'NodePort',
        selector: { app: 'web' },
        ports: [{ name: 'http', port: 80, targetPort: 'http' }],
      }),
    );
    const nodePort = service.spec.ports?.[0]?.nodePort ?? 0;
    expect(service.spec.clusterIP).toMatch(/^127\./);
    expect(nodePort).toBeGreaterThanOrEqual(30_000);
    cluster.create(
      types.ingresses,
      object('networking.k8s.io/v1', 'Ingress', {
        rules: [
          {
            host: 'web.staging.localhost',
            http: {
              paths: [
                {
                  path: '/',
                  pathType: 'Prefix',
                  backend: { service: { name: 'web', port: { name: 'http' } } },
                },
              ],
            },
          },
        ],
      }),
    );
    cluster.create<Deployment>(
      types.deployments,
      object('apps/v1', 'Deployment', {
        replicas: 2,
        selector: { matchLabels: { app: 'web' } },
        template: template(images[0]!),
      }) as unknown as Deployment,
    );
    const deployment = () => cluster.get<Deployment>(types.deployments, 'default', 'web')!;
    const rolledOut = () =>
      waitFor(
        () =>
          deployment().status?.conditions?.some(({ reason }) => reason === 'NewReplicaSetAvailable') ===
            true &&
          deployment().status?.observedGeneration === deployment().metadata.generation &&
          deployment().status?.replicas === 2
            ? { done: true, value: undefined }
            : { done: false, seen: JSON.stringify(deployment().status) },
        { what: 'the rollout', limit: 15_000, interval: 10 },
      );
    await rolledOut();

    const urls = [
      [`http://127.0.0.1:${nodePort}/`, `127.0.0.1:${nodePort}`],
      [`http://127.0.0.1:${ingress.port}/`, `web.staging.localhost:${ingress.port}`],
    ] as const;
    const versions: string[] = [];
    const failures: string[] = [];
    let running = true;
    const loops = urls.map(async ([url, host]) => {
      while (running) {
        try {
          const { status, body } = await ask(url, host);
          if (status === 200) versions.push((JSON.parse(body) as { version: string }).version);
          else failures.push(`${url} ${status} ${body}`);
        } catch (error) {
          failures.push(`${url} ${String(error)}`);
        }
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
    });
    const live = deployment();
    cluster.update<Deployment>(types.deployments, {
      ...live,
      spec: { ...live.spec, template: template(images[1]!) },
    });
    await rolledOut();
    await waitFor(
      () =>
        versions.slice(-10).every((v) => v === '2')
          ? { done: true, value: undefined }
          : { done: false, seen: versions.slice(-10).join() },
      { what: 'version 2', limit: 5_000 },
    );
    running = false;
    await Promise.all(loops);
    expect(failures).toEqual([]);
    expect(new Set(versions)).toEqual(new Set(['1', '2']));
  });

  it('answers 404 with the hosts that there are, and 503 when no pod is ready', async () => {
    const url = `http://127.0.0.1:${ingress.port}/`;
    const unknown = await ask(url, 'other.localhost');
    expect(unknown.status).toBe(404);
    expect(unknown.body).toContain(`http://web.staging.localhost:${ingress.port}/`);
    expect((await ask(url, 'evil.example')).status).toBe(421);
    const live = node.cluster.get<Deployment>(types.deployments, 'default', 'web')!;
    node.cluster.update<Deployment>(types.deployments, { ...live, spec: { ...live.spec, replicas: 0 } });
    await waitFor(
      () =>
        node.cluster.list(types.pods).length === 0
          ? { done: true, value: undefined }
          : { done: false, seen: 'pods' },
      { what: 'no pods', limit: 5_000 },
    );
    const none = await ask(url, 'web.staging.localhost');
    expect(none.status).toBe(503);
    expect(none.body).toContain('has no ready pod');
  });
});

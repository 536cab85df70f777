import { mkdtemp, rm } from 'node:fs/promises';
import { existsSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog } from '../../../../../src/lib/log.ts';
import { waitFor } from '../../../../../src/lib/wait.ts';
import { systemClock } from '../../../../../src/servers/kubernetes/controllers/clock.ts';
import { createEventRecorder } from '../../../../../src/servers/kubernetes/controllers/events.ts';
import { startControllers } from '../../../../../src/servers/kubernetes/controllers/index.ts';
import {
  types,
  type EventObject,
  type Pod,
} from '../../../../../src/servers/kubernetes/controllers/objects.ts';
import {
  startKubelet,
  type Kubelet,
  type KubeletOptions,
} from '../../../../../src/servers/kubernetes/kubelet/kubelet.ts';
import type { RedirectSource } from '../../../../../src/servers/kubernetes/kubelet/service-names.ts';
import {
  createCluster,
  type ClusterStore,
} from '../../../../../src/servers/kubernetes/storage/cluster-store.ts';
import { startRegistry } from '../../../../../src/servers/registry/server.ts';

export interface NodeHarness {
  readonly cluster: ClusterStore;
  readonly kubelet: Kubelet;
  readonly registry: string;
  readonly dataDir: string;
  pod(name: string): Pod | undefined;
  /** Waits until a pod is as the test wants it. */
  until(name: string, holds: (pod: Pod) => boolean): Promise<Pod>;
  gone(name: string): Promise<void>;
  events(name: string): string[];
  logs(name: string, options?: Parameters<Kubelet['logs']>[2]): Promise<string>;
  /** Goes down as a daemon does, and comes up again on the same folder. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

let networks = 0;

/** A registry, a store, the controllers and a kubelet, all real. */
export async function startNode(
  options: Pick<KubeletOptions, 'ownAddresses'> & {
    redirects?: (cluster: ClusterStore) => RedirectSource;
  } = {},
): Promise<NodeHarness> {
  const dataDir = await mkdtemp(join(tmpdir(), 'kubelet-'));
  const registry = await startRegistry({ dataDir: join(dataDir, 'registry'), port: 0, log: silentLog });
  // Test files run at the same time: each has addresses of its own.
  networks += 1;
  const podNetwork = `127.${100 + (process.pid % 100)}.${networks}`;
  let cluster: ClusterStore;
  let kubelet: Kubelet;
  let end: () => Promise<void>;

  async function start(): Promise<void> {
    cluster = createCluster({ dataDir: join(dataDir, 'store') });
    for (const name of ['default', 'kube-node-lease']) {
      if (cluster.get(types.namespaces, undefined, name) === undefined) {
        cluster.create(types.namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
      }
    }
    const events = createEventRecorder(cluster, systemClock, silentLog, 'node');
    const context = { cluster, clock: systemClock, log: silentLog, events };
    const stop = startControllers(context);
    kubelet = await startKubelet({
      ...context,
      dataDir: join(dataDir, 'node'),
      nodeName: 'node',
      podNetwork,
      version: 'v1.32.4',
      ...(options.ownAddresses === undefined ? {} : { ownAddresses: options.ownAddresses }),
      ...(options.redirects === undefined ? {} : { redirects: options.redirects(cluster) }),
    });
    end = async () => {
      stop();
      await kubelet.close();
      events.stop();
      cluster.close();
    };
  }
  await start();

  const pod = (name: string) => cluster.get<Pod>(types.pods, 'default', name);
  return {
    get cluster() {
      return cluster;
    },
    get kubelet() {
      return kubelet;
    },
    registry: registry.host,
    dataDir,
    pod,
    until: (name, holds) =>
      waitFor(
        () => {
          const found = pod(name);
          return found !== undefined && holds(found)
            ? { done: true, value: found }
            : { done: false, seen: JSON.stringify(found?.status, undefined, 1) };
        },
        { what: `pod ${name}`, limit: 8_000, interval: 5 },
      ),
    async gone(name) {
      await waitFor(
        () =>
          pod(name) === undefined
            ? { done: true, value: undefined }
            : { done: false, seen: JSON.stringify(pod(name)) },
        { what: `the end of ${name}`, limit: 8_000, interval: 5 },
      );
    },
    events: (name) =>
      cluster
        .list<EventObject>(types.events)
        .filter(({ involvedObject }) => involvedObject.name === name)
        .map(({ reason, message }) => `${reason}: ${message}`),
    async logs(name, options = {}) {
      let text = '';
      for await (const chunk of kubelet.logs('default', name, options)) text += String(chunk);
      return text;
    },
    async restart() {
      await end();
      await start();
    },
    async close() {
      await end();
      await registry.close();
      const processes = join(dataDir, 'node', 'processes');
      const left = existsSync(processes) ? readdirSync(processes) : [];
      await rm(dataDir, { recursive: true });
      if (left.length > 0) throw new Error(`processes were left behind: ${left.join(' ')}`);
    },
  };
}

export const isReady = (pod: Pod) =>
  pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true;

export function podObject(
  name: string,
  image: string,
  container: Record<string, unknown> = {},
  spec: Record<string, unknown> = {},
) {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', labels: { app: name } },
    spec: {
      containers: [{ name: 'web', image, ports: [{ name: 'http', containerPort: 8080 }], ...container }],
      ...spec,
    },
  };
}

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog } from '../../../../../src/lib/log.ts';
import type { ControllerContext } from '../../../../../src/servers/kubernetes/controllers/controller.ts';
import { timestamp, type Clock } from '../../../../../src/servers/kubernetes/controllers/clock.ts';
import { createEventRecorder } from '../../../../../src/servers/kubernetes/controllers/events.ts';
import { startControllers } from '../../../../../src/servers/kubernetes/controllers/index.ts';
import { types, type Pod } from '../../../../../src/servers/kubernetes/controllers/objects.ts';
import {
  createCluster,
  type ClusterStore,
} from '../../../../../src/servers/kubernetes/storage/cluster-store.ts';

/** A clock that a test turns. */
class ManualClock implements Clock {
  #now = Date.parse('2026-01-01T00:00:00Z');
  #timers: { due: number; action: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  after(ms: number, action: () => void): () => void {
    const timer = { due: this.#now + ms, action };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  get waiting(): number {
    return this.#timers.length;
  }

  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    for (;;) {
      const next = this.#timers.toSorted((a, b) => a.due - b.due).find(({ due }) => due <= end);
      if (next === undefined) break;
      this.#timers = this.#timers.filter((other) => other !== next);
      this.#now = Math.max(this.#now, next.due);
      next.action();
      await settle();
    }
    this.#now = end;
    await settle();
  }
}

/** Lets events and reconciliations run until they have come to rest. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 40; i += 1) await new Promise((resolve) => setImmediate(resolve));
}

export interface Harness extends ControllerContext {
  readonly cluster: ClusterStore;
  readonly clock: ManualClock;
  pods(namespace?: string): Pod[];
  /** Writes a pod's status as a kubelet would. */
  setPod(pod: Pod, phase: string, ready: boolean): void;
  ready(pods?: Pod[]): Promise<void>;
  eventReasons(): string[];
  close(): Promise<void>;
}

/** The controllers on a real store, with a node, a clock to turn, and the test as kubelet. */
export async function startHarness({ withNode = true } = {}): Promise<Harness> {
  const dataDir = await mkdtemp(join(tmpdir(), 'controllers-'));
  const clock = new ManualClock();
  const cluster = createCluster({ dataDir, now: () => new Date(clock.now()) });
  const events = createEventRecorder(cluster, clock, silentLog, 'node');
  const context = { cluster, clock, log: silentLog, events };
  cluster.create({ group: '', resource: 'namespaces' }, object('v1', 'Namespace', 'default'));
  if (withNode) cluster.create(types.nodes, object('v1', 'Node', 'node'));
  const stop = startControllers(context);
  await settle();
  const pods = (namespace = 'default') => cluster.list<Pod>(types.pods, { namespace });
  let addresses = 1;
  const setPod = (pod: Pod, phase: string, ready: boolean) => {
    const latest = cluster.get<Pod>(types.pods, pod.metadata.namespace, pod.metadata.name);
    if (latest === undefined) return;
    const conditions = [
      ...(latest.status?.conditions ?? []).filter(({ type }) => type !== 'Ready'),
      { type: 'Ready', status: ready ? 'True' : 'False', lastTransitionTime: timestamp(clock.now()) },
    ];
    const podIP = latest.status?.podIP ?? `127.44.0.${(addresses += 1)}`;
    cluster.update<Pod>(
      types.pods,
      { ...latest, status: { ...latest.status, phase, conditions, podIP } },
      'status',
    );
  };
  return {
    ...context,
    pods,
    setPod,
    async ready(which = pods()) {
      for (const pod of which) setPod(pod, 'Running', true);
      await settle();
    },
    eventReasons: () => cluster.list<{ reason: string } & Pod>(types.events).map(({ reason }) => reason),
    async close() {
      stop();
      events.stop();
      cluster.close();
      await rm(dataDir, { recursive: true });
    },
  };
}

export function object(apiVersion: string, kind: string, name: string, rest: Record<string, unknown> = {}) {
  return {
    apiVersion,
    kind,
    metadata: { name, ...(kind === 'Namespace' || kind === 'Node' ? {} : { namespace: 'default' }) },
    ...rest,
  };
}

export function deployment(name: string, image: string, spec: Record<string, unknown> = {}) {
  return object('apps/v1', 'Deployment', name, {
    spec: {
      replicas: 3,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [{ name: 'web', image, ports: [{ name: 'http', containerPort: 8080 }] }] },
      },
      ...spec,
    },
  });
}

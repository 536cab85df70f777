import { afterEach, describe, expect, it } from 'vitest';
import {
  types,
  type EndpointSlice,
  type EventObject,
  type Node,
  type Pod,
  type ReplicaSet,
} from '../../../../../src/servers/kubernetes/controllers/objects.ts';
import { deployment, object, settle, startHarness, type Harness } from './harness.ts';

let harness: Harness;
afterEach(async () => {
  await harness.close();
});

const pod = (
  name: string,
  spec: Record<string, unknown> = {},
  labels: Record<string, string> = { app: 'web' },
) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'default', labels },
  spec: {
    containers: [{ name: 'web', image: 'a', ports: [{ name: 'http', containerPort: 8080 }] }],
    ...spec,
  },
});
const service = (spec: Record<string, unknown>) =>
  object('v1', 'Service', 'web', { spec: { selector: { app: 'web' }, ...spec } });
const slices = () => harness.cluster.list<EndpointSlice>(types.endpointSlices);

describe('the scheduler', () => {
  it('tells why no node takes a pod, and binds it when one does', async () => {
    harness = await startHarness({ withNode: false });
    harness.cluster.create(types.pods, pod('p', { nodeSelector: { disk: 'ssd' } }));
    await settle();
    const found = () => harness.cluster.get<Pod>(types.pods, 'default', 'p');
    expect(found()?.status?.conditions?.[0]).toMatchObject({
      type: 'PodScheduled',
      status: 'False',
      reason: 'Unschedulable',
    });
    harness.cluster.create<Node>(types.nodes, {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: 'node', labels: { disk: 'ssd' } },
      spec: { unschedulable: true },
    });
    await settle();
    expect(found()?.status?.conditions?.[0]?.message).toMatch(
      /^0\/1 nodes are available: 1 node\(s\) were unschedulable/,
    );
    const node = harness.cluster.get<Node>(types.nodes, undefined, 'node')!;
    harness.cluster.update<Node>(types.nodes, { ...node, spec: { unschedulable: false } });
    await settle();
    expect(found()?.spec.nodeName).toBe('node');
    expect(harness.eventReasons()).toEqual(expect.arrayContaining(['FailedScheduling', 'Scheduled']));
  });
});

describe('EndpointSlices', () => {
  it('follow the pods of a Service, with named ports and readiness', async () => {
    harness = await startHarness();
    harness.cluster.create(
      types.services,
      service({ ports: [{ name: 'http', port: 80, targetPort: 'http' }] }),
    );
    harness.cluster.create(types.pods, pod('a'));
    harness.cluster.create(types.pods, pod('other', {}, { app: 'other' }));
    await settle();
    const [first] = harness.pods();
    harness.setPod(first!, 'Running', false);
    await settle();
    expect(slices()).toHaveLength(1);
    expect(slices()[0]).toMatchObject({
      addressType: 'IPv4',
      metadata: { labels: { 'kubernetes.io/service-name': 'web' } },
      ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
      endpoints: [
        { conditions: { ready: false, serving: false, terminating: false }, targetRef: { name: 'a' } },
      ],
    });
    await harness.ready();
    expect(slices()[0]?.endpoints[0]?.conditions).toEqual({ ready: true, serving: true, terminating: false });
    harness.cluster.delete(types.pods, 'default', 'a');
    await settle();
    expect(slices()[0]?.endpoints[0]?.conditions).toEqual({ ready: false, serving: true, terminating: true });
    harness.cluster.delete(types.services, 'default', 'web');
    await settle();
    expect(slices()).toEqual([]);
  });

  it('publish addresses that are not ready where the Service asks for it', async () => {
    harness = await startHarness();
    harness.cluster.create(
      types.services,
      service({ clusterIP: 'None', publishNotReadyAddresses: true, ports: [{ port: 8080 }] }),
    );
    harness.cluster.create(types.pods, pod('a'));
    await settle();
    harness.setPod(harness.pods()[0]!, 'Running', false);
    await settle();
    expect(slices()[0]?.endpoints[0]?.conditions?.ready).toBe(true);
  });
});

describe('deletion', () => {
  it('of a namespace empties it first', async () => {
    harness = await startHarness();
    harness.cluster.create(types.namespaces, object('v1', 'Namespace', 'team'));
    await settle();
    expect(harness.cluster.get(types.serviceAccounts, 'team', 'default')).toBeDefined();
    const app = deployment('web', 'a');
    harness.cluster.create(types.deployments, { ...app, metadata: { ...app.metadata, namespace: 'team' } });
    await settle();
    expect(harness.pods('team')).toHaveLength(3);
    harness.cluster.delete(types.namespaces, undefined, 'team');
    await settle();
    expect(harness.cluster.get(types.deployments, 'team', 'web')).toBeUndefined();
    expect(harness.cluster.get(types.namespaces, undefined, 'team')?.status).toMatchObject({
      phase: 'Terminating',
    });
    for (const { metadata } of harness.pods('team')) {
      harness.cluster.delete(types.pods, 'team', metadata.name, { gracePeriodSeconds: 0 });
    }
    await settle();
    expect(harness.cluster.get(types.namespaces, undefined, 'team')).toBeUndefined();
  });

  it('in the foreground waits for the dependents, and orphans stay where that is asked for', async () => {
    harness = await startHarness();
    harness.cluster.create(types.deployments, deployment('web', 'a'));
    await settle();
    harness.cluster.delete(types.deployments, 'default', 'web', { propagationPolicy: 'Foreground' });
    await settle();
    expect(harness.cluster.get(types.deployments, 'default', 'web')).toBeDefined();
    for (const { metadata } of harness.pods()) {
      harness.cluster.delete(types.pods, 'default', metadata.name, { gracePeriodSeconds: 0 });
    }
    await settle();
    expect(harness.cluster.get(types.deployments, 'default', 'web')).toBeUndefined();

    harness.cluster.create(types.deployments, deployment('web', 'a'));
    await settle();
    harness.cluster.delete(types.deployments, 'default', 'web', { propagationPolicy: 'Orphan' });
    await settle();
    const [set] = harness.cluster.list<ReplicaSet>(types.replicaSets);
    expect(set?.metadata.ownerReferences ?? []).toEqual([]);
    expect(harness.pods()).toHaveLength(3);

    // The next Deployment with the same selector takes them over.
    harness.cluster.create(types.deployments, deployment('web', 'a'));
    await settle();
    expect(harness.cluster.list(types.replicaSets)).toHaveLength(1);
    expect(harness.cluster.list<ReplicaSet>(types.replicaSets)[0]?.metadata.ownerReferences?.[0]?.kind).toBe(
      'Deployment',
    );
  });
});

describe('events', () => {
  it('are counted when they repeat, cut when they flood, and gone after an hour', async () => {
    harness = await startHarness();
    const about = harness.cluster.create(types.pods, pod('p'));
    await settle();
    const told = () =>
      harness.cluster.list<EventObject>(types.events).filter(({ reason }) => reason === 'Told');
    for (let i = 0; i < 40; i += 1) harness.events.record('kubelet', about, 'Normal', 'Told', 'the same');
    expect(told()).toHaveLength(1);
    expect(told()[0]?.count).toBe(25);
    await harness.clock.advance(2 * 60 * 60_000);
    expect(harness.cluster.list(types.events)).toEqual([]);
    for (let i = 0; i < 20; i += 1) harness.events.record('kubelet', about, 'Normal', 'Told', `message ${i}`);
    expect(told()).toHaveLength(11);
    expect(told().at(-1)).toBeDefined();
    expect(told().some(({ message }) => message.startsWith('(combined from similar events)'))).toBe(true);
  });
});

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { types, type Node, type Pod } from '../../../../../src/servers/kubernetes/controllers/objects.ts';
import { isReady } from '../../../../../src/servers/kubernetes/controllers/pod-state.ts';
import { deployment, settle, startHarness, type Harness } from './harness.ts';

let harness: Harness;
beforeEach(async () => {
  harness = await startHarness();
  harness.cluster.create(types.deployments, deployment('web', 'a'));
  await settle();
  await harness.ready();
});
afterEach(async () => {
  await harness.close();
});

const node = () => harness.cluster.get<Node>(types.nodes, undefined, 'node')!;
const report = async (status: 'True' | 'False' | 'Unknown') => {
  harness.cluster.update<Node>(
    types.nodes,
    { ...node(), status: { conditions: [{ type: 'Ready', status }] } },
    'status',
  );
  await settle();
};
const taints = () => node().spec?.taints?.map(({ key, effect }) => `${key}:${effect}`) ?? [];
const leaving = (pods: Pod[]) =>
  pods.filter(({ metadata }) => metadata.deletionTimestamp !== undefined).length;

describe('a node that is not ready', () => {
  it('is tainted, and its pods are out of their Services', async () => {
    await report('False');
    expect(taints()).toEqual([
      'node.kubernetes.io/not-ready:NoSchedule',
      'node.kubernetes.io/not-ready:NoExecute',
    ]);
    expect(harness.pods().filter(isReady)).toEqual([]);
    expect(harness.eventReasons()).toContain('NodeNotReady');
    await report('Unknown');
    expect(taints()).toEqual([
      'node.kubernetes.io/unreachable:NoSchedule',
      'node.kubernetes.io/unreachable:NoExecute',
    ]);
    await report('True');
    expect(taints()).toEqual([]);
  });

  it('gets no new pod, and the scheduler names the taint', async () => {
    await report('False');
    harness.cluster.create(types.pods, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'late', namespace: 'default' },
      spec: { containers: [{ name: 'web', image: 'a' }] },
    });
    await settle();
    const late = () => harness.cluster.get<Pod>(types.pods, 'default', 'late');
    expect(late()?.status?.conditions?.[0]?.message).toContain(
      '1 node(s) had untolerated taint {node.kubernetes.io/not-ready: }',
    );
    await report('True');
    expect(late()?.spec.nodeName).toBe('node');
  });

  it('keeps a pod for the five minutes that every pod tolerates, and no longer', async () => {
    await report('False');
    await harness.clock.advance(299_000);
    expect(leaving(harness.pods())).toBe(0);
    await harness.clock.advance(2_000);
    expect(leaving(harness.pods())).toBe(3);
    expect(harness.eventReasons()).toContain('TaintManagerEviction');
  });

  it('keeps the pods when it is ready again in time', async () => {
    await report('False');
    await harness.clock.advance(100_000);
    await report('True');
    await harness.clock.advance(400_000);
    expect(leaving(harness.pods())).toBe(0);
  });

  it('keeps the taints that others have set', async () => {
    harness.cluster.update<Node>(types.nodes, {
      ...node(),
      spec: { taints: [{ key: 'dedicated', value: 'ci', effect: 'NoSchedule' }] },
    });
    await report('False');
    await report('True');
    expect(taints()).toEqual(['dedicated:NoSchedule']);
  });
});

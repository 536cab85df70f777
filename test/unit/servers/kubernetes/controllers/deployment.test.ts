import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  types,
  type Deployment,
  type ReplicaSet,
} from '../../../../../src/servers/kubernetes/controllers/objects.ts';
import { deployment, settle, startHarness, type Harness } from './harness.ts';

let harness: Harness;
beforeEach(async () => {
  harness = await startHarness();
});
afterEach(async () => {
  await harness.close();
});

const get = () => harness.cluster.get<Deployment>(types.deployments, 'default', 'web')!;
const sets = () =>
  harness.cluster
    .list<ReplicaSet>(types.replicaSets, { namespace: 'default' })
    .toSorted(
      (a, b) =>
        Number(a.metadata.annotations?.['deployment.kubernetes.io/revision']) -
        Number(b.metadata.annotations?.['deployment.kubernetes.io/revision']),
    );
const condition = (type: string) => get().status?.conditions?.find((entry) => entry.type === type);
const change = async (spec: Partial<Deployment['spec']>) => {
  const live = get();
  harness.cluster.update<Deployment>(types.deployments, { ...live, spec: { ...live.spec, ...spec } });
  await settle();
};
const withImage = (image: string): Deployment['spec']['template'] => {
  const { template } = get().spec;
  return {
    ...template,
    spec: { ...template.spec, containers: [{ ...template.spec!.containers[0]!, image }] },
  };
};
/** Ends every pod that is being deleted, as the kubelet would. */
const bury = async () => {
  for (const pod of harness.pods()) {
    if (pod.metadata.deletionTimestamp === undefined) continue;
    harness.cluster.delete(types.pods, 'default', pod.metadata.name, { gracePeriodSeconds: 0 });
  }
  await settle();
};
const finish = async () => {
  for (let i = 0; i < 10; i += 1) {
    await harness.ready();
    await bury();
  }
};

describe('a Deployment', () => {
  it('becomes a ReplicaSet with a hash, and pods that carry it', async () => {
    harness.cluster.create(types.deployments, deployment('web', 'a:1'));
    await settle();
    const [set] = sets();
    const hash = set?.metadata.labels?.['pod-template-hash'];
    expect(set?.metadata.name).toBe(`web-${hash}`);
    expect(harness.pods()).toHaveLength(3);
    expect(harness.pods().every((pod) => pod.metadata.labels?.['pod-template-hash'] === hash)).toBe(true);
    expect(harness.pods()[0]?.spec.nodeName).toBe('node');
    expect(condition('Available')?.status).toBe('False');
    expect(condition('Progressing')).toMatchObject({ status: 'True', reason: 'ReplicaSetUpdated' });
    await harness.ready();
    expect(get().status).toMatchObject({
      replicas: 3,
      updatedReplicas: 3,
      readyReplicas: 3,
      availableReplicas: 3,
    });
    expect(get().status?.observedGeneration).toBe(get().metadata.generation);
    expect(condition('Available')?.status).toBe('True');
    expect(condition('Progressing')?.reason).toBe('NewReplicaSetAvailable');
    expect(harness.eventReasons()).toEqual(
      expect.arrayContaining(['ScalingReplicaSet', 'SuccessfulCreate', 'Scheduled']),
    );
  });

  it('rolls to a new image within its surge and availability, and counts revisions', async () => {
    harness.cluster.create(
      types.deployments,
      deployment('web', 'a:1', {
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      }),
    );
    await settle();
    await finish();
    await change({ template: withImage('a:2') });
    expect(harness.pods()).toHaveLength(4);
    for (let i = 0; i < 8; i += 1) {
      const serving = harness.pods().filter((pod) => pod.metadata.deletionTimestamp === undefined);
      expect(serving.length).toBeLessThanOrEqual(4);
      const ready = serving.filter((pod) =>
        pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True'),
      );
      expect(ready.length).toBeGreaterThanOrEqual(3);
      await harness.ready();
      await bury();
    }
    expect(sets().map((set) => set.spec.replicas)).toEqual([0, 3]);
    expect(get().metadata.annotations?.['deployment.kubernetes.io/revision']).toBe('2');
    expect(harness.pods().every((pod) => pod.spec.containers[0]?.image === 'a:2')).toBe(true);

    // As `kubectl rollout undo` does it: the old template comes back and its ReplicaSet becomes the newest revision.
    await change({ template: withImage('a:1') });
    await finish();
    expect(sets()).toHaveLength(2);
    expect(sets().at(-1)?.metadata.annotations).toMatchObject({
      'deployment.kubernetes.io/revision': '3',
      'deployment.kubernetes.io/revision-history': '1',
    });
    expect(harness.pods().every((pod) => pod.spec.containers[0]?.image === 'a:1')).toBe(true);
    expect(condition('Progressing')?.reason).toBe('NewReplicaSetAvailable');
  });

  it('waits with Recreate until the last old pod is gone', async () => {
    harness.cluster.create(types.deployments, deployment('web', 'a:1', { strategy: { type: 'Recreate' } }));
    await settle();
    await harness.ready();
    await change({ template: withImage('a:2') });
    expect(harness.pods().every((pod) => pod.metadata.deletionTimestamp !== undefined)).toBe(true);
    expect(sets()).toHaveLength(1);
    await bury();
    expect(harness.pods().map((pod) => pod.spec.containers[0]?.image)).toEqual(['a:2', 'a:2', 'a:2']);
  });

  it('scales in both directions, the pods that are not ready first', async () => {
    harness.cluster.create(types.deployments, deployment('web', 'a:1'));
    await settle();
    const [first, ...others] = harness.pods();
    await harness.ready(others);
    await change({ replicas: 2 });
    expect(harness.pods().find((pod) => pod.metadata.deletionTimestamp !== undefined)?.metadata.name).toBe(
      first?.metadata.name,
    );
    await bury();
    await change({ replicas: 5 });
    expect(harness.pods()).toHaveLength(5);
  });

  it('starts no rollout while it is paused, and goes on when it is resumed', async () => {
    harness.cluster.create(types.deployments, deployment('web', 'a:1'));
    await settle();
    await finish();
    await change({ paused: true });
    expect(condition('Progressing')).toMatchObject({ status: 'Unknown', reason: 'DeploymentPaused' });
    await change({ template: withImage('a:2') });
    expect(sets()).toHaveLength(1);
    await change({ replicas: 4 });
    expect(harness.pods()).toHaveLength(4);
    await change({ paused: false });
    await finish();
    expect(harness.pods().every((pod) => pod.spec.containers[0]?.image === 'a:2')).toBe(true);
  });

  it('says that it exceeded its progress deadline when pods do not become ready', async () => {
    harness.cluster.create(types.deployments, deployment('web', 'a:1', { progressDeadlineSeconds: 60 }));
    await settle();
    await harness.clock.advance(61_000);
    expect(condition('Progressing')).toMatchObject({ status: 'False', reason: 'ProgressDeadlineExceeded' });
  });

  it('keeps as many old revisions as it is told', async () => {
    harness.cluster.create(
      types.deployments,
      deployment('web', 'a:1', { replicas: 1, revisionHistoryLimit: 1 }),
    );
    await settle();
    await finish();
    for (const tag of ['2', '3', '4']) {
      await change({ template: withImage(`a:${tag}`) });
      await finish();
    }
    expect(sets().map((set) => set.spec.template?.spec?.containers[0]?.image)).toEqual(['a:3', 'a:4']);
  });

  it('is not available before minReadySeconds are over', async () => {
    harness.cluster.create(types.deployments, deployment('web', 'a:1', { replicas: 1, minReadySeconds: 5 }));
    await settle();
    await harness.ready();
    expect(get().status?.availableReplicas).toBeUndefined();
    await harness.clock.advance(5_000);
    expect(get().status?.availableReplicas).toBe(1);
  });

  it('takes its ReplicaSets and pods with it', async () => {
    harness.cluster.create(types.deployments, deployment('web', 'a:1'));
    await settle();
    harness.cluster.delete(types.deployments, 'default', 'web');
    await settle();
    await bury();
    expect(sets()).toEqual([]);
    expect(harness.pods()).toEqual([]);
  });
});

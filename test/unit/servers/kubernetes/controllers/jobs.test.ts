import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { types, type Job } from '../../../../../src/servers/kubernetes/controllers/objects.ts';
import { object, settle, startHarness, type Harness } from './harness.ts';

let harness: Harness;
beforeEach(async () => {
  harness = await startHarness();
});
afterEach(async () => {
  await harness.close();
});

const create = async (spec: Record<string, unknown> = {}) => {
  harness.cluster.create(
    types.jobs,
    object('batch/v1', 'Job', 'job', {
      spec: {
        template: { spec: { restartPolicy: 'Never', containers: [{ name: 'task', image: 'a' }] } },
        ...spec,
      },
    }),
  );
  await settle();
};
const job = () => harness.cluster.get<Job>(types.jobs, 'default', 'job');
const condition = () => job()?.status?.conditions?.at(-1);
const end = async (phase: string) => {
  for (const pod of harness.pods()) {
    if (pod.status?.phase !== 'Succeeded' && pod.status?.phase !== 'Failed')
      harness.setPod(pod, phase, false);
  }
  await settle();
};

describe('a Job', () => {
  it('runs one pod and is complete when that has succeeded', async () => {
    await create();
    expect(harness.pods()).toHaveLength(1);
    expect(job()?.status).toMatchObject({ active: 1, ready: 0 });
    await end('Succeeded');
    expect(job()?.status).toMatchObject({ succeeded: 1 });
    expect(job()?.status?.completionTime).toBeDefined();
    expect(condition()).toMatchObject({ type: 'Complete', status: 'True' });
    expect(harness.eventReasons()).toContain('Completed');
  });

  it('runs as many pods side by side as it may, until enough have succeeded', async () => {
    await create({ completions: 3, parallelism: 2 });
    expect(harness.pods()).toHaveLength(2);
    await end('Succeeded');
    expect(harness.pods()).toHaveLength(3);
    await end('Succeeded');
    expect(condition()?.type).toBe('Complete');
    expect(harness.pods()).toHaveLength(3);
  });

  it('replaces failed pods after a delay, and fails when there are too many', async () => {
    await create({ backoffLimit: 1 });
    await end('Failed');
    expect(job()?.status).toMatchObject({ failed: 1 });
    await harness.clock.advance(10_000);
    expect(harness.pods()).toHaveLength(2);
    await end('Failed');
    expect(condition()).toMatchObject({ type: 'Failed', reason: 'BackoffLimitExceeded' });
  });

  it('fails when it takes too long, and takes its pods with it', async () => {
    await create({ activeDeadlineSeconds: 30 });
    await harness.clock.advance(31_000);
    expect(condition()).toMatchObject({ type: 'Failed', reason: 'DeadlineExceeded' });
    expect(harness.pods()[0]?.metadata.deletionTimestamp).toBeDefined();
  });

  it('is deleted when its time to live is over', async () => {
    await create({ ttlSecondsAfterFinished: 60 });
    await end('Succeeded');
    await harness.clock.advance(59_000);
    expect(job()).toBeDefined();
    await harness.clock.advance(2_000);
    expect(job()).toBeUndefined();
    expect(harness.pods()).toEqual([]);
  });
});

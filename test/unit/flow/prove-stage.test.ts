import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { KubeObject, TypeRef } from '../../../src/clients/kubernetes.ts';
import { configSchema } from '../../../src/config/schema.ts';
import type { Playground } from '../../../src/flow/playground.ts';
import { awaitRevision, awaitStage } from '../../../src/flow/prove-stage.ts';

/** The waits of the flow go by the clock of these tests. */
vi.mock('node:timers/promises', () => ({
  setTimeout: (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
}));

const REVISION = 'a'.repeat(40);
const application = {
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'Application',
  metadata: { name: 'storefront-staging', namespace: 'argocd' },
  spec: {
    destination: { namespace: 'staging' },
    source: { repoURL: 'http://git', path: 'staging' },
    project: 'default',
  },
  status: { sync: { status: 'Synced' }, health: { status: 'Progressing' } },
};
const refused = 'dial tcp 127.0.0.1:30502: connect: connection refused';

/** A playground on pods, of which those of staging say this of their only container. */
function playgroundOf(waiting: () => { reason: string; message?: string } | undefined): Playground {
  const pod = () => {
    const state = waiting();
    return {
      metadata: { name: 'storefront-1' },
      status: { containerStatuses: state === undefined ? [] : [{ name: 'main', state: { waiting: state } }] },
    };
  };
  const items: Record<string, () => unknown> = { Application: () => application, Pod: pod };
  const cluster = {
    list: async ({ kind }: TypeRef) => ({ items: kind in items ? [items[kind]?.() as KubeObject] : [] }),
  };
  const parts = {
    config: configSchema.parse({ name: 'team' }),
    endpoints: { registry: { host: 'localhost:30502' }, kubernetes: { parts: ['jenkins'] } },
    git: { findBranch: async () => ({ commit: { id: REVISION } }) },
    cluster: async () => cluster,
  };
  return parts as unknown as Playground;
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** What a wait ends with, its time being let go by. */
async function endOf(wait: Promise<void>, seconds: number): Promise<unknown> {
  const end = wait.then(
    () => 'done',
    (error: unknown) => error,
  );
  await vi.advanceTimersByTimeAsync(seconds * 1000);
  return Promise.race([end, Promise.resolve('waits')]);
}

test('the first proof of a stage ends when the nodes cannot have the image, and says what they need', async () => {
  const playground = playgroundOf(() => ({ reason: 'ErrImagePull', message: refused }));
  const told: string[] = [];
  const context = { progress: (line: string) => told.push(line), signal: new AbortController().signal };
  expect(await endOf(awaitStage(playground, 'staging', context), 180)).toMatchObject({
    code: 'image-unreachable',
    message: expect.stringContaining(`storefront-1: ErrImagePull: ${refused}`) as string,
    hint: expect.stringContaining('localhost:30502') as string,
  });
  expect(told.at(-1)).toContain(`its pod storefront-1: ErrImagePull: ${refused}`);
});

test('an image that comes in the end is waited for, and so is whatever people have deployed since', async () => {
  const { signal } = new AbortController();
  const context = { progress: () => undefined, signal };
  const begun = performance.now();
  const passing = playgroundOf(() =>
    Math.floor((performance.now() - begun) / 60_000) % 2 === 0 ? { reason: 'ImagePullBackOff' } : undefined,
  );
  expect(await endOf(awaitStage(passing, 'staging', context), 600)).toBe('waits');
  const missing = playgroundOf(() => ({ reason: 'ImagePullBackOff' }));
  expect(await endOf(awaitRevision(missing, 'staging', REVISION, context), 600)).toBe('waits');
  expect(await endOf(awaitRevision(missing, 'staging', REVISION, context), 1000)).toMatchObject({
    code: 'stage-silent',
    message: expect.stringContaining('its pod storefront-1: ImagePullBackOff') as string,
  });
});

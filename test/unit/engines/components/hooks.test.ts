import { once } from 'node:events';
import { expect, test } from 'vitest';
import type { KubernetesClient } from '../../../../src/clients/kubernetes.ts';
import type { Component } from '../../../../src/engines/components/component.ts';
import { withNewsOfHooks } from '../../../../src/engines/components/hooks.ts';

const component = { id: 'gitops', title: 'Argo CD', namespace: 'argocd' } as Component;

const podOf = (uid: string, state: object) => ({
  metadata: { name: `secret-init-${uid}`, uid },
  spec: { containers: [{ name: 'main' }] },
  status: { phase: 'Pending', containerStatuses: [{ name: 'main', ready: false, state }] },
});
const missing = {
  waiting: {
    reason: 'ImagePullBackOff',
    message: 'Back-off pulling image "quay.io/argoproj/argocd:v0": ErrImagePull: manifest unknown',
  },
};

/** A namespace whose pods are those that the test puts into it. */
function namespaceOf(pods: object[]): KubernetesClient {
  const event = {
    involvedObject: { name: 'secret-init-new' },
    reason: 'Failed',
    message: 'Failed to pull image',
    metadata: {},
  };
  return {
    list: ({ kind }: { kind: string }) =>
      Promise.resolve({ items: kind === 'Pod' ? pods : [event], resourceVersion: '1' }),
    logs: () => Promise.reject(new Error('it has not run yet')),
  } as unknown as KubernetesClient;
}

const run = (
  pods: object[],
  work: (signal: AbortSignal) => Promise<void>,
  signal = new AbortController().signal,
) => {
  const told: string[] = [];
  const context = { signal, progress: (message: string) => void told.push(message) };
  return { told, ended: withNewsOfHooks(namespaceOf(pods), component, context, work) };
};
/** What helm does: it waits until it is ended. */
const forEver = async (signal: AbortSignal) => {
  if (!signal.aborted) await once(signal, 'abort');
  throw new Error('helm was ended by SIGTERM');
};

test('what the pods of hooks do is told while helm waits for them', async () => {
  const pods: object[] = [];
  let finish: () => void = () => undefined;
  const { told, ended } = run(pods, () => {
    pods.push(podOf('new', { waiting: { reason: 'ContainerCreating' } }));
    return new Promise((resolve) => (finish = resolve));
  });
  await expect.poll(() => told, { timeout: 5000 }).toContainEqual(expect.stringContaining('secret-init-new'));
  finish();
  await ended;
});

test('a hook that can never start ends the wait, with what its pod says', async () => {
  const pods: object[] = [];
  const { ended } = run(pods, (signal) => {
    pods.push(podOf('new', missing));
    return forEver(signal);
  });
  await expect(ended).rejects.toMatchObject({
    code: 'image-missing',
    message: expect.stringMatching(
      /^Argo CD cannot start\n {2}pod secret-init-new: ImagePullBackOff.*\n {2}event Failed: Failed to pull image/,
    ) as string,
  });
});

test('a pod that was there before is what the upgrade may mend', async () => {
  let looks = 0;
  const pods = [podOf('old', missing)];
  const { told, ended } = run(pods, async () => {
    await expect.poll(() => (looks += 1), { interval: 500, timeout: 5000 }).toBeGreaterThan(3);
  });
  await ended;
  expect(told).toEqual([]);
});

test('a hook that helm has given up waiting for is explained by its pod, another failure by helm alone', async () => {
  const pods: object[] = [];
  const failing = (message: string) => async () => {
    pods.push(podOf('new', { waiting: { reason: 'ContainerCreating' } }));
    throw new Error(message);
  };
  await expect(run(pods, failing('failed pre-install: timed out waiting')).ended).rejects.toThrow(
    /^failed pre-install: timed out waiting\n {2}pod secret-init-new: /,
  );
  pods.length = 0;
  await expect(run(pods, failing('chart requires kubeVersion')).ended).rejects.toThrow(
    /^chart requires kubeVersion$/,
  );
});

test('an interruption is one, whatever the pods are at', async () => {
  const interruption = new AbortController();
  const { ended } = run([], forEver, interruption.signal);
  interruption.abort(new Error('interrupted'));
  await expect(ended).rejects.toThrow('interrupted');
});

import { describe, expect, test } from 'vitest';
import type { KubeObject, KubernetesClient } from '../../../src/clients/kubernetes.ts';
import { liveObjects, restoreObjects } from '../../../src/flow/live-objects.ts';

const changeable = ['get', 'list', 'create', 'update', 'delete'];
const kinds = [
  { apiVersion: 'apps/v1', kind: 'Deployment', namespaced: true, verbs: changeable },
  { apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', namespaced: true, verbs: changeable },
  { apiVersion: 'metrics.k8s.io/v1beta1', kind: 'PodMetrics', namespaced: true, verbs: ['get', 'list'] },
];
const place = { kubeconfig: '', context: '', clusterUrl: '', parts: ['argocd'], shared: true };

/** An object in staging, as Argo CD has applied it for an Application. */
function object(kind: string, name: string, application?: string): KubeObject {
  const { apiVersion } = kinds.find((known) => known.kind === kind)!;
  const annotations =
    application === undefined
      ? {}
      : { annotations: { 'argocd.argoproj.io/tracking-id': `${application}:x/${kind}:staging/${name}` } };
  return { apiVersion, kind, metadata: { name, namespace: 'staging', ...annotations } };
}

/** A cluster of these objects; `changes` says what was done to which. */
function clusterOf(objects: readonly KubeObject[], changes: string[] = []): KubernetesClient {
  const note = (verb: string) => (ref: { name?: string; metadata?: { name: string } }) => {
    changes.push(`${verb} ${ref.name ?? ref.metadata?.name ?? ''}`);
    return Promise.resolve(true);
  };
  return {
    resources: () => Promise.resolve(kinds),
    list: ({ kind }: { kind: string }, { namespace }: { namespace: string }) =>
      Promise.resolve({
        items: objects.filter((item) => item.kind === kind && item.metadata.namespace === namespace),
      }),
    find: ({ name }: { name: string }) =>
      Promise.resolve(objects.find((item) => item.metadata.name === name)),
    delete: note('delete'),
    update: note('update'),
    apply: note('apply'),
  } as unknown as KubernetesClient;
}

const storefront = object('Deployment', 'storefront', 'storefront-staging');
const metrics = object('PodMetrics', 'storefront-1');
const canary = object('Rollout', 'storefront-canary', 'addon-argo-rollouts');

describe('the objects that reset brings back', () => {
  test('are none that can only be read, such as the metrics of pods', async () => {
    expect(await liveObjects(clusterOf([storefront, metrics]), place)).toEqual([storefront]);
  });

  test('are none of add-ons, which come when they are ready and belong to the operator', async () => {
    expect(await liveObjects(clusterOf([storefront, canary]), place)).toEqual([storefront]);
  });
});

test('what has come since then is deleted, but for metrics and what add-ons have brought', async () => {
  const changes: string[] = [];
  const forgotten = object('Deployment', 'forgotten');
  await restoreObjects(clusterOf([storefront, forgotten, metrics, canary], changes), place, [storefront]);
  expect(changes).toEqual(['delete forgotten']);
});

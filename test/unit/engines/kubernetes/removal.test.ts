import { expect, test } from 'vitest';
import {
  KubernetesError,
  type KubeObject,
  type KubernetesClient,
} from '../../../../src/clients/kubernetes.ts';
import { removeFromCluster } from '../../../../src/engines/kubernetes/removal.ts';

const time = '2026-11-26T01:22:52Z';
const applicationKind = { apiVersion: 'argoproj.io/v1alpha1', kind: 'Application' };

function namespace(name: string, labels: Record<string, string>, manager: string): KubeObject {
  const managedFields = [{ manager, time }];
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name, labels, creationTimestamp: time, managedFields } as KubeObject['metadata'],
  };
}

function application(name: string, destination: string): KubeObject {
  return {
    ...applicationKind,
    metadata: { name, namespace: 'argocd' },
    spec: { destination: { namespace: destination } },
  };
}

/** A cluster of namespaces and Applications, which are gone as soon as they are deleted. */
function clusterOf(objects: KubeObject[]): KubernetesClient {
  const matches = ({ metadata }: KubeObject, { namespace: space, labelSelector, fieldSelector }: Selection) =>
    (space === undefined || metadata.namespace === space) &&
    (labelSelector === undefined ||
      Object.entries(metadata.labels ?? {}).some(([key, value]) => `${key}=${value}` === labelSelector)) &&
    (fieldSelector === undefined || fieldSelector === `metadata.name=${metadata.name}`);
  interface Selection {
    readonly namespace?: string;
    readonly labelSelector?: string;
    readonly fieldSelector?: string;
  }
  return {
    resources: () => Promise.resolve([{ ...applicationKind, namespaced: true, verbs: ['list'] }]),
    list: ({ kind }: { kind: string }, selection: Selection) => {
      if (kind === 'Kustomization') {
        return Promise.reject(new KubernetesError(404, 'NotFound', 'no such kind'));
      }
      const items = objects.filter((object) => object.kind === kind && matches(object, selection));
      return Promise.resolve({ items });
    },
    find: ({ kind, name }: { kind: string; name: string }) =>
      Promise.resolve(objects.find((object) => object.kind === kind && object.metadata.name === name)),
    delete: ({ kind, name }: { kind: string; name: string }) => {
      const index = objects.findIndex((object) => object.kind === kind && object.metadata.name === name);
      objects.splice(index, 1);
      return Promise.resolve(true);
    },
  } as unknown as KubernetesClient;
}

test('down takes the namespace of a stage that people have added, and none that was there before', async () => {
  const ours = { 'gitops-playground.io/name': 'default' };
  const objects = [
    namespace('argocd', ours, 'node'),
    namespace('staging', ours, 'node'),
    namespace('qa', {}, 'argocd-controller'),
    namespace('shop', {}, 'kubectl-create'),
    namespace('elsewhere', {}, 'argocd-controller'),
    application('storefront-staging', 'staging'),
    application('storefront-qa', 'qa'),
    application('storefront-shop', 'shop'),
  ];
  const left = await removeFromCluster(clusterOf(objects), undefined, 'default', [], () => undefined);
  expect(left).toEqual([]);
  expect(objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual([
    'Namespace shop',
    'Namespace elsewhere',
  ]);
});

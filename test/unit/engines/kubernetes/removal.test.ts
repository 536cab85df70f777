import { expect, test } from 'vitest';
import type { KubeObject } from '../../../../src/clients/kubernetes.ts';
import { removeFromCluster } from '../../../../src/engines/kubernetes/removal.ts';
import {
  applicationTo,
  clusterOf,
  fluxObject,
  kindOf,
  namespaceOf,
} from '../../../support/cluster-of-objects.ts';

const ours = { 'gitops-playground.io/name': 'default' };
const addon = { 'gitops-playground.io/addon': 'image-updater' };

test('down takes the namespace of a stage that people have added, and none that was there before', async () => {
  const objects = [
    namespaceOf('argocd', ours, 'node'),
    namespaceOf('staging', ours, 'node'),
    namespaceOf('qa', {}, 'argocd-controller'),
    namespaceOf('shop', {}, 'kubectl-create'),
    namespaceOf('elsewhere', {}, 'argocd-controller'),
    ...['staging', 'qa', 'shop'].map((name) => applicationTo(name)),
  ];
  const left = await removeFromCluster(clusterOf(objects), undefined, 'default', [], () => undefined);
  expect(left).toEqual([]);
  expect(objects.map(({ metadata }) => metadata.name)).toEqual(['shop', 'elsewhere']);
});

// Its cascade would take the project as well, and without that Argo CD does not take away what the others have deployed.
test('down deletes the Application of the Applications first, and without its cascade', async () => {
  const deleted: (readonly [string, number])[] = [];
  const objects = [
    namespaceOf('argocd', ours, 'node'),
    ...['staging', 'argocd'].map((name) => applicationTo(name)),
  ];
  const cluster = clusterOf(objects, ({ kind, metadata }) => {
    if (kind === 'Application') deleted.push([metadata.name, metadata.finalizers?.length ?? 0]);
  });
  await removeFromCluster(cluster, undefined, 'default', [], () => undefined);
  expect(deleted).toEqual([
    ['storefront-argocd', 0],
    ['storefront-staging', 1],
  ]);
});

// Its chart has kinds and roles of the whole cluster, which only the cascade takes away.
test('down leaves the cascade to an add-on that runs beside the operator', async () => {
  const deleted: (readonly [string, number])[] = [];
  const updater = applicationTo('argocd', { metadata: { name: 'addon-image-updater', labels: addon } });
  const objects = [namespaceOf('argocd', ours, 'node'), updater];
  const cluster = clusterOf(objects, ({ kind, metadata }) => {
    if (kind === 'Application') deleted.push([metadata.name, metadata.finalizers?.length ?? 0]);
  });
  await removeFromCluster(cluster, undefined, 'default', [], () => undefined);
  expect(deleted).toEqual([['addon-image-updater', 1]]);
});

test('down takes the kinds away that came with add-ons, which Argo CD never does, and none that were there before', async () => {
  const resources = ['rollouts', 'certificates'].map((name) => ({ kind: 'CustomResourceDefinition', name }));
  const objects = [
    namespaceOf('argocd', ours, 'node'),
    kindOf('rollouts', 'argocd-controller'),
    kindOf('certificates', 'helm'),
    kindOf('widgets', 'argocd-controller'),
    applicationTo('staging', { status: { resources } }),
  ];
  const left = await removeFromCluster(clusterOf(objects), undefined, 'default', [], () => undefined);
  expect(left).toEqual([]);
  expect(objects.map(({ metadata }) => metadata.name)).toEqual(['certificates', 'widgets']);
});

// Their finalizers are taken away by controllers, which the release takes with it.
test('down deletes what Flux knows before Flux itself: first what brings everything else, and last where it comes from', async () => {
  const deleted: string[] = [];
  const objects = [
    namespaceOf('flux-system', ours, 'node'),
    fluxObject('Receiver', 'git'),
    fluxObject('GitRepository', 'operator'),
    fluxObject('Kustomization', 'storefront-staging', { targetNamespace: 'staging' }),
    fluxObject('Kustomization', 'playground'),
  ];
  const cluster = clusterOf(objects, ({ metadata }) => deleted.push(metadata.name));
  const left = await removeFromCluster(cluster, undefined, 'default', [], () => undefined);
  expect(left).toEqual([]);
  expect(deleted).toEqual(['playground', 'storefront-staging', 'operator', 'git', 'flux-system']);
});

// Argo CD takes nothing away while a sync runs, and one that waits for a pod without an image waits for ever.
test('down ends the syncs that still run, before it deletes their Applications', async () => {
  const phases: unknown[] = [];
  const running = { operation: { sync: {} }, status: { operationState: { phase: 'Running' } } };
  const objects = [namespaceOf('argocd', ours, 'node'), applicationTo('staging', running)];
  const cluster = clusterOf(objects, ({ kind, status }) => {
    if (kind === 'Application') phases.push(status);
  });
  await removeFromCluster(cluster, undefined, 'default', [], () => undefined);
  expect(phases).toEqual([{ operationState: { phase: 'Terminating' } }]);
});

test('down takes the keys of Sealed Secrets away when their kind came with the playground', async () => {
  const key = (namespace: string): KubeObject => ({
    ...{ apiVersion: 'v1', kind: 'Secret' },
    metadata: {
      name: `key-${namespace}`,
      namespace,
      labels: { 'sealedsecrets.bitnami.com/sealed-secrets-key': 'active' },
    },
  });
  const name = 'sealedsecrets.bitnami.com';
  const application = () =>
    applicationTo('kube-system', { status: { resources: [{ kind: 'CustomResourceDefinition', name }] } });
  const leftOf = async (manager: string) => {
    const objects = [
      namespaceOf('argocd', ours, 'node'),
      kindOf(name, manager),
      key('kube-system'),
      key('other'),
      application(),
    ];
    await removeFromCluster(clusterOf(objects), undefined, 'default', [], () => undefined);
    return objects.flatMap(({ kind, metadata }) => (kind === 'Secret' ? metadata.name : []));
  };
  expect(await leftOf('argocd-controller')).toEqual(['key-other']);
  expect(await leftOf('helm')).toEqual(['key-kube-system', 'key-other']);
});

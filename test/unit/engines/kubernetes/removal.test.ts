import { expect, test } from 'vitest';
import { removeFromCluster } from '../../../../src/engines/kubernetes/removal.ts';
import { applicationTo, clusterOf, namespaceOf } from '../../../support/cluster-of-objects.ts';

test('down takes the namespace of a stage that people have added, and none that was there before', async () => {
  const ours = { 'gitops-playground.io/name': 'default' };
  const objects = [
    namespaceOf('argocd', ours, 'node'),
    namespaceOf('staging', ours, 'node'),
    namespaceOf('qa', {}, 'argocd-controller'),
    namespaceOf('shop', {}, 'kubectl-create'),
    namespaceOf('elsewhere', {}, 'argocd-controller'),
    ...['staging', 'qa', 'shop'].map(applicationTo),
  ];
  const left = await removeFromCluster(clusterOf(objects), undefined, 'default', [], () => undefined);
  expect(left).toEqual([]);
  expect(objects.map(({ metadata }) => metadata.name)).toEqual(['shop', 'elsewhere']);
});

// Its cascade would take the project as well, and without that Argo CD does not take away what the others have deployed.
test('down deletes the Application of the Applications first, and without its cascade', async () => {
  const deleted: (readonly [string, number])[] = [];
  const objects = [
    namespaceOf('argocd', { 'gitops-playground.io/name': 'default' }, 'node'),
    ...['staging', 'argocd'].map(applicationTo),
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

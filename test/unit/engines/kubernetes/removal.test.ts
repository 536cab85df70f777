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

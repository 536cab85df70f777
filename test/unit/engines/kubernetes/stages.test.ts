import { expect, test } from 'vitest';
import { ensureStage } from '../../../../src/engines/kubernetes/stages.ts';
import { applicationTo, clusterOf, namespaceOf } from '../../../support/cluster-of-objects.ts';

const label = 'gitops-playground.io/name';
const argocd = () => namespaceOf('argocd', { [label]: 'default' }, 'node');

// After somebody has deleted it, as the exercise of the lost cluster does.
test('a stage that the operator has made anew gets its label back', async () => {
  const staging = namespaceOf('staging', {}, 'argocd-controller');
  await ensureStage(clusterOf([argocd(), staging, applicationTo('staging')]), 'staging', 'default');
  expect(staging.metadata.labels).toEqual({ [label]: 'default' });
});

test.each([
  ['a person has made', namespaceOf('staging', {}, 'kubectl-create'), [applicationTo('staging')]],
  ['the operator of somebody else has made', namespaceOf('staging', {}, 'argocd-controller'), []],
  ['is of another playground', namespaceOf('staging', { [label]: 'other' }, 'argocd-controller'), []],
])('a namespace of that name that %s is not used', async (_whose, staging, applications) => {
  const cluster = clusterOf([argocd(), staging, ...applications]);
  await expect(ensureStage(cluster, 'staging', 'default')).rejects.toMatchObject({
    code: 'namespace-taken',
  });
});

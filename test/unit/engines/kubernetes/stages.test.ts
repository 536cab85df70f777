import { expect, test } from 'vitest';
import { adopt, ensureStage } from '../../../../src/engines/kubernetes/stages.ts';
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

test('namespaces that the operator has made are labelled as long as it is known, those of others are not', async () => {
  const qa = namespaceOf('qa', {}, 'argocd-controller');
  const theirs = namespaceOf('theirs', {}, 'kubectl-create');
  const other = namespaceOf('other', { [label]: 'other' }, 'argocd-controller');
  await adopt(clusterOf([qa, theirs, other]), ['qa', 'theirs', 'other', 'gone'], 'default');
  expect(qa.metadata.labels).toEqual({ [label]: 'default' });
  expect(theirs.metadata.labels).toEqual({});
  expect(other.metadata.labels).toEqual({ [label]: 'other' });
});

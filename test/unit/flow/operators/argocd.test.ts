import { expect, test } from 'vitest';
import {
  KubernetesError,
  type KubernetesClient,
  type ObjectRef,
} from '../../../../src/clients/kubernetes.ts';
import type { Application } from '../../../../src/flow/applications.ts';
import { operators } from '../../../../src/flow/operators/operator.ts';

const application = (name: string) => ({ metadata: { name } }) as unknown as Application;

/** A cluster that has one Application, and refuses to change any other in this way. */
function clusterWith(there: string, reason = 'NotFound') {
  const patched: unknown[] = [];
  const patch = async ({ kind, namespace, name }: ObjectRef, _type: string, change: unknown) => {
    if (name !== there) throw new KubernetesError(404, reason, `${kind} "${name}" not found`);
    patched.push([namespace, name, change]);
  };
  return { patched, cluster: { patch } as unknown as KubernetesClient };
}

test('Argo CD is told to look at Git by an annotation of the Application', async () => {
  const { patched, cluster } = clusterWith('storefront-staging');
  await operators.argocd.refresh(cluster, application('storefront-staging'));
  const annotations = { 'argocd.argoproj.io/refresh': 'normal' };
  expect(patched).toEqual([['argocd', 'storefront-staging', { metadata: { annotations } }]]);
});

test('an Application that it has deleted meanwhile needs no look, and any other refusal is told', async () => {
  const { patched, cluster } = clusterWith('storefront-staging');
  await operators.argocd.refresh(cluster, application('storefront-qa'));
  expect(patched).toEqual([]);
  const refused = clusterWith('storefront-staging', 'Forbidden').cluster;
  await expect(operators.argocd.refresh(refused, application('storefront-qa'))).rejects.toMatchObject({
    reason: 'Forbidden',
  });
});

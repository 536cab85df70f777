import { expect, test } from 'vitest';
import { KubernetesError, type KubernetesClient } from '../../../../src/clients/kubernetes.ts';
import { destinationsOf } from '../../../../src/engines/kubernetes/destinations.ts';

/** A cluster that serves one kind of delivery, with these specifications. */
function clusterWith(served: string, specs: readonly object[]): KubernetesClient {
  return {
    list: ({ kind }: { kind: string }) =>
      kind === served
        ? Promise.resolve({ items: specs.map((spec) => ({ spec })) })
        : Promise.reject(new KubernetesError(404, 'NotFound', `no kind ${kind}`)),
  } as unknown as KubernetesClient;
}

// Their Services get a port of the laptop as those of staging and production do.
test('Argo CD delivers to the stages, and to those that people have added', async () => {
  const to = (namespace: string) => ({ destination: { namespace } });
  const cluster = clusterWith('Application', [to('staging'), to('qa'), to('production'), to('staging'), {}]);
  expect(await destinationsOf(cluster, ['argocd'])).toEqual(['production', 'qa', 'staging']);
});

test('Flux does so by its Kustomizations', async () => {
  const cluster = clusterWith('Kustomization', [{ targetNamespace: 'qa' }, {}]);
  expect(await destinationsOf(cluster, ['flux-system'])).toEqual(['qa']);
});

test('an operator that is not installed yet delivers nowhere', async () => {
  expect(await destinationsOf(clusterWith('Other', []), ['argocd'])).toEqual([]);
});

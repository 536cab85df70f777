import { expect, test } from 'vitest';
import { KubernetesError, type KubernetesClient } from '../../../../src/clients/kubernetes.ts';
import { destinationsOf, isMadeByOperator } from '../../../../src/engines/kubernetes/destinations.ts';

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

// Seen with kinds of some hundred kilobytes: the fields have the second before that of the creation.
test.each([
  ['2026-11-26T09:54:08Z', true],
  ['2026-11-26T09:54:09Z', true],
  ['2026-11-26T09:54:10Z', true],
  // Somebody else has made it, and Argo CD has come upon it later.
  ['2026-11-26T09:56:00Z', false],
])('what was created at 09:54:09 and has fields of Argo CD of %s, it has made: %s', async (time, made) => {
  const ref = { apiVersion: 'v1', kind: 'Namespace', name: 'qa' };
  const managedFields = [{ manager: 'argocd-controller', time }];
  const metadata = { name: 'qa', creationTimestamp: '2026-11-26T09:54:09Z', managedFields };
  const cluster = { find: () => Promise.resolve({ ...ref, metadata }) } as unknown as KubernetesClient;
  expect(await isMadeByOperator(cluster, ref)).toBe(made);
});

import type { KubeObject, KubernetesClient, ObjectRef, TypeRef } from '../../clients/kubernetes.ts';
import { WaitTimeout } from '../../lib/wait.ts';
import { awaitGone, withoutFinalizers } from './gone.ts';

/** Until Flux has taken away what a Kustomization had applied, and has let its own objects go. */
const FLUX_LIMIT_MS = 120_000;
/** The end of every API group of Flux. */
const GROUP = '.toolkit.fluxcd.io';

interface Deliverable extends KubeObject {
  readonly spec?: { readonly targetNamespace?: string };
}

/**
 * Deletes what tells Flux what to do, while its controllers still run: only they take their finalizers away, and those would
 * hold the namespace for ever. Kustomizations go first and take with them what they have applied; then where they were read
 * from, and everything else that Flux knows.
 */
export async function removeFluxObjects(cluster: KubernetesClient, namespace: string): Promise<void> {
  const types = (await cluster.resources(true)).filter(
    ({ group, namespaced, verbs }) => group.endsWith(GROUP) && namespaced && verbs.includes('delete'),
  );
  const applied = types.filter(({ kind }) => kind === 'Kustomization');
  await removeAll(cluster, applied, namespace);
  await removeAll(
    cluster,
    types.filter((type) => !applied.includes(type)),
    namespace,
  );
}

/** Deletes every object of these kinds, and waits until Flux has let them go; one that it holds too long goes without it. */
async function removeAll(
  cluster: KubernetesClient,
  types: readonly TypeRef[],
  namespace: string,
): Promise<void> {
  const end = performance.now() + FLUX_LIMIT_MS;
  const refsOf = async ({ apiVersion, kind }: TypeRef): Promise<ObjectRef[]> =>
    (await cluster.list<Deliverable>({ apiVersion, kind }, { namespace })).items
      .sort((a, b) => depth(a) - depth(b))
      .map(({ metadata: { name } }) => ({ apiVersion, kind, namespace, name }));
  for (const type of types) for (const ref of await refsOf(type)) await cluster.delete(ref);
  for (const type of types) {
    try {
      await awaitGone(cluster, type, { namespace }, Math.max(1000, end - performance.now()));
    } catch (error) {
      if (!(error instanceof WaitTimeout)) throw error;
      for (const ref of await refsOf(type)) await withoutFinalizers(cluster, ref);
    }
  }
}

/** What brings other Kustomizations has no namespace of its own; it goes first, else it would bring them again. */
function depth({ spec }: Deliverable): number {
  return spec?.targetNamespace === undefined ? 0 : 1;
}

import type { KubeObject, KubernetesClient, ObjectRef, TypeRef } from '../../clients/kubernetes.ts';
import { trackingAnnotation } from '../../config/names.ts';
import { WaitTimeout, waitFor, type Look } from '../../lib/wait.ts';
import { withoutFinalizers } from './gone.ts';

/** Until controllers have cleaned up after what people have made; what is left then is let go as it stands. */
const CLEAN_UP_LIMIT_MS = 30_000;

interface Found extends ObjectRef {
  readonly metadata: KubeObject['metadata'];
}

/**
 * Deletes what people have made of kinds that came with add-ons, while the controllers still run that clean up after it. What Git
 * says is left to its Application, and what has an owner to its owner.
 * @param kinds names of CustomResourceDefinitions.
 */
export async function deleteUses(cluster: KubernetesClient, kinds: readonly string[]): Promise<void> {
  const types = await servedTypes(cluster, kinds);
  const made = (await objectsOf(cluster, types)).filter(
    ({ metadata: { annotations, ownerReferences = [] } }) =>
      annotations?.[trackingAnnotation] === undefined && ownerReferences.length === 0,
  );
  if (made.length === 0) return;
  for (const object of made) await cluster.delete(object);
  const ids = new Set(made.map(({ metadata }) => metadata.uid));
  const look = async (): Promise<Look<undefined>> => {
    const left = (await objectsOf(cluster, types)).filter(({ metadata }) => ids.has(metadata.uid));
    if (left.length === 0) return { done: true, value: undefined };
    return { done: false, seen: left.map(({ kind, name }) => `${kind} ${name}`).join(', ') };
  };
  try {
    await waitFor(look, {
      what: 'what people have made to be gone',
      limit: CLEAN_UP_LIMIT_MS,
      interval: 500,
    });
  } catch (error) {
    if (!(error instanceof WaitTimeout)) throw error;
  }
}

/**
 * Lets go whatever there still is of these kinds. Their controllers have gone with their Applications, so that their finalizers would
 * hold it for ever, and its namespace and kind with it.
 */
export async function letGo(cluster: KubernetesClient, kinds: readonly string[]): Promise<void> {
  for (const object of await objectsOf(cluster, await servedTypes(cluster, kinds))) {
    const { finalizers = [] } = object.metadata as { finalizers?: readonly string[] };
    await cluster.delete(object);
    if (finalizers.length > 0) await withoutFinalizers(cluster, object);
  }
}

async function servedTypes(cluster: KubernetesClient, kinds: readonly string[]): Promise<TypeRef[]> {
  if (kinds.length === 0) return [];
  return (await cluster.resources(true)).filter(
    ({ resource, group, verbs }) => kinds.includes(`${resource}.${group}`) && verbs.includes('list'),
  );
}

async function objectsOf(cluster: KubernetesClient, types: readonly TypeRef[]): Promise<Found[]> {
  const lists = await Promise.all(
    types.map(async ({ apiVersion, kind }) =>
      (await cluster.list({ apiVersion, kind })).items.map(({ metadata }) => ({
        ...{ apiVersion, kind, name: metadata.name, metadata },
        ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
      })),
    ),
  );
  return lists.flat();
}

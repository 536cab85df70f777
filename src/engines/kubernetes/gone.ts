import {
  patchMetadata,
  type KubernetesClient,
  type ObjectRef,
  type TypeRef,
} from '../../clients/kubernetes.ts';
import { waitFor, type Look } from '../../lib/wait.ts';

/** Which objects of a kind are meant. */
interface Selection {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

/**
 * Waits until there is no object of a kind any more.
 * @param limit in milliseconds.
 * @throws WaitTimeout naming those that are still there.
 */
export async function awaitGone(
  cluster: KubernetesClient,
  type: TypeRef,
  selection: Selection,
  limit: number,
): Promise<void> {
  const look = async (): Promise<Look<undefined>> => {
    const { items } = await cluster.list(type, selection);
    if (items.length === 0) return { done: true, value: undefined };
    return { done: false, seen: items.map(({ metadata }) => metadata.name).join(', ') };
  };
  await waitFor(look, { what: `every ${type.kind} to be gone`, limit, interval: 500 });
}

/** Lets an object go at once, whoever has wanted to do something before; one that has gone meanwhile is as well. */
export async function withoutFinalizers(cluster: KubernetesClient, ref: ObjectRef): Promise<void> {
  await patchMetadata(cluster, ref, { finalizers: null });
}

import type { KubernetesClient } from '../clients/kubernetes.ts';
import {
  containerStatusesOf,
  podType,
  whyUnscheduled,
  wordsOf,
  type Pod,
} from '../clients/kubernetes-objects.ts';

/** A pod that does not start. */
export interface BlockedPod {
  readonly name: string;
  /** In the words of Kubernetes. */
  readonly reason: string;
  /** Whether its image cannot be had. */
  readonly withoutImage: boolean;
}

/** What every container waits for on its way. */
const USUAL = new Set(['PodInitializing', 'ContainerCreating']);
const WITHOUT_IMAGE = new Set(['ErrImagePull', 'ImagePullBackOff', 'InvalidImageName']);

/** The first pod of a namespace that something keeps from starting; undefined where nothing does. */
export async function findBlockedPod(
  cluster: KubernetesClient,
  namespace: string,
  selection: { readonly labelSelector?: string } = {},
): Promise<BlockedPod | undefined> {
  const { items } = await cluster.list<Pod>(podType, { namespace, ...selection });
  for (const pod of items) {
    const blocked = blockedBy(pod);
    if (blocked !== undefined) return { name: pod.metadata.name, ...blocked };
  }
  return undefined;
}

function blockedBy(pod: Pod): Omit<BlockedPod, 'name'> | undefined {
  const unscheduled = whyUnscheduled(pod);
  if (unscheduled !== undefined) return { reason: unscheduled, withoutImage: false };
  for (const { state } of containerStatusesOf(pod)) {
    const { reason, message } = state?.waiting ?? {};
    if (reason === undefined || USUAL.has(reason)) continue;
    return { reason: wordsOf(reason, message), withoutImage: WITHOUT_IMAGE.has(reason) };
  }
  return undefined;
}

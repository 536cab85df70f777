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
  /** Whether one of its containers has ended with an error. */
  readonly failed: boolean;
}

/** What every container waits for on its way. */
const USUAL = new Set(['PodInitializing', 'ContainerCreating']);
const WITHOUT_IMAGE = new Set(['ErrImagePull', 'ImagePullBackOff', 'InvalidImageName']);

/** What containers end with that are told to, of a pod that is being deleted: by SIGTERM, and by SIGKILL. */
const TOLD_TO_END = [143, 137];

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
  if (unscheduled !== undefined) return { reason: unscheduled, withoutImage: false, failed: false };
  for (const { name, state } of containerStatusesOf(pod)) {
    const { exitCode = 0, reason: kind = 'Error', message: lastWords } = state?.terminated ?? {};
    const told = pod.metadata.deletionTimestamp !== undefined && TOLD_TO_END.includes(exitCode);
    if (exitCode !== 0 && !told) {
      const end = `the container ${name} ended with ${exitCode}${kind === 'Error' ? '' : `, ${kind}`}`;
      return { reason: wordsOf(end, lastWords?.trim()), withoutImage: false, failed: true };
    }
    const { reason, message } = state?.waiting ?? {};
    if (reason === undefined || USUAL.has(reason)) continue;
    return { reason: wordsOf(reason, message), withoutImage: WITHOUT_IMAGE.has(reason), failed: false };
  }
  return undefined;
}

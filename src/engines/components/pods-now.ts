import type { KubernetesClient } from '../../clients/kubernetes.ts';
import { eventType, podType, type KubeEvent, type Pod } from '../../clients/kubernetes-objects.ts';
import { newsOf, type PodNews } from './pods.ts';

/** The pods of a namespace at this moment, what has happened to them, and what each of them does. */
export interface PodsNow {
  readonly pods: readonly Pod[];
  readonly events: readonly KubeEvent[];
  readonly news: readonly PodNews[];
}

/** Looks at the pods of a namespace; at some of them only where told which. */
export async function podsIn(
  cluster: KubernetesClient,
  namespace: string,
  which: (pod: Pod) => boolean = () => true,
): Promise<PodsNow> {
  const [{ items }, { items: events }] = await Promise.all([
    cluster.list<Pod>(podType, { namespace }),
    cluster.list<KubeEvent>(eventType, { namespace }),
  ]);
  const pods = items.filter(which);
  return { pods, events, news: pods.map((pod) => newsOf(pod, events)) };
}

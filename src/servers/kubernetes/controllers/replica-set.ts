import { messageOf } from '../../../lib/errors.ts';
import type { ReplicaSetStatus } from 'kubernetes-types/apps/v1';
import type { ControllerContext, Stop } from './controller.ts';
import { stopAll } from './controller.ts';
import { keyOf, splitKey, types, type Pod, type ReplicaSet } from './objects.ts';
import { claim, controllerOf, podFromTemplate } from './ownership.ts';
import { isActive, isReady, restarts, timeUntilAvailable } from './pod-state.ts';
import { matchesLabels, matchesSelector } from './selectors.ts';
import { WorkQueue } from './work-queue.ts';

const COMPONENT = 'replicaset-controller';

/** Keeps as many pods of each ReplicaSet as it asks for. */
export function startReplicaSetController(context: ControllerContext): Stop {
  const { cluster, clock, log } = context;
  const queue = new WorkQueue({
    name: 'replicasets',
    clock,
    log,
    reconcile: (key) => {
      reconcile(context, queue, key);
    },
  });
  const stopSets = cluster.subscribe<ReplicaSet>(types.replicaSets, ({ object }) => {
    queue.add(keyOf(object));
  });
  const stopPods = cluster.subscribe<Pod>(types.pods, ({ object, previous }) => {
    const { namespace = '' } = object.metadata;
    for (const pod of previous === undefined ? [object] : [object, previous]) {
      const owner = controllerOf(pod);
      if (owner?.kind === 'ReplicaSet') queue.add(`${namespace}/${owner.name}`);
      else if (owner === undefined) {
        for (const set of cluster.list<ReplicaSet>(types.replicaSets, { namespace })) {
          if (matchesSelector(set.spec.selector, pod.metadata.labels)) queue.add(keyOf(set));
        }
      }
    }
  });
  return stopAll([
    stopSets,
    stopPods,
    () => {
      queue.stop();
    },
  ]);
}

function reconcile(context: ControllerContext, queue: WorkQueue, key: string): void {
  const { cluster } = context;
  const { namespace, name } = splitKey(key);
  const set = cluster.get<ReplicaSet>(types.replicaSets, namespace, name);
  if (set === undefined) return;
  const pods = claim<Pod>(cluster, types.pods, set, set.spec.selector);
  const failure =
    set.metadata.deletionTimestamp === undefined ? manage(context, set, pods.filter(isActive)) : undefined;
  const present = cluster
    .list<Pod>(types.pods, { namespace })
    .filter((pod) => controllerOf(pod)?.uid === set.metadata.uid && isActive(pod));
  const next = writeStatus(context, set, present, failure);
  if (next !== undefined) queue.addAfter(key, next);
  // Thrown only now: the status tells the failure, the queue tries again.
  if (failure !== undefined) throw failure;
}

/** Creates or deletes pods; gives what kept it from creating all. */
function manage(context: ControllerContext, set: ReplicaSet, active: Pod[]): Error | undefined {
  const { cluster, events } = context;
  const wanted = set.spec.replicas ?? 1;
  for (let missing = wanted - active.length; missing > 0; missing -= 1) {
    try {
      const pod = cluster.create(types.pods, podFromTemplate(set.spec.template ?? {}, set));
      events.record(COMPONENT, set, 'Normal', 'SuccessfulCreate', `Created pod: ${pod.metadata.name}`);
    } catch (error) {
      events.record(COMPONENT, set, 'Warning', 'FailedCreate', `Error creating: ${messageOf(error)}`);
      return error instanceof Error ? error : new Error(messageOf(error));
    }
  }
  if (active.length > wanted) {
    const surplus = active.toSorted(deleteFirst).slice(0, active.length - wanted);
    for (const pod of surplus) {
      cluster.delete(types.pods, pod.metadata.namespace, pod.metadata.name);
      events.record(COMPONENT, set, 'Normal', 'SuccessfulDelete', `Deleted pod: ${pod.metadata.name}`);
    }
  }
  return undefined;
}

const PHASE_ORDER: Readonly<Record<string, number>> = { Pending: 0, Unknown: 1, Running: 2 };

/** Which of two pods to delete first (controller_utils.go, `ActivePodsWithRanks`): what serves least. */
function deleteFirst(a: Pod, b: Pod): number {
  return (
    Number(a.spec.nodeName !== undefined) - Number(b.spec.nodeName !== undefined) ||
    (PHASE_ORDER[a.status?.phase ?? 'Pending'] ?? 0) - (PHASE_ORDER[b.status?.phase ?? 'Pending'] ?? 0) ||
    Number(isReady(a)) - Number(isReady(b)) ||
    deletionCost(a) - deletionCost(b) ||
    readySince(b) - readySince(a) ||
    restarts(b) - restarts(a) ||
    created(b) - created(a)
  );
}

function deletionCost(pod: Pod): number {
  return Number(pod.metadata.annotations?.['controller.kubernetes.io/pod-deletion-cost'] ?? 0) || 0;
}

function readySince(pod: Pod): number {
  const ready = pod.status?.conditions?.find(({ type, status }) => type === 'Ready' && status === 'True');
  return Date.parse(ready?.lastTransitionTime ?? '') || 0;
}

function created(pod: Pod): number {
  return Date.parse(pod.metadata.creationTimestamp ?? '') || 0;
}

/** Gives the milliseconds after which a ready pod will have become available, if one will. */
function writeStatus(
  { cluster, clock }: ControllerContext,
  set: ReplicaSet,
  pods: Pod[],
  failure: Error | undefined,
): number | undefined {
  const now = clock.now();
  const waits = pods.map((pod) => timeUntilAvailable(pod, set.spec.minReadySeconds ?? 0, now));
  const templateLabels = set.spec.template?.metadata?.labels;
  const available = waits.filter((wait) => wait === 0).length;
  const ready = pods.filter(isReady).length;
  const labeled = pods.filter((pod) => matchesLabels(templateLabels, pod.metadata.labels)).length;
  const status: ReplicaSetStatus = {
    replicas: pods.length,
    ...(labeled > 0 ? { fullyLabeledReplicas: labeled } : {}),
    ...(ready > 0 ? { readyReplicas: ready } : {}),
    ...(available > 0 ? { availableReplicas: available } : {}),
    ...(set.metadata.generation === undefined ? {} : { observedGeneration: set.metadata.generation }),
    ...(failure === undefined
      ? {}
      : {
          conditions: [
            {
              type: 'ReplicaFailure',
              status: 'True',
              reason: 'FailedCreate',
              message: failure.message,
              lastTransitionTime:
                set.status?.conditions?.find(({ type }) => type === 'ReplicaFailure')?.lastTransitionTime ??
                new Date(now).toISOString(),
            },
          ],
        }),
  };
  if (JSON.stringify(status) !== JSON.stringify(set.status)) {
    const latest = cluster.get<ReplicaSet>(types.replicaSets, set.metadata.namespace, set.metadata.name);
    if (latest !== undefined) cluster.update(types.replicaSets, { ...latest, status }, 'status');
  }
  const later = waits.filter((wait) => wait !== undefined && wait > 0);
  return later.length === 0 ? undefined : Math.min(...(later as number[]));
}

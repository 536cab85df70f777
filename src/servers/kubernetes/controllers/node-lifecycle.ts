import type { Taint } from 'kubernetes-types/core/v1';
import type { Stop, ControllerContext } from './controller.ts';
import { stopAll } from './controller.ts';
import { timestamp } from './clock.ts';
import { types, type Node, type Pod } from './objects.ts';
import { isActive, isReady } from './pod-state.ts';
import { NOT_READY, UNREACHABLE, tolerationsOf } from './taints.ts';
import { WorkQueue } from './work-queue.ts';

const COMPONENT = 'node-controller';
const MANAGED = [NOT_READY, UNREACHABLE];

/**
 * Looks after nodes that are not ready, as kube-controller-manager does: taints them, so that nothing new comes there, takes
 * their pods out of the Services, and evicts each pod when its toleration ends.
 */
export function startNodeLifecycleController(context: ControllerContext): Stop {
  const { cluster, clock, log } = context;
  const queue = new WorkQueue({
    name: 'nodelifecycle',
    clock,
    log,
    reconcile: (name) => {
      const due = reconcile(context, name);
      if (due !== undefined) queue.addAfter(name, due);
    },
  });
  return stopAll([
    cluster.subscribe<Node>(types.nodes, ({ type, object, previous }) => {
      const changed = JSON.stringify(taintFor(object)) !== JSON.stringify(previous && taintFor(previous));
      if (type !== 'DELETED' && changed) queue.add(object.metadata.name);
    }),
    () => {
      queue.stop();
    },
  ]);
}

/** The key of the taint that the node's condition asks for. */
function taintFor({ status }: Node): string | undefined {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready')?.status ?? 'True';
  if (ready === 'True') return undefined;
  return ready === 'Unknown' ? UNREACHABLE : NOT_READY;
}

/** @returns milliseconds until the next pod is to be evicted. */
function reconcile({ cluster, clock, events }: ControllerContext, name: string): number | undefined {
  const node = cluster.get<Node>(types.nodes, undefined, name);
  if (node === undefined) return undefined;
  const wanted = taintFor(node);
  const taints = node.spec?.taints ?? [];
  const present = taints.filter(({ key }) => MANAGED.includes(key));
  const keys = wanted === undefined ? [] : [wanted, wanted];
  const isNew = present.map(({ key }) => key).join() !== keys.join();
  if (isNew) {
    const timeAdded = timestamp(clock.now());
    const added: Taint[] = (wanted === undefined ? [] : ['NoSchedule', 'NoExecute']).map((effect) => ({
      key: wanted ?? '',
      effect,
      timeAdded,
    }));
    const others = taints.filter(({ key }) => !MANAGED.includes(key));
    const { taints: _before, ...spec } = node.spec ?? {};
    const next = [...others, ...added];
    cluster.update<Node>(types.nodes, {
      ...node,
      spec: next.length === 0 ? spec : { ...spec, taints: next },
    });
    const status = wanted === undefined ? 'NodeReady' : 'NodeNotReady';
    events.record(COMPONENT, node, 'Normal', status, `Node ${name} status is now: ${status}`);
  }
  if (wanted === undefined) return undefined;
  const pods = cluster.list<Pod>(types.pods).filter((pod) => pod.spec.nodeName === name && isActive(pod));
  const dues = pods.flatMap((pod) => {
    if (isNew && isReady(pod)) takeOut(pod);
    const due = evictionDue(pod, node, wanted, clock.now());
    if (due === undefined || due > 0) return due ?? [];
    const { namespace, name: podName } = pod.metadata;
    events.record(
      'taint-eviction-controller',
      pod,
      'Normal',
      'TaintManagerEviction',
      `Marking for deletion Pod ${namespace ?? ''}/${podName}`,
    );
    cluster.delete(types.pods, namespace, podName);
    return [];
  });
  return dues.length === 0 ? undefined : Math.min(...dues);

  /** The node cannot say any more whether the pod is ready. */
  function takeOut(pod: Pod): void {
    const now = timestamp(clock.now());
    const conditions = (pod.status?.conditions ?? []).map((condition) =>
      condition.type === 'Ready' ? { ...condition, status: 'False', lastTransitionTime: now } : condition,
    );
    cluster.update<Pod>(types.pods, { ...pod, status: { ...pod.status, conditions } }, 'status');
    events.record(COMPONENT, pod, 'Warning', 'NodeNotReady', 'Node is not ready');
  }
}

/** Milliseconds until a pod has to leave a node that is not ready; undefined when it may stay. */
function evictionDue(pod: Pod, node: Node, key: string, now: number): number | undefined {
  const taint = node.spec?.taints?.find((other) => other.key === key && other.effect === 'NoExecute');
  const tolerations = tolerationsOf(pod, { key, effect: 'NoExecute' });
  if (tolerations.length === 0) return 0;
  const seconds = tolerations.flatMap(({ tolerationSeconds }) => tolerationSeconds ?? []);
  if (seconds.length === 0) return undefined;
  const since = Date.parse(String(taint?.timeAdded ?? '')) || now;
  return Math.max(0, since + Math.min(...seconds) * 1000 - now);
}

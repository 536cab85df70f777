import type { PodCondition } from 'kubernetes-types/core/v1';
import type { Stop, ControllerContext } from './controller.ts';
import { stopAll } from './controller.ts';
import { timestamp } from './clock.ts';
import { keyOf, splitKey, types, type Node, type Pod } from './objects.ts';
import { isFinished, podCondition } from './pod-state.ts';
import { matchesLabels } from './selectors.ts';
import { UNSCHEDULABLE, taintsOf, tolerationsOf } from './taints.ts';
import { WorkQueue } from './work-queue.ts';

const COMPONENT = 'default-scheduler';

/** Binds pods to the node that will have them; tells why where none will. */
export function startScheduler(context: ControllerContext): Stop {
  const { cluster, clock, log } = context;
  const queue = new WorkQueue({
    name: 'scheduler',
    clock,
    log,
    reconcile: (key) => {
      schedule(context, key);
    },
  });
  const waiting = (pod: Pod) =>
    pod.spec.nodeName === undefined && pod.metadata.deletionTimestamp === undefined && !isFinished(pod);
  return stopAll([
    cluster.subscribe<Pod>(types.pods, ({ type, object }) => {
      if (type !== 'DELETED' && waiting(object)) queue.add(keyOf(object));
    }),
    // A node that is new, uncordoned, labelled or ready again may take what had to wait.
    cluster.subscribe<Node>(types.nodes, ({ object, previous }) => {
      const relevant = (node: Node | undefined) => JSON.stringify([node?.spec, node?.metadata.labels]);
      if (relevant(object) === relevant(previous)) return;
      for (const pod of cluster.list<Pod>(types.pods)) if (waiting(pod)) queue.add(keyOf(pod));
    }),
    () => {
      queue.stop();
    },
  ]);
}

function schedule({ cluster, clock, events }: ControllerContext, key: string): void {
  const { namespace, name } = splitKey(key);
  const pod = cluster.get<Pod>(types.pods, namespace, name);
  if (pod === undefined || pod.spec.nodeName !== undefined || pod.metadata.deletionTimestamp !== undefined)
    return;
  if ((pod.spec.schedulerName ?? COMPONENT) !== COMPONENT) return;
  const nodes = cluster.list<Node>(types.nodes);
  const refusals = nodes.map((node) => refusal(node, pod));
  const node = nodes[refusals.indexOf(undefined)];
  const now = timestamp(clock.now());
  if (node === undefined) {
    const message = summary(refusals.filter((reason) => reason !== undefined));
    const before = podCondition(pod, 'PodScheduled');
    if (before?.message === message) return;
    const condition: PodCondition = {
      type: 'PodScheduled',
      status: 'False',
      reason: 'Unschedulable',
      message,
    };
    writeCondition(pod, condition);
    events.record(COMPONENT, pod, 'Warning', 'FailedScheduling', message);
    return;
  }
  const bound = cluster.update<Pod>(types.pods, {
    ...pod,
    spec: { ...pod.spec, nodeName: node.metadata.name },
  });
  writeCondition(bound, { type: 'PodScheduled', status: 'True' });
  const message = `Successfully assigned ${namespace}/${name} to ${node.metadata.name}`;
  events.record(COMPONENT, pod, 'Normal', 'Scheduled', message);

  function writeCondition(target: Pod, condition: PodCondition): void {
    const others = target.status?.conditions?.filter(({ type }) => type !== condition.type) ?? [];
    const conditions = [...others, { ...condition, lastTransitionTime: now }];
    cluster.update<Pod>(types.pods, { ...target, status: { ...target.status, conditions } }, 'status');
  }
}

/** Why a node will not have a pod, in the scheduler's own words. */
function refusal(node: Node, pod: Pod): string | undefined {
  const taint = taintsOf(node).find(
    (candidate) => candidate.effect !== 'PreferNoSchedule' && tolerationsOf(pod, candidate).length === 0,
  );
  if (taint?.key === UNSCHEDULABLE) return 'node(s) were unschedulable';
  if (taint !== undefined) return `node(s) had untolerated taint {${taint.key}: ${taint.value ?? ''}}`;
  if (!matchesLabels(pod.spec.nodeSelector, node.metadata.labels)) {
    return "node(s) didn't match Pod's node affinity/selector";
  }
  return undefined;
}

function summary(reasons: readonly string[]): string {
  const total = reasons.length;
  if (total === 0) return 'no nodes available to schedule pods';
  const counts = [...new Set(reasons)].map(
    (reason) => `${reasons.filter((other) => other === reason).length} ${reason}`,
  );
  return `0/${total} nodes are available: ${counts.join(', ')}. preemption: 0/${total} nodes are available: ${total} Preemption is not helpful for scheduling.`;
}

import type { DeploymentCondition, DeploymentStatus } from 'kubernetes-types/apps/v1';
import { timestamp } from './clock.ts';
import type { Deployment, ReplicaSet } from './objects.ts';
import { limits } from './rolling-update.ts';

type Condition = Pick<DeploymentCondition, 'type' | 'status' | 'reason' | 'message'>;

const NEW_SET_AVAILABLE = 'NewReplicaSetAvailable';
const TIMED_OUT = 'ProgressDeadlineExceeded';

/** The counts and the Available condition, from the ReplicaSets as they are; other conditions are kept. */
export function countStatus(
  deployment: Deployment,
  sets: readonly ReplicaSet[],
  newSet: ReplicaSet | undefined,
  now: number,
): DeploymentStatus {
  const sum = (count: (set: ReplicaSet) => number | undefined) =>
    sets.reduce((total, set) => total + (count(set) ?? 0), 0);
  const replicas = sum((set) => set.status?.replicas);
  const ready = sum((set) => set.status?.readyReplicas);
  const available = sum((set) => set.status?.availableReplicas);
  const unavailable = Math.max(0, sum((set) => set.spec.replicas) - available);
  const updated = newSet?.status?.replicas ?? 0;
  const { collisionCount, conditions = [] } = deployment.status ?? {};
  const enough = available >= (deployment.spec.replicas ?? 1) - limits(deployment).maxUnavailable;
  const availability: Condition = enough
    ? {
        type: 'Available',
        status: 'True',
        reason: 'MinimumReplicasAvailable',
        message: 'Deployment has minimum availability.',
      }
    : {
        type: 'Available',
        status: 'False',
        reason: 'MinimumReplicasUnavailable',
        message: 'Deployment does not have minimum availability.',
      };
  const { generation } = deployment.metadata;
  return {
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    ...(replicas > 0 ? { replicas } : {}),
    ...(updated > 0 ? { updatedReplicas: updated } : {}),
    ...(ready > 0 ? { readyReplicas: ready } : {}),
    ...(available > 0 ? { availableReplicas: available } : {}),
    ...(unavailable > 0 ? { unavailableReplicas: unavailable } : {}),
    ...(collisionCount === undefined ? {} : { collisionCount }),
    conditions: withCondition(conditions, availability, now),
  };
}

/**
 * Adds the Progressing condition, which `kubectl rollout status` follows (deployment/progress.go).
 * @returns the status, and the milliseconds after which the progress deadline has to be looked at.
 */
export function withProgress(
  deployment: Deployment,
  status: DeploymentStatus,
  newSet: ReplicaSet | undefined,
  now: number,
): { status: DeploymentStatus; checkAfter?: number } {
  const { progressDeadlineSeconds } = deployment.spec;
  const current = status.conditions?.find(({ type }) => type === 'Progressing');
  const settled =
    status.replicas === status.updatedReplicas &&
    current?.reason === NEW_SET_AVAILABLE &&
    isComplete(deployment, status);
  if (progressDeadlineSeconds === undefined || settled) return { status };
  const what =
    newSet === undefined
      ? `Deployment "${deployment.metadata.name}"`
      : `ReplicaSet "${newSet.metadata.name}"`;
  if (isComplete(deployment, status)) {
    const message = `${what} has successfully progressed.`;
    return { status: progressing(status, 'True', NEW_SET_AVAILABLE, message, now) };
  }
  if (hasProgressed(deployment.status ?? {}, status)) {
    const updated = progressing(status, 'True', 'ReplicaSetUpdated', `${what} is progressing.`, now, true);
    return { status: updated, checkAfter: progressDeadlineSeconds * 1000 };
  }
  if (current === undefined || current.reason === 'DeploymentPaused') return { status };
  if (current.reason === TIMED_OUT) return { status };
  const due = Date.parse(current.lastUpdateTime ?? '') + progressDeadlineSeconds * 1000;
  if (current.reason !== NEW_SET_AVAILABLE && due <= now) {
    return { status: progressing(status, 'False', TIMED_OUT, `${what} has timed out progressing.`, now) };
  }
  return { status, checkAfter: Math.max(1, due - now) };
}

/** All pods are of the new template and available, and no old one is left. */
export function isComplete(deployment: Deployment, status: DeploymentStatus): boolean {
  const wanted = deployment.spec.replicas ?? 1;
  return (
    (status.updatedReplicas ?? 0) === wanted &&
    (status.replicas ?? 0) === wanted &&
    (status.availableReplicas ?? 0) === wanted &&
    (status.observedGeneration ?? 0) >= (deployment.metadata.generation ?? 0)
  );
}

function hasProgressed(before: DeploymentStatus, after: DeploymentStatus): boolean {
  const old = ({ replicas = 0, updatedReplicas = 0 }: DeploymentStatus) => replicas - updatedReplicas;
  return (
    (after.updatedReplicas ?? 0) > (before.updatedReplicas ?? 0) ||
    old(after) < old(before) ||
    (after.readyReplicas ?? 0) > (before.readyReplicas ?? 0) ||
    (after.availableReplicas ?? 0) > (before.availableReplicas ?? 0)
  );
}

/** Sets the Progressing condition; `touch` renews its update time, from which the deadline counts. */
export function progressing(
  status: DeploymentStatus,
  value: 'True' | 'False' | 'Unknown',
  reason: string,
  message: string,
  now: number,
  touch = false,
): DeploymentStatus {
  const condition: Condition = { type: 'Progressing', status: value, reason, message };
  return { ...status, conditions: withCondition(status.conditions ?? [], condition, now, touch) };
}

function withCondition(
  conditions: readonly DeploymentCondition[],
  condition: Condition,
  now: number,
  touch = false,
): DeploymentCondition[] {
  const before = conditions.find(({ type }) => type === condition.type);
  const same =
    before?.status === condition.status &&
    before.reason === condition.reason &&
    (before.message === condition.message || condition.type === 'Available');
  if (same && !touch) return [...conditions];
  const time = timestamp(now);
  const since = before?.status === condition.status ? before.lastTransitionTime : undefined;
  const entry = { ...condition, lastUpdateTime: time, lastTransitionTime: since ?? time };
  if (before === undefined) return [...conditions, entry];
  return conditions.map((other) => (other === before ? entry : other));
}

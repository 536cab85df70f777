import { asObject, type JsonObject } from '../storage/json.ts';
import { age, at, listAt, numberAt, textAt } from './cells.ts';

interface PodSummary {
  readonly ready: string;
  readonly status: string;
  readonly restarts: string;
}

/** What `kubectl get pods` says about a pod: not its phase, but what its containers are going through. */
export function podSummary(pod: unknown): PodSummary {
  const containers = listAt(pod, 'spec.containers');
  const statuses = listAt(pod, 'status.containerStatuses');
  const initial = initProgress(pod);
  let restarts = statuses.reduce((sum, status) => sum + numberAt(status, 'restartCount'), 0);
  const lastRestart = statuses
    .map((status) => at(status, 'lastState.terminated.finishedAt'))
    .filter((time): time is string => typeof time === 'string')
    .sort()
    .at(-1);
  let status = textAt(pod, 'status.reason', textAt(pod, 'status.phase', 'Unknown'));
  if (initial === undefined) {
    for (const container of [...statuses].reverse()) status = containerState(container, status);
    if (status === 'Completed' && statuses.some(isRunning)) status = isReady(pod) ? 'Running' : 'NotReady';
  } else {
    status = initial;
    restarts = listAt(pod, 'status.initContainerStatuses').reduce(
      (sum, one) => sum + numberAt(one, 'restartCount'),
      0,
    );
  }
  if (at(pod, 'metadata.deletionTimestamp') !== undefined) {
    const { phase } = asObject(at(pod, 'status'));
    if (phase !== 'Succeeded' && phase !== 'Failed') status = 'Terminating';
  }
  const ready = statuses.filter((container) => container.ready === true && isRunning(container)).length;
  return {
    ready: `${ready}/${containers.length}`,
    status,
    restarts:
      restarts > 0 && lastRestart !== undefined ? `${restarts} (${age(lastRestart)} ago)` : String(restarts),
  };
}

function isRunning(container: JsonObject): boolean {
  return asObject(container.state).running !== undefined;
}

function isReady(pod: unknown): boolean {
  return listAt(pod, 'status.conditions').some(
    (condition) => condition.type === 'Ready' && condition.status === 'True',
  );
}

function containerState(container: JsonObject, before: string): string {
  const { waiting, terminated } = asObject(container.state);
  const waitingReason = asObject(waiting).reason;
  if (typeof waitingReason === 'string' && waitingReason !== '') return waitingReason;
  if (terminated === undefined) return before;
  const { reason, signal, exitCode } = asObject(terminated);
  if (typeof reason === 'string' && reason !== '') return reason;
  return typeof signal === 'number' && signal !== 0 ? `Signal:${signal}` : `ExitCode:${String(exitCode)}`;
}

/** How far the init containers are, undefined when they are done. */
function initProgress(pod: unknown): string | undefined {
  const total = listAt(pod, 'spec.initContainers').length;
  const statuses = listAt(pod, 'status.initContainerStatuses');
  for (const [i, container] of statuses.entries()) {
    const { terminated, waiting } = asObject(container.state);
    const { exitCode, reason, signal } = asObject(terminated);
    if (exitCode === 0) continue;
    if (terminated !== undefined) {
      if (typeof reason === 'string' && reason !== '') return `Init:${reason}`;
      return typeof signal === 'number' && signal !== 0
        ? `Init:Signal:${signal}`
        : `Init:ExitCode:${String(exitCode)}`;
    }
    const waitingReason = asObject(waiting).reason;
    if (typeof waitingReason === 'string' && waitingReason !== '' && waitingReason !== 'PodInitializing') {
      return `Init:${waitingReason}`;
    }
    return `Init:${i}/${total}`;
  }
  return undefined;
}

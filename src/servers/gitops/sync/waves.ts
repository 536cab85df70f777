import type { SyncPhase } from '../../../clients/argocd-types.ts';
import { annotationList, at, groupOf, type Manifest } from '../objects.ts';
import type { Task } from './plan.ts';

const PHASES: readonly SyncPhase[] = ['PreSync', 'Sync', 'PostSync', 'SyncFail'];

/** Kinds that others need come first; kinds that are not named here (custom ones) come last. */
const KINDS: readonly string[] = [
  'Namespace',
  'NetworkPolicy',
  'ResourceQuota',
  'LimitRange',
  'PodDisruptionBudget',
  'ServiceAccount',
  'Secret',
  'ConfigMap',
  'StorageClass',
  'PersistentVolume',
  'PersistentVolumeClaim',
  'CustomResourceDefinition',
  'ClusterRole',
  'ClusterRoleBinding',
  'Role',
  'RoleBinding',
  'Service',
  'DaemonSet',
  'Pod',
  'ReplicationController',
  'ReplicaSet',
  'Deployment',
  'HorizontalPodAutoscaler',
  'StatefulSet',
  'Job',
  'CronJob',
  'IngressClass',
  'Ingress',
  'APIService',
];

export function kindRank(kind: string): number {
  const index = KINDS.indexOf(kind);
  return index < 0 ? KINDS.length : index;
}

/** The wave that an object asks for by `argocd.argoproj.io/sync-wave`; 0 where it says nothing or nonsense. */
export function waveOf(object: Manifest): number {
  const text = object.metadata.annotations?.['argocd.argoproj.io/sync-wave']?.trim() ?? '';
  return /^[+-]?\d+$/.test(text) ? Number(text) : 0;
}

/** The phases that a hook runs in; empty for an ordinary object. `Skip` is neither: see `isSkipped`. */
export function hookPhases(object: Manifest): SyncPhase[] {
  const names = annotationList(object, 'argocd.argoproj.io/hook');
  return PHASES.filter((phase) => names.includes(phase));
}

/** Whether an object is a hook of any kind, also of those that belong to deletion or are skipped. */
export function isHook(object: Manifest): boolean {
  return annotationList(object, 'argocd.argoproj.io/hook').length > 0;
}

/** Orders tasks by phase, wave, kind and name, and sees to it that namespaces and definitions come first. */
export function orderTasks(tasks: readonly Task[]): Task[] {
  const settled = pullForward(
    pullForward(
      tasks,
      (task) => (task.key.kind === 'Namespace' && task.key.group === '' ? task.key.name : undefined),
      (task) => (task.key.namespace === '' ? undefined : task.key.namespace),
    ),
    definedKind,
    (task) => `${task.key.group}/${task.key.kind}`,
  );
  return settled.sort(compareTasks);
}

/** Negative when the left task runs before the right one. */
export function compareTasks(left: Task, right: Task): number {
  return (
    compareStages(left, right) ||
    kindRank(left.key.kind) - kindRank(right.key.kind) ||
    compareText(left.key.name, right.key.name) ||
    compareText(left.key.namespace, right.key.namespace)
  );
}

/** Tasks of the same phase and wave are one stage: the next one starts when this one is done and healthy. */
export function compareStages(left: Task, right: Task): number {
  return PHASES.indexOf(left.phase) - PHASES.indexOf(right.phase) || left.wave - right.wave;
}

/** Moves what others depend on to the stage of the first that depends on it. */
function pullForward(
  tasks: readonly Task[],
  provides: (task: Task) => string | undefined,
  needs: (task: Task) => string | undefined,
): Task[] {
  return tasks.map((task) => {
    const name = task.target === undefined ? undefined : provides(task);
    if (name === undefined) return task;
    let first = task;
    for (const other of tasks) {
      if (other.target !== undefined && needs(other) === name && compareStages(other, first) < 0) {
        first = other;
      }
    }
    return first === task ? task : { ...task, phase: first.phase, wave: first.wave };
  });
}

function definedKind({ target }: Task): string | undefined {
  if (target?.kind !== 'CustomResourceDefinition') return undefined;
  if (groupOf(target.apiVersion) !== 'apiextensions.k8s.io') return undefined;
  const group = at(target.spec, 'group');
  const kind = at(target.spec, 'names', 'kind');
  return typeof group === 'string' && typeof kind === 'string' ? `${group}/${kind}` : undefined;
}

function compareText(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

import type { SyncOperation, SyncPhase } from '../../../clients/argocd-types.ts';
import { annotationList, keyOf, keyText, versionOf, type Manifest, type ResourceKey } from '../objects.ts';
import { compareStages, hookPhases, orderTasks, waveOf } from './waves.ts';

/** One object that a sync applies or prunes. */
export interface Task {
  readonly key: ResourceKey;
  readonly version: string;
  readonly phase: SyncPhase;
  readonly wave: number;
  /** What to apply; absent for a prune. */
  readonly target?: Manifest;
  /** The phase whose hook this is; absent for ordinary objects. */
  readonly hook?: SyncPhase;
  /** Whether a dry run has shown that an apply changes nothing. */
  readonly unchanged: boolean;
}

/** A desired object beside what a comparison found out about it. */
interface Desired {
  readonly target: Manifest;
  readonly synced: boolean;
}

export interface PlanInput {
  readonly desired: readonly Desired[];
  /** Live objects that belong to the Application and are not desired any more. */
  readonly extraneous: readonly Manifest[];
  readonly hooks: readonly Manifest[];
  readonly operation: SyncOperation;
  readonly revision: string;
  /** Makes the names of `generateName` hooks, so that a resumed sync finds them again. */
  readonly startedAt: string;
}

/** The tasks of a sync, in the order in which they run. Pure: the same input gives the same plan. */
export function planSync(input: PlanInput): Task[] {
  const { operation } = input;
  const options = operation.syncOptions ?? [];
  const partial = (operation.resources ?? []).length > 0;
  const chosen = (key: ResourceKey) => !partial || isChosen(key, operation);
  const onlyOutOfSync = options.includes('ApplyOutOfSyncOnly=true');
  const applies = input.desired
    .filter(({ target, synced }) => chosen(keyOf(target)) && !(onlyOutOfSync && synced))
    .map(({ target, synced }): Task => ({ ...applyTask(target, 'Sync'), unchanged: synced }));
  // A sync of chosen resources, and one by the strategy `apply`, run no hooks.
  const runsHooks = !partial && operation.syncStrategy?.apply === undefined;
  const hooks = runsHooks ? input.hooks.flatMap((hook) => hookTasks(hook, input)) : [];
  const prunes = input.extraneous
    .filter((live) => chosen(keyOf(live)))
    .map((live): Task & { live: Manifest } => ({
      key: keyOf(live),
      version: versionOf(live.apiVersion),
      phase: 'Sync',
      wave: waveOf(live),
      unchanged: false,
      live,
    }));
  return orderTasks([...applies, ...hooks, ...reverseWaves(prunes, [...applies, ...hooks], options)]);
}

function applyTask(target: Manifest, phase: SyncPhase): Task {
  return {
    key: keyOf(target),
    version: versionOf(target.apiVersion),
    phase,
    wave: waveOf(target),
    target,
    unchanged: false,
  };
}

function hookTasks(hook: Manifest, { revision, startedAt }: PlanInput): Task[] {
  return hookPhases(hook).map((phase) => {
    const { generateName, ...metadata } = hook.metadata;
    const suffix = `${revision.slice(0, 7)}-${phase.toLowerCase()}-${Math.floor(Date.parse(startedAt) / 1000)}`;
    const name = metadata.name ?? `${generateName ?? ''}${suffix}`;
    return { ...applyTask({ ...hook, metadata: { ...metadata, name } }, phase), hook: phase };
  });
}

/** Prunes run in the reverse order of their waves, or after everything else with `PruneLast=true`. */
function reverseWaves(
  prunes: readonly (Task & { live: Manifest })[],
  others: readonly Task[],
  options: readonly string[],
): Task[] {
  const waves = [...new Set(prunes.map(({ wave }) => wave))].sort((left, right) => left - right);
  const last = Math.max(
    0,
    ...waves,
    ...others.filter(({ phase }) => phase === 'Sync').map(({ wave }) => wave),
  );
  return prunes.map(({ live, ...task }) => {
    const isLast = options.includes('PruneLast=true') || hasOption(live, 'PruneLast=true');
    const mirrored = waves[waves.length - 1 - waves.indexOf(task.wave)] ?? task.wave;
    return { ...task, wave: isLast ? last + 1 : mirrored };
  });
}

/** Whether an object carries a `argocd.argoproj.io/sync-options` entry. */
export function hasOption(object: Manifest, option: string): boolean {
  return annotationList(object, 'argocd.argoproj.io/sync-options').includes(option);
}

function isChosen(key: ResourceKey, operation: SyncOperation): boolean {
  return (operation.resources ?? []).some(
    (resource) =>
      (resource.group ?? '') === key.group &&
      resource.kind === key.kind &&
      resource.name === key.name &&
      (resource.namespace === undefined || resource.namespace === '' || resource.namespace === key.namespace),
  );
}

/** What names a task within its operation: a hook may run in two phases. */
export function taskId(task: Pick<Task, 'key' | 'phase'>): string {
  return `${task.phase}:${keyText(task.key)}`;
}

/** Whether the tasks take more than one stage; only then does the health of ordinary objects gate. */
export function isMultiStage(tasks: readonly Task[]): boolean {
  const [first, ...rest] = tasks;
  return first !== undefined && rest.some((task) => compareStages(first, task) !== 0);
}

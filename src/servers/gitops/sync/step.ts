import type { OperationPhase, ResourceResult } from '../../../clients/argocd-types.ts';
import { healthOf } from '../health.ts';
import type { Manifest } from '../objects.ts';
import { isMultiStage, type Task } from './plan.ts';
import { compareStages } from './waves.ts';

/** A task with what has become of it so far. */
export interface Progress {
  readonly task: Task;
  readonly result?: ResourceResult;
  readonly live?: Manifest;
}

/** What a sync does next. */
export type Step =
  | { readonly action: 'run'; readonly tasks: readonly Task[]; readonly isLast: boolean }
  | { readonly action: 'wait'; readonly message: string }
  | { readonly action: 'finish'; readonly phase: OperationPhase; readonly message: string };

/**
 * The state of a task that was applied, from the health of its live object; undefined when it stays as it is.
 * Ordinary objects without a health are done by being there.
 */
export function assess({
  task,
  result,
  live,
}: Progress): Pick<ResourceResult, 'hookPhase' | 'message'> | undefined {
  if (result?.hookPhase !== 'Running' || task.target === undefined) return undefined;
  if (live === undefined) return undefined;
  const health = healthOf(live);
  const message = health?.message;
  const told = message === undefined || message === '' ? {} : { message };
  switch (health?.status) {
    case undefined:
    case 'Healthy':
      return { hookPhase: 'Succeeded', ...(task.hook === undefined ? {} : told) };
    case 'Degraded':
      return { hookPhase: 'Failed', ...told };
    case 'Unknown':
      return task.hook === undefined ? undefined : { hookPhase: 'Failed', ...told };
    case 'Progressing':
    case 'Suspended':
    case 'Missing':
      return undefined;
  }
}

/**
 * The next step of a sync. Stages (phase and wave) run one after another; the next one waits until the objects of
 * this one are healthy, its hooks complete and its prunes gone. Objects of the last stage are applied and not waited for.
 */
export function nextStep(all: readonly Progress[]): Step {
  const normal = all.filter(({ task }) => task.phase !== 'SyncFail');
  const onFailure = all.filter(({ task }) => task.phase === 'SyncFail');
  const multiStage = isMultiStage(normal.map(({ task }) => task));

  const running = all.filter(
    ({ task, result }) => (multiStage || task.hook !== undefined) && result?.hookPhase === 'Running',
  );
  const failed = normal.filter(({ result }) => isFailure(result));
  if (running.length > 0 && failed.length === 0) {
    return { action: 'wait', message: waiting(running) };
  }
  const leaving = normal.filter(({ result, live }) => result?.status === 'Pruned' && live !== undefined);
  if (leaving.length > 0 && multiStage && failed.length === 0) {
    return { action: 'wait', message: waiting(leaving, 'deletion of') };
  }
  if (failed.length > 0) return failureStep(failed, onFailure);
  const pending = normal.filter(
    ({ result }) => result?.hookPhase === undefined && result?.status === undefined,
  );
  const [first] = pending;
  if (first === undefined) {
    return { action: 'finish', phase: 'Succeeded', message: 'successfully synced (all tasks run)' };
  }
  const stage = pending.filter(({ task }) => compareStages(task, first.task) === 0).map(({ task }) => task);
  const isLast = stage.length === pending.length && stage.every(({ hook }) => hook === undefined);
  return { action: 'run', tasks: stage, isLast };
}

function failureStep(failed: readonly Progress[], onFailure: readonly Progress[]): Step {
  const pending = onFailure.filter(({ result }) => result === undefined);
  if (pending.length > 0) return { action: 'run', tasks: pending.map(({ task }) => task), isLast: false };
  const running = onFailure.filter(({ result }) => result?.hookPhase === 'Running');
  if (running.length > 0) return { action: 'wait', message: waiting(running) };
  const notApplied = failed.some(({ result }) => result?.status === 'SyncFailed');
  const what = notApplied
    ? 'one or more objects failed to apply'
    : 'one or more synchronization tasks completed unsuccessfully';
  const reasons = [
    ...new Set(failed.map(({ result }) => result?.message ?? '').filter((text) => text !== '')),
  ];
  const reason = reasons.length === 0 ? '' : `, reason: ${reasons.slice(0, 3).join(',')}`;
  return { action: 'finish', phase: 'Failed', message: `${what}${reason}` };
}

function isFailure(result: ResourceResult | undefined): boolean {
  return result?.status === 'SyncFailed' || result?.hookPhase === 'Failed' || result?.hookPhase === 'Error';
}

function waiting(progress: readonly Progress[], what?: string): string {
  const first = progress.find(({ task }) => task.hook !== undefined) ?? progress[0];
  if (first === undefined) return '';
  const { key, hook } = first.task;
  const reason = what ?? (hook === undefined ? 'healthy state of' : 'completion of hook');
  const others = progress.length - 1;
  const more = others === 0 ? '' : ` and ${others} more ${hook === undefined ? 'resources' : 'hooks'}`;
  return `waiting for ${reason} ${key.group}/${key.kind}/${key.name}${more}`;
}

import type {
  Application,
  AppProject,
  OperationState,
  ResourceResult,
} from '../../../clients/argocd-types.ts';
import type { ClusterAccess } from '../cluster.ts';
import { ignoredPaths, ignoresFor, keepLiveValues } from '../diff.ts';
import type { LiveObjects } from '../live.ts';
import { keyOf, type Manifest } from '../objects.ts';
import { refuseResource } from '../projects.ts';
import type { Comparison } from '../status.ts';
import { failure, hookDeletePolicies, runTask, tryCreate, type ApplyContext } from './apply.ts';
import { planSync, taskId, type Task } from './plan.ts';
import { assess, nextStep, type Progress } from './step.ts';
import { kindRank } from './waves.ts';

/** What an operation acts with. */
export interface OperationContext {
  readonly app: Application;
  readonly project: AppProject;
  readonly comparison: Comparison;
  readonly cluster: ClusterAccess;
  readonly live: LiveObjects;
  readonly signal: AbortSignal;
  /** Keeps the state in the cluster before the operation waits, so that a restart goes on from there. */
  readonly persist: (state: OperationState) => Promise<void>;
  readonly applied: (target: Manifest, answer: Manifest) => void;
  /** Why a comparison's dry run of a desired object was refused. */
  readonly problemOf: (target: Manifest) => string | undefined;
}

/**
 * Carries an operation out, from where its state says that it is: plan, stage by stage apply and prune, wait for
 * health between stages. The returned state is finished. A killed controller runs it again: every part can be repeated.
 */
export async function runSync(context: OperationContext, started: OperationState): Promise<OperationState> {
  const { app, project, comparison } = context;
  const operation = started.operation.sync ?? {};
  const errors = comparison.conditions.filter(({ type }) =>
    /^(ComparisonError|InvalidSpecError)$/.test(type),
  );
  const revision = comparison.revision ?? '';
  const source = operation.source ?? app.spec.source;
  let state: OperationState = {
    ...started,
    phase: 'Running',
    syncResult: {
      ...started.syncResult,
      revision,
      ...(source === undefined ? {} : { source }),
    },
  };
  if (comparison.failed || comparison.revision === undefined) {
    return end(state, 'Error', errors.map(({ type, message }) => `${type}: ${message}`).join(';'));
  }
  const tasks = planSync({
    desired: comparison.resources.flatMap(({ target, live, synced }) =>
      target === undefined ? [] : [{ target: respectIgnores(context, target, live), synced }],
    ),
    extraneous: comparison.resources.flatMap(({ target, live }) =>
      target === undefined && live !== undefined ? [live] : [],
    ),
    hooks: comparison.hooks,
    operation,
    revision,
    startedAt: state.startedAt,
  });
  const apply: ApplyContext = {
    cluster: context.cluster,
    live: context.live,
    operation,
    applied: context.applied,
  };
  const results = new Map((state.syncResult?.resources ?? []).map((result) => [resultId(result), result]));
  const withResults = (): OperationState => ({
    ...state,
    syncResult: { ...state.syncResult, revision, resources: inOrder(tasks, results) },
  });
  const finish = (phase: OperationState['phase'], message: string) => end(withResults(), phase, message);

  const refused = tasks.flatMap((task) => {
    const reason = refuseResource(project, task.key);
    return reason === undefined ? [] : [failure(task, reason)];
  });
  if (refused.length > 0) {
    for (const result of refused) results.set(resultId(result), result);
    return finish(
      'Failed',
      `one or more synchronization tasks are not valid, reason: ${refused[0]?.message ?? ''}`,
    );
  }
  const namespace = await createNamespace(context, apply);
  if (namespace !== undefined) return finish('Failed', `namespace auto creation failed: ${namespace}`);
  if (results.size === 0) {
    const rejected = await dryRun(tasks, context, apply);
    for (const result of rejected) results.set(resultId(result), result);
    if (rejected.length > 0) {
      const reasons = [...new Set(rejected.map(({ message }) => message ?? ''))].slice(0, 3).join(',');
      return finish('Failed', `one or more objects failed to apply (dry run), reason: ${reasons}`);
    }
  }

  for (;;) {
    if (context.signal.aborted) return finish('Failed', 'Operation terminated');
    const progress = tasks.map((task): Progress => {
      const live = context.live.get(task.key);
      const result = results.get(taskId(task));
      return { task, ...(result === undefined ? {} : { result }), ...(live === undefined ? {} : { live }) };
    });
    for (const item of progress) {
      const change = operation.dryRun === true ? ({ hookPhase: 'Succeeded' } as const) : assess(item);
      if (change === undefined || item.result?.hookPhase !== 'Running') continue;
      results.set(taskId(item.task), { ...item.result, ...change });
      if (item.task.hook !== undefined) await cleanUpHook(item, change.hookPhase === 'Succeeded', apply);
    }
    const step = nextStep(
      progress.map((item) => {
        const result = results.get(taskId(item.task));
        return result === undefined ? item : { ...item, result };
      }),
    );
    if (step.action === 'finish') return finish(step.phase, step.message);
    if (step.action === 'wait') {
      const message = step.message;
      if (message !== state.message) {
        state = { ...state, message };
        await context.persist(withResults());
      }
      await context.live.nextChange(context.signal);
      continue;
    }
    const outcome = await runStage(step.tasks, apply, context);
    for (const result of outcome) results.set(resultId(result), result);
    const failed = outcome.some(({ status }) => status === 'SyncFailed');
    const pruned = outcome.some(({ status }) => status === 'Pruned');
    if (step.isLast && !failed && !(pruned && operation.dryRun !== true)) {
      return finish('Succeeded', 'successfully synced (all tasks run)');
    }
  }
}

/** Runs one stage: prunes together, then objects in the order of their kinds, those of one kind together. */
async function runStage(
  tasks: readonly Task[],
  apply: ApplyContext,
  { live, signal }: OperationContext,
): Promise<ResourceResult[]> {
  const prunes = tasks.filter(({ target }) => target === undefined);
  const results = await Promise.all(prunes.map((task) => runTask(task, apply)));
  const applies = tasks.filter(({ target }) => target !== undefined);
  for (const rank of [...new Set(applies.map(({ key }) => kindRank(key.kind)))].sort((a, b) => a - b)) {
    const group = applies.filter(({ key }) => kindRank(key.kind) === rank);
    const outcome = await Promise.all(
      group.map(async (task) => {
        if (task.hook !== undefined && apply.operation.dryRun !== true)
          await clearHook(task, apply, live, signal);
        return runTask(task, apply);
      }),
    );
    results.push(...outcome);
    // What comes later often needs what comes earlier: stop at the first failure of a kind.
    if (outcome.some(({ status }) => status === 'SyncFailed')) break;
  }
  return results;
}

/** Deletes the object of an earlier run of a hook and waits until it is gone. */
async function clearHook(
  task: Task,
  apply: ApplyContext,
  live: LiveObjects,
  signal: AbortSignal,
): Promise<void> {
  const { target } = task;
  if (target === undefined) return;
  const kind = await live.need(target.apiVersion, target.kind);
  const present = live.get(task.key);
  if (kind === undefined || present === undefined) return;
  if (!hookDeletePolicies(target).includes('BeforeHookCreation')) return;
  await apply.cluster.remove(kind, task.key.namespace, task.key.name, 'Background');
  while (!signal.aborted && live.get(task.key)?.metadata.uid === present.metadata.uid) {
    await live.nextChange(signal);
  }
}

async function cleanUpHook({ task, live }: Progress, succeeded: boolean, apply: ApplyContext): Promise<void> {
  if (live === undefined || task.target === undefined) return;
  const wanted = succeeded ? 'HookSucceeded' : 'HookFailed';
  if (!hookDeletePolicies(task.target).includes(wanted)) return;
  const kind = await apply.live.need(live.apiVersion, live.kind);
  if (kind !== undefined) {
    await apply.cluster.remove(kind, task.key.namespace, task.key.name, 'Background');
  }
}

/**
 * Asks the API about everything that will change before anything does, so that a manifest that the API refuses
 * stops the whole sync. Objects whose kind or namespace comes with the same sync cannot be asked about yet.
 */
async function dryRun(
  tasks: readonly Task[],
  context: OperationContext,
  apply: ApplyContext,
): Promise<ResourceResult[]> {
  const coming = (kind: string) =>
    tasks.filter(({ key, target }) => key.kind === kind && target !== undefined);
  const namespaces = new Set(coming('Namespace').map(({ key }) => key.name));
  const defined = coming('CustomResourceDefinition').length > 0;
  const results = await Promise.all(
    tasks.map(async (task) => {
      const { target } = task;
      if (target === undefined || task.unchanged || task.hook !== undefined) return undefined;
      if (context.live.get(keyOf(target)) !== undefined) {
        const problem = context.problemOf(target);
        const options = context.app.spec.syncPolicy?.syncOptions ?? [];
        // What is replaced, or made anew by force, need not be a change that the API allows.
        return problem === undefined || options.includes('Replace=true') || hasForce(target)
          ? undefined
          : failure(task, problem);
      }
      if (namespaces.has(task.key.namespace)) return undefined;
      if (defined && context.live.kind(target.apiVersion, target.kind) === undefined) return undefined;
      const problem = await tryCreate(task, apply);
      return problem === undefined ? undefined : failure(task, problem);
    }),
  );
  return results.filter((result) => result !== undefined);
}

function hasForce(target: Manifest): boolean {
  return /\b(Force|Replace)=true\b/.test(
    target.metadata.annotations?.['argocd.argoproj.io/sync-options'] ?? '',
  );
}

/** Makes the destination's namespace where `CreateNamespace=true` asks for it; gives the reason when it cannot. */
async function createNamespace(context: OperationContext, apply: ApplyContext): Promise<string | undefined> {
  const { app, comparison, live } = context;
  const name = app.spec.destination.namespace ?? '';
  const options = apply.operation.syncOptions ?? app.spec.syncPolicy?.syncOptions ?? [];
  if (name === '' || !options.includes('CreateNamespace=true') || apply.operation.dryRun === true)
    return undefined;
  const key = { group: '', kind: 'Namespace', namespace: '', name };
  if (
    comparison.resources.some(({ target }) => target?.kind === 'Namespace' && target.metadata.name === name)
  ) {
    return undefined;
  }
  const kind = await live.need('v1', 'Namespace');
  const present = live.get(key);
  const managed = app.spec.syncPolicy?.managedNamespaceMetadata;
  if (kind === undefined || (present !== undefined && managed === undefined)) return undefined;
  const target: Manifest = { apiVersion: 'v1', kind: 'Namespace', metadata: { name, ...managed } };
  const task: Task = { key, version: 'v1', phase: 'PreSync', wave: 0, target, unchanged: false };
  const result = await runTask(task, { ...apply, applied: () => undefined });
  return result.status === 'SyncFailed' ? (result.message ?? 'refused') : undefined;
}

function respectIgnores({ app }: OperationContext, target: Manifest, live: Manifest | undefined): Manifest {
  const options = app.spec.syncPolicy?.syncOptions ?? [];
  if (live === undefined || !options.includes('RespectIgnoreDifferences=true')) return target;
  const entries = ignoresFor(target, app.spec.ignoreDifferences ?? []);
  return keepLiveValues(
    target,
    live,
    entries.flatMap((entry) => ignoredPaths(entry).paths),
  );
}

function inOrder(tasks: readonly Task[], results: ReadonlyMap<string, ResourceResult>): ResourceResult[] {
  return tasks.flatMap((task) => results.get(taskId(task)) ?? []);
}

function resultId(result: ResourceResult): string {
  return taskId({ key: result, phase: result.syncPhase ?? 'Sync' });
}

function end(state: OperationState, phase: OperationState['phase'], message: string): OperationState {
  return { ...state, phase, message, finishedAt: timestamp() };
}

/** Now, in the API's form: whole seconds, UTC. */
export function timestamp(now = Date.now()): string {
  return `${new Date(now).toISOString().slice(0, 19)}Z`;
}

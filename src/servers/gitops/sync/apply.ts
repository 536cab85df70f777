import type { ResourceResult, SyncOperation } from '../../../clients/argocd-types.ts';
import { messageOf } from '../../../lib/errors.ts';
import { ClusterError, type ClusterAccess, type Kind, type Propagation } from '../cluster.ts';
import type { LiveObjects } from '../live.ts';
import { annotationList, describeKey, groupOf, type Manifest } from '../objects.ts';
import { imagesOf } from '../status.ts';
import { hasOption, type Task } from './plan.ts';

/** What applying needs to know besides the task. */
export interface ApplyContext {
  readonly cluster: ClusterAccess;
  readonly live: LiveObjects;
  readonly operation: SyncOperation;
  /** Told every successful apply, with the server's answer. */
  readonly applied: (target: Manifest, answer: Manifest) => void;
}

/** Applies or prunes one object; a refusal by the API is a result, not an error. */
export async function runTask(task: Task, context: ApplyContext): Promise<ResourceResult> {
  try {
    return task.target === undefined ? await prune(task, context) : await apply(task, task.target, context);
  } catch (error) {
    if (!(error instanceof ClusterError)) throw error;
    return failure(task, messageOf(error));
  }
}

/** The result of a task that could not be done. */
export function failure(task: Task, message: string): ResourceResult {
  return { ...resultOf(task), status: 'SyncFailed', hookPhase: 'Failed', message };
}

async function apply(task: Task, target: Manifest, context: ApplyContext): Promise<ResourceResult> {
  const { live, operation } = context;
  const kind = await live.need(target.apiVersion, target.kind);
  if (kind === undefined) return failure(task, unknownKind(target));
  const present = live.get(task.key);
  const label = `${kind.resource}${task.key.group === '' ? '' : `.${task.key.group}`}/${task.key.name}`;
  const done = (what: string): ResourceResult => ({
    ...resultOf(task),
    ...(task.hook === undefined ? { status: 'Synced' } : {}),
    hookPhase: 'Running',
    message: `${label} ${what}${operation.dryRun === true ? ' (dry run)' : ''}`,
    ...(imagesOf(target).length === 0 ? {} : { images: imagesOf(target) }),
  });
  if (task.unchanged && present !== undefined && !wants(operation, target, 'Replace=true')) {
    return done('unchanged');
  }
  const answer = await write(kind, target, present, context);
  if (operation.dryRun !== true) {
    live.put(answer);
    context.applied(target, answer);
  }
  return done(present === undefined ? 'created' : 'configured');
}

async function write(
  kind: Kind,
  target: Manifest,
  present: Manifest | undefined,
  { cluster, operation }: ApplyContext,
): Promise<Manifest> {
  const validate = !wants(operation, target, 'Validate=false');
  const dryRun = operation.dryRun === true;
  const { namespace = '', name } = target.metadata;
  const isReplace = wants(operation, target, 'Replace=true') && !hasOption(target, 'Replace=false');
  const isForce =
    hasOption(target, 'Force=true') ||
    operation.syncStrategy?.apply?.force === true ||
    operation.syncStrategy?.hook?.force === true;
  if (present === undefined || dryRun) return cluster.apply(kind, target, { dryRun, validate });
  if (isForce && isReplace) {
    await cluster.remove(kind, namespace, name, 'Background');
    return cluster.create(kind, target);
  }
  if (isReplace) {
    const { resourceVersion } = present.metadata;
    const metadata = { ...target.metadata, ...(resourceVersion === undefined ? {} : { resourceVersion }) };
    return cluster.replace(kind, { ...target, metadata });
  }
  try {
    return await cluster.apply(kind, target, { validate });
  } catch (error) {
    // Only what cannot be changed in place is made anew, and only where that is asked for.
    if (!isForce || !(error instanceof ClusterError) || error.status !== 422) throw error;
    await cluster.remove(kind, namespace, name, 'Background');
    return cluster.create(kind, target);
  }
}

async function prune(task: Task, { cluster, live, operation }: ApplyContext): Promise<ResourceResult> {
  const result = resultOf(task);
  const present = live.get(task.key);
  const options = operation.syncOptions ?? [];
  if (operation.prune !== true) {
    return { ...result, status: 'PruneSkipped', message: 'ignored (requires pruning)' };
  }
  if (present !== undefined && (options.includes('Prune=false') || hasOption(present, 'Prune=false'))) {
    return { ...result, status: 'PruneSkipped', message: 'ignored (no prune)' };
  }
  if (operation.dryRun === true) return { ...result, status: 'Pruned', message: 'pruned (dry run)' };
  if (present !== undefined && present.metadata.deletionTimestamp === undefined) {
    const kind = await live.need(present.apiVersion, present.kind);
    if (kind !== undefined) {
      await cluster.remove(kind, task.key.namespace, task.key.name, propagationOf(options));
    }
  }
  return { ...result, status: 'Pruned', message: 'pruned' };
}

/** Asks the API whether it would take an object that is not there yet; gives the reason when it would not. */
export async function tryCreate(task: Task, context: ApplyContext): Promise<string | undefined> {
  const { target } = task;
  if (target === undefined) return undefined;
  const kind = await context.live.need(target.apiVersion, target.kind);
  if (kind === undefined) return unknownKind(target);
  const validate = !wants(context.operation, target, 'Validate=false');
  try {
    await context.cluster.apply(kind, target, { dryRun: true, validate });
    return undefined;
  } catch (error) {
    if (error instanceof ClusterError && error.status < 500) return messageOf(error);
    throw error;
  }
}

function unknownKind(target: Manifest): string {
  const { apiVersion, kind, metadata } = target;
  const key = { group: groupOf(apiVersion), kind, namespace: metadata.namespace ?? '', name: metadata.name };
  return (
    `the Kubernetes API serves no kind "${kind}" in ${apiVersion}, which ${describeKey(key)} asks for; ` +
    'correct apiVersion and kind, or install the CustomResourceDefinition first'
  );
}

/** Foreground unless an option says otherwise, as in Argo CD. */
function propagationOf(options: readonly string[]): Propagation {
  if (options.includes('PrunePropagationPolicy=background')) return 'Background';
  if (options.includes('PrunePropagationPolicy=orphan')) return 'Orphan';
  return 'Foreground';
}

function wants(operation: SyncOperation, target: Manifest, option: string): boolean {
  return (operation.syncOptions ?? []).includes(option) || hasOption(target, option);
}

/** Policies that say when a hook's object is deleted; before the next run where it says nothing. */
export function hookDeletePolicies(hook: Manifest): string[] {
  const policies = annotationList(hook, 'argocd.argoproj.io/hook-delete-policy');
  return policies.length === 0 ? ['BeforeHookCreation'] : policies;
}

function resultOf(task: Task): ResourceResult {
  return {
    group: task.key.group,
    version: task.version,
    kind: task.key.kind,
    namespace: task.key.namespace,
    name: task.key.name,
    syncPhase: task.phase,
    ...(task.hook === undefined ? {} : { hookType: task.hook }),
  };
}

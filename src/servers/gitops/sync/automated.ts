import type {
  Application,
  ApplicationCondition,
  ApplicationStatus,
  Operation,
  OperationState,
  ResourceStatus,
} from '../../../clients/argocd-types.ts';
import { sameJson } from '../objects.ts';

/** What automated sync makes of a comparison. */
export type Decision =
  | { readonly action: 'none' }
  /** Nothing now, but look again after so many milliseconds: self-heal is backing off. */
  | { readonly action: 'later'; readonly delay: number }
  | { readonly action: 'refuse'; readonly condition: ApplicationCondition }
  | { readonly action: 'sync'; readonly operation: Operation };

/** Retries of an automated sync where the spec names none, as in Argo CD. */
const DEFAULT_RETRY = { limit: 5 };

/**
 * Whether an Application syncs by itself now. A revision is tried once; only self-heal syncs the same revision
 * again, at once at first and then ever more slowly, so that two writers do not fight at full speed.
 */
export function decideAutomatedSync(app: Application, status: ApplicationStatus, now: number): Decision {
  const { syncPolicy, source } = app.spec;
  const automated = syncPolicy?.automated;
  const revision = status.sync?.revision;
  if (automated === undefined || automated.enabled === false || revision === undefined) return none;
  if (app.operation !== undefined || app.metadata.deletionTimestamp !== undefined) return none;
  if (status.sync?.status !== 'OutOfSync') return none;
  const resources = status.resources ?? [];
  const outOfSync = resources.filter((resource) => resource.status === 'OutOfSync');
  if (automated.prune !== true && outOfSync.every((resource) => resource.requiresPruning === true))
    return none;

  const sync: NonNullable<Operation['sync']> = {
    revision,
    ...(automated.prune === true ? { prune: true } : {}),
    ...(syncPolicy?.syncOptions === undefined ? {} : { syncOptions: syncPolicy.syncOptions }),
  };
  const last = status.operationState;
  const attempted = last?.syncResult?.revision === revision && sameJson(last.syncResult.source, source);
  if (attempted) {
    if (last.phase !== 'Succeeded') {
      return refuse(`Failed last sync attempt to ${revision}: ${last.message ?? ''}`);
    }
    if (automated.selfHeal !== true || outOfSync.every((resource) => wasSpared(resource, last))) return none;
    const finished = Date.parse(last.finishedAt ?? last.startedAt);
    const before = now - finished > HEAL_MEMORY ? 0 : (last.operation.sync?.autoHealAttemptsCount ?? 0);
    const delay = finished + healDelay(before) - now;
    if (delay > 0) return { action: 'later', delay };
    sync.autoHealAttemptsCount = before + 1;
    sync.resources = outOfSync.map(({ group, kind, name, namespace }) => ({
      ...(group === undefined ? {} : { group }),
      kind,
      name,
      ...(namespace === undefined ? {} : { namespace }),
    }));
  }
  if (
    automated.prune === true &&
    automated.allowEmpty !== true &&
    resources.length > 0 &&
    resources.every((resource) => resource.requiresPruning === true)
  ) {
    return refuse(`Skipping sync attempt to ${revision}: auto-sync will wipe out all resources`);
  }
  return {
    action: 'sync',
    operation: { sync, initiatedBy: { automated: true }, retry: syncPolicy?.retry ?? DEFAULT_RETRY },
  };
}

/** Whether the last sync was not allowed to prune a resource: another one would be as little. */
function wasSpared({ kind, name, namespace = '' }: ResourceStatus, { syncResult }: OperationState): boolean {
  return (syncResult?.resources ?? []).some(
    (result) =>
      result.status === 'PruneSkipped' &&
      result.kind === kind &&
      result.name === name &&
      result.namespace === namespace,
  );
}

/** Milliseconds of peace after which the count of heals starts anew. */
export const HEAL_MEMORY = 120_000;
const FREE_HEALS = 4;

/** Milliseconds to wait after `attempts` heals in a row: none for the first few, then 0.5 s, doubling up to a minute. */
export function healDelay(attempts: number): number {
  return attempts < FREE_HEALS ? 0 : Math.min(60_000, 500 * 2 ** (attempts - FREE_HEALS));
}

const none: Decision = { action: 'none' };

function refuse(message: string): Decision {
  return { action: 'refuse', condition: { type: 'SyncError', message } };
}

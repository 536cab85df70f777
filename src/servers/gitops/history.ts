import type { OperationState, RevisionHistory } from '../../clients/argocd-types.ts';

/** How many deployments are remembered unless `spec.revisionHistoryLimit` says otherwise. */
const DEFAULT_LIMIT = 10;

/**
 * The history with one more deployment, oldest first, cut to the limit. Ids go on counting from the last one.
 * Only a whole, real sync is a deployment: not a dry run, and not a sync of chosen resources.
 */
export function recordDeployment(
  history: readonly RevisionHistory[],
  state: OperationState,
  limit = DEFAULT_LIMIT,
): RevisionHistory[] {
  const { sync } = state.operation;
  const result = state.syncResult;
  const whole = (sync?.resources ?? []).length === 0 && sync?.dryRun !== true;
  if (state.phase !== 'Succeeded' || result === undefined || !whole) return [...history];
  const { initiatedBy } = state.operation;
  const entry: RevisionHistory = {
    id: (history.at(-1)?.id ?? -1) + 1,
    revision: result.revision,
    deployedAt: state.finishedAt ?? state.startedAt,
    deployStartedAt: state.startedAt,
    ...(result.source === undefined ? {} : { source: result.source }),
    ...(initiatedBy === undefined ? {} : { initiatedBy }),
  };
  return limit <= 0 ? [] : [...history, entry].slice(-limit);
}

import type { Deployment, ReplicaSet } from './objects.ts';

/** How many pods more and how many available pods less than wanted an update may have. */
export interface Limits {
  readonly maxSurge: number;
  readonly maxUnavailable: number;
}

/** The limits as numbers of pods: a surge is rounded up, unavailability down, and never both are 0. */
export function limits({ spec }: Deployment): Limits {
  if (spec.strategy?.type === 'Recreate') return { maxSurge: 0, maxUnavailable: 0 };
  const replicas = spec.replicas ?? 1;
  const maxSurge = amount(spec.strategy?.rollingUpdate?.maxSurge ?? '25%', replicas, Math.ceil);
  const maxUnavailable = amount(spec.strategy?.rollingUpdate?.maxUnavailable ?? '25%', replicas, Math.floor);
  return maxSurge === 0 && maxUnavailable === 0
    ? { maxSurge, maxUnavailable: 1 }
    : { maxSurge, maxUnavailable: Math.min(maxUnavailable, replicas) };
}

function amount(value: number | string, of: number, round: (value: number) => number): number {
  if (typeof value === 'number') return value;
  return value.endsWith('%') ? round((Number.parseFloat(value) * of) / 100) : Number(value);
}

/** The replicas that each set should have next; sets that are to stay as they are are left out. */
export type Plan = ReadonlyMap<ReplicaSet, number>;

const replicasOf = (set: ReplicaSet): number => set.spec.replicas ?? 0;
const availableOf = (set: ReplicaSet): number => set.status?.availableReplicas ?? 0;
const sum = (sets: readonly ReplicaSet[], count: (set: ReplicaSet) => number): number =>
  sets.reduce((total, set) => total + count(set), 0);

/** One step of a rolling update: the new set grows as the surge allows, else the old ones shrink as availability allows. */
export function rollingStep(
  deployment: Deployment,
  newSet: ReplicaSet,
  oldSets: readonly ReplicaSet[],
): Plan {
  const grown = newSetReplicas(deployment, newSet, oldSets);
  if (grown !== replicasOf(newSet)) return new Map([[newSet, grown]]);
  return shrinkOldSets(deployment, newSet, oldSets);
}

function newSetReplicas(deployment: Deployment, newSet: ReplicaSet, oldSets: readonly ReplicaSet[]): number {
  const wanted = deployment.spec.replicas ?? 1;
  const current = replicasOf(newSet);
  if (current >= wanted) return wanted;
  const total = sum(oldSets, replicasOf) + current;
  const room = wanted + limits(deployment).maxSurge - total;
  return room <= 0 ? current : current + Math.min(room, wanted - current);
}

function shrinkOldSets(deployment: Deployment, newSet: ReplicaSet, oldSets: readonly ReplicaSet[]): Plan {
  const total = sum(oldSets, replicasOf) + replicasOf(newSet);
  const minAvailable = (deployment.spec.replicas ?? 1) - limits(deployment).maxUnavailable;
  const newUnavailable = replicasOf(newSet) - availableOf(newSet);
  const plan = new Map<ReplicaSet, number>();
  const byAge = oldSets.filter((set) => replicasOf(set) > 0).toSorted(olderFirst);

  // Old pods that do not serve may go without costing availability.
  let budget = total - minAvailable - newUnavailable;
  if (budget <= 0) return plan;
  for (const set of byAge) {
    const unhealthy = Math.min(budget, replicasOf(set) - availableOf(set));
    if (unhealthy <= 0) continue;
    plan.set(set, replicasOf(set) - unhealthy);
    budget -= unhealthy;
  }

  let spare = sum(oldSets, availableOf) + availableOf(newSet) - minAvailable;
  for (const set of byAge) {
    const current = plan.get(set) ?? replicasOf(set);
    const fewer = Math.min(spare, current);
    if (fewer <= 0) continue;
    plan.set(set, current - fewer);
    spare -= fewer;
  }
  return plan;
}

/** Spreads a changed number of replicas over the sets of an unfinished rollout in proportion to their sizes. */
export function proportionalStep(deployment: Deployment, sets: readonly ReplicaSet[]): Plan {
  const active = sets.filter((set) => replicasOf(set) > 0);
  const total = sum(active, replicasOf);
  const wanted = deployment.spec.replicas ?? 1;
  const allowed = wanted === 0 ? 0 : wanted + limits(deployment).maxSurge;
  const change = allowed - total;
  const plan = new Map<ReplicaSet, number>();
  if (change === 0 || total === 0) return plan;
  // Larger sets first; among equal ones the newest grows and the oldest shrinks first.
  const order = active.toSorted(
    (a, b) => replicasOf(b) - replicasOf(a) || (change > 0 ? -olderFirst(a, b) : olderFirst(a, b)),
  );
  let rest = change;
  for (const set of order) {
    const share = Math.round((replicasOf(set) * change) / total);
    const part = change > 0 ? Math.min(share, rest) : Math.max(share, rest);
    plan.set(set, replicasOf(set) + part);
    rest -= part;
  }
  const [first] = order;
  if (first !== undefined && rest !== 0) {
    plan.set(first, Math.max(0, (plan.get(first) ?? replicasOf(first)) + rest));
  }
  return plan;
}

export function olderFirst(a: ReplicaSet, b: ReplicaSet): number {
  const created = ({ metadata }: ReplicaSet) => Date.parse(metadata.creationTimestamp ?? '') || 0;
  return created(a) - created(b) || (a.metadata.name < b.metadata.name ? -1 : 1);
}

import type { Journey, Stop, StopState } from '../model/loop.ts';
import type { BuildSeen, CommitSeen, PullSeen } from '../model/observations.ts';
import type { StationId } from '../model/stations.ts';
import { mainBranch, stages } from '../../flow/names.ts';
import { promotionBranch } from '../../flow/promote.ts';
import { withoutStepsBack } from '../../flow/trace.ts';
import { shortRevision } from '../../lib/ids.ts';
import { stageKey, type Facts } from './reduce.ts';

/** Journeys that the map shows at once. */
const SHOWN = 12;

/** The way of each commit, newest first, as far as the facts tell it. */
export function journeysOf(facts: Facts, application: string): readonly Journey[] {
  return facts.commits
    .filter((commit, index) => travels(facts, commit, index))
    .slice(0, SHOWN)
    .map((commit) => journeyOf(facts, application, commit));
}

/** A commit that was pushed below another one is not built by itself; it travels with that one. */
function travels({ builds, commits }: Facts, { revision, branch }: CommitSeen, index: number): boolean {
  if (builds.has(revision)) return true;
  return !commits.slice(0, index).some((newer) => newer.branch === branch);
}

function journeyOf(facts: Facts, application: string, commit: CommitSeen): Journey {
  const { revision, subject, author, branch } = commit;
  const pushed: Stop = {
    id: 'push',
    station: 'git',
    title: 'pushed',
    label: 'pushed',
    state: 'done',
    at: commit.at,
    link: `/git/${application}/commits/${revision}`,
  };
  const built = buildStop(facts.builds.get(revision));
  const stops = [
    pushed,
    built,
    imageStop(facts, revision),
    ...(branch === mainBranch
      ? [
          ...deliveredStops(facts, 'staging', revision),
          ...furtherStages(facts, revision).flatMap((stage) => deliveredStops(facts, stage, revision)),
          ...productionStops(facts, application, revision),
        ]
      : []),
  ];
  const timed = withoutStepsBack(stops);
  const at = placeOf(timed);
  return { revision, subject, author, branch, state: stateOf(timed), at, stops: timed };
}

/**
 * Where the commit is: where something failed, else at the last stop where something is under way. A build goes on while
 * what it has delivered is deployed already, so it only counts as long as nothing has come out of it.
 */
function placeOf(stops: readonly Stop[]): number {
  const failed = stops.findIndex(({ state }) => state === 'failed');
  if (failed >= 0) return failed;
  const active = stops.findLastIndex(({ id, state }) => state === 'active' && id !== 'build');
  if (active >= 0) return active;
  const reached = stops.findLastIndex(
    ({ state }) => state === 'done' || state === 'active' || state === 'waiting',
  );
  return Math.max(0, reached);
}

function stateOf(stops: readonly Stop[]): Journey['state'] {
  if (stops.some(({ state }) => state === 'failed')) return 'failed';
  if (stops.some(({ state }) => state === 'active')) return 'travelling';
  if (stops.some(({ state }) => state === 'waiting')) return 'waiting';
  // What is left and not begun will not come: nothing that could bring it about is under way.
  return 'arrived';
}

function buildStop(build: BuildSeen | undefined): Stop {
  const common = { id: 'build', station: 'ci', label: 'build' } as const;
  // The webhook is on its way, or the CI server has not begun.
  if (build === undefined)
    return { ...common, title: 'build', state: 'active', detail: 'the CI server was told' };
  const { number, branch, building, result, started, duration, stages: parts } = build;
  const running = parts.filter(({ status }) => status === 'IN_PROGRESS').at(-1);
  const broken = parts.find(({ status }) => status === 'FAILED');
  const state: StopState = building
    ? 'active'
    : result === 'SUCCESS' || result === 'UNSTABLE'
      ? 'done'
      : 'failed';
  const detail = building
    ? (running?.name ?? 'starting')
    : state === 'failed'
      ? (broken?.error ?? broken?.name ?? result?.toLowerCase())
      : undefined;
  return {
    ...common,
    title: `build ${number}`,
    state,
    at: new Date(started).toISOString(),
    link: `/ci/${encodeURIComponent(branch)}/${number}`,
    ...(building ? {} : { took: duration }),
    ...(detail === undefined ? {} : { detail }),
  };
}

function imageStop({ images, builds }: Facts, revision: string): Stop {
  const common = { id: 'image', station: 'registry', title: 'image', label: 'image' } as const;
  const at = images.get(revision);
  if (at !== undefined) return { ...common, state: 'done', ...(at === '' ? {} : { at }), link: '/registry' };
  const building = builds
    .get(revision)
    ?.stages.some(({ name, status }) => name === 'Image' && status === 'IN_PROGRESS');
  return { ...common, state: building === true ? 'active' : 'pending' };
}

/**
 * The stages that somebody has added beside staging and production, as far as this commit of the main branch comes by: those of
 * live Applications to which the pipeline delivers commits of the main branch.
 */
function furtherStages(facts: Facts, revision: string): string[] {
  const { applications, commits, deliveries } = facts;
  const onMain = commits.filter(({ branch }) => branch === mainBranch);
  const live = [...applications.values()].map(({ stage }) => stage);
  return [...new Set(live)]
    .filter((stage) => !stages.some((known) => known === stage))
    .filter((stage) => onMain.some((commit) => deliveries.has(stageKey(stage, commit.revision))))
    .filter((stage) => deliveries.has(stageKey(stage, revision)) || !isOvertakenInGit(facts, stage, revision))
    .sort();
}

/** Whether a newer commit was delivered to a stage: an older one that was not came before the stage was there. */
function isOvertakenInGit({ commits, deliveries }: Facts, stage: string, revision: string): boolean {
  const index = commits.findIndex((commit) => commit.revision === revision);
  return commits
    .slice(0, Math.max(0, index))
    .some((newer) => deliveries.has(stageKey(stage, newer.revision)));
}

/** A stage to which the pipeline commits by itself, without a pull request. */
function deliveredStops(facts: Facts, stage: string, revision: string): Stop[] {
  const commit = facts.deliveries.get(stageKey(stage, revision))?.commit;
  return [deliveryStop(facts, stage, revision), ...stageStops(facts, stage, revision, commit)];
}

function deliveryStop({ deliveries }: Facts, stage: string, revision: string): Stop {
  const delivery = deliveries.get(stageKey(stage, revision));
  return {
    id: `${stage}/commit`,
    station: 'gitops',
    title: `${stage} commit`,
    label: 'commit',
    ...(delivery === undefined
      ? { state: 'pending' as const }
      : {
          state: 'done' as const,
          at: delivery.at,
          detail: shortRevision(delivery.commit),
          link: `/git/gitops/commits/${delivery.commit}`,
        }),
  };
}

/** The pull request for production, and what follows when it is merged. */
function productionStops(facts: Facts, application: string, revision: string): Stop[] {
  const pull = [...facts.pulls.values()].find(({ head }) => head === promotionBranch(application, revision));
  const arrived = facts.arrived.has(stageKey('production', revision));
  return [
    pullStop(pull, arrived || isOvertaken(facts, 'production', revision)),
    ...stageStops(facts, 'production', revision, pull?.mergeCommit, pull?.state === 'closed'),
  ];
}

function pullStop(pull: PullSeen | undefined, past: boolean): Stop {
  const common = { id: 'production/pull', station: 'gitops', label: 'review' } as const;
  if (pull === undefined) return { ...common, title: 'pull request', state: past ? 'passed' : 'pending' };
  const states = { open: 'waiting', merged: 'done', closed: 'passed' } as const;
  const details = { open: 'waits for review', merged: 'merged', closed: 'closed without a merge' } as const;
  return {
    ...common,
    title: `pull request ${pull.number}`,
    state: states[pull.state],
    at: pull.endedAt ?? pull.createdAt,
    detail: details[pull.state],
    link: `/git/gitops/pulls/${pull.number}`,
  };
}

/** How the operator brings a commit of the GitOps repository to a stage, and the stage runs it. */
function stageStops(
  facts: Facts,
  stage: string,
  revision: string,
  commit: string | undefined,
  isGivenUp = false,
): Stop[] {
  const sync = { id: `${stage}/sync`, station: 'operator', title: `${stage} sync`, label: 'sync' } as const;
  const run = { id: `${stage}/run`, station: 'cluster', title: `runs in ${stage}`, label: stage } as const;
  const application = [...facts.applications.values()].find((candidate) => candidate.stage === stage);
  const link = application === undefined ? {} : { link: `/operator/${application.name}` };
  const since = facts.arrived.get(stageKey(stage, revision));
  const running = facts.running.get(stage);
  const runsIt = running?.revision === revision;
  const synced = application?.history.find((entry) => entry.revision === commit);
  const syncedAt = synced === undefined ? {} : { at: synced.startedAt ?? synced.deployedAt };

  if (since !== undefined)
    return [
      { ...sync, ...link, ...syncedAt, state: 'done' },
      { ...run, state: 'done', at: since, link: '/cluster' },
    ];
  const isPast = isOvertaken(facts, stage, revision);
  // It ran there before anybody looked.
  if (isPast && synced !== undefined) {
    return [
      { ...sync, ...link, ...syncedAt, state: 'done' },
      { ...run, state: 'done', at: synced.deployedAt },
    ];
  }
  if (isPast || isGivenUp) {
    return [
      { ...sync, ...link, state: 'passed' },
      { ...run, state: 'passed', detail: 'a newer commit came first' },
    ];
  }
  if (commit === undefined)
    return [
      { ...sync, state: 'pending' },
      { ...run, state: 'pending' },
    ];
  const operation = application?.operation?.revision === commit ? application.operation : undefined;
  if (operation !== undefined && ['Failed', 'Error'].includes(operation.phase)) {
    const detail = operation.message === undefined ? {} : { detail: operation.message };
    return [
      { ...sync, ...link, ...detail, state: 'failed', at: operation.startedAt },
      { ...run, state: 'pending' },
    ];
  }
  if (synced === undefined && !runsIt) {
    const at = operation === undefined ? {} : { at: operation.startedAt };
    return [
      { ...sync, ...link, ...at, state: 'active' },
      { ...run, state: 'pending' },
    ];
  }
  const degraded = application?.health === 'Degraded' && runsIt;
  return [
    { ...sync, ...link, ...syncedAt, state: 'done' },
    {
      ...run,
      state: degraded ? 'failed' : 'active',
      link: '/cluster',
      detail: degraded
        ? (application.message ?? 'degraded')
        : `${running?.ready ?? 0} of ${running?.wanted ?? 1} pods ready`,
    },
  ];
}

/** Whether a stage runs, or has run, a commit that is newer than this one. */
function isOvertaken({ commits, arrived }: Facts, stage: string, revision: string): boolean {
  const index = commits.findIndex((commit) => commit.revision === revision);
  return commits.slice(0, Math.max(0, index)).some((newer) => arrived.has(stageKey(stage, newer.revision)));
}

/** The station where something is under way with a commit, if there is one. */
export function busyStation({ stops, at }: Journey): StationId | undefined {
  const stop = stops[at];
  return stop?.state === 'active' ? stop.station : undefined;
}

import type {
  ApplicationSeen,
  BuildSeen,
  CommitSeen,
  DeliverySeen,
  Observation,
  Part,
  PullSeen,
  RunningSeen,
} from '../model/observations.ts';

/** All that is known of the loop. */
export interface Facts {
  /** Newest first. */
  readonly commits: readonly CommitSeen[];
  /** The newest build of each revision. */
  readonly builds: ReadonlyMap<string, BuildSeen>;
  /** When the image of a revision was there; empty where only that it is there is known. */
  readonly images: ReadonlyMap<string, string>;
  /** By `stage revision`. */
  readonly deliveries: ReadonlyMap<string, DeliverySeen>;
  readonly pulls: ReadonlyMap<number, PullSeen>;
  readonly applications: ReadonlyMap<string, ApplicationSeen>;
  readonly running: ReadonlyMap<string, RunningSeen>;
  /** When a stage first had every pod of a revision ready, by `stage revision`. */
  readonly arrived: ReadonlyMap<string, string>;
  readonly pods: { readonly ready: number; readonly all: number };
  readonly down: Readonly<Partial<Record<Part, string>>>;
}

export const noFacts: Facts = {
  commits: [],
  builds: new Map(),
  images: new Map(),
  deliveries: new Map(),
  pulls: new Map(),
  applications: new Map(),
  running: new Map(),
  arrived: new Map(),
  pods: { ready: 0, all: 0 },
  down: {},
};

/** Commits that are kept; the map shows fewer. */
const MOST_COMMITS = 30;

export function stageKey(stage: string, revision: string): string {
  return `${stage} ${revision}`;
}

/** What is known after one more observation. */
export function reduce(facts: Facts, observation: Observation): Facts {
  switch (observation.type) {
    case 'commits':
      return { ...facts, commits: mergeCommits(facts.commits, observation.commits, observation.complete) };
    case 'builds':
      return { ...facts, builds: mergeBuilds(facts.builds, observation.builds, observation.complete) };
    case 'images': {
      const entries = observation.revisions.map(
        (revision) => [revision, facts.images.get(revision) ?? ''] as const,
      );
      return { ...facts, images: new Map(entries) };
    }
    case 'image':
      if ((facts.images.get(observation.revision) ?? '') !== '') return facts;
      return { ...facts, images: put(facts.images, observation.revision, observation.at) };
    case 'deliveries': {
      const seen = observation.deliveries.map((delivery) => {
        const key = stageKey(delivery.stage, delivery.revision);
        const before = facts.deliveries.get(key);
        // When it was pushed is known better than when it was made, which Git tells in whole seconds.
        return [key, before?.commit === delivery.commit ? before : delivery] as const;
      });
      return { ...facts, deliveries: new Map([...(observation.complete ? [] : facts.deliveries), ...seen]) };
    }
    case 'pulls': {
      const seen = observation.pulls.map((pull) => [pull.number, pull] as const);
      return { ...facts, pulls: new Map([...(observation.complete ? [] : facts.pulls), ...seen]) };
    }
    case 'application': {
      const { application } = observation;
      return { ...facts, applications: put(facts.applications, application.name, application) };
    }
    case 'application-gone':
      return { ...facts, applications: without(facts.applications, observation.name) };
    case 'running': {
      const { running } = observation;
      const key = stageKey(running.stage, running.revision);
      const { since } = running;
      const isNew = since !== undefined && !facts.arrived.has(key);
      return {
        ...facts,
        running: put(facts.running, running.stage, running),
        arrived: isNew ? put(facts.arrived, key, since) : facts.arrived,
      };
    }
    case 'stopped':
      return { ...facts, running: without(facts.running, observation.stage) };
    case 'pods':
      return { ...facts, pods: { ready: observation.ready, all: observation.all } };
    case 'parts':
      return { ...facts, down: observation.down };
  }
}

function put<K, V>(map: ReadonlyMap<K, V>, key: K, value: V): ReadonlyMap<K, V> {
  return new Map(map).set(key, value);
}

function without<K, V>(map: ReadonlyMap<K, V>, key: K): ReadonlyMap<K, V> {
  return new Map([...map].filter(([candidate]) => candidate !== key));
}

/** What was seen when it was pushed stays: it knows that moment, where a list of commits knows when they were made. */
function mergeCommits(
  known: readonly CommitSeen[],
  seen: readonly CommitSeen[],
  complete: boolean,
): readonly CommitSeen[] {
  const before = new Map(known.map((commit) => [commit.revision, commit]));
  const merged = seen.map((commit) => (complete ? (before.get(commit.revision) ?? commit) : commit));
  const fresh = new Set(seen.map(({ revision }) => revision));
  const kept = complete ? [] : known.filter(({ revision }) => !fresh.has(revision));
  return [...merged, ...kept].slice(0, MOST_COMMITS);
}

/** A revision that was built again has its newest build. */
function mergeBuilds(
  known: ReadonlyMap<string, BuildSeen>,
  seen: readonly BuildSeen[],
  complete: boolean,
): ReadonlyMap<string, BuildSeen> {
  const merged = new Map(complete ? [] : known);
  for (const build of seen) {
    const other = merged.get(build.revision);
    if (other === undefined || other.number <= build.number) {
      // A list of builds does not tell their stages: those that were seen stay.
      const stages = build.stages.length > 0 ? build.stages : (known.get(build.revision)?.stages ?? []);
      merged.set(build.revision, { ...build, stages });
    }
  }
  return merged;
}

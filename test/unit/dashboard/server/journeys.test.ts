import { describe, expect, test } from 'vitest';
import type { Journey } from '../../../../src/dashboard/model/loop.ts';
import type { BuildSeen, CommitSeen, Observation } from '../../../../src/dashboard/model/observations.ts';
import { journeysOf } from '../../../../src/dashboard/server/journeys.ts';
import { noFacts, reduce, type Facts } from '../../../../src/dashboard/server/reduce.ts';
import { viewOf } from '../../../../src/dashboard/server/view.ts';

const application = 'storefront';
const revision = 'a'.repeat(40);
const older = 'b'.repeat(40);
const gitops = 'c'.repeat(40);
const merge = 'd'.repeat(40);

const at = (second: number) => new Date(Date.UTC(2026, 10, 25, 12, 0, second)).toISOString();
const commit = (sha: string, extra: Partial<CommitSeen> = {}): CommitSeen => ({
  revision: sha,
  subject: 'Another colour',
  author: 'anna',
  branch: 'main',
  at: at(0),
  ...extra,
});
const build = (sha: string, extra: Partial<BuildSeen> = {}): BuildSeen => ({
  branch: 'main',
  number: 7,
  revision: sha,
  building: false,
  result: 'SUCCESS',
  started: Date.parse(at(1)),
  duration: 900,
  stages: [],
  ...extra,
});

const pushed: Observation = { type: 'commits', commits: [commit(revision)], complete: false };
const built: Observation = { type: 'builds', builds: [build(revision)], complete: false };
const image: Observation = { type: 'image', revision, at: at(2) };
const delivered: Observation = {
  type: 'deliveries',
  deliveries: [{ stage: 'staging', revision, commit: gitops, at: at(3) }],
  complete: false,
};
const synced = (stage: string, sha: string): Observation => ({
  type: 'application',
  application: {
    name: `${application}-${stage}`,
    stage,
    sync: 'Synced',
    health: 'Healthy',
    history: [{ revision: sha, deployedAt: at(4) }],
  },
});
const runs = (stage: string, sha: string, since?: string): Observation => ({
  type: 'running',
  running: {
    stage,
    revision: sha,
    image: 'registry/storefront',
    ready: since === undefined ? 0 : 1,
    wanted: 1,
    ...(since === undefined ? {} : { since }),
  },
});
const proposed = (state: 'open' | 'closed' | 'merged'): Observation => ({
  type: 'pulls',
  pulls: [
    {
      number: 3,
      title: 'Promote',
      head: `promote/${application}-${revision.slice(0, 7)}`,
      state,
      createdAt: at(6),
      ...(state === 'open' ? {} : { endedAt: at(7) }),
      ...(state === 'merged' ? { mergeCommit: merge } : {}),
    },
  ],
  complete: false,
});

function factsOf(...observations: readonly Observation[]): Facts {
  return observations.reduce(reduce, noFacts);
}

function newest(...observations: readonly Observation[]): Journey {
  const [journey] = journeysOf(factsOf(...observations), application);
  if (journey === undefined) throw new Error('there is no journey');
  return journey;
}

/** `id state` of the stop where the commit is. */
function place({ stops, at: index }: Journey): string {
  const stop = stops[index];
  return `${stop?.id ?? ''} ${stop?.state ?? ''}`;
}

describe('the way of one commit', () => {
  test('a push is on its way to the CI server at once', () => {
    const journey = newest(pushed);
    expect(journey).toMatchObject({ revision, state: 'travelling', subject: 'Another colour' });
    expect(place(journey)).toBe('build active');
    expect(journey.stops[0]).toMatchObject({ id: 'push', state: 'done', at: at(0) });
  });

  test('a build shows the stage that it is in', () => {
    const stages = [
      { name: 'Check', status: 'SUCCESS', started: 0, duration: 1 },
      { name: 'Image', status: 'IN_PROGRESS', started: 0, duration: 1 },
    ];
    const journey = newest(pushed, {
      type: 'builds',
      builds: [build(revision, { building: true, result: null, stages })],
      complete: false,
    });
    expect(journey.stops[1]).toMatchObject({ state: 'active', detail: 'Image' });
    expect(place(journey)).toBe('image active');
  });

  test('a build that fails ends the journey where it failed, with the reason', () => {
    const stages = [{ name: 'Validate', status: 'FAILED', started: 0, duration: 1, error: 'port 8O' }];
    const journey = newest(pushed, {
      type: 'builds',
      builds: [build(revision, { result: 'FAILURE', stages })],
      complete: false,
    });
    expect(journey.state).toBe('failed');
    expect(place(journey)).toBe('build failed');
    expect(journey.stops[1]?.detail).toBe('port 8O');
  });

  test('it goes from the image by the GitOps commit and the sync to the pods of staging', () => {
    expect(place(newest(pushed, built, image))).toBe('image done');
    expect(place(newest(pushed, built, image, delivered))).toBe('staging/sync active');
    expect(place(newest(pushed, built, image, delivered, synced('staging', gitops)))).toBe(
      'staging/run active',
    );
    const arrived = newest(
      pushed,
      built,
      image,
      delivered,
      synced('staging', gitops),
      runs('staging', revision, at(5)),
    );
    expect(place(arrived)).toBe('staging/run done');
    expect(arrived.stops.find(({ id }) => id === 'staging/run')).toMatchObject({ at: at(5) });
  });

  describe('where somebody has added a stage', () => {
    const toQa: Observation = {
      type: 'deliveries',
      deliveries: [{ stage: 'qa', revision, commit: merge, at: at(4) }],
      complete: false,
    };
    const bothCommits: Observation = {
      type: 'commits',
      commits: [commit(revision), commit(older)],
      complete: true,
    };
    const stopsOf = (journey: Journey | undefined) =>
      journey?.stops.flatMap(({ id, state }) => (id.startsWith('qa/') ? [`${id} ${state}`] : []));

    test('it comes by there as by the others, between staging and production', () => {
      const facts = [pushed, built, image, delivered, synced('staging', gitops), toQa];
      const begun = newest(...facts, synced('qa', gitops));
      expect(begun.stops.map(({ id }) => id)).toEqual([
        'push',
        'build',
        'image',
        'staging/commit',
        'staging/sync',
        'staging/run',
        'qa/commit',
        'qa/sync',
        'qa/run',
        'production/pull',
        'production/sync',
        'production/run',
      ]);
      expect(stopsOf(begun)).toEqual(['qa/commit done', 'qa/sync active', 'qa/run pending']);
      const arrived = newest(...facts, synced('qa', merge), runs('qa', revision, at(6)));
      expect(stopsOf(arrived)).toEqual(['qa/commit done', 'qa/sync done', 'qa/run done']);
      expect(arrived.stops.find(({ id }) => id === 'qa/run')).toMatchObject({ label: 'qa', at: at(6) });
    });

    test('a commit from before has no stop there, and one that is new has it from the beginning', () => {
      const [first, second] = journeysOf(
        factsOf(
          bothCommits,
          built,
          { type: 'builds', builds: [build(older)], complete: false },
          toQa,
          synced('qa', merge),
        ),
        application,
      );
      expect(stopsOf(first)).toHaveLength(3);
      expect(stopsOf(second)).toEqual([]);
      const fresh = commit('e'.repeat(40), { at: at(9) });
      const [next] = journeysOf(
        factsOf(bothCommits, toQa, synced('qa', merge), {
          type: 'commits',
          commits: [fresh],
          complete: false,
        }),
        application,
      );
      expect(stopsOf(next)).toEqual(['qa/commit pending', 'qa/sync pending', 'qa/run pending']);
    });

    test('an application to which the pipeline delivers nothing is no stage', () => {
      expect(stopsOf(newest(pushed, built, synced('qa', merge)))).toEqual([]);
    });
  });

  const inStaging = [
    pushed,
    built,
    image,
    delivered,
    synced('staging', gitops),
    runs('staging', revision, at(5)),
  ];

  test('the pull request waits for a person', () => {
    const journey = newest(...inStaging, proposed('open'));
    expect(journey.state).toBe('waiting');
    expect(place(journey)).toBe('production/pull waiting');
  });

  test('a merged one arrives in production', () => {
    expect(place(newest(...inStaging, proposed('merged')))).toBe('production/sync active');
    const journey = newest(
      ...inStaging,
      proposed('merged'),
      synced('production', merge),
      runs('production', revision, at(9)),
    );
    expect(journey.state).toBe('arrived');
    expect(place(journey)).toBe('production/run done');
  });

  test('a closed one ends the journey without production', () => {
    const journey = newest(...inStaging, proposed('closed'));
    expect(journey.state).toBe('arrived');
    expect(journey.stops.slice(-3).map(({ state }) => state)).toEqual(['passed', 'passed', 'passed']);
  });

  test('a pod that does not come up fails it with what the operator says', () => {
    const journey = newest(pushed, built, image, delivered, runs('staging', revision), {
      type: 'application',
      application: {
        name: 'storefront-staging',
        stage: 'staging',
        sync: 'Synced',
        health: 'Degraded',
        message: 'the image does not exist',
        history: [{ revision: gitops, deployedAt: at(4) }],
      },
    });
    expect(place(journey)).toBe('staging/run failed');
    expect(journey.stops.find(({ id }) => id === 'staging/run')?.detail).toBe('the image does not exist');
  });

  test('a sync that fails says so', () => {
    const journey = newest(pushed, built, image, delivered, {
      type: 'application',
      application: {
        name: 'storefront-staging',
        stage: 'staging',
        sync: 'OutOfSync',
        health: 'Healthy',
        operation: { phase: 'Failed', revision: gitops, startedAt: at(4), message: 'no such kind' },
        history: [],
      },
    });
    expect(place(journey)).toBe('staging/sync failed');
  });

  test('a commit of another branch is built, and goes no further', () => {
    const branch = { branch: 'try' };
    const journey = newest(
      { type: 'commits', commits: [commit(revision, branch)], complete: false },
      { type: 'builds', builds: [build(revision, branch)], complete: false },
      image,
    );
    expect(journey.stops.map(({ id }) => id)).toEqual(['push', 'build', 'image']);
    expect(journey.state).toBe('arrived');
  });
});

describe('several commits', () => {
  test('one that a newer one has overtaken will not come any more', () => {
    const facts = factsOf(
      { type: 'commits', commits: [commit(revision), commit(older)], complete: true },
      { type: 'builds', builds: [build(older, { number: 6 }), build(revision)], complete: true },
      runs('staging', revision, at(5)),
    );
    const [, second] = journeysOf(facts, application);
    expect(second?.revision).toBe(older);
    expect(second?.stops.find(({ id }) => id === 'staging/run')?.state).toBe('passed');
  });

  test('one that was pushed below another travels with it, and is not shown by itself', () => {
    const facts = factsOf(
      { type: 'commits', commits: [commit(revision), commit(older)], complete: true },
      built,
    );
    expect(journeysOf(facts, application).map((journey) => journey.revision)).toEqual([revision]);
  });

  test('what is not in Git any more is forgotten, as after a reset', () => {
    const facts = factsOf(pushed, built, { type: 'commits', commits: [commit(older)], complete: true });
    expect(journeysOf(facts, application).map((journey) => journey.revision)).toEqual([older]);
  });

  test('the moment of a push is kept when the list of commits tells whole seconds', () => {
    const seen = commit(revision, { at: '2026-11-25T12:00:00.345Z' });
    const facts = factsOf(
      { type: 'commits', commits: [seen], complete: false },
      { type: 'commits', commits: [commit(revision)], complete: true },
    );
    expect(facts.commits[0]?.at).toBe('2026-11-25T12:00:00.345Z');
  });

  test('the newest build of a commit counts', () => {
    const facts = factsOf(
      pushed,
      { type: 'builds', builds: [build(revision, { number: 8, result: 'FAILURE' })], complete: false },
      { type: 'builds', builds: [build(revision, { number: 7 })], complete: false },
    );
    expect(journeysOf(facts, application)[0]?.stops[1]).toMatchObject({ title: 'build 8', state: 'failed' });
  });
});

describe('the stations', () => {
  const station = (id: string, ...observations: readonly Observation[]) =>
    viewOf(factsOf(...observations), application).stations.find((candidate) => candidate.id === id);

  test('one is busy while a commit is there', () => {
    expect(station('ci', pushed)).toMatchObject({ state: 'busy' });
    expect(station('ci', pushed, built)).toMatchObject({ state: 'quiet', line: 'build 7: success' });
  });

  test('one that does not answer says so, the GitOps repository with its server', () => {
    const silent: Observation = { type: 'parts', down: { git: 'connection refused' } };
    expect(station('git', silent)).toMatchObject({ state: 'down' });
    expect(station('gitops', silent)).toMatchObject({ state: 'down' });
    expect(station('ci', silent)).toMatchObject({ state: 'quiet' });
  });

  test('the GitOps repository counts what waits for review', () => {
    expect(station('gitops', proposed('open'))).toMatchObject({ line: '1 pull request to review' });
    expect(station('gitops', proposed('merged'))).toMatchObject({ line: 'nothing waits' });
  });

  test('stages show what they run', () => {
    const { stages } = viewOf(
      factsOf(synced('staging', gitops), synced('production', merge), runs('staging', revision, at(5))),
      application,
    );
    expect(stages).toEqual([
      expect.objectContaining({ stage: 'staging', revision, ready: 1, wanted: 1, health: 'Healthy' }),
    ]);
  });
});

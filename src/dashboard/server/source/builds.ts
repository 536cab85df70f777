import { branchJob, revisionOf, type Build, type Stage } from '../../../clients/jenkins.ts';
import type { BuildSeen } from '../../model/observations.ts';
import { lookRepeatedly, Pause, type Watch } from './watch.ts';

/** Milliseconds between two looks: while something is built or awaited, and otherwise. */
const QUICK = 120;
const SLOW = 4000;
/** So long after a push a build is expected. */
const EXPECTED = 15_000;
const BUILDS = 15;
const IMAGE_STAGE = 'Image';

export interface BuildWatch {
  /** A commit was pushed: a build is to be expected. */
  expect(): void;
}

/**
 * Follows the builds of every branch of the application. Jenkins tells nobody, so it is asked.
 * @param taken is called when builds are gone, as after a reset: what they were made of may be gone as well
 */
export function watchBuilds(watch: Watch, taken: () => void): BuildWatch {
  const { playground, signal } = watch;
  const { ci, registry, config } = playground;
  const { application, organization } = config;
  const repository = `${organization}/${application}`;
  const pause = new Pause();
  /** The newest build of each branch, as `number result`, when it was looked at last. */
  const known = new Map<string, string>();
  const building = new Map<string, number>();
  let expectedUntil = 0;
  let first = true;

  const seen = async (branch: string, build: Build): Promise<BuildSeen[]> => {
    const revision = revisionOf(build, repository);
    // Until the build has checked out its commit nobody knows whose it is.
    if (revision === undefined) return [];
    const stages = (await ci.stages(branchJob(application, branch), build.number)) ?? [];
    if (stages.some(({ name, status }) => name === IMAGE_STAGE && status === 'SUCCESS'))
      await image(revision);
    const { number, result, timestamp, duration } = build;
    return [
      {
        branch,
        number,
        revision,
        building: build.building,
        result,
        started: timestamp,
        duration,
        stages: stages.map(stageSeen),
      },
    ];
  };
  const images = new Set<string>();
  const image = async (revision: string) => {
    if (images.has(revision)) return;
    if ((await registry.resolve(repository, revision)) === undefined) return;
    images.add(revision);
    watch.observe({ type: 'image', revision, at: new Date().toISOString() });
    watch.changed('images');
  };
  const loadAll = async (branches: readonly string[]) => {
    const lists = await Promise.all(
      branches.map(async (branch) => {
        const builds = (await ci.builds(branchJob(application, branch), BUILDS)) ?? [];
        return builds.map((build) => ({ branch, build }));
      }),
    );
    const builds = lists.flat().flatMap(({ branch, build }): BuildSeen[] => {
      const revision = revisionOf(build, repository);
      const { number, result, timestamp, duration } = build;
      if (revision === undefined) return [];
      return [
        {
          branch,
          number,
          revision,
          building: build.building,
          result,
          started: timestamp,
          duration,
          stages: [],
        },
      ];
    });
    watch.observe({ type: 'builds', complete: true, builds });
    const tags = await registry.tags(repository);
    watch.observe({ type: 'images', revisions: tags.filter((tag) => /^[0-9a-f]{40}$/.test(tag)) });
    images.clear();
    for (const tag of tags) images.add(tag);
  };

  const look = async () => {
    const jobs = (await ci.jobs([application])) ?? [];
    const states = jobs.map(
      ({ branch, lastBuild }) => [branch, `${lastBuild?.number ?? 0} ${lastBuild?.result ?? ''}`] as const,
    );
    const changed = states.filter(([branch, state]) => known.get(branch) !== state).map(([branch]) => branch);
    const gone = [...known.keys()].some((branch) => !states.some(([name]) => name === branch));
    // Fewer builds than before: somebody has deleted some, as `reset` does.
    const fewer = states.some(
      ([branch, state]) => Number.parseInt(state, 10) < Number.parseInt(known.get(branch) ?? '0', 10),
    );
    if (gone || fewer) taken();
    if (first || gone || fewer) await loadAll(jobs.map(({ branch }) => branch));
    for (const branch of new Set([...changed, ...building.keys()])) {
      const builds = (await ci.builds(branchJob(application, branch), 2)) ?? [];
      const lists = await Promise.all(builds.map((build) => seen(branch, build)));
      watch.observe({ type: 'builds', complete: false, builds: lists.flat().reverse() });
      const running = builds.find((build) => build.building);
      if (running === undefined) building.delete(branch);
      else building.set(branch, running.number);
    }
    if (changed.length > 0 || building.size > 0 || gone || fewer) watch.changed('builds');
    known.clear();
    for (const [branch, state] of states) known.set(branch, state);
    first = false;
  };
  void lookRepeatedly(signal, look, () =>
    pause.wait(building.size > 0 || Date.now() < expectedUntil ? QUICK : SLOW, signal),
  );

  return {
    expect() {
      expectedUntil = Date.now() + EXPECTED;
      pause.end();
    },
  };
}

function stageSeen({ name, status, startTimeMillis, durationMillis, error }: Stage) {
  return {
    name,
    status,
    started: startTimeMillis,
    duration: durationMillis,
    ...(error === undefined ? {} : { error }),
  };
}

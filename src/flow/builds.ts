import { branchJob, revisionOf, type Build, type JobPath, type Stage } from '../clients/jenkins.ts';
import { waitFor, type Look } from '../lib/wait.ts';
import type { Playground } from './playground.ts';

/** Numbers of the builds of each branch of the application's job. */
export type BuildNumbers = Readonly<Record<string, readonly number[]>>;

const ALL = 1000;

export async function buildNumbers({ ci, config }: Playground): Promise<BuildNumbers> {
  const branches = (await ci.jobs([config.application])) ?? [];
  const numbers = await Promise.all(
    branches.map(async ({ branch }) => {
      const builds = (await ci.builds(branchJob(config.application, branch), ALL)) ?? [];
      return [branch, builds.map(({ number }) => number)] as const;
    }),
  );
  return Object.fromEntries(numbers);
}

/** Takes back what waits, and ends what runs. Gives when nothing builds any more. */
export async function stopBuilds({ ci, config }: Playground): Promise<void> {
  // A Jenkins that is there already may have work of others.
  for (const item of await ci.queue([config.application])) await ci.cancelQueueItem(item);
  for (const { branch } of (await ci.jobs([config.application])) ?? []) {
    const job = branchJob(config.application, branch);
    const running = ((await ci.builds(job, ALL)) ?? []).filter(({ building }) => building);
    for (const { number } of running) await ci.stop(job, number);
    for (const { number } of running) {
      const look = async (): Promise<Look<undefined>> => {
        const ended = (await ci.build(job, number))?.building !== true;
        return ended ? { done: true, value: undefined } : { done: false, seen: 'it is still running' };
      };
      await waitFor(look, { what: `build ${number} of ${branch} to end`, limit: 30_000, interval: 25 });
    }
  }
}

/** Deletes every build that is not among these. */
export async function deleteOtherBuilds(playground: Playground, kept: BuildNumbers): Promise<void> {
  const { ci, config } = playground;
  for (const [branch, numbers] of Object.entries(await buildNumbers(playground))) {
    for (const number of numbers) {
      if (kept[branch]?.includes(number) !== true)
        await ci.deleteBuild(branchJob(config.application, branch), number);
    }
  }
}

const OBTAINED = /^Obtained .+ from ([0-9a-f]{40,64})\r?$/m;
/** So many of the newest builds without a commit have their logs read. */
const MOST_READ = 3;

/**
 * The build of a commit among those of a job, newest first. One that waits for its agent, or has failed before its checkout, tells no
 * commit of the repository; its log says from which one its Jenkinsfile is.
 * @param repository as `organization/name`.
 */
export async function buildOf(
  ci: Pick<Playground['ci'], 'console'>,
  job: JobPath,
  builds: readonly Build[],
  repository: string,
  revision: string,
): Promise<Build | undefined> {
  const told = builds.find((build) => revisionOf(build, repository) === revision);
  if (told !== undefined) return told;
  const silent = builds.filter((build) => revisionOf(build, repository) === undefined);
  for (const build of silent.slice(0, MOST_READ)) {
    if (OBTAINED.exec(await ci.console(job, build.number))?.[1] === revision) return build;
  }
  return undefined;
}

const SKIPPED = /^(?:\[[^\]]*\] )?Stage "(.+)" skipped due to /gm;

/**
 * The stages of a build. Jenkins tells those that it skips after a failure as failed too, or after a stop as aborted; its log knows
 * better, and here they were not executed.
 */
export async function stagesOf(
  ci: Pick<Playground['ci'], 'stages' | 'console'>,
  job: JobPath,
  { number, building }: Pick<Build, 'number' | 'building'>,
): Promise<Stage[]> {
  const stages = (await ci.stages(job, number)) ?? [];
  const isBroken = ({ status }: Stage) => status === 'FAILED' || status === 'ABORTED';
  if (building || stages.filter(isBroken).length < 2) return stages;
  const log = await ci.console(job, number);
  const skipped = new Set([...log.matchAll(SKIPPED)].map(([, name]) => name));
  return stages.map((stage) =>
    isBroken(stage) && skipped.has(stage.name) ? { ...stage, status: 'NOT_EXECUTED' } : stage,
  );
}

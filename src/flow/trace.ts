import { branchJob, type Build } from '../clients/jenkins.ts';
import type { GitCommit as Commit } from '../clients/git-server.ts';
import type { KubernetesClient } from '../clients/kubernetes.ts';
import { conditionOf, podType, type Pod } from '../clients/kubernetes-objects.ts';
import { readVersion } from '../clients/application.ts';
import { PlaygroundError } from '../lib/errors.ts';
import { shortRevision } from '../lib/ids.ts';
import { listApplications, readApplications, type Application } from './applications.ts';
import { buildOf, stagesOf } from './builds.ts';
import { isAway } from './explain.ts';
import { mainBranch, repositoryNames, type Stage } from './names.ts';
import { seenFromHere, type Playground } from './playground.ts';
import { findPromotion } from './promote.ts';

/** One thing that happened to a commit on its way. */
export interface TraceStep {
  readonly id: string;
  readonly title: string;
  readonly state: 'done' | 'failed' | 'running' | 'missing';
  /** When it began, ISO 8601. */
  readonly at?: string;
  /** Milliseconds. */
  readonly duration?: number | undefined;
  readonly detail?: string;
}

export interface Trace {
  readonly revision: string;
  readonly subject: string;
  /** The branch on which the CI server has built it. */
  readonly branch?: string;
  readonly steps: readonly TraceStep[];
}

/**
 * The way of a commit of the application through the loop, put together from what the standard APIs know.
 * @param commit a commit id or its beginning; the newest of the main branch when it is absent.
 * @throws PlaygroundError `unknown-commit`.
 */
export async function traceCommit(playground: Playground, commit: string | undefined): Promise<Trace> {
  const found = await findCommit(playground, commit);
  const revision = found.sha;
  const [build, cluster] = await Promise.all([findBuild(playground, revision), playground.cluster()]);
  const [built, proposed, staging, production] = await Promise.all([
    buildSteps(playground, build),
    promotionSteps(playground, revision),
    stageSteps(playground, cluster, 'staging', revision),
    stageSteps(playground, cluster, 'production', revision),
  ]);
  const pushed: TraceStep = {
    id: 'push',
    title: 'commit',
    state: 'done',
    at: iso(found.commit.committer.date),
  };
  return {
    revision,
    subject: found.commit.message.split('\n')[0] ?? '',
    ...(build === undefined ? {} : { branch: build.branch }),
    steps: withoutStepsBack([pushed, ...built, ...staging, ...proposed, ...production]),
  };
}

/**
 * Git, Kubernetes and Argo CD tell times in whole seconds, the others in milliseconds. Where a whole second makes a step seem to
 * come before the one that caused it, it gets that one's time.
 */
export function withoutStepsBack<T extends { readonly at?: string }>(steps: readonly T[]): T[] {
  let latest = '';
  return steps.map((step) => {
    if (step.at === undefined) return step;
    const back = Date.parse(latest) - Date.parse(step.at);
    const at = step.at.endsWith('.000Z') && back > 0 && back < 1000 ? latest : step.at;
    if (at > latest) latest = at;
    return { ...step, at };
  });
}

/** The time between two instants; undefined where both are in whole seconds and the same, which says nothing. */
function between(from: string, to: string): number | undefined {
  const took = Date.parse(to) - Date.parse(from);
  return took > 0 ? took : undefined;
}

async function findCommit({ git, config }: Playground, commit: string | undefined): Promise<Commit> {
  const { organization, application } = config;
  const [found] = await git
    .listCommits(organization, application, { sha: commit ?? mainBranch, limit: 1 })
    .catch((error: unknown): Commit[] => {
      // What no branch and no commit is called like is refused by some Git servers, and not found by others.
      if (isAway(error)) throw error;
      return [];
    });
  if (found !== undefined) return found;
  throw new PlaygroundError({
    code: 'unknown-commit',
    message:
      commit === undefined ? 'the application has no commit yet' : `${application} has no commit "${commit}"`,
    hint: 'name a commit of the application, as `git log` shows it, or none for the newest',
  });
}

async function findBuild(
  { ci, config }: Playground,
  revision: string,
): Promise<{ branch: string; build: Build } | undefined> {
  const repository = `${config.organization}/${config.application}`;
  const branches = ((await ci.jobs([config.application])) ?? []).map(({ branch }) => branch);
  // A branch may begin with a commit that was built on the main branch, and deployed from there.
  branches.sort((a, b) => Number(b === mainBranch) - Number(a === mainBranch));
  for (const branch of branches) {
    const job = branchJob(config.application, branch);
    const builds = (await ci.builds(job, 50)) ?? [];
    const build = await buildOf(ci, job, builds, repository, revision);
    if (build !== undefined) return { branch, build };
  }
  return undefined;
}

async function buildSteps(
  { ci, config }: Playground,
  found: { branch: string; build: Build } | undefined,
): Promise<TraceStep[]> {
  if (found === undefined)
    return [{ id: 'build', title: 'build', state: 'missing', detail: 'the CI server has no build of it' }];
  const { branch, build } = found;
  const parts = await stagesOf(ci, branchJob(config.application, branch), build);
  const states = {
    SUCCESS: 'done',
    UNSTABLE: 'done',
    IN_PROGRESS: 'running',
    PAUSED_PENDING_INPUT: 'running',
  } as const;
  const state = build.building ? 'running' : build.result === 'SUCCESS' ? 'done' : 'failed';
  const webhook: TraceStep = {
    id: 'webhook',
    title: 'CI server told',
    state: 'done',
    at: iso(build.timestamp),
    detail: build.causes.join(', '),
  };
  const whole: TraceStep = {
    id: 'build',
    title: `build ${build.number} of ${branch}`,
    state,
    at: iso(build.timestamp),
    ...(build.building ? {} : { duration: build.duration }),
    detail: build.url,
  };
  return [
    webhook,
    whole,
    ...parts
      .filter(({ status }) => status !== 'NOT_EXECUTED')
      .map(({ name, status, startTimeMillis, durationMillis, error }): TraceStep => ({
        id: `build/${name}`,
        title: `  ${name}`,
        state: status in states ? states[status as keyof typeof states] : 'failed',
        at: iso(startTimeMillis),
        duration: durationMillis,
        ...(error === undefined ? {} : { detail: error }),
      })),
  ];
}

async function promotionSteps(playground: Playground, revision: string): Promise<TraceStep[]> {
  const pull = await findPromotion(playground, revision);
  if (pull === undefined) return [{ id: 'pull-request', title: 'pull request', state: 'missing' }];
  const opened: TraceStep = {
    id: 'pull-request',
    title: `pull request ${pull.number} opened`,
    state: 'done',
    at: iso(pull.created_at),
    detail: seenFromHere(playground.endpoints.git, pull.html_url),
  };
  if (pull.merged_at !== null) {
    return [
      opened,
      { id: 'merge', title: `pull request ${pull.number} merged`, state: 'done', at: iso(pull.merged_at) },
    ];
  }
  return [
    opened,
    {
      id: 'merge',
      title: 'merge',
      state: 'missing',
      detail: pull.state === 'open' ? 'it waits for review' : 'closed without a merge',
    },
  ];
}

async function stageSteps(
  playground: Playground,
  cluster: KubernetesClient,
  stage: Stage,
  revision: string,
): Promise<TraceStep[]> {
  const missing: TraceStep[] = [{ id: `${stage}/sync`, title: `${stage}: sync`, state: 'missing' }];
  const commit = await gitopsCommit(playground, stage, revision);
  if (commit === undefined) return missing;
  const image = /^Image: (\S+)$/m.exec(commit.commit.message)?.[1];
  const written: TraceStep = {
    id: `${stage}/commit`,
    title: `${stage}: GitOps commit`,
    state: 'done',
    at: iso(commit.commit.committer.date),
    detail: `${shortRevision(commit.sha)} sets ${image?.replace(/^.*@(sha256:.{12}).*$/, '$1') ?? 'no image'}`,
  };
  const merged = stage === 'production' ? await mergeCommit(playground, revision) : commit.sha;
  if (merged === undefined) return missing;
  const application = (await listApplications(cluster, playground.config.operator)).find(
    ({ spec }) => spec.destination.namespace === stage,
  );
  const sync =
    application === undefined ? undefined : syncOf(application, merged, commit.commit.committer.date);
  if (application === undefined || sync === undefined) return [written, ...missing];
  const synced: TraceStep = {
    id: `${stage}/sync`,
    title: `${stage}: sync`,
    state: 'done',
    at: iso(sync.deployStartedAt ?? sync.deployedAt),
    duration: between(sync.deployStartedAt ?? sync.deployedAt, sync.deployedAt),
    detail: application.metadata.name,
  };
  return [written, synced, ...(await runningSteps(playground, cluster, stage, revision, image))];
}

/** The first commit of the GitOps repository in which the stage names this commit of the application. */
async function gitopsCommit(
  { git, config }: Playground,
  stage: Stage,
  revision: string,
): Promise<Commit | undefined> {
  const { organization, application } = config;
  const path = `${stage}/${application}`;
  const commits = await git.listCommits(organization, repositoryNames.gitops, {
    sha: mainBranch,
    path,
    limit: 50,
  });
  return commits.find(({ commit }) => commit.message.includes(`Revision: ${revision}`));
}

/** The commit by which the pull request for production came to the main branch. */
async function mergeCommit(playground: Playground, revision: string): Promise<string | undefined> {
  return (await findPromotion(playground, revision))?.merge_commit_sha ?? undefined;
}

/** The sync that brought a commit: of that very revision, or the first one after it where several came at once. */
function syncOf({ status }: Application, revision: string, committed: string) {
  const history = status?.history ?? [];
  return (
    history.find((entry) => entry.revision === revision) ??
    history.find((entry) => Date.parse(entry.deployedAt) > Date.parse(committed))
  );
}

async function runningSteps(
  playground: Playground,
  cluster: KubernetesClient,
  stage: Stage,
  revision: string,
  image: string | undefined,
): Promise<TraceStep[]> {
  const { items } = await cluster.list<Pod>(podType, { namespace: stage });
  const pod = items.find(({ spec }) => spec.containers.some((container) => container.image === image));
  const condition = conditionOf(pod?.status?.conditions, 'Ready');
  const ready = condition?.status === 'True' ? condition.lastTransitionTime : undefined;
  if (pod === undefined || ready === undefined)
    return [{ id: `${stage}/pod`, title: `${stage}: pod ready`, state: 'missing' }];
  const created = pod.metadata.creationTimestamp ?? ready;
  const step: TraceStep = {
    id: `${stage}/pod`,
    title: `${stage}: pod ready`,
    state: 'done',
    at: iso(ready),
    duration: between(created, ready),
    detail: pod.metadata.name,
  };
  const application = (
    await readApplications(cluster, playground.endpoints, playground.config.operator)
  ).find((candidate) => candidate.stage === stage);
  const version =
    application === undefined || application.url === '' ? undefined : await readVersion(application.url);
  const answers = typeof version === 'object' && version.revision === revision;
  const answer: TraceStep = answers
    ? {
        id: `${stage}/answer`,
        title: `${stage}: answers`,
        state: 'done',
        at: iso(ready),
        detail: application?.url ?? '',
      }
    : {
        id: `${stage}/answer`,
        title: `${stage}: answers`,
        state: 'missing',
        detail: typeof version === 'string' ? version : 'another commit answers',
      };
  return [step, answer];
}

function iso(time: string | number): string {
  return new Date(time).toISOString();
}

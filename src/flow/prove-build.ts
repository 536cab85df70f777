import { gitPages } from '../clients/git-pages.ts';
import { repositoryRoot } from '../clients/git-server.ts';
import { branchJob, revisionOf, type Build } from '../clients/jenkins.ts';
import { commandFor } from '../lib/command-line.ts';
import { PlaygroundError } from '../lib/errors.ts';
import { asRevision, shortRevision, type Revision } from '../lib/ids.ts';
import { waitFor, WaitTimeout, type Look } from '../lib/wait.ts';
import { AgentPods } from './agents.ts';
import { buildOf } from './builds.ts';
import { failedDelivery, type FailedDelivery } from './deliveries.ts';
import { mainBranch } from './names.ts';
import { paceOf } from './pace.ts';
import { patientLook } from './patience.ts';
import type { Playground } from './playground.ts';
import type { TaskContext } from './task.ts';
import { ciHookUrl } from './wire.ts';

/** Milliseconds after which the Git server is asked what became of a webhook that led to no build, and again. */
const ASK_GIT_EVERY = 1000;
/** Milliseconds between two looks at the stages of a build, which only people are told of. */
const STAGES_EVERY = 100;
/** Milliseconds between two looks at the pod that a build without a stage waits for. */
const AGENTS_EVERY = 3000;

/** The newest commit of the application, which has to be seen in both stages. */
export async function pendingRevision({ git, config }: Playground): Promise<Revision> {
  const branch = await git.findBranch(config.organization, config.application, mainBranch);
  if (branch === undefined) throw new Error('the application has no main branch');
  return asRevision(branch.commit.id);
}

/**
 * Waits until the CI server has built the newest commit.
 * @param options.again whether a build of it that failed before this wait is built once more: whoever runs `up` again has mended
 * what was wrong, or it was something that passes.
 * @throws PlaygroundError `build-failed` with the end of its log, `build-missing`, `webhook-failed` when the CI server was
 * never told of the commit, `agent-failed` when the pods that it waits for fail one after the other.
 */
export async function awaitBuild(
  playground: Playground,
  context: TaskContext,
  { again = false }: { readonly again?: boolean } = {},
): Promise<void> {
  const revision = await pendingRevision(playground);
  const { ci, config } = playground;
  const job = branchJob(config.application, mainBranch);
  const repository = `${config.organization}/${config.application}`;
  let askAt = performance.now() + ASK_GIT_EVERY;
  let told = '';
  let stagesAt = 0;
  let stageSeen = 'runs';
  let agentsAt = 0;
  const agents = new AgentPods(playground);
  const newest = new NewestBuild();
  /** Number of a failed build after which another one was asked for. */
  let repeated = 0;
  const look = async (): Promise<Look<Build>> => {
    const builds = ((await ci.builds(job, 10)) ?? []).filter(({ number }) => number > repeated);
    newest.see(builds[0]?.number ?? repeated);
    const build =
      (await buildOf(ci, job, builds, repository, revision)) ??
      endedBeforeCheckout(builds, repository, (number) => newest.isFresh(number));
    if (build === undefined) {
      if (performance.now() >= askAt) {
        askAt = performance.now() + ASK_GIT_EVERY;
        const failed = await failedDelivery(playground, config.application, ciHookUrl(playground));
        if (failed?.final === true) throw webhookFailed(playground, failed);
        told = failed === undefined ? '' : `; the webhook to ${failed.url} got: ${failed.answer}`;
      }
      return { done: false, seen: `no build of ${shortRevision(revision)} among ${builds.length}${told}` };
    }
    if (
      !build.building &&
      again &&
      repeated === 0 &&
      build.result !== 'SUCCESS' &&
      newest.isOld(build.number)
    ) {
      repeated = build.number;
      await ci.trigger(job);
      context.progress(`build ${build.number} had failed, it is built again`);
      return { done: false, seen: `build ${build.number} had failed, and another one was asked for` };
    }
    if (!build.building) return { done: true, value: build };
    if (performance.now() >= stagesAt) {
      stagesAt = performance.now() + STAGES_EVERY;
      const stage = (await ci.stages(job, build.number))?.at(-1);
      if (stage !== undefined) stageSeen = `is in stage ${stage.name}`;
      else if (performance.now() >= agentsAt) {
        agentsAt = performance.now() + AGENTS_EVERY;
        const blocked = await agents.blocked();
        stageSeen = blocked === undefined ? 'runs' : `waits for ${blocked}`;
        const hopeless = agents.hopeless();
        if (hopeless !== undefined) throw agentFailed(playground, build.number, hopeless);
      }
      context.progress(`build ${build.number} ${stageSeen}`);
    }
    return { done: false, seen: `build ${build.number} ${stageSeen}` };
  };
  const { limit, returnLimit, look: interval } = paceOf(playground.endpoints);
  const wait = {
    what: `the build of ${shortRevision(revision)}`,
    limit,
    interval,
    signal: context.signal,
  };
  const build = await waitFor(patientLook('the CI server', returnLimit, look), wait).catch(
    (error: unknown) => {
      const root = repositoryRoot(config.gitServer, playground.endpoints.git.url);
      const page = `${root}/${repository}/${gitPages(config.gitServer).hooks}`;
      // SCM-Manager keeps no record of what became of a webhook.
      const hooks =
        config.gitServer === 'gitea'
          ? `, and what became of the webhook: ${page}`
          : `, and gitops-playground logs git; its webhooks: ${page}`;
      if (!(error instanceof WaitTimeout)) throw error;
      throw new PlaygroundError({
        code: 'build-missing',
        message: error.message,
        hint: `see: gitops-playground logs ci${hooks}; then go on from here: ${commandFor('up', config.name)}`,
        cause: error,
      });
    },
  );
  if (build.result === 'SUCCESS') return;
  const tail = (await ci.console(job, build.number)).trimEnd().split('\n').slice(-12).join('\n  ');
  throw new PlaygroundError({
    code: 'build-failed',
    message: `build ${build.number} of ${config.application} ended as ${build.result ?? 'unknown'}:\n  ${tail}`,
    hint: `the whole log: ${build.url}console; when it is mended, this builds it again: ${commandFor('up', config.name)}`,
  });
}

function agentFailed({ config }: Playground, build: number, reason: string): PlaygroundError {
  return new PlaygroundError({
    code: 'agent-failed',
    message: `build ${build} of ${config.application} gets no pod that works, ${reason}`,
    hint: `see: ${commandFor('logs ci', config.name)}; when it is mended, go on from here: ${commandFor('up', config.name)}`,
  });
}

/** Milliseconds for which a build that was there from the beginning has to stay the newest one to count as that of the commit. */
const UNDISTURBED = 15_000;

/** Which builds have begun since a wait did, or are the last word on what there is to build. */
class NewestBuild {
  #first: number | undefined;
  #newest = 0;
  #since = 0;

  see(number: number): void {
    this.#first ??= number;
    if (number === this.#newest) return;
    this.#newest = number;
    this.#since = performance.now();
  }

  /** Whether it was there when the wait began. */
  isOld(number: number): boolean {
    return number <= (this.#first ?? 0);
  }

  isFresh(number: number): boolean {
    return number > (this.#first ?? 0) || performance.now() - this.#since > UNDISTURBED;
  }
}

/**
 * The newest build, where it has failed before it checked out the application: a Jenkinsfile that does not compile, or a library that
 * is not there, leaves no word of the commit that it was for.
 */
function endedBeforeCheckout(
  [newest]: readonly Build[],
  repository: string,
  isFresh: (number: number) => boolean,
): Build | undefined {
  if (newest === undefined || newest.building || newest.result === 'SUCCESS') return undefined;
  return revisionOf(newest, repository) === undefined && isFresh(newest.number) ? newest : undefined;
}

function webhookFailed({ config }: Playground, { url, answer }: FailedDelivery): PlaygroundError {
  return new PlaygroundError({
    code: 'webhook-failed',
    message: `the commit is pushed, and the CI server does not know of it: the webhook to ${url} got: ${answer}`,
    hint: `all that was made is kept; see what is wrong there (gitops-playground logs ci), then go on from here: ${commandFor('up', config.name)}`,
  });
}

import { readVersion } from '../clients/application.ts';
import { commandFor } from '../lib/command-line.ts';
import { PlaygroundError } from '../lib/errors.ts';
import { shortRevision } from '../lib/ids.ts';
import { waitFor, WaitTimeout, type Look } from '../lib/wait.ts';
import { isWell, readApplications } from './applications.ts';
import { findBlockedPod, type BlockedPod } from './blocked-pods.ts';
import type { Stage } from './names.ts';
import { paceOf } from './pace.ts';
import { patientLook } from './patience.ts';
import type { Playground } from './playground.ts';
import { pendingRevision } from './prove-build.ts';
import type { TaskContext } from './task.ts';

/** So long the first pods of a stage may be without an image that the build has just pushed, in milliseconds; a registry may begin anew. */
const IMAGE_LIMIT = 120_000;
const PODS_EVERY = 1000;

/**
 * Waits until a stage answers over HTTP with the newest commit, with all of its pods: what comes next should find nothing
 * under way.
 * @throws PlaygroundError `stage-silent` with what was seen last, `image-unreachable` when the nodes cannot have the image.
 */
export async function awaitStage(playground: Playground, stage: Stage, context: TaskContext): Promise<void> {
  const revision = await pendingRevision(playground);
  await awaitAnswer(
    playground,
    stage,
    { revision, well: true },
    revisionWait(playground, stage, revision),
    context,
  );
}

/** Waits until a stage answers over HTTP with this commit. */
export async function awaitRevision(
  playground: Playground,
  stage: Stage,
  revision: string,
  context: TaskContext,
): Promise<void> {
  await awaitAnswer(playground, stage, { revision }, revisionWait(playground, stage, revision), context);
}

function revisionWait({ endpoints }: Playground, stage: Stage, revision: string): Wait {
  return { what: `${stage} to answer with ${shortRevision(revision)}`, limit: paceOf(endpoints).limit };
}

/** Whether a stage answers over HTTP now, in whichever revision. */
export async function answersNow(playground: Playground, stage: Stage): Promise<boolean> {
  return (await lookAt(playground, stage, {})).done;
}

/**
 * Waits until a stage that was proven once answers again, in whichever revision: after a restart its pods begin anew.
 * @throws PlaygroundError `stage-silent` with what was seen last.
 */
export async function awaitReturn(playground: Playground, stage: Stage, context: TaskContext): Promise<void> {
  const what = `${stage} to answer again`;
  await awaitAnswer(
    playground,
    stage,
    {},
    { what, limit: paceOf(playground.endpoints).returnLimit },
    context,
  );
}

/** What is expected of a stage beside an answer. */
interface Wanted {
  /** The commit that it answers with; any unless told. */
  readonly revision?: string;
  /** Whether its Application has to be synced and healthy too. */
  readonly well?: boolean;
}

interface Wait {
  readonly what: string;
  readonly limit: number;
}

async function awaitAnswer(
  playground: Playground,
  stage: Stage,
  wanted: Wanted,
  wait: Wait,
  { progress, signal }: TaskContext,
): Promise<void> {
  const pods = new PodsOnTheirWay(playground, stage);
  const look = async (): Promise<Look<undefined>> => {
    const found = await lookAt(playground, stage, wanted);
    if (found.done) return found;
    const blocked = await pods.blocked();
    if (blocked !== undefined && wanted.well === true && pods.withoutImageFor() > IMAGE_LIMIT)
      throw imageUnreachable(playground, stage, blocked);
    const seen =
      blocked === undefined ? found.seen : `${found.seen}; its pod ${blocked.name}: ${blocked.reason}`;
    progress(seen);
    return { done: false, seen };
  };
  const { look: interval, returnLimit } = paceOf(playground.endpoints);
  await waitFor(patientLook('the cluster', returnLimit, look), { ...wait, interval, signal }).catch(
    (error: unknown) => {
      if (!(error instanceof WaitTimeout)) throw error;
      throw new PlaygroundError({
        code: 'stage-silent',
        message: error.message,
        hint: 'see: gitops-playground status, and gitops-playground logs gitops; reset brings back the seeded state',
        cause: error,
      });
    },
  );
}

/** The pods of a stage that is waited for, which are looked at less often than its answer. */
class PodsOnTheirWay {
  readonly #playground: Playground;
  readonly #stage: Stage;
  #next = performance.now() + PODS_EVERY;
  #blocked: BlockedPod | undefined;
  #withoutImageSince: number | undefined;

  constructor(playground: Playground, stage: Stage) {
    this.#playground = playground;
    this.#stage = stage;
  }

  /** One that does not start, as of the last look. */
  async blocked(): Promise<BlockedPod | undefined> {
    if (performance.now() < this.#next) return this.#blocked;
    this.#next = performance.now() + PODS_EVERY;
    this.#blocked = await findBlockedPod(await this.#playground.cluster(), this.#stage);
    this.#withoutImageSince =
      this.#blocked?.withoutImage === true ? (this.#withoutImageSince ?? performance.now()) : undefined;
    return this.#blocked;
  }

  /** Milliseconds for which an image could not be had. */
  withoutImageFor(): number {
    return this.#withoutImageSince === undefined ? 0 : performance.now() - this.#withoutImageSince;
  }
}

function imageUnreachable(
  { config, endpoints }: Playground,
  stage: Stage,
  { name, reason }: BlockedPod,
): PlaygroundError {
  return new PlaygroundError({
    code: 'image-unreachable',
    message: `the image is built and pushed, but the nodes cannot have it for ${stage}; pod ${name}: ${reason}`,
    hint: `nodes have to reach the registry as ${endpoints.registry.host}, by plain HTTP; when they do, go on from here: ${commandFor('up', config.name)}`,
  });
}

async function lookAt(
  playground: Playground,
  stage: Stage,
  { revision, well = false }: Wanted,
): Promise<Look<undefined>> {
  const [application] = await readApplications(
    await playground.cluster(),
    playground.endpoints,
    playground.config.operator,
    stage,
  );
  if (application === undefined) return { done: false, seen: `no Application for ${stage}` };
  const { name, url, sync, health, message } = application;
  const why = message === undefined ? '' : ` (${message})`;
  const state = `${name} is ${sync} and ${health}${why}`;
  if (url === '') return { done: false, seen: `${state}, and has no address yet` };
  const version = await readVersion(url);
  if (typeof version === 'string') return { done: false, seen: `${state}: ${version}` };
  const right = version.stage === stage && (revision === undefined || version.revision === revision);
  if (right && (!well || isWell(application))) return { done: true, value: undefined };
  return { done: false, seen: `${state}, and answers with ${shortRevision(version.revision)}` };
}

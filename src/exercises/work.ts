import { explainPart } from '../flow/explain.ts';
import { paceOf } from '../flow/pace.ts';
import type { Playground } from '../flow/playground.ts';
import { everyTime, type Task } from '../flow/task.ts';
import { PlaygroundError, messageOf } from '../lib/errors.ts';
import { waitFor, WaitTimeout, type Look as Seen } from '../lib/wait.ts';
import { runChecks, type CheckResult } from './checks.ts';
import type { Exercise } from './exercise.ts';
import { progressOf, readProgress, recordProgress } from './progress.ts';
import type { Site } from './site.ts';
import type { Step } from './steps/step.ts';

/** A step of a starting state or a solution, as it is shown. */
export interface StepNews {
  readonly number: number;
  readonly of: number;
  readonly title: string;
  /** What a person would type or click. */
  readonly typed: readonly string[];
}

export interface CheckReport {
  readonly exercise: string;
  readonly solved: boolean;
  readonly checks: readonly CheckResult[];
}

export interface Hint {
  /** From 1. */
  readonly number: number;
  readonly of: number;
  readonly text: string;
}

/** How long the loop may take after the last step of a solution, where the parts are processes of this machine. */
const SETTLE_MS = 30_000;

function siteOf(playground: Playground, { files }: Exercise, signal: AbortSignal): Site {
  return { playground, files, signal };
}

/** @throws PlaygroundError `exercise-unfit` where the exercise says why it cannot be done on this engine, or with this operator or Git server. */
export function refuseUnfit(
  { id, except }: Pick<Exercise, 'id' | 'except'>,
  engine: string,
  { config: { operator, gitServer } }: Pick<Playground, 'config'>,
): void {
  const where = [
    { reason: except[engine], of: `on the engine ${engine}` },
    { reason: except[operator], of: `with the operator ${operator}` },
    { reason: except[gitServer], of: `with the Git server ${gitServer}` },
  ].find(({ reason }) => reason !== undefined);
  if (where?.reason === undefined) return;
  throw new PlaygroundError({
    code: 'exercise-unfit',
    message: `the exercise "${id}" cannot be done ${where.of}: ${where.reason}`,
    hint: 'choose another one: gitops-playground exercise list',
  });
}

type Tell = (news: StepNews) => void;

/** Brings the starting state on top of what is there: by commits and live changes, so that clones stay valid. */
export async function bringStart(
  playground: Playground,
  exercise: Exercise,
  signal: AbortSignal,
  tell: Tell,
): Promise<void> {
  await runSteps(exercise.start, siteOf(playground, exercise, signal), tell);
}

/** The same, as the participant's beginning of the exercise. */
export const startExercise: typeof bringStart = async (playground, exercise, signal, tell) => {
  await bringStart(playground, exercise, signal, tell);
  await recordProgress(playground.folder, { exercise: exercise.id, action: 'started' });
};

/**
 * The seeded state, and the exercise's starting state on top of it, which `start` brings.
 * @param reset the tasks that bring the seeded state.
 */
export function planGoto(
  playground: Playground,
  exercise: Exercise,
  reset: readonly Task[],
  start = startExercise,
): Task[] {
  return [
    ...reset,
    everyTime(
      'start',
      `Bring in the starting state of "${exercise.title}"`,
      ['verify'],
      ({ signal, progress }) =>
        start(playground, exercise, signal, ({ title }) => {
          progress(title);
        }),
    ),
  ];
}

/** Asks the live system whether the exercise is solved, and keeps the answer in the participant's progress. */
export async function checkExercise(
  playground: Playground,
  exercise: Exercise,
  signal: AbortSignal,
): Promise<CheckReport> {
  const report = await look(playground, exercise, signal);
  const failed = report.checks.filter(({ passed }) => !passed).map(({ title }) => title);
  await recordProgress(playground.folder, {
    exercise: exercise.id,
    action: 'checked',
    solved: report.solved,
    ...(failed.length === 0 ? {} : { detail: `not yet: ${failed.join('; ')}` }),
  });
  return report;
}

/** The next hint; the last one again when all were shown. */
export async function nextHint({ folder }: Playground, { id, hints }: Exercise): Promise<Hint> {
  const shown = progressOf(await readProgress(folder), id).hints;
  const number = Math.min(shown + 1, hints.length);
  if (shown < hints.length) {
    const detail = `hint ${number} of ${hints.length}`;
    await recordProgress(folder, { exercise: id, action: 'hinted', detail });
  }
  return { number, of: hints.length, text: hints[number - 1] ?? '' };
}

/**
 * Does what a participant would do, step by step, and waits until the checks hold.
 * @throws PlaygroundError `step-failed`, and `solution-wrong` when the checks do not hold afterwards.
 */
export async function doSolution(
  playground: Playground,
  exercise: Exercise,
  signal: AbortSignal,
  tell: Tell,
): Promise<CheckReport> {
  await runSteps(exercise.solution, siteOf(playground, exercise, signal), tell);
  return settled(playground, exercise, signal);
}

/** The same, for a participant, in whose progress it stands. */
export const solveExercise: typeof doSolution = async (playground, exercise, signal, tell) => {
  const report = await doSolution(playground, exercise, signal, tell);
  await recordProgress(playground.folder, { exercise: exercise.id, action: 'solved' });
  return report;
};

/** The checks without a trace in the progress. */
export async function look(
  playground: Playground,
  exercise: Exercise,
  signal: AbortSignal,
): Promise<CheckReport> {
  const checks = await runChecks(exercise.checks, siteOf(playground, exercise, signal));
  return { exercise: exercise.id, solved: checks.every(({ passed }) => passed), checks };
}

async function settled(
  playground: Playground,
  exercise: Exercise,
  signal: AbortSignal,
): Promise<CheckReport> {
  const once = async (): Promise<Seen<CheckReport>> => {
    const report = await look(playground, exercise, signal);
    if (report.solved) return { done: true, value: report };
    const open = report.checks.filter(({ passed }) => !passed);
    const seen = open.map(
      (each) => `\n  not yet: ${each.title}\n    seen ${each.seen}, expected ${each.expected}`,
    );
    return { done: false, seen: seen.join('') };
  };
  const { look: interval, times } = paceOf(playground.endpoints);
  const wait = { what: 'the checks to hold', limit: SETTLE_MS * times, interval, signal };
  return waitFor(once, wait).catch((error: unknown) => {
    if (!(error instanceof WaitTimeout)) throw error;
    throw new PlaygroundError({
      code: 'solution-wrong',
      message: `all steps of the solution of "${exercise.id}" were done, and it is not solved:${error.seen}`,
      hint: `mend the solution in its exercise.yaml; the state before it brings: gitops-playground exercise goto ${exercise.id}`,
      cause: error,
    });
  });
}

async function runSteps(steps: readonly Step[], site: Site, tell: Tell): Promise<void> {
  for (const [index, step] of steps.entries()) {
    site.signal.throwIfAborted();
    const place = { number: index + 1, of: steps.length };
    tell({ ...place, title: step.title, typed: step.typed(site) });
    try {
      await step.run(site);
    } catch (error) {
      site.signal.throwIfAborted();
      const known = error instanceof PlaygroundError ? error : explainPart(error);
      if (known === undefined) throw error;
      throw new PlaygroundError({
        code: 'step-failed',
        message: `step ${place.number} of ${place.of}, "${step.title}", failed: ${messageOf(known)}`,
        hint: known.hint ?? 'bring back everything: gitops-playground reset',
        cause: error,
      });
    }
  }
}

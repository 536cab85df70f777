import { join } from 'node:path';
import { PlaygroundError } from '../lib/errors.ts';
import { ensurePrivateDir, readFileIfExists } from '../lib/fs.ts';
import { Journal } from '../lib/journal.ts';

/** One thing that a participant did with an exercise. */
export interface ExerciseEvent {
  /** ISO 8601. */
  readonly time: string;
  /** Id of the exercise. */
  readonly exercise: string;
  /** `solved` is the work of `exercise solve`; a person's own success is a check with `solved: true`. */
  readonly action: 'started' | 'checked' | 'hinted' | 'solved';
  /** With `checked`: whether every check held. */
  readonly solved?: boolean;
  /** More for people: the checks that failed, the number of the hint. */
  readonly detail?: string;
}

export type ExerciseState = 'open' | 'started' | 'solved';

/** How far a participant is with one exercise, since it was started last. */
export interface ExerciseProgress {
  readonly state: ExerciseState;
  readonly startedAt?: string;
  readonly solvedAt?: string;
  /** How often it was checked. */
  readonly checks: number;
  /** How many hints were shown. */
  readonly hints: number;
}

function fileIn(folder: string): string {
  return join(folder, 'exercises', 'progress.jsonl');
}

/**
 * What happened with the exercises of a playground, the oldest first; nothing when none was started.
 * @param folder the playground's own folder (`Playground.folder`).
 * @throws PlaygroundError `progress-corrupt`.
 */
export async function readProgress(folder: string): Promise<readonly ExerciseEvent[]> {
  const file = fileIn(folder);
  const lines = ((await readFileIfExists(file)) ?? '').split('\n');
  // What stands behind the last line break is an event that a crash has cut off.
  return lines.slice(0, -1).map((line, index) => {
    try {
      return JSON.parse(line) as ExerciseEvent;
    } catch (error) {
      throw new PlaygroundError({
        code: 'progress-corrupt',
        message: `${file} is damaged at line ${index + 1}`,
        hint: 'remove that line; it only tells which exercises were started, checked and solved',
        cause: error,
      });
    }
  });
}

/** Adds one event. It is there as a whole or not at all, whoever else writes at the same time. */
export async function recordProgress(
  folder: string,
  event: Omit<ExerciseEvent, 'time'>,
  now: Date = new Date(),
): Promise<void> {
  const file = fileIn(folder);
  await ensurePrivateDir(join(folder, 'exercises'));
  const { journal } = Journal.open<ExerciseEvent>(file);
  try {
    journal.append({ time: now.toISOString(), ...event });
  } finally {
    journal.close();
  }
}

/** How far the participant is with an exercise. Starting it again begins it anew. */
export function progressOf(events: readonly ExerciseEvent[], exercise: string): ExerciseProgress {
  const own = events.filter((event) => event.exercise === exercise);
  const since = own.slice(
    Math.max(
      0,
      own.findLastIndex(({ action }) => action === 'started'),
    ),
  );
  const start = since.find(({ action }) => action === 'started');
  const success = since.find(({ action, solved }) => action === 'solved' || solved === true);
  return {
    state: success !== undefined ? 'solved' : start !== undefined ? 'started' : 'open',
    ...(start === undefined ? {} : { startedAt: start.time }),
    ...(success === undefined ? {} : { solvedAt: success.time }),
    checks: since.filter(({ action }) => action === 'checked').length,
    hints: since.filter(({ action }) => action === 'hinted').length,
  };
}

/** The exercise that was started last: what `check`, `hint` and `solve` mean when none is named. */
export function currentExercise(events: readonly ExerciseEvent[]): string | undefined {
  return events.findLast(({ action }) => action === 'started')?.exercise;
}

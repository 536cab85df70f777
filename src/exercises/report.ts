import { currentExercise, progressOf, type ExerciseEvent, type ExerciseProgress } from './progress.ts';

/** What a participant did with one exercise; counts are since it was started last. */
export interface ExerciseReport extends ExerciseProgress {
  readonly exercise: string;
  /** How often it was started. */
  readonly starts: number;
  /** Checks that did not hold yet. */
  readonly failedChecks: number;
  /** Who got it right: the participant, or `exercise solve`. */
  readonly solvedBy?: 'participant' | 'solution';
  /** Milliseconds from the start to the success. */
  readonly took?: number;
}

/** What happened with the exercises of one playground. */
export interface Report {
  readonly playground: string;
  /** ISO 8601. */
  readonly createdAt: string;
  /** The one that was started last and is not solved yet. */
  readonly current?: string;
  /** In the order in which they were touched first. */
  readonly exercises: readonly ExerciseReport[];
  /** Everything that was done, oldest first. */
  readonly events: readonly ExerciseEvent[];
}

/** Tells from the events of a playground which exercises were started, checked, hinted and solved, and when. */
export function reportOf(playground: string, events: readonly ExerciseEvent[], now: Date): Report {
  const ids = [...new Set(events.map(({ exercise }) => exercise))];
  const exercises = ids.map((exercise) => exerciseReport(exercise, events));
  const last = currentExercise(events);
  const current = exercises.find(({ exercise, state }) => exercise === last && state === 'started');
  return {
    playground,
    createdAt: now.toISOString(),
    ...(current === undefined ? {} : { current: current.exercise }),
    exercises,
    events,
  };
}

function exerciseReport(exercise: string, events: readonly ExerciseEvent[]): ExerciseReport {
  const own = events.filter((event) => event.exercise === exercise);
  const progress = progressOf(events, exercise);
  const { startedAt, solvedAt } = progress;
  const since = own.filter(({ time }) => startedAt === undefined || time >= startedAt);
  const success = since.find(({ action, solved }) => action === 'solved' || solved === true);
  return {
    exercise,
    ...progress,
    starts: own.filter(({ action }) => action === 'started').length,
    failedChecks: since.filter(({ action, solved }) => action === 'checked' && solved !== true).length,
    ...(success === undefined ? {} : { solvedBy: success.action === 'solved' ? 'solution' : 'participant' }),
    ...(startedAt === undefined || solvedAt === undefined
      ? {}
      : { took: Date.parse(solvedAt) - Date.parse(startedAt) }),
  };
}

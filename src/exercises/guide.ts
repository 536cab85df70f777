import type { Playground } from '../flow/playground.ts';
import { withPlaygroundLock } from '../lib/lock.ts';
import { findExercise, listExercises } from './library.ts';
import { progressOf, readProgress, type ExerciseState } from './progress.ts';
import { checkExercise, nextHint, refuseUnfit, startExercise, type CheckReport, type Hint } from './work.ts';

interface ExerciseEntry {
  readonly id: string;
  readonly title: string;
  readonly state: ExerciseState;
}

interface ExercisePage {
  readonly id: string;
  readonly title: string;
  readonly markdown: string;
  readonly hints: number;
  readonly hintsShown: number;
}

/** The exercises of a playground for whoever shows them, a page for example. */
export interface ExerciseGuide {
  list(): Promise<ExerciseEntry[]>;
  /** @throws PlaygroundError `unknown-exercise`, as all that take an id. */
  read(id: string): Promise<ExercisePage>;
  start(id: string): Promise<void>;
  check(id: string): Promise<CheckReport>;
  hint(id: string): Promise<Hint>;
}

export function createExerciseGuide(
  playground: Playground,
  engine: string = playground.config.engine,
): ExerciseGuide {
  const { folder, config } = playground;
  const { signal } = new AbortController();
  const find = (id: string) => findExercise(playground, id);
  return {
    async list() {
      const [exercises, events] = await Promise.all([listExercises(playground), readProgress(folder)]);
      return exercises.map(({ id, title }) => ({ id, title, state: progressOf(events, id).state }));
    },
    async read(name) {
      const { id, title, text, hints } = await find(name);
      const { hints: hintsShown } = progressOf(await readProgress(folder), id);
      return { id, title, markdown: text, hints: hints.length, hintsShown };
    },
    async start(name) {
      const exercise = await find(name);
      refuseUnfit(exercise, engine, playground);
      await withPlaygroundLock(config.name, () =>
        startExercise(playground, exercise, signal, () => undefined),
      );
    },
    check: async (name) => checkExercise(playground, await find(name), signal),
    hint: async (name) => nextHint(playground, await find(name)),
  };
}

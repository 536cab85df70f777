import type { Playground } from '../flow/playground.ts';
import { everyTime, runTasks, type Task, type TaskContext } from '../flow/task.ts';
import { PlaygroundError } from '../lib/errors.ts';
import type { Exercise } from './exercise.ts';
import { bringStart, doSolution, look, planGoto } from './work.ts';

/**
 * The proof of an exercise from a clean state: it starts, is unsolved, is solved by its solution, and is solved then.
 * @param reset the tasks that bring the seeded state.
 */
export function planValidation(playground: Playground, exercise: Exercise, reset: readonly Task[]): Task[] {
  return [
    everyTime('starts', 'Start it from the seeded state', [], (context) =>
      runInside(planGoto(playground, exercise, reset, bringStart), context),
    ),
    everyTime('unsolved', 'See that it is unsolved', ['starts'], async ({ signal }) => {
      if (!(await look(playground, exercise, signal)).solved) return;
      throw new PlaygroundError({
        code: 'exercise-solved-at-start',
        message: `"${exercise.id}" is solved before anybody has done anything: every check holds in its starting state`,
        hint: 'add a check that only the work of a participant makes true, or change the starting state',
      });
    }),
    everyTime('solved', 'Solve it, and see that it is solved', ['unsolved'], async ({ signal, progress }) => {
      await doSolution(playground, exercise, signal, ({ title }) => {
        progress(title);
      });
    }),
  ];
}

/** The end of a validation, however it went: the seeded state again. */
export function planAfterValidation(reset: readonly Task[]): Task[] {
  return [everyTime('resets', 'Reset to the seeded state', [], (context) => runInside(reset, context))];
}

/** Runs tasks as one step, which tells what they are at. */
async function runInside(tasks: readonly Task[], { progress, signal }: TaskContext): Promise<void> {
  await runTasks(
    tasks,
    (event) => {
      if (event.type === 'progress') progress(event.message);
    },
    signal,
  );
}

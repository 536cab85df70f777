import type { Engine } from '../engines/engine.ts';
import { PlaygroundError, messageOf } from '../lib/errors.ts';
import { planRestore, planSave } from './snapshots.ts';
import { runTasks } from './task.ts';

/** Begins with a dot, so no list shows it, nobody can have it as a name, and what a crash leaves of it is removed by the next save. */
const BEFORE = '.before';

/**
 * Does something that may turn out wrong, and then puts everything back as it was before, and says so. Where the engine cannot
 * copy its parts as a whole the work is only done.
 * @param tell is called when everything is about to be put back.
 */
export async function undoneOnFailure<T>(
  { engine, name, signal }: { readonly engine: Engine; readonly name: string; readonly signal: AbortSignal },
  work: () => Promise<T>,
  tell: () => void,
): Promise<T> {
  const { snapshots } = engine;
  if (snapshots === undefined) return work();
  const forget = () =>
    snapshots.delete(name, BEFORE).catch((error: unknown) => {
      if (!(error instanceof PlaygroundError && error.code === 'no-snapshot')) throw error;
    });
  const silently = () => undefined;
  await forget();
  try {
    await runTasks(planSave(engine, name, BEFORE, silently), silently, signal);
    return await work().catch(async (error: unknown) => {
      // Who interrupts wants it to end.
      if (signal.aborted) throw error;
      tell();
      await runTasks(planRestore(engine, name, BEFORE, silently), silently, signal).catch(
        (reason: unknown) => {
          throw new PlaygroundError({
            code: 'undo-failed',
            message: `${messageOf(error)}; and what was done cannot be taken back: ${messageOf(reason)}`,
            hint: `bring the seeded state back: gitops-playground reset --name ${name}`,
            cause: reason,
          });
        },
      );
      throw asBefore(error);
    });
  } finally {
    await forget();
  }
}

function asBefore(error: unknown): unknown {
  if (!(error instanceof PlaygroundError)) return error;
  const { code, message, hint, cause } = error;
  return new PlaygroundError({
    code,
    message: `${message}\neverything is as it was before`,
    ...(hint === undefined ? {} : { hint }),
    cause,
  });
}

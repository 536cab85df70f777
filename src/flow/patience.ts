import { messageOf } from '../lib/errors.ts';
import type { Look } from '../lib/wait.ts';
import { isAway } from './explain.ts';

/**
 * A look at a part that may begin anew meanwhile: while it is away, that is what is seen.
 * @param part as in "… does not answer".
 * @param limit milliseconds of silence in a row, after which what it failed with is thrown.
 */
export function patientLook<T>(
  part: string,
  limit: number,
  look: () => Promise<Look<T>>,
): () => Promise<Look<T>> {
  let silentSince: number | undefined;
  return async () => {
    try {
      const seen = await look();
      silentSince = undefined;
      return seen;
    } catch (error) {
      if (!isAway(error)) throw error;
      silentSince ??= performance.now();
      if (performance.now() - silentSince >= limit) throw error;
      return { done: false, seen: `${part} does not answer: ${messageOf(error)}` };
    }
  };
}

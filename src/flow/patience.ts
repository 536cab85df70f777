import type { Look } from '../lib/wait.ts';
import { isAway, stayedAway } from './explain.ts';

/**
 * A look at a part that may begin anew meanwhile: while it is away, that is what is seen.
 * @param part as in "… does not answer".
 * @param limit milliseconds of silence in a row that are waited for.
 * @throws PlaygroundError `part-silent` after that; whatever else `look` throws.
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
      const away = stayedAway(part, error);
      if (performance.now() - silentSince >= limit) throw away;
      return { done: false, seen: away.message };
    }
  };
}

import { waitFor } from '../../src/lib/wait.ts';
import { patiently } from './patience.ts';

/** Asks again until the answer is as it should be; a time-out tells the last answer. */
export async function eventually<T>(
  what: string,
  ask: () => Promise<T> | T,
  holds: (answer: T) => boolean,
  limit = 30_000,
): Promise<T> {
  return waitFor(
    async () => {
      const answer = await ask();
      return holds(answer)
        ? { done: true, value: answer }
        : { done: false, seen: JSON.stringify(answer)?.slice(0, 2000) ?? 'nothing' };
    },
    { what, limit: patiently(limit), interval: 50 },
  );
}

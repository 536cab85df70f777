import { setTimeout as delay } from 'node:timers/promises';

/** One look at the live system: the value once the condition holds, else what was seen instead. */
export type Look<T> =
  { readonly done: true; readonly value: T } | { readonly done: false; readonly seen: string };

export interface WaitOptions {
  /** What is waited for, as the object of "waiting for …". */
  readonly what: string;
  /** Milliseconds after which the wait gives up. */
  readonly limit: number;
  /** Milliseconds between two looks; 50 unless told. */
  readonly interval?: number;
  readonly signal?: AbortSignal | undefined;
}

/** Ran out of time; `seen` is the last state of the live system. */
export class WaitTimeout extends Error {
  readonly what: string;
  readonly seen: string;

  constructor(what: string, limit: number, seen: string) {
    super(`gave up waiting for ${what} after ${Math.round(limit / 100) / 10} s; last seen: ${seen}`);
    this.name = 'WaitTimeout';
    this.what = what;
    this.seen = seen;
  }
}

/**
 * Looks at a condition of the live system until it holds.
 * @throws WaitTimeout with the last state seen; whatever `look` throws; the signal's reason when aborted.
 */
export async function waitFor<T>(look: () => Promise<Look<T>> | Look<T>, options: WaitOptions): Promise<T> {
  const { what, limit, interval = 50, signal } = options;
  const deadline = Date.now() + limit;
  for (;;) {
    signal?.throwIfAborted();
    const result = await look();
    if (result.done) return result.value;
    if (Date.now() >= deadline) throw new WaitTimeout(what, limit, result.seen);
    await delay(Math.min(interval, Math.max(1, deadline - Date.now())), undefined, signal ? { signal } : {});
  }
}

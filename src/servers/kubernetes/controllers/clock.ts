/** Time as controllers see it, so that tests can turn it. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Calls `action` once after `ms` milliseconds unless the returned function is called before. */
  after(ms: number, action: () => void): () => void;
}

/** `setTimeout` cannot wait longer (it would fire at once). */
const LONGEST = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, action) {
    const timer = setTimeout(action, Math.min(Math.max(0, ms), LONGEST));
    return () => {
      clearTimeout(timer);
    };
  },
};

/** A time as the API writes it: RFC 3339 in whole seconds. */
export function timestamp(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
}

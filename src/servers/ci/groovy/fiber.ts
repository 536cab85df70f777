import type { Value } from './values.ts';

/**
 * Code in execution. It yields what it must wait for: a promise (a step at work) or another piece of code (a call),
 * so that pure code runs without promises and calls do not grow JavaScript's stack.
 */
export type Gen<T = Value> = Generator<Promise<unknown> | Gen<unknown>, T, unknown>;

const MAX_CALLS = 2000;
/** For how long code may run before others get the event loop, in milliseconds. */
const SLICE = 12;

/** Deeper recursion than a script may have; becomes java.lang.StackOverflowError. */
export class CallDepthExceeded extends Error {}

/** One line of execution: the script itself, the body of a step, a branch of `parallel`. */
export class Fiber {
  /** What the steps of this line of execution see; only the pipeline knows its type. */
  readonly context: unknown;
  readonly signal: AbortSignal;
  #ticks = 0;
  #sliceStart = performance.now();

  constructor(context: unknown, signal: AbortSignal) {
    this.context = context;
    this.signal = signal;
  }

  /** To be asked in every loop and call: whether it is time to `yield* pause()`. */
  due(): boolean {
    if (++this.#ticks % 256 !== 0) return false;
    return performance.now() - this.#sliceStart > SLICE;
  }

  /** Lets others run; throws the reason when the build was stopped meanwhile. */
  *pause(): Gen<void> {
    yield new Promise((resolve) => setImmediate(resolve));
    this.#sliceStart = performance.now();
    this.signal.throwIfAborted();
  }
}

/** Waits for a promise from inside of running code. */
export function* waitFor<T>(promise: Promise<T>): Gen<T> {
  return (yield promise) as T;
}

/** Runs `code` as a call: on the fiber's own stack. */
export function* enter<T>(code: Gen<T>): Gen<T> {
  return (yield code) as T;
}

/** Runs code to its end. */
export async function drive<T>(root: Gen<T>): Promise<T> {
  const callers: Gen<unknown>[] = [];
  let current: Gen<unknown> = root;
  let input: unknown;
  let failed = false;
  for (;;) {
    let state: IteratorResult<Promise<unknown> | Gen<unknown>, unknown>;
    try {
      if (failed) {
        failed = false;
        state = current.throw(input);
      } else state = current.next(input);
    } catch (error) {
      const caller = callers.pop();
      if (caller === undefined) throw error;
      current = caller;
      input = error;
      failed = true;
      continue;
    }
    if (state.done === true) {
      const caller = callers.pop();
      if (caller === undefined) return state.value as T;
      current = caller;
      input = state.value;
    } else if (state.value instanceof Promise) {
      try {
        input = await state.value;
      } catch (error) {
        input = error;
        failed = true;
      }
    } else if (callers.length >= MAX_CALLS) {
      input = new CallDepthExceeded('the script calls itself too deeply');
      failed = true;
    } else {
      callers.push(current);
      current = state.value;
      input = undefined;
    }
  }
}

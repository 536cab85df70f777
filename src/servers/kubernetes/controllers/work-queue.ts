import type { Log } from '../../../lib/log.ts';
import { messageOf } from '../../../lib/errors.ts';
import type { Clock } from './clock.ts';

export interface WorkQueueOptions {
  /** Who works, for the log. */
  readonly name: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Brings one object nearer to its desired state. Throwing means: try again later. */
  readonly reconcile: (key: string) => void;
}

const FIRST_RETRY = 5;
const LONGEST_RETRY = 60_000;

/**
 * Reconciles keys one after another. Keys that are added several times before their turn are worked on once; a
 * key that failed comes again after 5 ms, doubling up to a minute.
 */
export class WorkQueue {
  readonly #options: WorkQueueOptions;
  readonly #ready = new Set<string>();
  readonly #timers = new Map<string, { due: number; cancel: () => void }>();
  readonly #failures = new Map<string, number>();
  #turn: NodeJS.Immediate | undefined;
  #stopped = false;

  constructor(options: WorkQueueOptions) {
    this.#options = options;
  }

  add(key: string): void {
    if (this.#stopped) return;
    this.#ready.add(key);
    this.#turn ??= setImmediate(() => {
      this.#work();
    });
  }

  /** Adds the key in `ms` milliseconds; of several such wishes for a key the earliest counts. */
  addAfter(key: string, ms: number): void {
    if (this.#stopped) return;
    const { clock } = this.#options;
    const due = clock.now() + ms;
    const waiting = this.#timers.get(key);
    if (waiting !== undefined && waiting.due <= due) return;
    waiting?.cancel();
    const cancel = clock.after(ms, () => {
      this.#timers.delete(key);
      this.add(key);
    });
    this.#timers.set(key, { due, cancel });
  }

  stop(): void {
    this.#stopped = true;
    clearImmediate(this.#turn);
    for (const { cancel } of this.#timers.values()) cancel();
    this.#timers.clear();
    this.#ready.clear();
  }

  #work(): void {
    this.#turn = undefined;
    const keys = [...this.#ready];
    this.#ready.clear();
    for (const key of keys) {
      if (this.#stopped) return;
      try {
        this.#options.reconcile(key);
        this.#failures.delete(key);
      } catch (error) {
        this.#retryLater(key, error);
      }
    }
  }

  #retryLater(key: string, error: unknown): void {
    const { name, log } = this.#options;
    const failures = (this.#failures.get(key) ?? 0) + 1;
    this.#failures.set(key, failures);
    // A first failure is mostly a conflict with somebody else's write, which the next look mends.
    if (failures > 1) log.warn(`${name}: ${key}: ${messageOf(error)}`);
    this.addAfter(key, Math.min(LONGEST_RETRY, FIRST_RETRY * 2 ** (failures - 1)));
  }
}

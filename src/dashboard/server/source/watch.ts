import { setTimeout as delay } from 'node:timers/promises';
import type { Playground } from '../../../flow/playground.ts';
import type { Topic } from '../../model/loop.ts';
import type { Observation } from '../../model/observations.ts';

/** What the watchers of the parts share: the playground, where their observations go, and when they have to end. */
export interface Watch {
  readonly playground: Playground;
  readonly signal: AbortSignal;
  observe(observation: Observation): void;
  changed(...topics: readonly Topic[]): void;
}

/** Looks again and again. A part that does not answer is no reason to end: it is asked again later. */
export async function lookRepeatedly(
  signal: AbortSignal,
  look: () => Promise<void>,
  pause: () => Promise<void>,
): Promise<void> {
  while (!signal.aborted) {
    await look().catch(() => undefined);
    await pause();
  }
}

/** A pause that something may end early. */
export class Pause {
  #wake: AbortController | undefined;

  /** Ends the pause that is under way. */
  end(): void {
    this.#wake?.abort();
  }

  async wait(milliseconds: number, signal: AbortSignal): Promise<void> {
    const wake = new AbortController();
    this.#wake = wake;
    await delay(milliseconds, undefined, { signal: AbortSignal.any([signal, wake.signal]) }).catch(
      () => undefined,
    );
  }
}

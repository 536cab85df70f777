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
  #wake = (): void => undefined;

  /** Ends the pause that is under way. */
  end(): void {
    this.#wake();
  }

  wait(milliseconds: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      const timer = setTimeout(wake, milliseconds);
      signal.addEventListener('abort', wake);
      this.#wake = wake;
      if (signal.aborted) wake();
    });
  }
}

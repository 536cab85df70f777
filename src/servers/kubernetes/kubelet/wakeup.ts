import type { Clock } from '../controllers/clock.ts';

/** A sleep that can be cut short. */
export class Wakeup {
  #wake: (() => void) | undefined;

  sleep(clock: Clock, ms: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = clock.after(ms, () => {
        this.#wake = undefined;
        resolve();
      });
      this.#wake = () => {
        cancel();
        this.#wake = undefined;
        resolve();
      };
    });
  }

  wake(): void {
    this.#wake?.();
  }
}

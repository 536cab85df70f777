/** One subscriber's place in the queue. */
export interface Subscription {
  push(delivery: () => void): void;
  /** Nothing is delivered any more, not even what is queued. */
  end(): void;
}

/** Delivers in order, in a later microtask and never inside another delivery. */
export class EventQueue {
  #deliveries: (() => void)[] = [];
  #scheduled = false;
  #closed = false;

  add(): Subscription {
    let ended = false;
    return {
      push: (delivery) => {
        this.#deliveries.push(() => {
          if (!ended) delivery();
        });
        this.#schedule();
      },
      end: () => {
        ended = true;
      },
    };
  }

  close(): void {
    this.#closed = true;
    this.#deliveries = [];
  }

  #schedule(): void {
    if (this.#scheduled || this.#closed) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#deliver();
    });
  }

  #deliver(): void {
    const deliveries = this.#deliveries;
    this.#deliveries = [];
    this.#scheduled = false;
    deliveries.forEach((delivery, i) => {
      if (this.#closed) return;
      try {
        delivery();
      } catch (error) {
        // A listener that throws is a bug, but the events after it still belong to the others.
        this.#deliveries.unshift(...deliveries.slice(i + 1));
        deliveries.length = i + 1;
        if (this.#deliveries.length > 0) this.#schedule();
        throw error;
      }
    });
  }
}

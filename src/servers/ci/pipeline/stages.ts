import type { BuildResult, PipelineHost, StageReport } from './host.ts';
import { worst } from './results.ts';

/** A stage from its begin to its end; tells the host of every change. */
export class StageRecord {
  readonly id: string;
  readonly name: string;
  readonly parent: StageRecord | undefined;
  readonly #host: PipelineHost;
  readonly #start = Date.now();
  #result: BuildResult = 'SUCCESS';
  #ended = false;

  constructor(host: PipelineHost, id: string, name: string, parent: StageRecord | undefined) {
    this.id = id;
    this.name = name;
    this.parent = parent;
    this.#host = host;
    this.#report('IN_PROGRESS');
  }

  get result(): BuildResult {
    return this.#result;
  }

  /** Makes the stage, and those around it, at least this bad. */
  worsen(result: BuildResult): void {
    this.#result = worst(this.#result, result);
    this.parent?.worsen(result === 'NOT_BUILT' ? 'SUCCESS' : result);
  }

  /** Makes only this stage so bad: `catchError(stageResult: …)`. */
  mark(result: BuildResult): void {
    this.#result = worst(this.#result, result);
  }

  /** Runs something that waits for a person: the stage shows it. */
  async paused<T>(wait: () => Promise<T>): Promise<T> {
    this.#report('PAUSED_PENDING_INPUT');
    try {
      return await wait();
    } finally {
      if (!this.#ended) this.#report('IN_PROGRESS');
    }
  }

  end(result: BuildResult, error?: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#result = worst(this.#result, result);
    this.#report(this.#result, error);
  }

  #report(status: StageReport['status'], error?: string): void {
    this.#host.onStage({
      id: this.id,
      name: this.name,
      parent: this.parent?.id,
      status,
      startTime: this.#start,
      durationMillis:
        status === 'IN_PROGRESS' || status === 'PAUSED_PENDING_INPUT' ? 0 : Date.now() - this.#start,
      ...(error === undefined ? {} : { error }),
    });
  }
}

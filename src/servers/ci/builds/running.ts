import type { BuildRecord } from '../model.ts';
import { StepFailure } from '../pipeline/host.ts';
import { Inputs } from './inputs.ts';
import type { BuildLog } from './log.ts';
import type { Root } from './services.ts';

/** Why a build is stopped: becomes the reason of its abort signal. */
class BuildStopped extends StepFailure {
  constructor(message: string) {
    super(message, 'ABORTED');
    this.name = 'BuildStopped';
  }
}

/** A build while it runs. */
export class RunningBuild {
  readonly pipeline: string;
  readonly number: number;
  readonly log: BuildLog;
  readonly inputs = new Inputs();
  readonly roots = new Set<Root>();
  /** Where this build writes to: commit, test counts, artifacts and the like. */
  readonly update: (change: Partial<BuildRecord>) => void;
  readonly #controller = new AbortController();
  readonly #afterwards = new AbortController();
  #killed: () => void = () => undefined;
  /** Resolves when the build has to end without waiting for what it does. */
  readonly killed = new Promise<void>((resolve) => {
    this.#killed = resolve;
  });
  /** Resolves when the build is over and recorded. */
  finished: Promise<void> = Promise.resolve();

  constructor(build: BuildRecord, log: BuildLog, update: (change: Partial<BuildRecord>) => void) {
    this.pipeline = build.pipeline;
    this.number = build.number;
    this.log = log;
    this.update = update;
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Aborted when the build is stopped once more: then its `post` sections end as well. */
  get afterwards(): AbortSignal {
    return this.#afterwards.signal;
  }

  stop(reason: string): void {
    const controller = this.signal.aborted ? this.#afterwards : this.#controller;
    if (controller.signal.aborted) return;
    this.log.line(reason);
    controller.abort(new BuildStopped(reason));
  }

  /** Like `stop`, and does not wait for what will not end. */
  kill(reason: string): void {
    this.stop(reason);
    this.#afterwards.abort(this.signal.reason);
    this.#killed();
  }
}

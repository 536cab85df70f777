import type { Builds } from './builds/builds.ts';
import { StepFailure, type BuildResult, type PipelineValue } from './pipeline/host.ts';
import type { BuildRecord, Cause, ParameterDefinition, QueueItem } from './model.ts';
import type { Store } from './store.ts';

export interface BuildRequest {
  readonly cause: Cause;
  readonly revision?: string | undefined;
  readonly parameters?: Readonly<Record<string, PipelineValue>>;
  readonly script?: string;
}

/** Cancelled items that are still answered for. */
const REMEMBERED = 100;

/**
 * The queue, without a quiet period: an item becomes a build at once, unless the pipeline does not build concurrently and is
 * being built. Items are on disk before `schedule` returns.
 */
export class Queue {
  readonly #store: Store;
  readonly #builds: Builds;
  readonly #cancelled = new Map<number, QueueItem>();
  #paused = true;

  constructor(store: Store, builds: Builds) {
    this.#store = store;
    this.#builds = builds;
    builds.onFinished(() => {
      this.#pump();
    });
  }

  /** Items wait until the server is ready, and again from when it closes. */
  pause(paused: boolean): void {
    this.#paused = paused;
    if (!paused) this.#pump();
  }

  /** Queues a build. A waiting item for the same thing is taken instead, as Jenkins does. */
  schedule(pipeline: string, request: BuildRequest): QueueItem {
    const parameters = request.parameters ?? {};
    const same = this.#store
      .queue()
      .find(
        (item) =>
          item.pipeline === pipeline &&
          item.script === undefined &&
          request.script === undefined &&
          JSON.stringify(item.parameters) === JSON.stringify(parameters),
      );
    if (same !== undefined && same.revision === request.revision) return same;
    if (same !== undefined) this.cancel(same.id);
    const record = this.#store.pipeline(pipeline);
    const item = this.#store.enqueue({
      pipeline,
      revision: request.revision ?? record?.head?.revision,
      causes: [...(same?.causes ?? []), request.cause],
      parameters: withDefaults(parameters, record?.properties.parameters ?? []),
      since: Date.now(),
      ...(request.script === undefined ? {} : { script: request.script }),
    });
    if (record?.properties.abortPrevious === true) {
      for (const running of this.#builds.runningOf(pipeline)) running.stop('Superseded by a newer build');
    }
    this.#pump();
    return item;
  }

  cancel(id: number): boolean {
    const item = this.#store.queueItem(id);
    if (item === undefined) return false;
    this.#store.unqueue(id);
    this.#cancelled.set(id, item);
    const [oldest] = this.#cancelled.keys();
    if (this.#cancelled.size > REMEMBERED && oldest !== undefined) this.#cancelled.delete(oldest);
    return true;
  }

  cancelled(id: number): QueueItem | undefined {
    return this.#cancelled.get(id);
  }

  /** Why an item waits, in Jenkins's words. */
  why(item: QueueItem): string {
    const running = this.#builds.runningOf(item.pipeline)[0];
    return running === undefined
      ? 'Waiting for the server to become ready'
      : `Build #${running.number} is already in progress`;
  }

  /** The build that an item becomes; undefined when the item is cancelled. @throws the signal's reason. */
  async buildOf(id: number, signal: AbortSignal): Promise<BuildRecord | undefined> {
    for (;;) {
      const build = this.#store.buildOfQueueItem(id);
      if (build !== undefined || this.#store.queueItem(id) === undefined) return build;
      await once(this.#store, 'queue', signal);
    }
  }

  /** The result of a build when it is over. */
  async resultOf(build: BuildRecord, signal: AbortSignal): Promise<BuildResult> {
    for (;;) {
      const current = this.#store.build(build.pipeline, build.number);
      if (current === undefined) throw new StepFailure(`build #${build.number} was deleted`);
      if (current.result !== null) return current.result;
      await once(this.#store, 'build', signal);
    }
  }

  #pump(): void {
    if (this.#paused) return;
    for (const item of this.#store.queue()) {
      const pipeline = this.#store.pipeline(item.pipeline);
      const done = this.#store.buildOfQueueItem(item.id) !== undefined;
      if (pipeline === undefined || done) {
        // Killed between the build's first record and the removal of its item.
        this.#store.unqueue(item.id);
        continue;
      }
      const busy = this.#builds.runningOf(item.pipeline).length > 0;
      if (pipeline.disabled || (pipeline.properties.disableConcurrentBuilds && busy)) continue;
      this.#builds.start(item);
      this.#store.unqueue(item.id);
    }
  }
}

function withDefaults(
  given: Readonly<Record<string, PipelineValue>>,
  definitions: readonly ParameterDefinition[],
): Record<string, PipelineValue> {
  const values: Record<string, PipelineValue> = { ...given };
  for (const { name, type, defaultValue } of definitions) {
    values[name] ??= defaultValue;
    if (type === 'BooleanParameterDefinition')
      values[name] = values[name] === true || values[name] === 'true';
  }
  return values;
}

function once(store: Store, event: 'queue' | 'build', signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const leave = () => {
      store.off(event, go);
      signal.removeEventListener('abort', stop);
    };
    const go = () => {
      leave();
      resolve();
    };
    const stop = () => {
      leave();
      reject(signal.reason instanceof Error ? signal.reason : new StepFailure('aborted', 'ABORTED'));
    };
    signal.throwIfAborted();
    store.once(event, go);
    signal.addEventListener('abort', stop, { once: true });
  });
}

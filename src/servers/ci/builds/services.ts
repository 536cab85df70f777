import type { BuildResult, PipelineValue, StepContext } from '../pipeline/host.ts';
import { StepFailure } from '../pipeline/host.ts';
import type { CredentialStore } from '../credentials.ts';
import type { Mirrors } from '../git/mirror.ts';
import type { TestCounts } from '../model.ts';
import type { BuildLog } from './log.ts';
import type { Inputs } from './inputs.ts';
import type { ProcessBook } from './processes.ts';

/** A folder that a step may use, with its companion for scripts and secret files. */
export interface Root {
  readonly folder: string;
  readonly temporary: string;
}

/** What one build lends to its steps. */
export interface BuildServices {
  readonly pipeline: string;
  readonly number: number;
  /** The build's own folder: archive, stashes, test report. */
  readonly folder: string;
  readonly log: BuildLog;
  readonly credentials: CredentialStore;
  readonly mirrors: Mirrors;
  readonly gitEnv: Readonly<Record<string, string>>;
  readonly processes: ProcessBook;
  readonly cookie: string;
  readonly inputs: Inputs;
  readonly locks: Locks;
  /** The workspaces that the build holds at the moment. */
  readonly roots: Set<Root>;
  /** The build becomes at least this bad, without failing the step. */
  worsen(result: BuildResult): void;
  addCheckout(checkout: { remote: string; revision: string; branch: string }): void;
  addArtifacts(artifacts: readonly { path: string; size: number }[]): void;
  addTests(counts: TestCounts): void;
  /** The revisions of the last build, and of the last successful one, of the same pipeline. */
  previousRevisions(remote: string): {
    readonly last: string | undefined;
    readonly lastSuccessful: string | undefined;
  };
  /** Queues a build of another job, and gives its result when it is over. */
  runJob(
    name: string,
    parameters: Readonly<Record<string, PipelineValue>>,
    wait: boolean,
    signal: AbortSignal,
  ): Promise<
    { readonly number: number; readonly result: BuildResult; readonly fullName: string } | undefined
  >;
}

/** Named locks of `lock('name') { … }`, held by one build at a time, first come, first served. */
export class Locks {
  readonly #tails = new Map<string, Promise<void>>();

  async hold<T>(name: string, signal: AbortSignal, onWait: () => void, body: () => Promise<T>): Promise<T> {
    const before = this.#tails.get(name);
    let leave: () => void = () => undefined;
    const mine = new Promise<void>((resolve) => {
      leave = resolve;
    });
    const tail = (before ?? Promise.resolve()).then(() => mine);
    this.#tails.set(name, tail);
    try {
      if (before !== undefined) {
        onWait();
        await Promise.race([before, aborted(signal)]);
      }
      return await body();
    } finally {
      leave();
      if (this.#tails.get(name) === tail) this.#tails.delete(name);
    }
  }
}

/** Rejects with the signal's reason as soon as it is aborted. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const fail = () => {
      reject(signal.reason instanceof Error ? signal.reason : new StepFailure('aborted', 'ABORTED'));
    };
    if (signal.aborted) fail();
    else signal.addEventListener('abort', fail, { once: true });
  });
}

/** The folder that a step runs in. @throws StepFailure outside of a node. */
export function workingFolder(context: StepContext, step: string): string {
  if (context.cwd === undefined) {
    throw new StepFailure(
      `the step "${step}" needs a workspace: put it into a stage with an agent, or into node { … }`,
    );
  }
  return context.cwd;
}

import { EventEmitter } from 'node:events';
import { StepFailure, type PipelineValue } from '../pipeline/host.ts';
import type { ParameterDefinition } from '../model.ts';

/** A question that a build asks and waits for. */
export interface PendingInput {
  readonly id: string;
  readonly message: string;
  readonly ok: string;
  /** Who may answer, by user names; everybody when it is empty. */
  readonly submitters: readonly string[];
  readonly parameters: readonly ParameterDefinition[];
}

interface Waiting extends PendingInput {
  readonly settle: (answer: {
    proceed: boolean;
    user: string;
    values: Readonly<Record<string, PipelineValue>>;
  }) => void;
}

/** The open questions of one build. */
export class Inputs extends EventEmitter<{ change: [] }> {
  readonly #waiting = new Map<string, Waiting>();

  pending(): PendingInput[] {
    return [...this.#waiting.values()].map(({ settle: _settle, ...input }) => input);
  }

  find(id: string): PendingInput | undefined {
    return this.#waiting.get(id);
  }

  /** Waits for an answer. @throws StepFailure ABORTED when the answer is no; the signal's reason when the build is stopped. */
  async ask(
    input: PendingInput,
    signal: AbortSignal,
  ): Promise<{ readonly user: string; readonly values: Readonly<Record<string, PipelineValue>> }> {
    if (this.#waiting.has(input.id)) throw new StepFailure(`the input "${input.id}" is waiting already`);
    try {
      return await new Promise((resolve, reject) => {
        const stop = () => {
          reject(signal.reason instanceof Error ? signal.reason : new StepFailure('aborted', 'ABORTED'));
        };
        signal.throwIfAborted();
        signal.addEventListener('abort', stop, { once: true });
        this.#waiting.set(input.id, {
          ...input,
          settle: ({ proceed, user, values }) => {
            signal.removeEventListener('abort', stop);
            if (proceed) resolve({ user, values });
            else reject(new StepFailure(`Rejected by ${user}`, 'ABORTED'));
          },
        });
        this.emit('change');
      });
    } finally {
      this.#waiting.delete(input.id);
      this.emit('change');
    }
  }

  /** @returns false when there is no such question. */
  answer(
    id: string,
    proceed: boolean,
    user: string,
    values: Readonly<Record<string, PipelineValue>> = {},
  ): boolean {
    const waiting = this.#waiting.get(id);
    waiting?.settle({ proceed, user, values });
    return waiting !== undefined;
  }
}

import type {
  Application,
  ApplicationStatus,
  Operation,
  OperationState,
} from '../../clients/argocd-types.ts';
import { messageOf } from '../../lib/errors.ts';
import type { ControllerParts, Entry, Keeper } from './application-entry.ts';
import { recordDeployment } from './history.ts';
import { sameJson } from './objects.ts';
import { statusAfter, type Comparison } from './status.ts';
import { runSync, timestamp } from './sync/operation.ts';
import { retryDelay } from './sync/retry.ts';

/** Why an operation ends that goes on at the next start. */
export const CLOSING = new Error('the controller closes');

/** Carries out the operations of Applications, one at a time for each, with their retries. All that it knows is in the cluster. */
export class ApplicationOperations {
  readonly #parts: ControllerParts;
  readonly #keeper: Keeper;

  constructor(parts: ControllerParts, keeper: Keeper) {
    this.#parts = parts;
    this.#keeper = keeper;
  }

  /** Starts the operation that the Application asks for, or takes up the one that a restart interrupted. */
  operate(entry: Entry, comparison: Comparison): void {
    const ending = new AbortController();
    const running: NonNullable<Entry['operation']> = {
      ending,
      done: this.#runOperation(entry, comparison, ending.signal)
        .catch((error: unknown) => {
          if (this.#keeper.isClosed()) return;
          this.#parts.log.warn(
            `${entry.app.metadata.name}: the operation is taken up again: ${messageOf(error)}`,
          );
          this.#keeper.later(entry, 'live', 1000);
        })
        .finally(() => {
          if (entry.operation === running) entry.operation = undefined;
        }),
    };
    entry.operation = running;
  }

  async #runOperation(entry: Entry, first: Comparison, signal: AbortSignal): Promise<void> {
    const { operation } = entry.app;
    if (operation === undefined) return;
    const known = entry.app.status?.operationState;
    const resumes =
      known !== undefined && known.finishedAt === undefined && sameJson(known.operation, operation);
    let state = resumes ? known : startState(operation, Date.now());
    if (!resumes) await this.#keeper.write(entry, { ...entry.app.status, operationState: state });
    let comparison: Comparison | undefined = isSameTarget(operation, entry.app, first) ? first : undefined;
    for (;;) {
      state = await this.#attempt(entry, state, comparison, signal);
      if (signal.reason === CLOSING) return;
      const delay = retryDelay(operation.retry, state.retryCount ?? 0);
      const failed = state.phase === 'Failed' || state.phase === 'Error';
      if (!failed || delay === undefined || signal.aborted) break;
      const attempt = (state.retryCount ?? 0) + 1;
      const at = timestamp(Date.now() + delay);
      const { finishedAt: _finished, ...rest } = state;
      state = {
        ...rest,
        phase: 'Running',
        retryCount: attempt,
        message: `${state.message ?? ''}. Retrying attempt #${attempt} at ${at}.`,
      };
      await this.#keeper.write(entry, { ...entry.app.status, operationState: state });
      const superseded = await this.#pause(entry, delay, signal);
      if (signal.reason === CLOSING) return;
      if (superseded || signal.aborted) {
        state = { ...state, phase: 'Failed', finishedAt: timestamp() };
        break;
      }
      // Everything is tried anew, the objects that went well before too.
      const { resources: _resources, ...result } = state.syncResult ?? { revision: '' };
      state = { ...state, syncResult: result };
      comparison = undefined;
    }
    await this.#finish(entry, state);
  }

  async #attempt(
    entry: Entry,
    state: OperationState,
    known: Comparison | undefined,
    signal: AbortSignal,
  ): Promise<OperationState> {
    const { cluster, live, comparer } = this.#parts;
    const { app } = entry;
    const sync = state.operation.sync ?? {};
    const project = this.#keeper.project(app.spec.project);
    const revision = state.syncResult?.revision ?? sync.revision;
    const comparison =
      known ??
      (await comparer.compare(app, project, {
        ...(sync.source === undefined ? {} : { source: sync.source }),
        ...(revision === undefined || revision === '' ? {} : { revision }),
      }));
    if (project === undefined) {
      const [message = ''] = comparison.conditions.map((condition) => condition.message);
      return { ...state, phase: 'Error', message, finishedAt: timestamp() };
    }
    return runSync(
      {
        app,
        project,
        comparison,
        cluster,
        live,
        signal,
        persist: (current) => this.#keeper.write(entry, { ...entry.app.status, operationState: current }),
        applied: (target, answer) => {
          comparer.applied(app, target, answer);
        },
        problemOf: (target) => comparer.problemOf(app, target),
      },
      state,
    );
  }

  /** The end of an operation, with the comparison that follows from it, in one write. */
  async #finish(entry: Entry, state: OperationState): Promise<void> {
    const { comparer, events, log } = this.#parts;
    const { name } = entry.app.metadata;
    const { spec, status = {} } = entry.app;
    const history = recordDeployment(status.history ?? [], state, spec.revisionHistoryLimit);
    const ended: ApplicationStatus = { ...status, operationState: state, history };
    const comparison = await comparer.compare(entry.app, this.#keeper.project(spec.project));
    entry.comparison = comparison;
    const after = statusAfter({ ...entry.app, status: ended }, comparison, timestamp());
    await this.#keeper.write(entry, after, { operation: null });
    const text = `${state.phase === 'Succeeded' ? 'Sync operation to' : 'Failed sync to'} ${state.syncResult?.revision ?? ''}: ${state.message ?? ''}`;
    events.record(entry.app, 'OperationCompleted', text, state.phase === 'Succeeded' ? 'Normal' : 'Warning');
    log.info(`${name}: ${text}`);
    // Whatever changed meanwhile, and whether the new state asks for more, is the next look's affair.
    setImmediate(() => {
      this.#keeper.request(entry, 'live');
    });
  }

  /** Waits for a retry; true when a newer revision makes it pointless. */
  async #pause(entry: Entry, delay: number, signal: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      const end = (superseded: boolean) => () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', aborted);
        resolve(superseded);
      };
      const aborted = end(false);
      const timer = setTimeout(aborted, delay);
      timer.unref();
      signal.addEventListener('abort', aborted, { once: true });
      if (entry.operation !== undefined) entry.operation.waiting = end(true);
    });
  }

  /** An automated operation that waits for its next try gives way to a newer revision. */
  supersede(entry: Entry, comparison: Comparison): void {
    const state = entry.app.status?.operationState;
    if (state?.operation.initiatedBy?.automated !== true || comparison.revision === undefined) return;
    if (comparison.revision !== state.operation.sync?.revision) entry.operation?.waiting?.();
  }
}

export function startState(operation: Operation, now: number): OperationState {
  return { operation, phase: 'Running', startedAt: timestamp(now) };
}

/** Whether an operation wants just what was compared, so that nothing has to be compared again. */
function isSameTarget({ sync }: Operation, app: Application, comparison: Comparison): boolean {
  const sameSource = sync?.source === undefined || sameJson(sync.source, app.spec.source);
  return (
    sameSource &&
    (sync?.revision === undefined || sync.revision === '' || sync.revision === comparison.revision)
  );
}

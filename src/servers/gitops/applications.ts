import type {
  Application,
  ApplicationStatus,
  AppProject,
  Operation,
  OperationState,
} from '../../clients/argocd-types.ts';
import { APPLICATION_API_VERSION, REFRESH_ANNOTATION } from '../../clients/argocd-types.ts';
import { messageOf } from '../../lib/errors.ts';
import type { Log } from '../../lib/log.ts';
import type { ClusterAccess, Kind } from './cluster.ts';
import type { Comparer } from './comparison.ts';
import { deletionStep, finalizerOf } from './deletion.ts';
import type { EventRecorder } from './events.ts';
import { recordDeployment } from './history.ts';
import type { LiveObjects } from './live.ts';
import { mergePatch } from './merge-patch.ts';
import { keyOf, keyText, sameJson, type Manifest } from './objects.ts';
import { isRepositorySecret } from './repository/credentials.ts';
import type { Repositories } from './repository/repositories.ts';
import { mergeConditions, statusAfter, type Comparison } from './status.ts';
import { decideAutomatedSync } from './sync/automated.ts';
import { runSync, timestamp } from './sync/operation.ts';
import { retryDelay } from './sync/retry.ts';
import { ownerOf } from './tracking.ts';

/** How much a look at an Application takes into account; each level includes the ones before it. */
export type Level = 'live' | 'git' | 'hard';
const LEVELS: readonly Level[] = ['live', 'git', 'hard'];

interface Entry {
  app: Application;
  level: Level | undefined;
  working: Promise<void> | undefined;
  operation:
    { readonly ending: AbortController; readonly done: Promise<void>; waiting?: () => void } | undefined;
  timer: NodeJS.Timeout | undefined;
  comparison: Comparison | undefined;
  /** Failures in a row of the reconciliation itself (an API that does not answer). */
  failures: number;
}

export interface ControllerParts {
  readonly cluster: ClusterAccess;
  readonly live: LiveObjects;
  readonly repositories: Repositories;
  readonly comparer: Comparer;
  readonly events: EventRecorder;
  readonly namespace: string;
  readonly log: Log;
}

/**
 * Keeps every Application of the namespace: one look at a time for each, at once after a change of the
 * Application, its project, its live objects or its repository. All that it knows is in the cluster.
 */
export class ApplicationController {
  readonly #parts: ControllerParts;
  readonly #entries = new Map<string, Entry>();
  #kind: Kind | undefined;
  #closed = false;

  constructor(parts: ControllerParts) {
    this.#parts = parts;
    parts.live.onChange((current, previous) => {
      this.#onLiveChange(current, previous);
    });
  }

  /** Starts watching; resolves when all Applications are known. */
  async start(): Promise<void> {
    const { live } = this.#parts;
    await Promise.all([
      live.need('v1', 'Secret'),
      live.need(APPLICATION_API_VERSION, 'AppProject'),
      live.need('v1', 'Namespace'),
    ]);
    this.#kind = await live.need(APPLICATION_API_VERSION, 'Application');
    if (this.#kind === undefined) throw new Error('the cluster does not serve Applications');
  }

  applications(): Application[] {
    return [...this.#entries.values()].map(({ app }) => app);
  }

  application(name: string): Application | undefined {
    return this.#entries.get(name)?.app;
  }

  /** What the last look found, for pages and the REST API. */
  comparison(name: string): Comparison | undefined {
    return this.#entries.get(name)?.comparison;
  }

  project(name: string): AppProject | undefined {
    const key = { group: 'argoproj.io', kind: 'AppProject', namespace: this.#parts.namespace, name };
    return this.#parts.live.get(key) as AppProject | undefined;
  }

  projects(): AppProject[] {
    return this.#parts.live
      .list('argoproj.io', 'AppProject')
      .filter(({ metadata }) => metadata.namespace === this.#parts.namespace) as unknown as AppProject[];
  }

  /** Looks at an Application as soon as it is free; resolves when that look is over. */
  async refresh(name: string, level: Level = 'git'): Promise<void> {
    const entry = this.#entries.get(name);
    if (entry === undefined) return;
    this.#request(entry, level);
    await entry.working;
  }

  /** Ends every operation and look; operations go on at the next start. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const { timer, operation } of this.#entries.values()) {
      clearTimeout(timer);
      operation?.ending.abort(CLOSING);
    }
    const ends = [...this.#entries.values()].flatMap(({ working, operation }) =>
      [working, operation?.done].filter((each) => each !== undefined),
    );
    await Promise.allSettled(ends);
  }

  #onLiveChange(current: Manifest | undefined, previous: Manifest | undefined): void {
    const object = current ?? previous;
    if (object === undefined || this.#closed) return;
    const { namespace } = this.#parts;
    const { group, kind } = keyOf(object);
    const isOurs = group === 'argoproj.io' && object.metadata.namespace === namespace;
    if (isOurs && kind === 'Application') this.#onApplication(current, object);
    if (isOurs && kind === 'AppProject') {
      for (const entry of this.#entries.values()) {
        if (entry.app.spec.project === object.metadata.name) this.#request(entry, 'live');
      }
    }
    if (kind === 'Secret' && isRepositorySecret(object, namespace)) {
      for (const entry of this.#entries.values()) {
        if (entry.comparison?.failed === true) this.#request(entry, 'git');
      }
    }
    const id = keyText(keyOf(object));
    const owners = new Set(
      [current, previous].flatMap((each) => (each === undefined ? [] : (ownerOf(each) ?? []))),
    );
    for (const [name, entry] of this.#entries) {
      const isDesired = () =>
        entry.comparison?.resources.some(
          ({ target }) => target !== undefined && keyText(keyOf(target)) === id,
        );
      if (owners.has(name) || isDesired() === true) this.#request(entry, 'live');
    }
  }

  #onApplication(current: Manifest | undefined, object: Manifest): void {
    const { name } = object.metadata;
    const entry = this.#entries.get(name);
    if (current === undefined) {
      clearTimeout(entry?.timer);
      entry?.operation?.ending.abort();
      this.#entries.delete(name);
      this.#parts.comparer.forget(name);
      return;
    }
    const app = current as unknown as Application;
    if (entry === undefined) {
      const fresh: Entry = {
        app,
        level: undefined,
        working: undefined,
        operation: undefined,
        timer: undefined,
        comparison: undefined,
        failures: 0,
      };
      this.#entries.set(name, fresh);
      this.#request(fresh, 'git');
      return;
    }
    const before = entry.app;
    entry.app = app;
    if (app.status?.operationState?.phase === 'Terminating' && entry.operation !== undefined) {
      entry.operation.ending.abort();
    }
    const refresh = app.metadata.annotations?.[REFRESH_ANNOTATION];
    if (refresh !== undefined) this.#request(entry, refresh === 'hard' ? 'hard' : 'git');
    const isNew = app.metadata.uid !== before.metadata.uid;
    const sourceChanged = isNew || !sameJson(app.spec.source, before.spec.source);
    if (sourceChanged) this.#request(entry, 'git');
    const relevant = (each: Application) => [each.spec, each.operation, each.metadata.deletionTimestamp];
    if (!sameJson(relevant(app), relevant(before))) this.#request(entry, 'live');
  }

  #request(entry: Entry, level: Level): void {
    if (this.#closed) return;
    const known = entry.level === undefined ? -1 : LEVELS.indexOf(entry.level);
    if (LEVELS.indexOf(level) > known) entry.level = level;
    entry.working ??= this.#work(entry).finally(() => {
      entry.working = undefined;
      if (entry.level !== undefined) this.#request(entry, entry.level);
    });
  }

  async #work(entry: Entry): Promise<void> {
    // Changes come in bursts: what arrives in the same turn is one look.
    await new Promise((resolve) => setImmediate(resolve));
    while (entry.level !== undefined && !this.#closed && this.#isCurrent(entry)) {
      const level = entry.level;
      entry.level = undefined;
      clearTimeout(entry.timer);
      try {
        await this.#look(entry, level);
        entry.failures = 0;
      } catch (error) {
        entry.failures += 1;
        const { name } = entry.app.metadata;
        if (!this.#closed) this.#parts.log.warn(`${name}: ${messageOf(error)}; trying again`);
        this.#later(entry, level, Math.min(30_000, 100 * 2 ** entry.failures));
      }
    }
  }

  #later(entry: Entry, level: Level, delay: number): void {
    if (this.#closed) return;
    clearTimeout(entry.timer);
    entry.timer = setTimeout(() => {
      this.#request(entry, level);
    }, delay).unref();
  }

  #isCurrent(entry: Entry): boolean {
    return this.#entries.get(entry.app.metadata.name) === entry;
  }

  /** One look: learn, compare, write what has changed, and start what follows from it. */
  async #look(entry: Entry, level: Level): Promise<void> {
    const { repositories, comparer } = this.#parts;
    const { app } = entry;
    if (app.metadata.deletionTimestamp !== undefined) {
      await this.#delete(entry);
      return;
    }
    if (level === 'hard') {
      comparer.forget(app.metadata.name);
      comparer.forgetManifests();
    }
    const url = app.spec.source?.repoURL;
    if (level !== 'live' && url !== undefined) await this.#refreshRepository(repositories, url);
    const comparison = await comparer.compare(app, this.project(app.spec.project));
    entry.comparison = comparison;
    // The Application may have changed while Git and the cluster were asked.
    const now = Date.now();
    const status = statusAfter(entry.app, comparison, timestamp(now));
    const asked = entry.app.metadata.annotations?.[REFRESH_ANNOTATION] !== undefined;
    const decision = decideAutomatedSync(entry.app, status, now);
    status.conditions = mergeConditions(
      status.conditions ?? [],
      decision.action === 'refuse' ? [decision.condition] : [],
      ['SyncError'],
      timestamp(now),
    );
    const operation =
      decision.action === 'sync' && entry.operation === undefined ? decision.operation : undefined;
    const started = operation === undefined ? undefined : startState(operation, now);
    if (started !== undefined) status.operationState = started;
    await this.#write(entry, status, {
      asked,
      ...(operation === undefined ? {} : { operation }),
    });
    if (operation !== undefined) {
      const revision = comparison.revision ?? '';
      this.#parts.events.record(entry.app, 'OperationStarted', `Initiated automated sync to '${revision}'`);
    }
    if (decision.action === 'later') this.#later(entry, 'live', decision.delay);
    else if (url !== undefined && repositories.problem(url) !== undefined) this.#later(entry, 'git', 2000);
    else if (hasUnknownKind(comparison)) this.#later(entry, 'live', 2000);
    if (entry.app.operation !== undefined) {
      if (entry.operation === undefined) this.#operate(entry, comparison);
      else this.#supersede(entry, comparison);
    }
  }

  async #refreshRepository(repositories: Repositories, url: string): Promise<void> {
    try {
      await repositories.refresh(url);
    } catch (error) {
      this.#parts.log.warn(`${url}: ${messageOf(error)}`);
    }
  }

  /** Writes the differences to what the cluster has; nothing when there are none. */
  async #write(
    entry: Entry,
    status: ApplicationStatus,
    { asked = false, operation }: { asked?: boolean; operation?: Operation | null } = {},
  ): Promise<void> {
    const { cluster, live, namespace } = this.#parts;
    const before = (entry.app.status ?? {}) as Record<string, unknown>;
    const changes = mergePatch(before, status as Record<string, unknown>);
    if (changes === undefined && !asked && operation === undefined) return;
    const patch = {
      ...(asked ? { metadata: { annotations: { [REFRESH_ANNOTATION]: null } } } : {}),
      ...(operation === undefined ? {} : { operation }),
      status: { ...changes, reconciledAt: timestamp() },
    };
    if (this.#kind === undefined) return;
    const answer = await cluster.patch(this.#kind, namespace, entry.app.metadata.name, patch);
    if (answer === undefined || !this.#isCurrent(entry)) return;
    live.put(answer);
    const version = ({ metadata }: Pick<Application, 'metadata'>) => Number(metadata.resourceVersion ?? 0);
    if (version(answer) >= version(entry.app)) entry.app = answer as unknown as Application;
  }

  /** Starts the operation that the Application asks for, or takes up the one that a restart interrupted. */
  #operate(entry: Entry, comparison: Comparison): void {
    const ending = new AbortController();
    const running: NonNullable<Entry['operation']> = {
      ending,
      done: this.#runOperation(entry, comparison, ending.signal)
        .catch((error: unknown) => {
          if (this.#closed) return;
          this.#parts.log.warn(
            `${entry.app.metadata.name}: the operation is taken up again: ${messageOf(error)}`,
          );
          this.#later(entry, 'live', 1000);
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
    if (!resumes) await this.#write(entry, { ...entry.app.status, operationState: state });
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
      await this.#write(entry, { ...entry.app.status, operationState: state });
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
    const project = this.project(app.spec.project);
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
        persist: (current) => this.#write(entry, { ...entry.app.status, operationState: current }),
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
    const comparison = await comparer.compare(entry.app, this.project(spec.project));
    entry.comparison = comparison;
    const after = statusAfter({ ...entry.app, status: ended }, comparison, timestamp());
    await this.#write(entry, after, { operation: null });
    const text = `${state.phase === 'Succeeded' ? 'Sync operation to' : 'Failed sync to'} ${state.syncResult?.revision ?? ''}: ${state.message ?? ''}`;
    events.record(entry.app, 'OperationCompleted', text, state.phase === 'Succeeded' ? 'Normal' : 'Warning');
    log.info(`${name}: ${text}`);
    // Whatever changed meanwhile, and whether the new state asks for more, is the next look's affair.
    setImmediate(() => {
      this.#request(entry, 'live');
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
  #supersede(entry: Entry, comparison: Comparison): void {
    const state = entry.app.status?.operationState;
    if (state?.operation.initiatedBy?.automated !== true || comparison.revision === undefined) return;
    if (comparison.revision !== state.operation.sync?.revision) entry.operation?.waiting?.();
  }

  async #delete(entry: Entry): Promise<void> {
    const { cluster, live, namespace, comparer } = this.#parts;
    const { app } = entry;
    const finalizer = finalizerOf(app);
    entry.operation?.ending.abort();
    if (finalizer === undefined || this.#kind === undefined) return;
    // Kinds that were deployed before a restart are followed first: what is not seen is not deleted.
    await comparer.followKinds(app);
    const step = deletionStep(live.ownedBy(app.metadata.name), finalizer);
    for (const object of step.remove) {
      const kind = await live.need(object.apiVersion, object.kind);
      const { namespace: space = '', name } = object.metadata;
      if (kind !== undefined) await cluster.remove(kind, space, name, step.propagation);
    }
    if (step.remaining > 0) return;
    const finalizers = (app.metadata.finalizers ?? []).filter((each) => each !== finalizer);
    await cluster.patch(this.#kind, namespace, app.metadata.name, { metadata: { finalizers } });
  }
}

const CLOSING = new Error('the controller closes');

function startState(operation: Operation, now: number): OperationState {
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

function hasUnknownKind(comparison: Comparison): boolean {
  return comparison.unknownKinds === true;
}

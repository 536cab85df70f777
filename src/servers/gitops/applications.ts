import type { Application, ApplicationStatus, AppProject, Operation } from '../../clients/argocd-types.ts';
import { APPLICATION_API_VERSION, REFRESH_ANNOTATION } from '../../clients/argocd-types.ts';
import { messageOf } from '../../lib/errors.ts';
import { LEVELS, type ControllerParts, type Entry, type Level } from './application-entry.ts';
import { ApplicationOperations, CLOSING, startState } from './application-operations.ts';
import type { Kind } from './cluster.ts';
import { deletionStep, finalizerOf } from './deletion.ts';
import { mergePatch } from './merge-patch.ts';
import { keyOf, keyText, sameJson, type Manifest } from './objects.ts';
import { isRepositorySecret } from './repository/credentials.ts';
import type { Repositories } from './repository/repositories.ts';
import { mergeConditions, statusAfter, type Comparison } from './status.ts';
import { decideAutomatedSync } from './sync/automated.ts';
import { timestamp } from './sync/operation.ts';
import { ownerOf } from './tracking.ts';

/**
 * Keeps every Application of the namespace: one look at a time for each, at once after a change of the
 * Application, its project, its live objects or its repository. All that it knows is in the cluster.
 */
export class ApplicationController {
  readonly #parts: ControllerParts;
  readonly #entries = new Map<string, Entry>();
  readonly #operations: ApplicationOperations;
  #kind: Kind | undefined;
  #closed = false;

  constructor(parts: ControllerParts) {
    this.#parts = parts;
    this.#operations = new ApplicationOperations(parts, {
      isClosed: () => this.#closed,
      project: (name) => this.project(name),
      request: (entry, level) => {
        this.#request(entry, level);
      },
      later: (entry, level, delay) => {
        this.#later(entry, level, delay);
      },
      write: (entry, status, options) => this.#write(entry, status, options),
    });
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
      if (entry.operation === undefined) this.#operations.operate(entry, comparison);
      else this.#operations.supersede(entry, comparison);
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

function hasUnknownKind(comparison: Comparison): boolean {
  return comparison.unknownKinds === true;
}

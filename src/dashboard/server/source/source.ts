import type { Playground } from '../../../flow/playground.ts';
import type { LiveEvent, Topic } from '../../model/loop.ts';
import type { Observation } from '../../model/observations.ts';
import { noFacts, reduce, type Facts } from '../reduce.ts';
import { viewOf } from '../view.ts';
import { watchBuilds } from './builds.ts';
import { watchCluster } from './cluster.ts';
import { watchGit, type GitWatch, type HookPayload } from './git.ts';
import { watchParts } from './parts.ts';

type Listener = (event: LiveEvent) => void;

/** The watching goes on so long after the last page has gone, for a page that is only loaded anew. */
const LINGER = 10_000;
/** Hints that something has changed are collected for so long: a page asks again for all of them together. */
const COLLECT = 80;

interface Running {
  readonly end: AbortController;
  readonly git: GitWatch;
}

/**
 * Everything that pages are told, from one place. Nothing is watched, and nothing is kept, while no page is
 * connected.
 */
export class LoopSource {
  readonly #playground: Playground;
  readonly #listeners = new Set<Listener>();
  readonly #topics = new Set<Topic>();
  #facts: Facts = noFacts;
  #shown = '';
  #scheduled = false;
  #running: Running | undefined;
  #collecting: NodeJS.Timeout | undefined;
  #lingering: NodeJS.Timeout | undefined;

  constructor(playground: Playground) {
    this.#playground = playground;
  }

  /** Tells the listener what the map shows now, and every change from then on. @returns what ends it */
  subscribe(listener: Listener): () => void {
    clearTimeout(this.#lingering);
    this.#listeners.add(listener);
    if (this.#running === undefined) this.#start();
    else listener({ type: 'loop', loop: viewOf(this.#facts, this.#playground.config.application) });
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      this.#lingering = setTimeout(() => {
        this.close();
      }, LINGER).unref();
    };
  }

  /** Takes a delivery of the Git server's webhook, whose signature was checked. */
  delivered(event: string, payload: HookPayload): void {
    this.#running?.git.delivered(event, payload);
  }

  /** Tells every page that something has changed which no part tells of. */
  changed(...topics: readonly Topic[]): void {
    for (const topic of topics) this.#topics.add(topic);
    this.#collecting ??= setTimeout(() => {
      this.#collecting = undefined;
      const changed = [...this.#topics];
      this.#topics.clear();
      this.#tell({ type: 'changed', topics: changed });
    }, COLLECT).unref();
  }

  close(): void {
    clearTimeout(this.#lingering);
    clearTimeout(this.#collecting);
    this.#collecting = undefined;
    this.#running?.end.abort();
    this.#running = undefined;
    this.#facts = noFacts;
    this.#shown = '';
  }

  #start(): void {
    const end = new AbortController();
    const watch = {
      playground: this.#playground,
      signal: end.signal,
      observe: (observation: Observation) => {
        if (!end.signal.aborted) this.#observe(observation);
      },
      changed: (...topics: Topic[]) => {
        if (!end.signal.aborted) this.changed(...topics);
      },
    };
    const git: GitWatch = watchGit(watch, () => {
      builds.expect();
    });
    const builds = watchBuilds(watch, () => {
      git.lookNow();
    });
    this.#running = { end, git };
    watchCluster(watch);
    watchParts(watch);
  }

  #observe(observation: Observation): void {
    this.#facts = reduce(this.#facts, observation);
    if (this.#scheduled) return;
    this.#scheduled = true;
    // What one answer brings is shown together.
    setImmediate(() => {
      this.#scheduled = false;
      const loop = viewOf(this.#facts, this.#playground.config.application);
      const text = JSON.stringify(loop);
      if (text === this.#shown) return;
      this.#shown = text;
      this.#tell({ type: 'loop', loop });
    });
  }

  #tell(event: LiveEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}

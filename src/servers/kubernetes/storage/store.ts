import { join } from 'node:path';
import { mkdirSync } from 'node:fs';
import { Journal } from '../../../lib/journal.ts';
import type { ChangeEvent, KubernetesObject, ResourceType } from '../cluster.ts';
import { typeKey } from '../kinds.ts';
import { deepFreeze } from './json.ts';

/** What the journal holds: an object as it is now, one that is gone, or how far the revisions had come. */
type JournalRecord =
  | { readonly type: string; readonly put: KubernetesObject }
  | { readonly type: string; readonly gone: string; readonly revision: number }
  | { readonly revision: number };

/** A change with its place in the order of all changes. */
export interface Change {
  readonly revision: number;
  readonly type: ResourceType;
  readonly event: ChangeEvent;
}

export interface StoreOptions {
  readonly dataDir: string;
  /** How many changes a watch may lag behind before it has to list again (410 Gone). */
  readonly windowSize?: number;
}

/**
 * Lets the revisions of a store that is put in place of another one begin after the other's, as `etcdutl snapshot restore
 * --bump-revision` does: to who watched the other one, nothing of this one may look known. Both have to be closed.
 */
export function carryRevision(from: string, to: string): void {
  const last = openEnd(from);
  const next = openEnd(to);
  last.journal.close();
  // Revisions only grow, so the last record has the highest one.
  next.journal.append({ revision: Math.max(last.revision, next.revision) + 1 });
  next.journal.close();
}

function openEnd(dataDir: string) {
  const { journal, last } = Journal.openEnd<JournalRecord>(journalIn(dataDir));
  return { journal, revision: last === undefined ? 0 : revisionOf(last) };
}

/** Leaves in a store that is closed only what is in it now, so that opening it is quick. */
export function compactStore(dataDir: string): void {
  const store = new Store({ dataDir });
  store.compact();
  store.close();
}

function journalIn(dataDir: string): string {
  return join(dataDir, 'cluster.jsonl');
}

function revisionOf(record: JournalRecord): number {
  return 'put' in record ? Number(record.put.metadata.resourceVersion) : record.revision;
}

/** Below this size the journal is not worth rewriting. */
const COMPACT_FROM = 4 * 1024 * 1024;

/**
 * Every object by type and key, in memory, with an append-only log on disk: a change is in the log before it
 * is visible. Keeps the last changes, so that a watch can go on from a revision.
 */
export class Store {
  readonly #journal: Journal<JournalRecord>;
  readonly #tables = new Map<string, Map<string, KubernetesObject>>();
  readonly #listeners = new Set<(change: Change) => void>();
  readonly #windowSize: number;
  #window: Change[] = [];
  #revision = 0;
  /** Changes up to this one are no longer in the window. */
  #forgotten: number;
  #sizeAfterCompaction = 0;

  constructor({ dataDir, windowSize = 256 }: StoreOptions) {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    const { journal, records } = Journal.open<JournalRecord>(journalIn(dataDir));
    this.#journal = journal;
    this.#windowSize = windowSize;
    for (const record of records) this.#replay(record);
    this.#forgotten = this.#revision;
    this.#compactIfWorthIt();
  }

  get revision(): number {
    return this.#revision;
  }

  get(type: ResourceType, key: string): KubernetesObject | undefined {
    return this.#tables.get(typeKey(type))?.get(key);
  }

  /** All objects of a type, in the order of their keys. */
  list(type: ResourceType): KubernetesObject[] {
    const table = this.#tables.get(typeKey(type));
    if (table === undefined) return [];
    return [...table.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, object]) => object);
  }

  /** Stores an object under the next revision, which it is given as `resourceVersion`. */
  put(type: ResourceType, object: KubernetesObject): KubernetesObject {
    const key = keyOf(object);
    const previous = this.get(type, key);
    const revision = this.#revision + 1;
    object.metadata.resourceVersion = String(revision);
    const stored = deepFreeze(object);
    this.#journal.append({ type: typeKey(type), put: stored });
    this.#revision = revision;
    this.#table(typeKey(type)).set(key, stored);
    this.#publish({
      revision,
      type,
      event:
        previous === undefined
          ? { type: 'ADDED', object: stored }
          : { type: 'MODIFIED', object: stored, previous },
    });
    return stored;
  }

  /** Removes an object; gives its last state, under the revision of the removal. */
  remove(type: ResourceType, object: KubernetesObject): KubernetesObject {
    const key = keyOf(object);
    const revision = this.#revision + 1;
    this.#journal.append({ type: typeKey(type), gone: key, revision });
    this.#revision = revision;
    this.#table(typeKey(type)).delete(key);
    const last = deepFreeze({
      ...object,
      metadata: { ...object.metadata, resourceVersion: String(revision) },
    });
    this.#publish({ revision, type, event: { type: 'DELETED', object: last, previous: object } });
    return last;
  }

  /** The changes after a revision, or undefined when some of them are forgotten. */
  changesSince(revision: number): Change[] | undefined {
    if (revision < this.#forgotten) return undefined;
    return this.#window.filter((change) => change.revision > revision);
  }

  /** Calls the listener at once, inside the change; it must not throw and not change the store. */
  onChange(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    this.#listeners.clear();
    this.#journal.close();
  }

  #table(key: string): Map<string, KubernetesObject> {
    let table = this.#tables.get(key);
    if (table === undefined) {
      table = new Map();
      this.#tables.set(key, table);
    }
    return table;
  }

  #publish(change: Change): void {
    this.#window.push(change);
    // Dropping half at a time keeps the cost of a change constant.
    if (this.#window.length > this.#windowSize * 1.5) {
      const dropped = this.#window.length - this.#windowSize;
      this.#forgotten = this.#window[dropped - 1]?.revision ?? this.#forgotten;
      this.#window = this.#window.slice(dropped);
    }
    for (const listener of this.#listeners) listener(change);
    this.#compactIfWorthIt();
  }

  #replay(record: JournalRecord): void {
    if ('put' in record) this.#table(record.type).set(keyOf(record.put), deepFreeze(record.put));
    else if ('gone' in record) this.#table(record.type).delete(record.gone);
    this.#revision = Math.max(this.#revision, revisionOf(record));
  }

  #compactIfWorthIt(): void {
    if (this.#journal.size >= Math.max(COMPACT_FROM, 2 * this.#sizeAfterCompaction)) this.compact();
  }

  /** Drops from the journal what was changed or removed since. */
  compact(): void {
    this.#journal.rewrite(this.#snapshot());
    this.#sizeAfterCompaction = this.#journal.size;
  }

  *#snapshot(): Generator<JournalRecord> {
    for (const [type, table] of this.#tables) for (const put of table.values()) yield { type, put };
    yield { revision: this.#revision };
  }
}

/** `namespace/name`, or `/name` for objects of the cluster. */
function keyOf(object: { metadata: { name: string; namespace?: string } }): string {
  return keyFor(object.metadata.namespace, object.metadata.name);
}

export function keyFor(namespace: string | undefined, name: string): string {
  return `${namespace ?? ''}/${name}`;
}

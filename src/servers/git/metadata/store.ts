import { Journal } from '../../../lib/journal.ts';
import type { Tables } from './model.ts';

type TableName = keyof Tables;

/** A record that is added or replaced, or one that is taken away. */
export type Change = {
  [Name in TableName]: readonly ['put', Name, Tables[Name]] | readonly ['remove', Name, number];
}[TableName];

/** A line of the journal: changes that hold together or not at all, or the highest id that was ever given. */
type Line = readonly Change[] | { readonly lastId: number };

/** Below this many bytes the journal is left alone. */
const COMPACT_FROM = 4 * 1024 * 1024;

/**
 * The server's metadata: tables in memory, every change in a journal before it is seen. What `commit` has
 * returned from survives `kill -9`.
 */
export class Store {
  readonly #tables = new Map<TableName, Map<number, Tables[TableName]>>();
  readonly #journal: Journal<Line>;
  #lastId = 0;
  #closed = false;
  #compactAt = COMPACT_FROM;

  /** @throws JournalCorrupt when the file was damaged by something other than a crash. */
  constructor(file: string) {
    const { journal, records } = Journal.open<Line>(file);
    this.#journal = journal;
    for (const line of records) {
      if ('lastId' in line) this.#lastId = Math.max(this.#lastId, line.lastId);
      else this.#apply(line);
    }
    this.#compactIfLarge();
  }

  /** An id that no record of any table had before. */
  nextId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }

  get<Name extends TableName>(name: Name, id: number): Tables[Name] | undefined {
    return this.#table(name).get(id);
  }

  /** In the order in which the records were first put. */
  all<Name extends TableName>(name: Name): IterableIterator<Tables[Name]> {
    return this.#table(name).values();
  }

  find<Name extends TableName>(
    name: Name,
    matches: (record: Tables[Name]) => boolean,
  ): Tables[Name] | undefined {
    for (const record of this.all(name)) if (matches(record)) return record;
    return undefined;
  }

  filter<Name extends TableName>(name: Name, matches: (record: Tables[Name]) => boolean): Tables[Name][] {
    return [...this.all(name)].filter(matches);
  }

  /** Makes all of these changes, or, if the journal cannot be written, none. */
  commit(...changes: readonly Change[]): void {
    if (changes.length === 0) return;
    // The descriptor of a closed journal may belong to another file by now.
    if (this.#closed) throw new Error('the server is stopping');
    this.#journal.append(changes);
    this.#apply(changes);
    this.#compactIfLarge();
  }

  close(): void {
    this.#closed = true;
    this.#journal.close();
  }

  #table<Name extends TableName>(name: Name): Map<number, Tables[Name]> {
    let table = this.#tables.get(name);
    if (table === undefined) {
      table = new Map();
      this.#tables.set(name, table);
    }
    return table as Map<number, Tables[Name]>;
  }

  #apply(changes: readonly Change[]): void {
    for (const [verb, name, what] of changes) {
      if (verb === 'put') {
        this.#table(name).set(what.id, what);
        this.#lastId = Math.max(this.#lastId, what.id);
      } else {
        this.#table(name).delete(what);
      }
    }
  }

  /** Rewriting costs as much as what is alive, so it waits until the journal is a multiple of that. */
  #compactIfLarge(): void {
    if (this.#journal.size < this.#compactAt) return;
    this.#journal.rewrite(this.#snapshot());
    this.#compactAt = Math.max(COMPACT_FROM, this.#journal.size * 3);
  }

  *#snapshot(): Iterable<Line> {
    yield { lastId: this.#lastId };
    for (const [name, table] of this.#tables) {
      for (const record of table.values()) yield [['put', name, record] as unknown as Change];
    }
  }
}

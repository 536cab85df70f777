import {
  closeSync,
  ftruncateSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { PlaygroundError, explainStorage, isStorageFailure, systemCode } from './errors.ts';

/**
 * An append-only log of JSON records, one a line: what a server must not lose when it is killed.
 * `append` has handed the record to the operating system when it returns, so an acknowledgement after
 * it survives `kill -9` (not a power cut). A torn last line, which only a crash in the middle of a write
 * leaves, is cut off when the journal is opened again.
 */
export class Journal<T> {
  #descriptor: number;
  #size: number;
  /** Whether the file may end with a part of a record. */
  #torn = false;
  readonly file: string;

  private constructor(file: string, descriptor: number, size: number) {
    this.file = file;
    this.#descriptor = descriptor;
    this.#size = size;
  }

  /**
   * Opens the file, or creates it, and gives the records in the order in which they were appended.
   * @throws JournalCorrupt when a line before the last one is not JSON.
   */
  static open<T>(file: string): { journal: Journal<T>; records: T[] } {
    const content = readOrEmpty(file);
    const records: T[] = [];
    let start = 0;
    for (let end = content.indexOf(0x0a); end >= 0; end = content.indexOf(0x0a, start)) {
      try {
        records.push(JSON.parse(content.toString('utf8', start, end)) as T);
      } catch (error) {
        throw new JournalCorrupt(file, records.length + 1, error);
      }
      start = end + 1;
    }
    const descriptor = openSync(file, 'a', 0o600);
    if (start < content.length) ftruncateSync(descriptor, start);
    return { journal: new Journal<T>(file, descriptor, start), records };
  }

  /**
   * Opens the file for what comes next, of all records reading only the last one. The others are taken on trust, so whoever reads
   * them later finds what is damaged.
   */
  static openEnd<T>(file: string): { journal: Journal<T>; last: T | undefined } {
    const content = readOrEmpty(file);
    const size = content.lastIndexOf(0x0a) + 1;
    const start = size < 2 ? 0 : content.lastIndexOf(0x0a, size - 2) + 1;
    let last: T | undefined;
    try {
      if (size > 0) last = JSON.parse(content.toString('utf8', start, size)) as T;
    } catch (error) {
      throw new JournalCorrupt(
        file,
        content.subarray(0, size).toString('latin1').split('\n').length - 1,
        error,
      );
    }
    const descriptor = openSync(file, 'a', 0o600);
    if (size < content.length) ftruncateSync(descriptor, size);
    return { journal: new Journal<T>(file, descriptor, size), last };
  }

  /** Bytes in the file; a hint for when `rewrite` pays. */
  get size(): number {
    return this.#size;
  }

  /** @throws PlaygroundError `disk-full`; the journal is then as it was before. */
  append(record: T): void {
    const bytes = Buffer.from(`${JSON.stringify(record)}\n`);
    try {
      // What an earlier failure could not take back stands in the way of the next record.
      if (this.#torn) this.#cut();
      this.#torn = true;
      this.#size += writeWhole(this.#descriptor, bytes);
      this.#torn = false;
    } catch (error) {
      this.#tryCut();
      throw explainStorage(error, this.file);
    }
  }

  /** Removes the part of a record that was written before the disk was full. */
  #cut(): void {
    ftruncateSync(this.#descriptor, this.#size);
    this.#torn = false;
  }

  #tryCut(): void {
    try {
      this.#cut();
    } catch {
      // The next append tries again; until then the torn end is what a crash leaves, which opening cuts off.
    }
  }

  /**
   * Replaces the content by these records, atomically: a crash leaves the old log or the new one. A log that cannot be
   * written anew, because the disk is full, stays as it is: it is longer than need be, and right.
   */
  rewrite(records: Iterable<T>): void {
    const temporary = `${this.file}.new`;
    let size = 0;
    try {
      const descriptor = openSync(temporary, 'w', 0o600);
      try {
        for (const record of records)
          size += writeWhole(descriptor, Buffer.from(`${JSON.stringify(record)}\n`));
        fsyncSync(descriptor);
      } finally {
        closeSync(descriptor);
      }
    } catch (error) {
      rmSync(temporary, { force: true });
      if (isStorageFailure(error)) return;
      throw error;
    }
    const next = openSync(temporary, 'a', 0o600);
    renameSync(temporary, this.file);
    closeSync(this.#descriptor);
    this.#descriptor = next;
    this.#size = size;
    this.#torn = false;
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

/** A journal that cannot be trusted: something other than a crash has changed it. The file is left as it is. */
export class JournalCorrupt extends PlaygroundError {
  readonly file: string;
  readonly line: number;

  constructor(file: string, line: number, cause: unknown) {
    super({
      code: 'journal-corrupt',
      message: `${file} is damaged at line ${line}`,
      hint: 'put a good copy of the file back, or remove the playground with `gitops-playground down` and begin anew',
      cause,
    });
    this.name = 'JournalCorrupt';
    this.file = file;
    this.line = line;
  }
}

function readOrEmpty(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return Buffer.alloc(0);
    throw error;
  }
}

function writeWhole(descriptor: number, bytes: Buffer): number {
  let written = 0;
  while (written < bytes.length) written += writeSync(descriptor, bytes, written);
  return written;
}

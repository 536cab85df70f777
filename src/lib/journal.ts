import { closeSync, ftruncateSync, openSync, readFileSync, renameSync, writeSync, fsyncSync } from 'node:fs';
import { systemCode } from './errors.ts';

/**
 * An append-only log of JSON records, one a line: what a server must not lose when it is killed.
 * `append` has handed the record to the operating system when it returns, so an acknowledgement after
 * it survives `kill -9` (not a power cut). A torn last line, which only a crash in the middle of a write
 * leaves, is cut off when the journal is opened again.
 */
export class Journal<T> {
  #descriptor: number;
  #size: number;
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
      const line = content.toString('utf8', start, end);
      try {
        records.push(JSON.parse(line) as T);
      } catch (error) {
        throw new JournalCorrupt(file, records.length + 1, error);
      }
      start = end + 1;
    }
    const descriptor = openSync(file, 'a', 0o600);
    if (start < content.length) ftruncateSync(descriptor, start);
    return { journal: new Journal<T>(file, descriptor, start), records };
  }

  /** Bytes in the file; a hint for when `rewrite` pays. */
  get size(): number {
    return this.#size;
  }

  append(record: T): void {
    this.#size += writeWhole(this.#descriptor, Buffer.from(`${JSON.stringify(record)}\n`));
  }

  /** Replaces the content by these records, atomically: a crash leaves the old log or the new one. */
  rewrite(records: Iterable<T>): void {
    const temporary = `${this.file}.new`;
    const descriptor = openSync(temporary, 'w', 0o600);
    let size = 0;
    for (const record of records) size += writeWhole(descriptor, Buffer.from(`${JSON.stringify(record)}\n`));
    fsyncSync(descriptor);
    closeSync(descriptor);
    renameSync(temporary, this.file);
    closeSync(this.#descriptor);
    this.#descriptor = openSync(this.file, 'a', 0o600);
    this.#size = size;
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

/** A journal that cannot be trusted: something other than a crash has changed it. */
export class JournalCorrupt extends Error {
  readonly file: string;
  readonly line: number;

  constructor(file: string, line: number, cause: unknown) {
    super(`${file} is damaged at line ${line}`, { cause });
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

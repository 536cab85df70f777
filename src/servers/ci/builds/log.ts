import { closeSync, fstatSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { systemCode } from '../../../lib/errors.ts';
import { Secrets } from '../masking.ts';

/** The log of a build while it is written. What is in the file is what people may see: secrets are masked on the way in. */
export class BuildLog {
  readonly secrets = new Secrets();
  #descriptor: number | undefined;
  #size: number;

  constructor(file: string) {
    mkdirSync(dirname(file), { recursive: true });
    this.#descriptor = openSync(file, 'a', 0o600);
    this.#size = fstatSync(this.#descriptor).size;
  }

  /** Bytes written. */
  get size(): number {
    return this.#size;
  }

  /** Writes a text that is complete in itself. */
  write(text: string): void {
    this.#append(this.secrets.mask(text));
  }

  line(text: string): void {
    this.write(`${text}\n`);
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  #append(text: string): void {
    // A process that outlives its build may still write; its words are nobody's.
    if (this.#descriptor === undefined || text === '') return;
    const bytes = Buffer.from(text);
    let written = 0;
    while (written < bytes.length) written += writeSync(this.#descriptor, bytes, written);
    this.#size += bytes.length;
  }
}

/** At most `limit` bytes of a log from a position on, and the position after them. A log that is gone is empty. */
export async function readLog(
  file: string,
  start: number,
  limit = Number.POSITIVE_INFINITY,
): Promise<{ bytes: Buffer; end: number }> {
  let handle;
  try {
    handle = await open(file, 'r');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return { bytes: Buffer.alloc(0), end: 0 };
    throw error;
  }
  try {
    const { size } = await handle.stat();
    const from = Math.min(Math.max(0, start), size);
    const bytes = Buffer.alloc(Math.min(size - from, limit));
    const { bytesRead } = await handle.read(bytes, 0, bytes.length, from);
    return { bytes: bytes.subarray(0, bytesRead), end: from + bytesRead };
  } finally {
    await handle.close();
  }
}

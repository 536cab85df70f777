import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Component } from '../engine.ts';
import { folders } from './state.ts';

const LOOK_EVERY_MS = 200;

/** The lines of one part's log, or of all, oldest first; with `follow` also those that are written from now on. */
export async function* readLogs(
  name: string,
  component: Component | undefined,
  follow: boolean,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const { logs } = folders(name);
  const files = component === undefined ? await logFiles(logs) : [join(logs, `${component}.log`)];
  const readers = files.map((file) => new LineReader(file));
  const first = (await Promise.all(readers.map((reader) => reader.next()))).flat();
  // Every line begins with its time, so sorting the texts merges the parts.
  yield* component === undefined ? first.sort() : first;
  while (follow && !signal.aborted) {
    await delay(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined);
    for (const reader of readers) yield* await reader.next();
  }
}

async function logFiles(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => name.endsWith('.log')).map((name) => join(folder, name));
}

/** Reads what has been added to a file since the last time, in whole lines. */
class LineReader {
  #offset = 0;
  #rest = '';
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  async next(): Promise<string[]> {
    const size = await stat(this.#file).then(
      (found) => found.size,
      () => 0,
    );
    // A log that has become shorter was rotated.
    if (size < this.#offset) this.#offset = 0;
    if (size === this.#offset) return [];
    const handle = await open(this.#file);
    try {
      const buffer = Buffer.alloc(size - this.#offset);
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, this.#offset);
      this.#offset += bytesRead;
      const lines = (this.#rest + buffer.toString('utf8', 0, bytesRead)).split('\n');
      this.#rest = lines.pop() ?? '';
      return lines;
    } finally {
      await handle.close();
    }
  }
}

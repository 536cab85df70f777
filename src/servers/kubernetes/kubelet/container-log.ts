import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { EventEmitter } from 'node:events';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { systemCode } from '../../../lib/errors.ts';
import type { LogOptions } from '../cluster.ts';

const ROTATE_AT = 10 * 1024 * 1024;
const LONGEST_LINE = 16 * 1024;

/**
 * A container's output, kept in a file as lines `<time> <stream> F <text>` (the CRI's format), with one older file
 * when it grows too large.
 */
export class ContainerLog {
  readonly #file: string;
  readonly #lines = new EventEmitter<{ line: [string]; end: [] }>();
  readonly #partial = { stdout: '', stderr: '' };
  #descriptor: number | undefined;
  #size = 0;

  constructor(file: string) {
    this.#file = file;
    this.#lines.setMaxListeners(0);
  }

  open(): void {
    mkdirSync(dirname(this.#file), { recursive: true, mode: 0o700 });
    this.#descriptor = openSync(this.#file, 'a', 0o600);
    this.#size = statSync(this.#file).size;
  }

  write(stream: 'stdout' | 'stderr', chunk: Buffer): void {
    const text = this.#partial[stream] + chunk.toString('utf8');
    const lines = text.split('\n');
    const last = lines.pop() ?? '';
    this.#partial[stream] = last.length > LONGEST_LINE ? '' : last;
    if (last.length > LONGEST_LINE) lines.push(last);
    this.#append(stream, lines);
  }

  /** Writes what has no line end yet, and ends every reader that follows. */
  close(): void {
    for (const stream of ['stdout', 'stderr'] as const) {
      if (this.#partial[stream] !== '') this.#append(stream, [this.#partial[stream]]);
      this.#partial[stream] = '';
    }
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
    this.#lines.emit('end');
  }

  /** The last lines, for a termination message. */
  tail(lines: number, limit: number): string {
    return this.#stored()
      .slice(-lines)
      .map((line) => textOf(line))
      .join('\n')
      .slice(-limit);
  }

  read(options: LogOptions): Readable {
    const { follow = false, timestamps = false, tailLines, sinceSeconds, limitBytes } = options;
    let lines = this.#stored();
    if (sinceSeconds !== undefined) {
      const since = new Date(Date.now() - sinceSeconds * 1000).toISOString();
      lines = lines.filter((line) => line.slice(0, since.length) >= since);
    }
    if (tailLines !== undefined) lines = tailLines === 0 ? [] : lines.slice(-tailLines);
    const render = (line: string) =>
      `${timestamps ? `${line.slice(0, line.indexOf(' '))} ` : ''}${textOf(line)}\n`;
    const stream = new Readable({ read: () => undefined });
    let budget = limitBytes ?? Number.POSITIVE_INFINITY;
    const push = (line: string) => {
      if (budget <= 0) return;
      const bytes = Buffer.from(render(line));
      stream.push(bytes.length > budget ? bytes.subarray(0, budget) : bytes);
      budget -= bytes.length;
      if (budget <= 0) end();
    };
    const end = () => {
      this.#lines.off('line', push).off('end', end);
      stream.push(null);
    };
    for (const line of lines) push(line);
    if (budget <= 0) return stream;
    if (!follow || this.#descriptor === undefined) {
      stream.push(null);
      return stream;
    }
    this.#lines.on('line', push).on('end', end);
    stream.once('close', () => {
      this.#lines.off('line', push).off('end', end);
    });
    return stream;
  }

  #append(stream: string, lines: readonly string[]): void {
    if (lines.length === 0 || this.#descriptor === undefined) return;
    const time = new Date().toISOString();
    const entries = lines.map((line) => `${time} ${stream} F ${line.replace(/\r$/, '')}`);
    const bytes = Buffer.from(`${entries.join('\n')}\n`);
    this.#size += writeSync(this.#descriptor, bytes);
    for (const entry of entries) this.#lines.emit('line', entry);
    if (this.#size > ROTATE_AT) this.#rotate();
  }

  #rotate(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    renameSync(this.#file, `${this.#file}.1`);
    this.open();
  }

  #stored(): string[] {
    return [`${this.#file}.1`, this.#file].flatMap((file) => {
      const lines = readOrEmpty(file).split('\n');
      lines.pop();
      return lines;
    });
  }

  remove(): void {
    rmSync(this.#file, { force: true });
    rmSync(`${this.#file}.1`, { force: true });
  }
}

/** The text after time, stream and tag. */
function textOf(line: string): string {
  const time = line.indexOf(' ');
  const stream = line.indexOf(' ', time + 1);
  return line.slice(line.indexOf(' ', stream + 1) + 1);
}

function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return '';
    throw error;
  }
}

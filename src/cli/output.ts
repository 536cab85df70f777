import type { WriteStream } from 'node:tty';
import { createColors } from 'picocolors';

/** Where a command writes: results to standard output, everything meant for a person beside it to standard error. */
export interface Output {
  /** Whether `--json` was given: then `result` alone writes to standard output. */
  readonly json: boolean;
  /** Whether a person looks at it: a live display and questions make sense. */
  readonly interactive: boolean;
  readonly colors: ReturnType<typeof createColors>;
  readonly columns: number;
  readonly rows: number;
  /** A line for the person; to standard error with `--json`. */
  line(text?: string): void;
  /** A line of news about what is going on; always to standard error. */
  note(text: string): void;
  /** The one JSON document of `--json`. */
  result(document: unknown): void;
  /** Raw text to standard output, for what other programs read (`env`, `logs`, `completion`). */
  raw(text: string): void;
}

export interface OutputStreams {
  readonly stdout: WriteStream | NodeJS.WritableStream;
  readonly stderr: WriteStream | NodeJS.WritableStream;
}

/** Colour only on terminals, and never with NO_COLOR set (no-color.org). */
export function createOutput(json: boolean, streams: OutputStreams = process): Output {
  const { stdout, stderr } = streams;
  const people = json ? stderr : stdout;
  const terminal = 'isTTY' in people && people.isTTY;
  const colored = terminal && (process.env.NO_COLOR ?? '') === '' && process.env.TERM !== 'dumb';
  return {
    json,
    interactive: terminal && process.env.TERM !== 'dumb' && (process.env.CI ?? '') === '',
    colors: createColors(colored),
    columns: 'columns' in people && people.columns > 0 ? people.columns : 100,
    rows: 'rows' in people && people.rows > 0 ? people.rows : 24,
    line: (text = '') => void people.write(`${text}\n`),
    note: (text) => void stderr.write(`${text}\n`),
    result: (document) => void stdout.write(`${JSON.stringify(document, null, 2)}\n`),
    raw: (text) => void stdout.write(text),
  };
}

import { createInterface } from 'node:readline';
import { execa, type Options } from 'execa';
import { PlaygroundError } from './errors.ts';

export interface RunOptions {
  readonly cwd?: string;
  /** The whole environment of the child; nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  readonly input?: string | Uint8Array;
  readonly signal?: AbortSignal;
  /** Milliseconds; no limit unless told. */
  readonly timeout?: number;
  /** Gets every line of both streams while the program runs. */
  readonly onLine?: (line: string) => void;
}

export interface RunResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

/**
 * Runs a program with an argument array, never through a shell.
 * A non-zero exit is a result, not an error.
 * @throws PlaygroundError `program-missing` when there is no such program, `program-failed` when it could not run or was ended.
 */
export async function run(file: string, args: readonly string[], options: RunOptions): Promise<RunResult> {
  const { cwd, env, input, signal, timeout } = options;
  const settings: Options = {
    env: { ...env },
    extendEnv: false,
    reject: false,
    stripFinalNewline: false,
    ...(cwd === undefined ? {} : { cwd }),
    ...(input === undefined ? { stdin: 'ignore' } : { input }),
    ...(signal === undefined ? {} : { cancelSignal: signal }),
    ...(timeout === undefined ? {} : { timeout }),
  };
  const child = execa(file, [...args], settings);
  if (options.onLine !== undefined) {
    for (const stream of [child.stdout, child.stderr]) {
      if (stream != null) createInterface({ input: stream }).on('line', options.onLine);
    }
  }
  const result = await child;
  if (result.exitCode === undefined) {
    signal?.throwIfAborted();
    const missing = result.code === 'ENOENT';
    throw new PlaygroundError({
      code: missing ? 'program-missing' : 'program-failed',
      message: missing
        ? `the program "${file}" was not found`
        : `${file} ${args[0] ?? ''} was ended: ${result.shortMessage ?? ''}`,
      ...(missing ? { hint: `install ${file} and make sure that it is on the PATH` } : {}),
      cause: result,
    });
  }
  return { stdout: String(result.stdout), stderr: String(result.stderr), exitCode: result.exitCode };
}

/** The least environment that programs need: where programs and the home folder are, and the locale. */
export function leastEnvironment(extra: Readonly<Record<string, string>> = {}): Record<string, string> {
  const env: Record<string, string> = {};
  for (const name of ['PATH', 'HOME', 'TMPDIR', 'LANG', 'LC_ALL', 'SystemRoot', 'TEMP']) {
    const value = process.env[name];
    if (value !== undefined) env[name] = value;
  }
  return { ...env, ...extra };
}

import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { PlaygroundError } from './errors.ts';
import { endProcess } from './processes.ts';

/** What a process that outlives its command tells that command, over their IPC channel. */
export type DetachedMessage =
  | { readonly type: 'ready' }
  | {
      readonly type: 'failed';
      readonly code: string;
      readonly message: string;
      readonly hint?: string | undefined;
    };

export interface DetachedProgram {
  /** The script and its arguments, run by this Node. */
  readonly args: readonly string[];
  readonly execArgs?: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Gets what it writes to its standard streams. */
  readonly logFile: string;
}

/** A process that has loaded, or does so now, and waits for the word to begin. Without it, it ends with this process. */
export interface WaitingProcess {
  /**
   * Lets it begin, and waits until it says that it is ready; from then on it outlives this process and its terminal.
   * @throws PlaygroundError that the process reported, or `daemon-ended` with the place of its log.
   */
  begin(signal: AbortSignal): Promise<void>;
  /** Ends it instead. */
  dismiss(): Promise<void>;
}

const BEGIN = 'begin';

/** Starts a process that loads while this one still prepares what it needs. */
export function launchDetached(program: DetachedProgram): WaitingProcess {
  const { args, execArgs = [], cwd, env, logFile } = program;
  mkdirSync(dirname(logFile), { recursive: true, mode: 0o700 });
  const log = openSync(logFile, 'a', 0o600);
  const child = spawn(process.execPath, [...execArgs, ...args], {
    cwd,
    env: { ...env },
    stdio: ['ignore', log, log, 'ipc'],
    detached: true,
  });
  closeSync(log);
  const ready = readiness(child, logFile);
  // What goes wrong before the word is told where it is given.
  ready.catch(() => undefined);
  child.unref();
  child.channel?.unref();
  return {
    async begin(signal) {
      child.ref();
      child.channel?.ref();
      try {
        child.send(BEGIN, () => undefined);
        await unlessAborted(ready, signal);
      } catch (error) {
        if (child.pid !== undefined) await endProcess(child.pid, 5000);
        throw error;
      }
      child.disconnect();
      child.unref();
    },
    async dismiss() {
      if (child.pid !== undefined) await endProcess(child.pid, 5000);
    },
  };
}

/** Starts a process that outlives this one, and waits until it says that it is ready. Throws as `begin` does. */
export async function startDetached(program: DetachedProgram, signal: AbortSignal): Promise<void> {
  await launchDetached(program).begin(signal);
}

/** In the detached process: waits for the word of the command that launched it, and ends when that goes without giving it. */
export async function toldToBegin(): Promise<void> {
  // Run by hand, by nobody who could give a word.
  if (process.send === undefined) return;
  const leave = () => process.exit();
  if (!process.connected) leave();
  process.once('disconnect', leave);
  await new Promise<void>((resolve) => {
    process.once('message', () => {
      resolve();
    });
  });
  process.off('disconnect', leave);
}

/** In the detached process: tells the command that waits, if it still does. */
export function tellStarter(message: DetachedMessage): void {
  if (process.connected) process.send?.(message);
}

function readiness(child: ChildProcess, logFile: string): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('message', (message: DetachedMessage) => {
      if (message.type === 'ready') resolve();
      else reject(new PlaygroundError(message));
    });
    child.once('error', reject);
    child.once('exit', (code, ended) => {
      reject(
        new PlaygroundError({
          code: 'daemon-ended',
          message: `the playground's process ended while it started (${ended ?? `exit code ${code ?? 'unknown'}`})`,
          hint: `its last words are in ${logFile}`,
        }),
      );
    });
  });
}

async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  let abort = () => undefined as void;
  const aborted = new Promise<never>((_resolve, reject) => {
    abort = () => {
      reject(signal.reason as Error);
    };
    signal.addEventListener('abort', abort, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

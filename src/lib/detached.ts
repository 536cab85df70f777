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
  readonly signal: AbortSignal;
}

/**
 * Starts a process that outlives this one and its terminal, and waits until it says that it is ready.
 * @throws PlaygroundError that the process reported, or `daemon-ended` with the place of its log.
 */
export async function startDetached(program: DetachedProgram): Promise<void> {
  const { args, execArgs = [], cwd, env, logFile, signal } = program;
  mkdirSync(dirname(logFile), { recursive: true, mode: 0o700 });
  const log = openSync(logFile, 'a', 0o600);
  const child = spawn(process.execPath, [...execArgs, ...args], {
    cwd,
    env: { ...env },
    stdio: ['ignore', log, log, 'ipc'],
    detached: true,
  });
  closeSync(log);
  try {
    await readiness(child, logFile, signal);
  } catch (error) {
    if (child.pid !== undefined) await endProcess(child.pid, 5000);
    throw error;
  }
  child.disconnect();
  child.unref();
}

/** In the detached process: tells the command that waits, if it still does. */
export function tellStarter(message: DetachedMessage): void {
  if (process.connected) process.send?.(message);
}

function readiness(child: ChildProcess, logFile: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      reject(signal.reason as Error);
    };
    signal.addEventListener('abort', abort, { once: true });
    const settle = (action: () => void) => {
      signal.removeEventListener('abort', abort);
      action();
    };
    child.once('message', (message: DetachedMessage) => {
      settle(() => {
        if (message.type === 'ready') resolve();
        else reject(new PlaygroundError(message));
      });
    });
    child.once('error', (error) => {
      settle(() => {
        reject(error);
      });
    });
    child.once('exit', (code, ended) => {
      settle(() => {
        reject(
          new PlaygroundError({
            code: 'daemon-ended',
            message: `the playground's process ended while it started (${ended ?? `exit code ${code ?? 'unknown'}`})`,
            hint: `its last words are in ${logFile}`,
          }),
        );
      });
    });
  });
}

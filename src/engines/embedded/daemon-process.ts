import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, openSync, closeSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { PlaygroundError } from '../../lib/errors.ts';
import { readFileIfExists } from '../../lib/fs.ts';
import { playgroundsHome } from '../../lib/home.ts';
import { builtFile } from '../../lib/package.ts';
import { leastEnvironment } from '../../lib/process.ts';
import { endProcess, findOurs, isOurs } from './processes.ts';
import { folders } from './state.ts';

/**
 * Keeps V8's room for new objects at 2 MiB instead of 16, and lets its heap grow less between two collections, which it does
 * the more carefully the lower the limit is. Every process that the daemon starts is a fork of it, which takes the longer
 * the more memory it holds.
 */
const SMALL_HEAP = ['--max-semi-space-size=2', '--max-old-space-size=512'];

/** What the daemon tells the command that started it, over their IPC channel. */
export type DaemonMessage =
  | { readonly type: 'ready' }
  | {
      readonly type: 'failed';
      readonly code: string;
      readonly message: string;
      readonly hint?: string | undefined;
    };

const recordSchema = z.object({
  pid: z.number().int().min(2),
  ready: z.boolean(),
  /** Where it takes orders, once it is ready, and the token that they need. */
  control: z.object({ port: z.number().int(), token: z.string() }).optional(),
});

/** What the daemon keeps in `daemon.json` while it runs. */
export type DaemonRecord = Readonly<z.output<typeof recordSchema>>;

/** The argument by which the daemon of a playground is told from any other process. */
function markOf(name: string): string {
  return `--playground-folder=${folders(name).folder}`;
}

/** The daemon of a playground, also when its record is lost or damaged: then it does not count as ready, and `up` renews it. */
export async function runningDaemon(name: string): Promise<DaemonRecord | undefined> {
  const record = readRecord(await readFileIfExists(folders(name).daemon));
  if (record !== undefined && (await isOurs(record.pid, markOf(name))))
    return { ...record, ready: record.ready && record.control !== undefined };
  const pid = await findOurs(markOf(name));
  return pid === undefined ? undefined : { pid, ready: false };
}

function readRecord(text: string | undefined): DaemonRecord | undefined {
  try {
    return recordSchema.safeParse(JSON.parse(text ?? '')).data;
  } catch {
    return undefined;
  }
}

/**
 * Starts the daemon, which outlives this process and its terminal, and waits until all its parts listen.
 * @throws PlaygroundError that the daemon reported, or `daemon-ended` with the place of its log.
 */
export async function startDaemon(name: string, signal: AbortSignal): Promise<void> {
  const { logs } = folders(name);
  mkdirSync(logs, { recursive: true, mode: 0o700 });
  const logFile = join(logs, 'daemon.log');
  const log = openSync(logFile, 'a', 0o600);
  const child = spawn(process.execPath, [...SMALL_HEAP, builtFile('daemon.mjs'), name, markOf(name)], {
    cwd: folders(name).folder,
    env: leastEnvironment({ GITOPS_PLAYGROUND_HOME: playgroundsHome() }),
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
    child.once('message', (message: DaemonMessage) => {
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

/** Ends the daemon and waits until it and its children are gone. */
export async function stopDaemon(name: string): Promise<boolean> {
  const daemon = await runningDaemon(name);
  if (daemon === undefined) return false;
  await endProcess(daemon.pid, 10_000);
  return true;
}

import { rm } from 'node:fs/promises';
import type { Config } from '../../config/schema.ts';
import { tellStarter, toldToBegin } from '../../lib/detached.ts';
import { PlaygroundError, isStorageFailure, messageOf } from '../../lib/errors.ts';
import { writeFileAtomic } from '../../lib/fs.ts';
import type { Endpoints } from '../engine.ts';
import { startControl } from './control.ts';
import type { DaemonRecord } from './daemon-process.ts';
import { settleData } from './data.ts';
import { endpointsOf } from './endpoints.ts';
import { startParts } from './parts.ts';
import { folders, readState } from './state.ts';

/** Something that runs in the daemon beside the servers, such as the dashboard. */
export type Companion = (
  config: Config,
  endpoints: Endpoints,
  port: number,
) => Promise<{ close(): Promise<void> }>;

/**
 * The life of a playground's process: starts everything, tells the command that waits for it, and closes everything on
 * SIGTERM. What is in the folder is enough to go on after it was killed.
 */
export async function runDaemon(name: string, companion: Companion): Promise<void> {
  await toldToBegin();
  const { daemon: recordFile } = folders(name);
  const record = (state: Omit<DaemonRecord, 'pid'>) =>
    writeFileAtomic(recordFile, JSON.stringify({ pid: process.pid, ...state } satisfies DaemonRecord));
  // Whatever any part makes is for its owner's eyes alone.
  process.umask(0o077);
  process.on('uncaughtException', (error) => {
    report(error);
    // A full disk fails single writes; what was acknowledged is safe, and all else goes on. Anything else is a bug.
    if (!isStorageFailure(error)) process.exit(1);
  });
  try {
    const state = await readState(name);
    if (state === undefined) throw new Error(`there is no playground "${name}"`);
    await record({ ready: false });
    const endpoints = endpointsOf(state);
    await settleData(name);
    const [parts, beside] = await Promise.all([
      startParts(state),
      companion(state.config, endpoints, state.ports.dashboard),
    ]);
    const control = await startControl(parts.orders);
    let closing = false;
    const close = async () => {
      if (closing) return;
      closing = true;
      await control.close();
      await beside.close();
      await parts.close();
      await rm(recordFile, { force: true });
      process.exit(0);
    };
    process.on('SIGTERM', () => void close());
    // Ctrl-C in a terminal reaches the whole group of the command that started this; only SIGTERM is meant for it.
    process.on('SIGINT', () => undefined);
    await record({ ready: true, control: { port: control.port, token: control.token } });
    tellStarter({ type: 'ready' });
  } catch (error) {
    const known = error instanceof PlaygroundError;
    report(error);
    tellStarter({
      type: 'failed',
      code: known ? error.code : 'daemon-failed',
      message: messageOf(error),
      ...(known ? { hint: error.hint } : {}),
    });
    process.exitCode = 1;
    // What has started keeps the process alive otherwise.
    setTimeout(() => process.exit(1), 1000).unref();
  }
}

/** Into `daemon.log`. */
function report(error: unknown): void {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  try {
    process.stderr.write(`${new Date().toISOString()} ERROR daemon: ${text}\n`);
  } catch {
    // The disk of the log is full as well.
  }
}

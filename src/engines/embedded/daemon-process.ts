import { mkdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { systemAuthorities } from '../../lib/authorities.ts';
import { launchDetached, type WaitingProcess } from '../../lib/detached.ts';
import { readFileIfExists } from '../../lib/fs.ts';
import { playgroundsHome } from '../../lib/home.ts';
import { builtFile } from '../../lib/package.ts';
import { leastEnvironment } from '../../lib/process.ts';
import { endProcess, findOurs, isOurs } from '../../lib/processes.ts';
import { folders, readState } from './state.ts';

/**
 * Keeps V8's room for new objects at 2 MiB instead of 16, and lets its heap grow less between two collections, which it does
 * the more carefully the lower the limit is. Every process that the daemon starts is a fork of it, which takes the longer
 * the more memory it holds.
 */
const SMALL_HEAP = ['--max-semi-space-size=2', '--max-old-space-size=512'];

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

/** Daemons that have loaded, or do so now, and wait until this command has prepared what they run on. */
const waiting = new Map<string, WaitingProcess>();

/** Lets the daemon load already, unless one runs. When this command ends before it calls `startDaemon`, it goes as well. */
export async function prepareDaemon(name: string): Promise<void> {
  if ((await runningDaemon(name)) === undefined) waiting.set(name, launch(name));
}

/** Ends the daemon that `prepareDaemon` launched, with the folder that was made for it alone. */
export async function abandonDaemon(name: string): Promise<void> {
  const daemon = waiting.get(name);
  if (daemon === undefined) return;
  waiting.delete(name);
  await daemon.dismiss();
  const { folder } = folders(name);
  if ((await readState(name)) === undefined) await rm(folder, { recursive: true, force: true });
}

/** Whether `prepareDaemon` launched one that still waits: then no other one runs. */
export function isDaemonPrepared(name: string): boolean {
  return waiting.has(name);
}

/**
 * Starts the daemon, which outlives this process and its terminal, and waits until all its parts listen.
 * @throws PlaygroundError that the daemon reported, or `daemon-ended` with the place of its log.
 */
export async function startDaemon(name: string, signal: AbortSignal): Promise<void> {
  const daemon = waiting.get(name) ?? launch(name);
  waiting.delete(name);
  await daemon.begin(signal);
}

function launch(name: string): WaitingProcess {
  const { folder, logs } = folders(name);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { execArgs, env } = systemAuthorities();
  return launchDetached({
    args: [builtFile('start-daemon.cjs'), name, markOf(name)],
    execArgs: [...SMALL_HEAP, ...execArgs],
    cwd: folder,
    env: leastEnvironment({ GITOPS_PLAYGROUND_HOME: playgroundsHome(), ...env }),
    logFile: join(logs, 'daemon.log'),
  });
}

/** Ends the daemon and waits until it and its children are gone. */
export async function stopDaemon(name: string): Promise<boolean> {
  waiting.delete(name);
  const daemon = await runningDaemon(name);
  if (daemon === undefined) return false;
  await endProcess(daemon.pid, 10_000);
  return true;
}

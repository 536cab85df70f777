import { readFile, rm } from 'node:fs/promises';
import { z } from 'zod';
import type { Config } from '../../config/schema.ts';
import { startDetached, tellStarter, toldToBegin } from '../../lib/detached.ts';
import { PlaygroundError, messageOf } from '../../lib/errors.ts';
import { readFileIfExists, writeFileAtomic } from '../../lib/fs.ts';
import { playgroundsHome } from '../../lib/home.ts';
import { builtFile } from '../../lib/package.ts';
import { leastEnvironment } from '../../lib/process.ts';
import { endProcess, findOurs, isOurs } from '../../lib/processes.ts';
import type { Endpoints } from '../engine.ts';
import { clusterFolders, readClusterState, type ClusterState } from './state.ts';

/**
 * The process of a playground in a cluster: it serves the dashboard and, where the cluster is elsewhere, carries the laptop's
 * ports to it. Everything else of the playground runs without it.
 */

interface Closable {
  close(): Promise<void>;
}

/** What runs in the companion beside the forwarding: the dashboard. */
export type Beside = (
  config: Config,
  endpoints: Endpoints,
  port: number,
  engine: string,
) => Promise<Closable>;

/** What an engine lets its companion do. */
export interface CompanionWork {
  readonly endpoints: Endpoints;
  /** Carries ports to the cluster, if that is needed. */
  readonly forward?: (report: (message: string) => void) => Promise<Closable>;
}

const recordSchema = z.object({ pid: z.number().int().min(2), program: z.string().optional() });
type CompanionRecord = z.output<typeof recordSchema>;

/** Its program, whose text has a mark that changes with the code that it starts. */
const program = builtFile('start-companion.cjs');

function markOf(name: string): string {
  return `--playground-companion=${clusterFolders(name).folder}`;
}

async function runningCompanion(name: string): Promise<number | undefined> {
  const pid = (await readRecord(name))?.pid;
  if (pid !== undefined && (await isOurs(pid, markOf(name)))) return pid;
  return findOurs(markOf(name));
}

async function readRecord(name: string): Promise<CompanionRecord | undefined> {
  const text = await readFileIfExists(clusterFolders(name).companion);
  try {
    return recordSchema.safeParse(JSON.parse(text ?? '')).data;
  } catch {
    return undefined;
  }
}

export async function isCompanionRunning(name: string): Promise<boolean> {
  return (await runningCompanion(name)) !== undefined;
}

/** Starts the companion unless this version's runs already, in the place of an older one, and waits until it listens. */
export async function startCompanion(name: string, signal: AbortSignal): Promise<void> {
  if (await isCompanionRunning(name)) {
    if ((await readRecord(name))?.program === (await readFile(program, 'utf8'))) return;
    await stopCompanion(name);
  }
  const { folder, companionLog } = clusterFolders(name);
  const child = {
    args: [program, name, markOf(name)],
    cwd: folder,
    env: leastEnvironment({
      GITOPS_PLAYGROUND_HOME: playgroundsHome(),
      ...(process.env.KUBECONFIG === undefined ? {} : { KUBECONFIG: process.env.KUBECONFIG }),
    }),
    logFile: companionLog,
  };
  await startDetached(child, signal);
}

export async function stopCompanion(name: string): Promise<void> {
  const pid = await runningCompanion(name);
  if (pid !== undefined) await endProcess(pid, 5000);
  await rm(clusterFolders(name).companion, { force: true });
}

/** The life of the companion: forwards, serves, and ends at SIGTERM. */
export async function runCompanion(
  name: string,
  workOf: (state: ClusterState) => Promise<CompanionWork>,
  beside: Beside,
): Promise<void> {
  process.umask(0o077);
  const { companion } = clusterFolders(name);
  const report = (message: string) => void process.stderr.write(`${new Date().toISOString()} ${message}\n`);
  await toldToBegin();
  try {
    const state = await readClusterState(name);
    if (state === undefined) throw new Error(`there is no playground "${name}"`);
    const record: CompanionRecord = { pid: process.pid, program: await readFile(program, 'utf8') };
    await writeFileAtomic(companion, JSON.stringify(record));
    const { endpoints, forward } = await workOf(state);
    const forwarding = await forward?.(report);
    const served = await beside(state.config, endpoints, state.ports.dashboard, state.engine);
    const close = async () => {
      await Promise.all([served.close(), forwarding?.close()]);
      await rm(companion, { force: true });
      process.exit(0);
    };
    process.once('SIGTERM', () => void close());
    // Ctrl-C in a terminal reaches the whole group of the command that started this; only SIGTERM is meant for it.
    process.on('SIGINT', () => undefined);
    tellStarter({ type: 'ready' });
  } catch (error) {
    report(messageOf(error));
    const known = error instanceof PlaygroundError;
    tellStarter({
      type: 'failed',
      code: known ? error.code : 'companion-failed',
      message: messageOf(error),
      ...(known ? { hint: error.hint } : {}),
    });
    process.exitCode = 1;
    setTimeout(() => process.exit(1), 1000).unref();
  }
}

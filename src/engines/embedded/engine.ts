import { rm } from 'node:fs/promises';
import { refuseChanges } from '../../config/fixed.ts';
import type { Config } from '../../config/schema.ts';
import { readOwnAuthorities } from '../../lib/authorities.ts';
import { PlaygroundError } from '../../lib/errors.ts';
import { isFree, portNames } from '../../lib/ports.ts';
import { randomSecret } from '../../lib/secrets.ts';
import type { Endpoints, Engine, Progress } from '../engine.ts';
import { order } from './control.ts';
import {
  abandonDaemon,
  isDaemonPrepared,
  prepareDaemon,
  runningDaemon,
  startDaemon,
  stopDaemon,
} from './daemon-process.ts';
import { endpointsOf } from './endpoints.ts';
import { readFaults } from './faults.ts';
import { readLogs } from './logs.ts';
import { chooseNetworks, choosePorts } from './ports.ts';
import { preflight } from './preflight.ts';
import { snapshots } from './snapshots.ts';
import { folders, readState, writeState, type State } from './state.ts';

/** The engine that needs only Node and git: every part is a server in one detached process for each playground. */
export const embeddedEngine: Engine = {
  id: 'embedded',
  preflight,
  prepare: prepareDaemon,
  abandon: abandonDaemon,

  async up(config: Config, progress: Progress, signal: AbortSignal): Promise<Endpoints> {
    const state = await currentState(config);
    signal.throwIfAborted();
    const daemon = isDaemonPrepared(config.name) ? undefined : await runningDaemon(config.name);
    if (daemon?.ready === true) return endpointsOf(state);
    progress('starting the servers');
    if (daemon !== undefined) await stopDaemon(config.name);
    return endpointsOf(await startServers(state, signal));
  },

  async keptConfig(name) {
    return (await readState(name))?.config;
  },

  async state(name) {
    const daemon = await runningDaemon(name);
    const state = await readState(name);
    if (state === undefined) return { state: 'absent' };
    const endpoints = endpointsOf(state);
    return { state: daemon?.ready === true ? 'running' : 'stopped', endpoints };
  },

  async stop(name) {
    await stopDaemon(name);
  },

  async down(name, progress) {
    progress('ending the servers and the pods');
    await stopDaemon(name);
    progress('removing files');
    await rm(folders(name).folder, { recursive: true, force: true, maxRetries: 5 });
  },

  logs: readLogs,
  snapshots,
  faults: {
    list: readFaults,
    set: (name, fault, broken) => order(name, 'fault', { fault, broken }),
  },
};

/**
 * Starts the daemon. Another program can take a port between its choice and its use: as long as the ports were our
 * choice and nothing knows them yet, others are taken.
 */
async function startServers(state: State, signal: AbortSignal, tries = 5): Promise<State> {
  try {
    const started = startDaemon(state.config.name, signal);
    // For the connection to the cluster, which is the next that this command needs.
    readOwnAuthorities();
    await started;
  } catch (error) {
    const taken = error instanceof PlaygroundError && error.code === 'port-in-use';
    if (taken && state.started) throw await explainTakenPorts(state, error);
    if (!taken || state.config.port !== undefined || tries === 0) throw error;
    const other = { ...state, ports: await choosePorts(undefined, state.config.name) };
    await writeState(other);
    return startServers(other, signal, tries - 1);
  }
  if (state.started) return state;
  const started = { ...state, started: true };
  await writeState(started);
  return started;
}

/** What to do about ports that a playground has to have again, because webhooks and images name them. */
async function explainTakenPorts(state: State, error: PlaygroundError): Promise<PlaygroundError> {
  const { name } = state.config;
  const taken = await Promise.all(
    portNames.map(async (part) =>
      (await isFree(state.ports[part])) ? [] : [`port ${state.ports[part]} (${part})`],
    ),
  );
  const ports = taken.flat().join(', ');
  return new PlaygroundError({
    code: 'port-in-use',
    message:
      ports === ''
        ? error.message
        : `${ports} of the playground "${name}" is taken by another program, so it cannot start again`,
    hint: `stop that program, then repeat \`up\`: nothing is lost meanwhile (or give the playground up: gitops-playground down --name ${name})`,
    cause: error,
  });
}

/** The state that is kept, or a new one. Settings that the seeded content is made of cannot change later. */
async function currentState(config: Config): Promise<State> {
  const kept = await readState(config.name);
  if (kept === undefined) {
    const state: State = {
      version: 1,
      createdAt: new Date().toISOString(),
      started: false,
      config,
      ports: await choosePorts(config.port),
      ...(await chooseNetworks()),
      secrets: {
        password: config.password ?? randomSecret(20),
        kubernetesToken: randomSecret(40),
        webhookSecret: randomSecret(40),
      },
    };
    await writeState(state);
    return state;
  }
  refuseChanges(config, kept.config, ['port', 'username', 'password', 'organization', 'application']);
  if (kept.config.reconcileSeconds === config.reconcileSeconds) return kept;
  const state = { ...kept, config };
  await writeState(state);
  // The running parts were started with the old setting.
  await stopDaemon(config.name);
  return state;
}

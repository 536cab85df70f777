import { createServer } from 'node:net';
import { randomInt } from 'node:crypto';
import { playgroundNames } from '../../lib/home.ts';
import { PlaygroundError } from '../../lib/errors.ts';
import { portNames, readState, type PortName, type State } from './state.ts';

/** Rows of ports are tried from here on, so that the first playground of a machine is always found at the same place. */
const FIRST_ROW = 8400;
const ROW = 10;

/** Whether a program could listen on this port of 127.0.0.1 now. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => {
      resolve(false);
    });
    probe.listen(port, '127.0.0.1', () => {
      probe.close(() => {
        resolve(true);
      });
    });
  });
}

/**
 * The ports of a new playground: the row from `first` on, or the first row that is free and that no other playground
 * of this user keeps for itself.
 * @param name the playground that chooses, if it has ports already: its own are none of another one's.
 * @throws PlaygroundError `port-in-use` when a row was asked for that is not free; `no-free-ports`.
 */
export async function choosePorts(first: number | undefined, name?: string): Promise<State['ports']> {
  const others = await keptByOthers(name);
  if (first !== undefined) {
    for (const [offset, name] of portNames.entries()) {
      const port = first + offset;
      const owner = others.ports.get(port);
      if (owner !== undefined || !(await isFree(port))) {
        throw new PlaygroundError({
          code: 'port-in-use',
          message: `port ${port}, wanted for ${name}, is ${owner === undefined ? 'taken by another program' : `kept by the playground "${owner}"`}`,
          hint: `a playground takes ${portNames.length} ports in a row; choose another first one with --port N, or leave --port out`,
        });
      }
    }
    return row(first);
  }
  for (let start = FIRST_ROW; start < 20_000; start += ROW) {
    const wanted = Object.values(row(start));
    if (wanted.some((port) => others.ports.has(port))) continue;
    if ((await Promise.all(wanted.map(isFree))).every(Boolean)) return row(start);
  }
  throw new PlaygroundError({
    code: 'no-free-ports',
    message: `no ${portNames.length} free ports in a row were found between ${FIRST_ROW} and 20000`,
    hint: 'stop what listens there, or choose a row with --port N',
  });
}

/** Two networks of 254 loopback addresses that no other playground of this user has. */
export async function chooseNetworks(): Promise<Pick<State, 'podNetwork' | 'serviceNetwork'>> {
  const { networks } = await keptByOthers();
  for (;;) {
    // Random, since playgrounds of other users on the same machine cannot be asked.
    const second = randomInt(64, 250);
    const third = randomInt(0, 127) * 2;
    const podNetwork = `127.${second}.${third}`;
    if (!networks.has(podNetwork)) return { podNetwork, serviceNetwork: `127.${second}.${third + 1}` };
  }
}

function row(first: number): Record<PortName, number> {
  return Object.fromEntries(portNames.map((name, offset) => [name, first + offset])) as Record<
    PortName,
    number
  >;
}

async function keptByOthers(
  besides?: string,
): Promise<{ ports: Map<number, string>; networks: Set<string> }> {
  const ports = new Map<number, string>();
  const networks = new Set<string>();
  for (const name of await playgroundNames()) {
    const state = name === besides ? undefined : await readState(name).catch(() => undefined);
    if (state === undefined) continue;
    for (const port of Object.values(state.ports)) ports.set(port, name);
    networks.add(state.podNetwork);
  }
  return { ports, networks };
}

import { randomInt } from 'node:crypto';
import { playgroundNames } from '../../lib/home.ts';
import { chooseRow, portNames, type Ports } from '../../lib/ports.ts';
import { readState, type State } from './state.ts';

/** Rows of ports are tried from here on, so that the first playground of a machine is always found at the same place. */
const ROWS = { start: 8400, end: 20_000, step: 10, length: portNames.length };

/**
 * The ports of a new playground: the row from `first` on, or the first row that is free.
 * @param name the playground that chooses, if it has ports already.
 * @throws PlaygroundError `port-in-use` when a row was asked for that is not free; `no-free-ports`.
 */
export function choosePorts(first: number | undefined, name?: string): Promise<Ports> {
  return chooseRow(ROWS, first, name);
}

/** Two networks of 254 loopback addresses that no other playground of this user has. */
export async function chooseNetworks(): Promise<Pick<State, 'podNetwork' | 'serviceNetwork'>> {
  const networks = new Set<string>();
  for (const name of await playgroundNames()) {
    const state = await readState(name).catch(() => undefined);
    if (state !== undefined) networks.add(state.podNetwork);
  }
  for (;;) {
    // Random, since playgrounds of other users on the same machine cannot be asked.
    const second = randomInt(64, 250);
    const third = randomInt(0, 127) * 2;
    const podNetwork = `127.${second}.${third}`;
    if (!networks.has(podNetwork)) return { podNetwork, serviceNetwork: `127.${second}.${third + 1}` };
  }
}

import { createServer } from 'node:net';
import { join } from 'node:path';
import { PlaygroundError } from './errors.ts';
import { readFileIfExists } from './fs.ts';
import { playgroundFolder, playgroundNames } from './home.ts';

/** The parts that listen on the laptop, in the order of their ports. */
export const portNames = ['dashboard', 'git', 'registry', 'ci', 'gitops', 'kubernetes', 'ingress'] as const;
export type PortName = (typeof portNames)[number];
export type Ports = Record<PortName, number>;

/** The files in which engines write down the ports of a playground, whichever engine it runs on. */
const STATE_FILES = ['state.json', 'cluster.json'];

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

/** Where rows of ports are looked for, and how many ports one takes. */
export interface RowChoice {
  readonly start: number;
  readonly end: number;
  /** From one row to the next. */
  readonly step: number;
  /** So many in a row have to be free: those of the parts, and those that an engine keeps for workloads. */
  readonly length: number;
}

/**
 * The ports of a new playground: the row from `first` on, or the first row that is free and that no other playground
 * of this user keeps for itself.
 * @param besides the playground that chooses, if it has ports already: its own are none of another one's.
 * @throws PlaygroundError `port-in-use` when a row was asked for that is not free; `no-free-ports`.
 */
export async function chooseRow(
  choice: RowChoice,
  first: number | undefined,
  besides?: string,
): Promise<Ports> {
  const others = await portsOfOthers(besides);
  const wanted = (start: number) => Array.from({ length: choice.length }, (_, offset) => start + offset);
  if (first !== undefined) {
    for (const [offset, port] of wanted(first).entries()) {
      const owner = others.get(port);
      if (owner !== undefined || !(await isFree(port))) {
        throw new PlaygroundError({
          code: 'port-in-use',
          message: `port ${port}, wanted for ${portNames[offset] ?? 'workloads'}, is ${owner === undefined ? 'taken by another program' : `kept by the playground "${owner}"`}`,
          hint: `a playground takes ${choice.length} ports in a row; choose another first one with --port N, or leave --port out`,
        });
      }
    }
    return row(first);
  }
  for (let start = choice.start; start < choice.end; start += choice.step) {
    const ports = wanted(start);
    if (ports.some((port) => others.has(port))) continue;
    if ((await Promise.all(ports.map(isFree))).every(Boolean)) return row(start);
  }
  throw new PlaygroundError({
    code: 'no-free-ports',
    message: `no ${choice.length} free ports in a row were found between ${choice.start} and ${choice.end}`,
    hint: 'stop what listens there, or choose a row with --port N',
  });
}

function row(first: number): Ports {
  return Object.fromEntries(portNames.map((name, offset) => [name, first + offset])) as Ports;
}

/** Name of the playground by port, of all playgrounds of this user but one. */
async function portsOfOthers(besides: string | undefined): Promise<Map<number, string>> {
  const ports = new Map<number, string>();
  for (const name of await playgroundNames()) {
    if (name === besides) continue;
    for (const file of STATE_FILES) {
      const text = await readFileIfExists(join(playgroundFolder(name), file)).catch(() => undefined);
      for (const port of portsIn(text)) ports.set(port, name);
    }
  }
  return ports;
}

/** A state that cannot be read keeps no ports: its own engine says what is wrong with it. */
function portsIn(text: string | undefined): number[] {
  try {
    const { ports = {}, reserved = [] } = JSON.parse(text ?? '{}') as {
      ports?: Record<string, unknown>;
      reserved?: unknown[];
    };
    return [...Object.values(ports), ...reserved].filter((port) => typeof port === 'number');
  } catch {
    return [];
  }
}

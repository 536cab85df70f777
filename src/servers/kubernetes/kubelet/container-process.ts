import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Duplex, Readable, Writable } from 'node:stream';
import { kill, type ProcessRecords } from './process-records.ts';
import type { Runtime } from './runtime.ts';

export interface ProcessOptions {
  /** Arguments for node: flags, the script, its arguments. */
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** The real path of the working directory. */
  readonly cwd: string;
  readonly runtime: Runtime;
  /** The bundled module that every container preloads. */
  readonly preload: string;
  readonly readable: readonly string[];
  readonly writable: readonly string[];
  /** Bytes, of the memory limit. */
  readonly memory?: number;
  /** Whether the program gets an open standard input. */
  readonly stdin?: boolean;
}

export interface Exit {
  readonly code: number;
  readonly signal: NodeJS.Signals | undefined;
}

/** A running program of a container, in a process group of its own. */
export interface ContainerProcess {
  readonly pid: number;
  readonly stdout: Readable;
  readonly stderr: Readable;
  readonly stdin: Writable | null;
  readonly exited: Promise<Exit>;
  /** Calls back whenever the program begins to listen at a port. */
  onListening(listener: (port: number) => void): void;
  signal(signal: NodeJS.Signals): void;
}

const [major = 20, minor = 0] = process.versions.node.split('.').map(Number);
/** The flag has lost its prefix in 22.13. */
const PERMISSION = major > 22 || (major === 22 && minor >= 13) ? '--permission' : '--experimental-permission';
/** From 25 on the permission model covers the network, which containers have. */
const NETWORK = major >= 25 ? ['--allow-net'] : [];
/** Devices that every container has. */
const DEVICES = ['/dev/null', '/dev/zero', '/dev/random', '/dev/urandom'];

/**
 * Starts node for a container: under Node's permission model, with the environment that is given and no other.
 * @throws the system's error when the process cannot be made.
 */
export async function startProcess(
  options: ProcessOptions,
  records: ProcessRecords,
): Promise<ContainerProcess> {
  const child = spawn(process.execPath, nodeFlags(options), {
    cwd: options.cwd,
    env: { ...options.environment, KUBELET_RUNTIME: JSON.stringify(options.runtime) },
    // The fourth is how the program learns that this process has ended, and how it tells that it listens.
    stdio: [options.stdin === true ? 'pipe' : 'ignore', 'pipe', 'pipe', 'pipe'],
    detached: true,
  });
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve).once('error', reject);
  });
  const { pid, stdout, stderr, stdin } = child;
  if (pid === undefined || stdout === null || stderr === null) throw new Error('the process has no streams');
  records.add(pid);
  const listeners: ((port: number) => void)[] = [];
  const channel = child.stdio[3] as Duplex;
  channel.on('error', () => undefined);
  createInterface({ input: channel }).on('line', (line) => {
    const [word, port] = line.split(' ');
    if (word === 'listening') for (const listener of listeners) listener(Number(port));
  });
  return {
    pid,
    stdout,
    stderr,
    stdin,
    exited: exitOf(child).then((exit) => {
      // Whatever it has started in its group ends with it.
      kill(pid, 'SIGKILL');
      records.remove(pid);
      channel.destroy();
      return exit;
    }),
    onListening: (listener) => {
      listeners.push(listener);
    },
    signal: (signal) => {
      if (child.exitCode === null && child.signalCode === null) kill(pid, signal);
    },
  };
}

function exitOf(child: ChildProcess): Promise<Exit> {
  return new Promise((resolve) => {
    // `close` comes after the streams have been read to their end.
    child.once('close', (code, signal) => {
      resolve({ code: code ?? 128 + signalNumber(signal), signal: signal ?? undefined });
    });
  });
}

function nodeFlags(options: ProcessOptions): string[] {
  const { args, runtime, preload, readable, writable, memory } = options;
  const read = [
    `${runtime.root}/*`,
    runtime.root,
    preload,
    runtime.names,
    ...DEVICES,
    ...readable,
    ...writable,
  ];
  return [
    PERMISSION,
    ...NETWORK,
    '--disable-warning=ExperimentalWarning',
    '--disable-warning=SecurityWarning',
    ...outermost(read).map((path) => `--allow-fs-read=${path}`),
    ...outermost(['/dev/null', ...writable]).map((path) => `--allow-fs-write=${path}`),
    // The rest of a memory limit is for what is not on the heap.
    ...(memory === undefined
      ? []
      : [`--max-old-space-size=${Math.max(16, Math.floor((memory / 2 ** 20) * 0.75))}`]),
    '--require',
    preload,
    ...args,
  ];
}

/** Every path once, and none inside another: Node stops at repeated ones. A folder stands for all that is in it. */
function outermost(paths: readonly string[]): string[] {
  const unique = [...new Set(paths)];
  return unique.filter((path) => !unique.some((other) => other !== path && path.startsWith(`${other}/`)));
}

const SIGNALS: Readonly<Record<string, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGILL: 4,
  SIGTRAP: 5,
  SIGABRT: 6,
  SIGBUS: 7,
  SIGFPE: 8,
  SIGKILL: 9,
  SIGSEGV: 11,
  SIGTERM: 15,
};

function signalNumber(signal: NodeJS.Signals | null): number {
  return SIGNALS[signal ?? ''] ?? 0;
}

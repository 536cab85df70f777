/**
 * Runs inside every container's process before the program (`--require`), and gives it what a real container gets from
 * the kernel: its own address, its own view of the file system, names of Services, and an end when its node ends.
 * Imports nothing but Node's own modules: the permission model lets it read no other file.
 */
import dns from 'node:dns';
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';
import os from 'node:os';
import { createFileSystemView } from './preload-files.ts';
import { createServiceDirectory, type ServiceDirectory } from './preload-names.ts';
import type { Runtime } from './runtime.ts';

const text = process.env.KUBELET_RUNTIME;
if (text !== undefined) {
  delete process.env.KUBELET_RUNTIME;
  const runtime = JSON.parse(text) as Runtime;
  const tell = bindLifeToNode();
  const directory = createServiceDirectory(runtime);
  createFileSystemView(fs, runtime);
  bindToPodAddress(runtime, directory, tell);
  resolveServices(directory);
  os.hostname = () => runtime.hostname;
  syncBuiltinESMExports();
}

/** The node holds the other end of descriptor 3: when that closes, the node is gone and so is the container. */
function bindLifeToNode(): (message: string) => void {
  const node = new net.Socket({ fd: 3 });
  const end = () => {
    process.exit(143);
  };
  node.on('end', end).on('error', end).on('close', end);
  node.resume();
  node.unref();
  return (message) => {
    node.write(`${message}\n`);
  };
}

/** Whatever address the program asks for, it listens at the pod's. */
function bindToPodAddress(
  { address, ports, ownPorts }: Runtime,
  directory: ServiceDirectory,
  tell: (message: string) => void,
): void {
  const own = new Set(ownPorts);
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called with `this` below
  const listen = net.Server.prototype.listen as (this: net.Server, ...args: unknown[]) => net.Server;
  net.Server.prototype.listen = function (this: net.Server, ...args: unknown[]): net.Server {
    const asked = readListenArguments(args);
    if (asked === undefined) return listen.apply(this, args);
    const { port, callback, options } = asked;
    const real = ports[String(port)] ?? port;
    this.once('listening', () => {
      own.add(real);
      tell(`listening ${real}`);
    });
    return listen.call(this, { ...options, host: address, port: real }, ...(callback ? [callback] : []));
  };

  // `localhost` is the pod itself, as far as the pod listens there.
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called with `this` below
  const connect = net.Socket.prototype.connect as (this: net.Socket, ...args: unknown[]) => net.Socket;
  net.Socket.prototype.connect = function (this: net.Socket, ...args: unknown[]): net.Socket {
    const [first] = args;
    const options: unknown = Array.isArray(first) ? (first as unknown[])[0] : first;
    if (isRecord(options) && isLocal(options.host) && own.has(Number(options.port))) {
      options.host = address;
      const real = ports[String(Number(options.port))];
      if (real !== undefined) options.port = real;
    } else if (isRecord(options) && typeof options.host === 'string' && options.port !== undefined) {
      const instead = directory.redirect(options.host, Number(options.port));
      if (instead !== undefined) [options.host, options.port] = instead;
    }
    return connect.apply(this, args);
  };
}

interface ListenRequest {
  readonly port: number;
  readonly options: Record<string, unknown>;
  readonly callback: unknown;
}

/** The arguments of `listen` for a TCP port; undefined for pipes, handles and descriptors. */
function readListenArguments(args: unknown[]): ListenRequest | undefined {
  const [first, second, third] = args;
  const callback = args.findLast((argument) => typeof argument === 'function');
  if (isRecord(first)) {
    if (
      first.port === undefined &&
      (first.path !== undefined || first.fd !== undefined || '_handle' in first || 'fd' in first)
    ) {
      return undefined;
    }
    return { port: Number(first.port ?? 0), options: { ...first }, callback };
  }
  if (typeof first === 'string' && !/^\d+$/.test(first)) return undefined;
  const port = typeof first === 'number' || typeof first === 'string' ? Number(first) : 0;
  const backlog = typeof second === 'number' ? second : typeof third === 'number' ? third : undefined;
  return { port, options: backlog === undefined ? {} : { backlog }, callback };
}

function isLocal(host: unknown): boolean {
  return host === undefined || host === 'localhost' || host === '127.0.0.1' || host === '::1';
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Names of Services resolve as they do by the cluster's DNS. */
function resolveServices(directory: ServiceDirectory): void {
  const lookup = dns.lookup as (...args: unknown[]) => void;
  dns.lookup = ((...args: unknown[]) => {
    const [name, second] = args;
    const callback = args.at(-1);
    const addresses = typeof name === 'string' ? directory.find(name) : undefined;
    if (addresses === undefined || typeof callback !== 'function') {
      lookup(...args);
      return;
    }
    const all = isRecord(second) && second.all === true;
    const entries = addresses.map((address) => ({ address, family: 4 }));
    process.nextTick(() => {
      if (all) (callback as (error: null, found: unknown) => void)(null, entries);
      else (callback as (error: null, found: unknown, family: number) => void)(null, addresses[0], 4);
    });
  }) as typeof dns.lookup;
  const lookupLater = dns.promises.lookup as (...args: unknown[]) => Promise<unknown>;
  dns.promises.lookup = (async (name: string, options?: unknown) => {
    const addresses = directory.find(name);
    if (addresses === undefined) return lookupLater(name, options);
    const entries = addresses.map((address) => ({ address, family: 4 }));
    return isRecord(options) && options.all === true ? entries : entries[0];
  }) as typeof dns.promises.lookup;
}

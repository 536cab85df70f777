import { createServer, type Server, type Socket } from 'node:net';
import { messageOf, systemCode } from '../../../lib/errors.ts';
import type { Log } from '../../../lib/log.ts';
import type { Cluster } from '../cluster.ts';
import { stopAll, type Stop } from '../controllers/controller.ts';
import type { EventRecorder } from '../controllers/events.ts';
import { types, type Service } from '../controllers/objects.ts';
import type { Backends, ServicePortRef } from './backends.ts';

export interface ServiceProxyOptions {
  readonly cluster: Cluster;
  readonly backends: Backends;
  readonly events: EventRecorder;
  readonly log: Log;
  /** Whether cluster IPs can be listened at. */
  readonly ownAddresses: boolean;
}

/** Where a cluster IP and port really answer, when not there: `127.44.8.3:80` is 127.44.8.3 at 41327. */
type Redirects = Readonly<Record<string, readonly [string, number]>>;

export interface ServiceProxy {
  redirects(): Redirects;
  onRedirects(listener: () => void): Stop;
  close(): Promise<void>;
}

/** What one listener stands for. */
interface Wanted {
  readonly key: string;
  readonly kind: 'cluster IP' | 'node port';
  readonly host: string;
  readonly port: number;
  readonly service: Service;
  readonly target: ServicePortRef;
}

interface Listening {
  wanted: Wanted;
  readonly server: Server;
  readonly sockets: Set<Socket>;
}

const NODE_ADDRESS = '127.0.0.1';

/** Listens at the cluster IPs and node ports of Services and passes connections on to their pods, as kube-proxy does. */
export function startServiceProxy(options: ServiceProxyOptions): ServiceProxy {
  const { cluster, backends, events, log, ownAddresses } = options;
  const listening = new Map<string, Listening>();
  const closing = new Set<Promise<void>>();
  const redirects = new Map<string, readonly [string, number]>();
  const listeners = new Set<() => void>();
  let scheduled: NodeJS.Immediate | undefined;
  let closed = false;

  function sync(): void {
    scheduled = undefined;
    const wanted = new Map(
      cluster
        .list<Service>(types.services)
        .flatMap(wantedOf)
        .map((entry) => [entry.key, entry]),
    );
    for (const [key, entry] of listening) if (!wanted.has(key)) end(key, entry);
    for (const [key, entry] of wanted) {
      const present = listening.get(key);
      if (present === undefined) begin(entry, ownAddresses || entry.kind === 'node port' ? entry.port : 0);
      else present.wanted = entry;
    }
  }

  function begin(wanted: Wanted, port: number): void {
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true });
    const entry: Listening = { wanted, server, sockets: new Set() };
    listening.set(wanted.key, entry);
    server.on('connection', (socket) => {
      entry.sockets.add(socket);
      socket.once('close', () => entry.sockets.delete(socket));
      void pass(socket, backends, entry.wanted.target);
    });
    server.once('error', (error) => {
      if (listening.get(wanted.key) === entry) listening.delete(wanted.key);
      const inaccessible = ['EACCES', 'EADDRNOTAVAIL', 'EPERM'].includes(systemCode(error) ?? '');
      // Ports below 1024 often need root: pods are led to another port then, which they do not see.
      if (wanted.kind === 'cluster IP' && port !== 0 && inaccessible && !closed) begin(wanted, 0);
      else {
        const message = `cannot listen at the ${wanted.kind} ${wanted.host}:${wanted.port}: ${messageOf(error)}`;
        events.record('service-proxy', wanted.service, 'Warning', 'FailedToListen', message);
        log.warn(`Service ${wanted.key}: ${message}`);
      }
    });
    const host = port === 0 && !ownAddresses ? NODE_ADDRESS : wanted.host;
    server.listen(port, host, () => {
      const bound = server.address();
      if (wanted.kind !== 'cluster IP' || typeof bound !== 'object' || bound === null) return;
      if (bound.port === wanted.port && bound.address === wanted.host) return;
      redirects.set(`${wanted.host}:${wanted.port}`, [bound.address, bound.port]);
      for (const listener of listeners) listener();
    });
  }

  function end(key: string, { wanted, server, sockets }: Listening): void {
    listening.delete(key);
    if (redirects.delete(`${wanted.host}:${wanted.port}`)) for (const listener of listeners) listener();
    const ended = new Promise<void>((resolve) => {
      server.close(() => {
        resolve();
      });
      for (const socket of sockets) socket.destroy();
    }).finally(() => closing.delete(ended));
    closing.add(ended);
  }

  function wantedOf(service: Service): Wanted[] {
    const { namespace = '', name, deletionTimestamp } = service.metadata;
    const { type, clusterIP, ports = [] } = service.spec;
    if (type === 'ExternalName' || deletionTimestamp !== undefined) return [];
    return ports.flatMap(({ port, nodePort, protocol = 'TCP' }) => {
      if (protocol !== 'TCP') return [];
      const entry = (kind: Wanted['kind'], host: string, at: number): Wanted => ({
        key: `${namespace}/${name} ${host}:${at}`,
        kind,
        host,
        port: at,
        service,
        target: { namespace, service: name, port },
      });
      const own =
        clusterIP === undefined || clusterIP === '' || clusterIP === 'None'
          ? []
          : [entry('cluster IP', clusterIP, port)];
      return nodePort === undefined ? own : [...own, entry('node port', NODE_ADDRESS, nodePort)];
    });
  }

  sync();
  const stop = cluster.subscribe<Service>(types.services, () => {
    scheduled ??= setImmediate(sync);
  });
  return {
    redirects: () => Object.fromEntries(redirects),
    onRedirects: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close() {
      closed = true;
      stopAll([
        stop,
        () => {
          clearImmediate(scheduled);
        },
      ])();
      for (const [key, entry] of listening) end(key, entry);
      await Promise.all(closing);
    },
  };
}

/** Passes a connection on, in both directions, each of which may end before the other. */
async function pass(client: Socket, backends: Backends, target: ServicePortRef): Promise<void> {
  let gone = false;
  client.once('close', () => {
    gone = true;
  });
  client.on('error', () => {
    gone = true;
  });
  try {
    const backend = await backends.connect(target);
    if (gone) {
      backend.destroy();
      return;
    }
    join(client, backend);
    client.resume();
  } catch {
    client.resetAndDestroy();
  }
}

/** Joins two sockets; when one breaks, both are closed. */
export function join(one: Socket, other: Socket): void {
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    from.pipe(to);
    from.on('error', () => to.destroy());
    from.once('close', () => {
      // After a proper end the other direction may still have something to say.
      if (from.readableEnded) to.end();
      else to.destroy();
    });
  }
}

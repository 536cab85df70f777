import { createServer, type Server, type Socket } from 'node:net';
import WebSocket from 'ws';
import { messageOf } from '../lib/errors.ts';
import type { ClusterAccess } from './kubeconfig.ts';
import type { KubernetesClient } from './kubernetes.ts';
import { isReady, podType, serviceType, type Pod, type Service } from './kubernetes-objects.ts';

/** A Service of the cluster to which a port of the laptop leads. */
export interface ForwardTarget {
  readonly namespace: string;
  readonly service: string;
  /** The Service's port. */
  readonly port: number;
}

export interface Forward {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Binds a port of loopback and carries every connection to a ready pod of the Service, through the API server
 * (`pods/NAME/portforward` with the WebSocket subprotocol `v4.channel.k8s.io`: a channel for data and one for errors).
 * The subprotocol knows no half-closed connections.
 * @param report is told why a connection could not be carried.
 */
export async function forwardPort(
  access: Pick<ClusterAccess, 'http'>,
  client: KubernetesClient,
  local: number,
  target: ForwardTarget,
  report: (message: string) => void,
): Promise<Forward> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    carry(access, client, socket, target).catch((error: unknown) => {
      report(`${target.namespace}/${target.service}:${target.port}: ${messageOf(error)}`);
      socket.destroy();
    });
  });
  await listenOn(server, local);
  return {
    port: local,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function listenOn(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
}

async function carry(
  access: Pick<ClusterAccess, 'http'>,
  client: KubernetesClient,
  socket: Socket,
  target: ForwardTarget,
): Promise<void> {
  const { pod, port } = await podOf(client, target);
  const channel = openChannel(access, target.namespace, pod, port);
  const opened = new Promise<void>((resolve, reject) => {
    channel.once('open', resolve);
    channel.once('error', reject);
  });
  // Before it is open: the first messages may arrive together with the answer to the handshake.
  join(socket, channel);
  await opened;
  socket.resume();
}

/** A ready pod behind the Service, and the number of its port. */
async function podOf(
  client: KubernetesClient,
  target: ForwardTarget,
): Promise<{ pod: string; port: number }> {
  const { namespace, service: name } = target;
  const service = await client.get<Service>({ ...serviceType, namespace, name });
  const labelSelector = Object.entries(service.spec.selector ?? {})
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
  if (labelSelector === '') throw new Error('the Service has no selector');
  const { items } = await client.list<Pod>(podType, { namespace, labelSelector });
  const pod = items.find(isReady);
  if (pod === undefined) throw new Error('no pod of the Service is ready');
  const wanted = service.spec.ports?.find(({ port }) => port === target.port)?.targetPort ?? target.port;
  const named = pod.spec.containers
    .flatMap(({ ports = [] }) => ports)
    .find(({ name: own }) => own === wanted);
  const port = typeof wanted === 'number' ? wanted : named?.containerPort;
  if (port === undefined) throw new Error(`the pod ${pod.metadata.name} has no port "${wanted}"`);
  return { pod: pod.metadata.name, port };
}

function openChannel(
  { http }: Pick<ClusterAccess, 'http'>,
  namespace: string,
  pod: string,
  port: number,
): WebSocket {
  const url = new URL(
    `${http.baseUrl.replace(/\/+$/, '')}/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(pod)}/portforward`,
  );
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  url.searchParams.set('ports', String(port));
  return new WebSocket(url, ['v4.channel.k8s.io'], {
    perMessageDeflate: false,
    handshakeTimeout: 15_000,
    headers: http.authorization === undefined ? {} : { authorization: http.authorization },
    ...(http.ca === undefined ? {} : { ca: http.ca }),
    ...(http.clientCertificate === undefined
      ? {}
      : { cert: http.clientCertificate.certificate, key: http.clientCertificate.key }),
    ...(http.insecure === true ? { rejectUnauthorized: false } : {}),
  });
}

const DATA = 0;
/** Each channel begins with the number of its port, in two bytes. */
const PREAMBLE = 2;

/** Carries bytes both ways, each side waiting for the other one to keep up; the socket is paused until the channel is open. */
function join(socket: Socket, channel: WebSocket): void {
  const begun = new Set<number>();
  channel.on('message', (message: Buffer) => {
    const number = message[0] ?? DATA;
    let content = message.subarray(1);
    if (!begun.has(number)) {
      begun.add(number);
      content = content.subarray(PREAMBLE);
    }
    if (content.length === 0) return;
    if (number !== DATA) {
      socket.destroy(new Error(content.toString('utf8')));
    } else if (!socket.write(content)) {
      channel.pause();
      socket.once('drain', () => {
        channel.resume();
      });
    }
  });
  channel.on('close', () => socket.end());
  channel.on('error', () => socket.destroy());
  socket.on('data', (chunk: Buffer) => {
    socket.pause();
    channel.send(Buffer.concat([Buffer.of(DATA), chunk]), () => socket.resume());
  });
  socket.on('close', () => {
    channel.close();
  });
}

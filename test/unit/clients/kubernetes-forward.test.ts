import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { forwardPort } from '../../../src/clients/kubernetes-forward.ts';
import type { KubernetesClient } from '../../../src/clients/kubernetes.ts';

const target = { namespace: 'gitea', service: 'gitea-http', port: 3000 };

/** A Service of one ready pod. */
const client = {
  get: () => Promise.resolve({ spec: { selector: { app: 'gitea' }, ports: [{ port: 3000 }] } }),
  list: () =>
    Promise.resolve({
      items: [
        {
          metadata: { name: 'gitea-0' },
          spec: { containers: [] },
          status: { conditions: [{ type: 'Ready', status: 'True' }] },
        },
      ],
    }),
} as unknown as KubernetesClient;

/** A frame of a WebSocket, with few bytes of a channel in it. */
function frame(channel: number, ...content: number[]): Buffer {
  return Buffer.from([0x82, content.length + 1, channel, ...content]);
}

/** The answer to the handshake of a WebSocket. */
function handshake({ headers }: IncomingMessage): Buffer {
  const key = `${headers['sec-websocket-key'] ?? ''}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
  const accept = createHash('sha1').update(key).digest('base64');
  return Buffer.from(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\nSec-WebSocket-Protocol: v4.channel.k8s.io\r\n\r\n`,
  );
}

/** An API server whose kubelet does what it is told to, and the port of loopback that is carried to it. */
async function carried(kubelet: (request: IncomingMessage, socket: Duplex) => void): Promise<number> {
  const server = createServer().on('upgrade', kubelet);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const picked = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => picked.once('listening', resolve));
  const { port } = picked.address() as AddressInfo;
  await new Promise((resolve) => picked.close(resolve));
  const forward = await forwardPort({ http: { baseUrl } }, client, port, target, () => undefined);
  onTestFinished(async () => {
    await forward.close();
    server.close();
    server.closeAllConnections();
  });
  return port;
}

// As kubelets send it now and then: by the time of a handshake's answer, the numbers of the ports are on their way.
test('what arrives together with the answer to the handshake is carried in full', async () => {
  const port = await carried((request, socket) => {
    const preambles = [frame(0, 0xb8, 0x0b), frame(1, 0xb8, 0x0b)];
    socket.write(Buffer.concat([handshake(request), ...preambles, frame(0, ...Buffer.from('HTTP/1.1 200'))]));
    socket.end(Buffer.from([0x88, 0]));
  });
  expect((await buffer(connect(port, '127.0.0.1'))).toString()).toBe('HTTP/1.1 200');
});

test('what arrives later is carried without the numbers of the ports', async () => {
  const port = await carried((request, socket) => {
    socket.write(handshake(request));
    setTimeout(() => {
      socket.write(Buffer.concat([frame(0, 0xb8, 0x0b), frame(0, ...Buffer.from('HTTP/1.1 200'))]));
      socket.end(Buffer.from([0x88, 0]));
    }, 20);
  });
  expect((await buffer(connect(port, '127.0.0.1'))).toString()).toBe('HTTP/1.1 200');
});

test('a refused handshake ends the connection', async () => {
  const port = await carried((_request, socket) => {
    socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n');
  });
  expect((await buffer(connect(port, '127.0.0.1'))).toString()).toBe('');
});

import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { messageOf } from '../../../lib/errors.ts';
import { SpdyConnection, type SpdyStream } from './spdy.ts';

/** Bytes that may wait for the client before a pod's connection is made to wait. */
const MOST_UNSENT = 1024 * 1024;

/**
 * Forwards ports over a WebSocket that carries SPDY (`SPDY/3.1+portforward.k8s.io`). For each connection the client opens
 * two streams with the same `requestid`: one for errors, one for the data.
 */
export function forwardPorts(webSocket: WebSocket, connect: (port: number) => Promise<Duplex>): void {
  const errors = new Map<string, SpdyStream>();
  const spdy = new SpdyConnection(
    (frame) => {
      if (webSocket.readyState === webSocket.OPEN) webSocket.send(frame);
    },
    (stream) => {
      const request = stream.headers.requestid ?? '';
      if (stream.headers.streamtype === 'error') errors.set(request, stream);
      else if (stream.headers.streamtype === 'data') void forward(stream, request);
      else spdy.reset(stream.id);
    },
  );
  webSocket.on('message', (message: Buffer) => {
    spdy.receive(message).catch(() => {
      webSocket.terminate();
    });
  });
  webSocket.once('close', () => {
    spdy.close();
  });

  async function forward(stream: SpdyStream, request: string): Promise<void> {
    const early: Buffer[] = [];
    let ended = false;
    let gone = false;
    stream.onData = (data) => early.push(data);
    stream.onEnd = () => (ended = true);
    stream.onReset = () => (gone = true);
    const error = errors.get(request);
    errors.delete(request);
    const port = Number(stream.headers.port);
    let socket: Duplex;
    try {
      socket = await connect(port);
    } catch (cause) {
      if (error !== undefined) {
        spdy.sendData(
          error.id,
          Buffer.from(`error forwarding port ${port} to pod: ${messageOf(cause)}`),
          true,
        );
      }
      spdy.sendData(stream.id, Buffer.alloc(0), true);
      return;
    }
    socket.on('error', () => undefined);
    if (gone as boolean) {
      socket.destroy();
      return;
    }
    for (const data of early) socket.write(data);
    if (ended as boolean) socket.end();
    stream.onData = (data) => socket.write(data);
    stream.onEnd = () => socket.end();
    stream.onReset = () => socket.destroy();
    socket.on('data', (data: Buffer) => {
      spdy.sendData(stream.id, data);
      if (webSocket.bufferedAmount > MOST_UNSENT) resumeLater(socket);
    });
    socket.once('close', () => {
      spdy.sendData(stream.id, Buffer.alloc(0), true);
      if (error !== undefined) spdy.sendData(error.id, Buffer.alloc(0), true);
    });
  }

  function resumeLater(socket: Duplex): void {
    socket.pause();
    // The callback comes when this message, and so all before it, has been handed on.
    webSocket.ping(undefined, undefined, () => {
      socket.resume();
    });
  }
}

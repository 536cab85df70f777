import { request as sendRequest, type IncomingMessage } from 'node:http';
import { Agent } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BodyTooLarge, readBody } from '../../../../src/lib/http/body.ts';
import { createGuardedServer, listen, type Listener } from '../../../../src/lib/http/listen.ts';

describe('the body of a request', () => {
  let listener: Listener;
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });

  beforeAll(async () => {
    const server = createGuardedServer((request, response) => {
      readBody(request, 1000).then(
        (body) => response.end(String(body.length)),
        (error: unknown) => {
          response.writeHead(error instanceof BodyTooLarge ? 413 : 500);
          response.end(String(error));
        },
      );
    });
    listener = await listen(server, { port: 0 });
  });
  afterAll(async () => {
    agent.destroy();
    await listener.close();
  });

  const post = (size: number, headers: Record<string, string | number>) =>
    new Promise<{ status: number | undefined; port: number | undefined }>((resolve, reject) => {
      const sent = sendRequest({ agent, port: listener.port, host: '127.0.0.1', method: 'POST', headers });
      sent.once('error', reject);
      sent.once('response', (response: IncomingMessage) => {
        const port = response.socket.localPort;
        response.resume().once('end', () => {
          resolve({ status: response.statusCode, port });
        });
      });
      sent.end(Buffer.alloc(size));
    });

  test('over its limit is answered with 413, with and without its length, and the connection goes on', async () => {
    const first = await post(5_000_000, { 'content-length': 5_000_000 });
    const second = await post(5_000_000, { 'transfer-encoding': 'chunked' });
    const third = await post(1000, {});
    expect([first.status, second.status, third.status]).toEqual([413, 413, 200]);
    expect(new Set([first.port, second.port, third.port]).size).toBe(1);
  });
});

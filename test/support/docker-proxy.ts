import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeDocker } from './fake-docker.ts';

/** What is done with a call instead of passing it on. */
export type Fault =
  /** The engine's own way to say no: `{"message": …}`. */
  | { readonly status: number; readonly message: string }
  | { readonly status: number; readonly json: unknown }
  /** A pull that fails while it runs: lines of JSON. */
  | { readonly lines: readonly unknown[] }
  /** The connection breaks, as when the engine is ended. */
  | 'break'
  /** Nothing is ever answered. */
  | 'silence';

export interface DockerProxy {
  readonly socket: string;
  /** `METHOD path` of every call, without the version and the query. */
  readonly calls: string[];
  /** Decides over each call; undefined passes it on to the engine behind, if there is one. */
  rule: (call: { method: string; path: string }) => Fault | undefined;
  /** What answers where there is no engine behind. */
  readonly engine: FakeDocker;
  close(): Promise<void>;
}

/**
 * The Docker API at a socket of its own, in front of a real engine or, without one, an engine that is well and empty. Its rule
 * breaks single calls. Containers are started without privileges where `unprivileged` is set, for machines that allow no others.
 */
export async function startDockerProxy(
  options: { readonly upstream?: string; readonly unprivileged?: boolean } = {},
): Promise<DockerProxy> {
  const folder = mkdtempSync(join(tmpdir(), 'docker-'));
  const socket = join(folder, 'docker.sock');
  const open = new Set<Socket>();
  const proxy: DockerProxy = {
    socket,
    calls: [],
    engine: new FakeDocker(),
    rule: () => undefined,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          rmSync(folder, { recursive: true, force: true });
          resolve();
        });
        for (const connection of open) connection.destroy();
      }),
  };
  const callOf = ({ method = 'GET', url = '/' }: IncomingMessage) => ({
    method,
    path: url.replace(/^\/v\d+\.\d+(?=\/)/, '').replace(/\?.*/, ''),
  });
  const server = createServer((incoming, response) => {
    const call = callOf(incoming);
    proxy.calls.push(`${call.method} ${call.path}`);
    const fault = proxy.rule(call);
    if (fault !== undefined) answer(fault, incoming, response);
    else if (options.upstream === undefined) void proxy.engine.answer(incoming, response);
    else void passOn(options.upstream, incoming, response, options.unprivileged === true);
  });
  server.on('connection', (connection) => {
    open.add(connection);
    connection.once('close', () => open.delete(connection));
    connection.on('error', () => undefined);
  });
  server.on('upgrade', (incoming: IncomingMessage, client: Socket, head: Buffer) => {
    const call = callOf(incoming);
    proxy.calls.push(`${call.method} ${call.path}`);
    if (options.upstream === undefined || proxy.rule(call) !== undefined) {
      client.destroy();
      return;
    }
    const engine = connect(options.upstream);
    const headers = Object.entries(incoming.headers).map(([name, value]) => `${name}: ${String(value)}`);
    engine.write(
      `${incoming.method ?? 'GET'} ${incoming.url ?? '/'} HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n`,
    );
    engine.write(head);
    engine.pipe(client).pipe(engine);
    engine.on('error', () => client.destroy());
    client.on('error', () => engine.destroy());
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  return proxy;
}

function answer(fault: Fault, incoming: IncomingMessage, response: ServerResponse): void {
  incoming.resume();
  if (fault === 'silence') return;
  if (fault === 'break') {
    incoming.socket.destroy();
  } else if ('lines' in fault) {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(fault.lines.map((line) => `${JSON.stringify(line)}\r\n`).join(''));
  } else {
    const body = 'json' in fault ? fault.json : { message: fault.message };
    response.writeHead(fault.status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  }
}

async function passOn(
  upstream: string,
  incoming: IncomingMessage,
  response: ServerResponse,
  unprivileged: boolean,
): Promise<void> {
  const headers = { ...incoming.headers };
  const creates =
    unprivileged && /\/(containers\/create|exec)\b/.test(incoming.url ?? '') && incoming.method === 'POST';
  const outgoing = request({ socketPath: upstream, method: incoming.method, path: incoming.url, headers });
  outgoing.once('response', (answered) => {
    response.writeHead(answered.statusCode ?? 500, answered.headers);
    response.flushHeaders();
    answered.pipe(response);
    answered.once('error', () => response.destroy());
  });
  outgoing.once('error', () => response.destroy());
  response.once('close', () => outgoing.destroy());
  if (!creates) {
    incoming.pipe(outgoing);
    return;
  }
  const chunks: Buffer[] = [];
  for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk);
  const body = Buffer.concat(chunks).toString('utf8').replaceAll('"Privileged":true', '"Privileged":false');
  outgoing.removeHeader('content-length');
  outgoing.setHeader('content-length', Buffer.byteLength(body));
  outgoing.end(body);
}

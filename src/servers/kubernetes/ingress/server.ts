import { createServer, request as sendRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { isLoopbackHost } from '../../../lib/http/guard.ts';
import { listen } from '../../../lib/http/listen.ts';
import { messageOf } from '../../../lib/errors.ts';
import type { Cluster } from '../cluster.ts';
import { types, type Ingress } from '../controllers/objects.ts';
import type { Backends, ServicePortRef } from '../services/backends.ts';
import { join } from '../services/proxy.ts';
import { endToEnd, forwardedHeaders } from './forwarding.ts';
import { knownHosts, route } from './rules.ts';

export interface IngressOptions {
  readonly cluster: Cluster;
  readonly backends: Backends;
  /** 0 takes any free port. */
  readonly port: number;
}

export interface IngressServer {
  readonly port: number;
  close(): Promise<void>;
}

/** Serves Ingress objects: an HTTP reverse proxy on loopback that chooses the Service by Host and path. */
export async function startIngress({ cluster, backends, port }: IngressOptions): Promise<IngressServer> {
  const tunnels = new Set<Socket>();
  const server = createServer((request, response) => {
    void serve(request, response);
  });
  server.requestTimeout = 0; // Pods may stream for as long as they like.
  server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    tunnels.add(socket);
    socket.once('close', () => tunnels.delete(socket));
    void tunnel(request, socket, head);
  });
  const listener = await listen(server, { port });
  const stop = cluster.subscribe<Ingress>(types.ingresses, ({ type, object }) => {
    if (type !== 'DELETED') writeStatus(cluster, object);
  });

  function find(request: IncomingMessage): ServicePortRef | undefined {
    const host = (request.headers.host ?? '').replace(/:\d+$/, '').toLowerCase();
    const path = (request.url ?? '/').replace(/[?#].*$/s, '');
    return route(cluster.list<Ingress>(types.ingresses), host, path);
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // Only names of this machine: a foreign page must not reach pods by rebinding its own name.
    if (!isLoopbackHost(request.headers.host ?? '')) {
      answer(response, 421, 'this ingress serves names below .localhost');
      return;
    }
    const target = find(request);
    if (target === undefined) {
      answerNotFound(response, cluster.list<Ingress>(types.ingresses), listener.port);
      return;
    }
    try {
      await forward(request, response, target);
    } catch (error) {
      if (response.headersSent || response.destroyed) response.destroy();
      else answer(response, 503, `no answer from ${target.namespace}/${target.service}: ${messageOf(error)}`);
    }
  }

  async function forward(
    request: IncomingMessage,
    response: ServerResponse,
    target: ServicePortRef,
  ): Promise<void> {
    const { method = 'GET' } = request;
    const hasBody =
      request.headers['content-length'] !== undefined || request.headers['transfer-encoding'] !== undefined;
    const mayRepeat = !hasBody && ['GET', 'HEAD', 'OPTIONS'].includes(method);
    for (let attempt = 1; ; attempt += 1) {
      const socket = await backends.connect(target);
      try {
        const answered = await exchange(request, socket, hasBody);
        response.writeHead(answered.statusCode ?? 502, answered.statusMessage, endToEnd(answered).flat());
        await pipeline(answered, response);
        return;
      } catch (error) {
        socket.destroy();
        // A pod that went away before it answered a question that changes nothing: another one is asked.
        if (!mayRepeat || response.headersSent || response.destroyed || attempt === 3) throw error;
      }
    }
  }

  function exchange(request: IncomingMessage, socket: Socket, hasBody: boolean): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const sent = sendRequest({
        method: request.method ?? 'GET',
        path: request.url ?? '/',
        createConnection: () => socket,
        setHost: false,
      });
      for (const [name, value] of forwardedHeaders(request, listener.port)) {
        const before = sent.getHeader(name);
        sent.setHeader(name, before === undefined ? value : [before, value].flat().map(String));
      }
      sent.setHeader('Connection', 'close');
      sent.once('response', resolve);
      sent.once('error', reject);
      request.once('close', () => {
        if (!request.complete) sent.destroy();
      });
      if (hasBody) pipeline(request, sent).catch(reject);
      else sent.end();
    });
  }

  async function tunnel(request: IncomingMessage, socket: Socket, head: Buffer): Promise<void> {
    socket.on('error', () => undefined);
    const target = isLoopbackHost(request.headers.host ?? '') ? find(request) : undefined;
    try {
      if (target === undefined) throw new Error('no such host');
      const backend = await backends.connect(target);
      const lines = [
        ...forwardedHeaders(request, listener.port),
        ['Connection', 'Upgrade'],
        ['Upgrade', request.headers.upgrade ?? ''],
      ].map(([name, value]) => `${name}: ${value}`);
      backend.write(
        `${request.method ?? 'GET'} ${request.url ?? '/'} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`,
      );
      backend.write(head);
      join(socket, backend);
    } catch {
      socket.end(
        `HTTP/1.1 ${target === undefined ? '404 Not Found' : '503 Service Unavailable'}\r\nConnection: close\r\n\r\n`,
      );
    }
  }

  return {
    port: listener.port,
    async close() {
      stop();
      for (const socket of tunnels) socket.destroy();
      await listener.close();
    },
  };
}

function answer(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' });
  response.end(`${text}\n`);
}

function answerNotFound(response: ServerResponse, ingresses: readonly Ingress[], port: number): void {
  const hosts = knownHosts(ingresses).map((host) => {
    const url = escapeHtml(`http://${host}:${port}/`);
    return `<li><a href="${url}">${url}</a></li>`;
  });
  const list =
    hosts.length === 0
      ? '<p>No Ingress names a host yet.</p>'
      : `<p>These hosts are served here:</p><ul>${hosts.join('')}</ul>`;
  response.writeHead(404, { 'content-type': 'text/html; charset=utf-8' });
  response.end(
    `<!doctype html><html lang="en"><meta charset="utf-8"><title>404: no such host or path</title><body><h1>404</h1><p>No Ingress has a rule for this host and path.</p>${list}</body></html>\n`,
  );
}

function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

/** Says where the Ingress answers. */
function writeStatus(cluster: Cluster, ingress: Ingress): void {
  const loadBalancer = { ingress: [{ ip: '127.0.0.1' }] };
  if (JSON.stringify(ingress.status?.loadBalancer) === JSON.stringify(loadBalancer)) return;
  const live = cluster.get<Ingress>(types.ingresses, ingress.metadata.namespace, ingress.metadata.name);
  if (live !== undefined)
    cluster.update<Ingress>(types.ingresses, { ...live, status: { loadBalancer } }, 'status');
}

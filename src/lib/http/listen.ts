import { createServer, type RequestListener, type Server } from 'node:http';
import type { Server as SecureServer } from 'node:https';
import { PlaygroundError, systemCode } from '../errors.ts';
import { refuseForeign } from './guard.ts';

/** A server that accepts connections. `port` is the real one, also where 0 was asked for. */
export interface Listener {
  readonly host: string;
  readonly port: number;
  /** Stops accepting, ends open connections and resolves when the port is free. */
  close(): Promise<void>;
  /** Like `close`, until `resume`: meanwhile who connects is refused. */
  suspend(): Promise<void>;
  /** Accepts again at the same port. @throws PlaygroundError `port-in-use` when another program has taken it. */
  resume(): Promise<void>;
  /** Lets every request that comes from now on wait for what `gate` gives; without a gate, none waits. */
  slow(gate: (() => Promise<void>) | undefined): void;
}

export interface ListenOptions {
  /** 0 takes any free port. */
  readonly port: number;
  /** A loopback address; 127.0.0.1 unless told. */
  readonly host?: string;
}

/**
 * Binds a server to a loopback address.
 * @throws PlaygroundError `port-in-use` and `port-forbidden`.
 */
export async function listen(server: Server | SecureServer, options: ListenOptions): Promise<Listener> {
  const { host = '127.0.0.1' } = options;
  await bind(server, host, options.port);
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no address');
  const { port } = address;
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => {
        resolve();
      });
      server.closeAllConnections();
    });
  return {
    host,
    port,
    close,
    suspend: close,
    resume: () => (server.listening ? Promise.resolve() : bind(server, host, port)),
    slow: gateOf(server),
  };
}

function bind(server: Server | SecureServer, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (error: Error) => {
      reject(explainBindError(error, host, port));
    };
    server.once('error', failed);
    server.listen(port, host, () => {
      server.off('error', failed);
      resolve();
    });
  });
}

/** Puts a gate before whatever handles the requests of a server, and takes it away again. */
function gateOf(server: Server | SecureServer): Listener['slow'] {
  const handlers = server.listeners('request') as RequestListener[];
  return (gate) => {
    server.removeAllListeners('request');
    for (const handler of handlers) {
      if (gate === undefined) server.on('request', handler);
      else server.on('request', (request, response) => void gate().then(() => handler(request, response)));
    }
  };
}

/** An HTTP server whose handler never sees a request with a foreign Host or Origin. */
export function createGuardedServer(
  handler: RequestListener,
  allowedOrigins: readonly string[] = [],
): Server {
  // Who sends its head by drops holds a connection for some seconds at most.
  const patience = { headersTimeout: 15_000, connectionsCheckingInterval: 5000 };
  return createServer(patience, (request, response) => {
    const refusal = refuseForeign(request.headers, allowedOrigins);
    if (refusal === undefined) {
      handler(request, response);
      return;
    }
    response.writeHead(refusal.status, { 'content-type': 'text/plain; charset=utf-8', connection: 'close' });
    response.end(`${refusal.reason}\n`);
  });
}

function explainBindError(error: Error, host: string, port: number): Error {
  switch (systemCode(error)) {
    case 'EADDRINUSE':
      return new PlaygroundError({
        code: 'port-in-use',
        message: `port ${port} on ${host} is taken by another program`,
        hint: 'stop that program; a playground keeps its ports, so for other ones remove it first: `down`, then `up --port N`',
        cause: error,
      });
    case 'EACCES':
      return new PlaygroundError({
        code: 'port-forbidden',
        message: `this user may not listen on port ${port} of ${host}`,
        hint: 'choose a port above 1023 with `up --port N`',
        cause: error,
      });
    case undefined:
    default:
      return error;
  }
}

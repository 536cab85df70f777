import type { IncomingMessage, ServerResponse } from 'node:http';
import { isStorageFailure, messageOf, systemCode } from '../../lib/errors.ts';
import { ensurePrivateDir } from '../../lib/fs.ts';
import { parseAuthorization } from '../../lib/http/auth.ts';
import { createGuardedServer, listen, type Listener } from '../../lib/http/listen.ts';
import type { Log } from '../../lib/log.ts';
import { equalSecrets } from '../../lib/secrets.ts';
import { Catalog } from './catalog.ts';
import { RegistryRefusal, sendRefusal } from './errors.ts';
import type { Parts } from './exchange.ts';
import { route } from './routes.ts';
import { Store } from './store.ts';
import { Uploads } from './uploads.ts';

export interface RegistryServerOptions {
  /** The registry's own folder; created. One process at a time may use it. */
  readonly dataDir: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly log: Log;
  /** When given, every request has to carry them (basic authentication). */
  readonly credentials?: { readonly username: string; readonly password: string };
  /** Bytes that one blob may have; 8 GiB unless told. */
  readonly maxUpload?: number;
}

export interface RegistryServer {
  readonly port: number;
  /** `localhost:PORT`, as it stands in image references. */
  readonly host: string;
  readonly listener: Pick<Listener, 'suspend' | 'resume' | 'slow'>;
  /** Answers what has begun, then frees the port and the folder. */
  close(): Promise<void>;
}

/** A connection on which nothing moves for this many milliseconds is closed. */
const SILENCE_LIMIT = 120_000;

/**
 * Starts an OCI registry (distribution specification 1.1) on a folder; what it has acknowledged before, also before a
 * `kill -9`, is there again.
 * @throws PlaygroundError when the port cannot be had, JournalCorrupt when the folder was tampered with.
 */
export async function startRegistry(options: RegistryServerOptions): Promise<RegistryServer> {
  const { dataDir, port, log, credentials, maxUpload = 8 * 1024 ** 3 } = options;
  await ensurePrivateDir(dataDir);
  const store = await Store.open(dataDir);
  const catalog = new Catalog(dataDir);
  const parts: Parts = { store, catalog, uploads: new Uploads(store, maxUpload), log };
  const running = new Set<Promise<void>>();
  const server = createGuardedServer((request, response) => {
    const answered = answer(request, response, parts, credentials);
    running.add(answered);
    void answered.finally(() => running.delete(answered));
  });
  server.requestTimeout = 0; // A large upload may take long, as long as it moves.
  server.keepAliveTimeout = 60_000;
  server.setTimeout(SILENCE_LIMIT);
  try {
    const listener = await listen(server, { port });
    return {
      port: listener.port,
      host: `localhost:${listener.port}`,
      listener,
      close: async () => {
        await listener.close();
        await Promise.all(running); // Nobody writes to the journal after it is closed.
        catalog.close();
      },
    };
  } catch (error) {
    catalog.close();
    throw error;
  }
}

/** Answers one request; never throws. */
async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  parts: Parts,
  credentials: RegistryServerOptions['credentials'],
): Promise<void> {
  response.setHeader('docker-distribution-api-version', 'registry/2.0');
  try {
    authorize(request, credentials);
    const [path = '', query = ''] = (request.url ?? '').split('?', 2);
    await route({ request, response, query: new URLSearchParams(query), parts }, path);
  } catch (error) {
    if (response.headersSent || response.destroyed) {
      // Half an answer cannot be taken back: the cut connection tells the client that it is not whole.
      response.destroy();
      return;
    }
    sendRefusal(response, error instanceof RegistryRefusal ? error : failure(error, request, parts.log));
  }
}

function authorize(request: IncomingMessage, credentials: RegistryServerOptions['credentials']): void {
  if (credentials === undefined) return;
  const given = parseAuthorization(request.headers.authorization);
  if (
    given?.scheme === 'basic' &&
    equalSecrets(given.username, credentials.username) &&
    equalSecrets(given.password, credentials.password)
  ) {
    return;
  }
  throw new RegistryRefusal(401, 'UNAUTHORIZED', 'this registry asks for a user name and a password', {
    'www-authenticate': 'Basic realm="registry", charset="UTF-8"',
  });
}

function failure(error: unknown, request: IncomingMessage, log: Log): RegistryRefusal {
  if (!request.complete && systemCode(error) === 'ECONNRESET') {
    return new RegistryRefusal(400, 'UNKNOWN', 'the request broke off');
  }
  log.error(`${request.method ?? ''} ${request.url ?? ''}: ${messageOf(error)}`);
  const full = isStorageFailure(error);
  return new RegistryRefusal(
    full ? 507 : 500,
    'UNKNOWN',
    full ? `the registry cannot write: ${messageOf(error)}` : 'the registry failed; its log says why',
  );
}

import { join } from 'node:path';
import { getRequestListener, type HttpBindings } from '@hono/node-server';
import { Hono } from 'hono';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { isStorageFailure, messageOf } from '../../lib/errors.ts';
import { ensurePrivateDir } from '../../lib/fs.ts';
import { BodyTooLarge } from '../../lib/http/body.ts';
import { createGuardedServer, listen, type Listener } from '../../lib/http/listen.ts';
import type { Log } from '../../lib/log.ts';
import { createApi } from './api/api.ts';
import type { Server } from './api/call.ts';
import { errorBody, GitServerError } from './errors.ts';
import { Accounts, type Administrator } from './metadata/accounts.ts';
import { Store } from './metadata/store.ts';
import { createPages, renderErrorPage } from './pages/pages.ts';
import { Pulls } from './pulls.ts';
import { Folders } from './repository/folders.ts';
import { Git } from './repository/git.ts';
import { Maintenance } from './repository/maintenance.ts';
import { Objects } from './repository/objects.ts';
import { releaseLocks } from './repository/refs.ts';
import { Queues } from './repository/queue.ts';
import type { Service } from './service.ts';
import { matchGitPath, SmartHttp, visible } from './smart-http/smart-http.ts';
import { Deliveries } from './webhooks/deliveries.ts';
import { RefEvents } from './webhooks/ref-events.ts';

export interface GitServerOptions {
  /** The server's own folder; made when it is not there. */
  readonly dataDir: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly log: Log;
  /** The site administrator. The password is never stored: it is the one given at the last start. */
  readonly admin: Administrator;
  /** What links and clone URLs begin with; `http://127.0.0.1:<port>` unless told. */
  readonly publicUrl?: string;
  /** Origins of other pages that may send requests. */
  readonly allowedOrigins?: readonly string[];
}

export interface GitServer {
  readonly url: string;
  readonly port: number;
  readonly listener: Pick<Listener, 'suspend' | 'resume' | 'slow'>;
  /** Resolves when no request, no push and no consequence of one is under way. */
  settle(): Promise<void>;
  close(): Promise<void>;
}

/** A connection on which nothing moves for this many milliseconds is closed; git says something every few seconds. */
const SILENCE_LIMIT = 600_000;

/**
 * A Git server: smart HTTP over the installed git, the Gitea v1 REST API, signed webhooks, and pages to look at.
 * @throws PlaygroundError `git-missing`, `git-too-old`, `port-in-use`, `port-forbidden`; JournalCorrupt.
 */
export async function startGitServer(options: GitServerOptions): Promise<GitServer> {
  const { dataDir, log } = options;
  const home = await ensurePrivateDir(join(dataDir, 'home'));
  const git = new Git(home);
  const [folders] = await Promise.all([Folders.open(dataDir), git.checkVersion()]);
  const store = new Store(join(dataDir, 'metadata.jsonl'));
  await Promise.all(
    [...store.all('repositories')].map((record) =>
      releaseLocks(folders.of(record)).catch((error: unknown) => {
        log.warn(`the locks of ${record.owner}/${record.name} could not be looked for: ${messageOf(error)}`);
      }),
    ),
  );
  const accounts = new Accounts(store, options.admin);
  const deliveries = new Deliveries(store, log);
  const objects = new Objects(git);

  let handle = (_incoming: IncomingMessage, outgoing: ServerResponse): void => {
    outgoing.writeHead(503).end();
  };
  const http = createGuardedServer((incoming, outgoing) => {
    handle(incoming, outgoing);
  }, options.allowedOrigins);
  // A push of a large repository takes as long as it takes.
  http.requestTimeout = 0;
  // Longer than the pauses of clients, whose next POST would otherwise meet a connection that is being closed.
  http.keepAliveTimeout = 60_000;
  http.setTimeout(SILENCE_LIMIT);
  const listener = await listen(http, { port: options.port });
  const publicUrl = (options.publicUrl ?? `http://127.0.0.1:${listener.port}`).replace(/\/+$/, '');

  const maintenance = new Maintenance(git, log);
  const service: Service = {
    publicUrl,
    log,
    store,
    accounts,
    folders,
    git,
    objects,
    queues: new Queues(),
    maintenance,
    deliveries,
  };
  const pulls = new Pulls(service);
  const events = new RefEvents(service, pulls);
  const handler = createHandler({ service, pulls, events });
  handle = handler.handle;
  const settle = async () => {
    await handler.settle();
    await events.settle();
  };

  for (const push of [...store.all('pushes')]) {
    events.pushed(push, (folder) => visible(folder, push.updates));
  }
  deliveries.resume();
  folders.emptyTrash().catch((error: unknown) => {
    log.warn(`the trash could not be emptied: ${messageOf(error)}`);
  });
  log.info(`listening on ${publicUrl}`);

  return {
    url: publicUrl,
    port: listener.port,
    listener,
    settle,
    close: async () => {
      await listener.close();
      maintenance.close();
      await settle();
      await deliveries.close();
      objects.close();
      await git.close();
      store.close();
    },
  };
}

/** Git's paths go to git; everything else to the API and the pages. */
function createHandler(server: Server): {
  handle: (incoming: IncomingMessage, outgoing: ServerResponse) => void;
  /** Resolves when no request is under way. */
  settle: () => Promise<void>;
} {
  const { service } = server;
  const smart = new SmartHttp(service, server.events);
  const app = new Hono<{ Bindings: HttpBindings }>();
  app.route('/api/v1', createApi(server));
  app.route('/', createPages(server));
  app.onError((error, context) => {
    const refusal = toRefusal(service, error);
    const { status, message, headers } = refusal;
    if (context.req.path.startsWith('/api/')) {
      return new Response(JSON.stringify(errorBody(message, service.publicUrl)), {
        status,
        headers: { ...headers, 'content-type': 'application/json;charset=utf-8' },
      });
    }
    return renderErrorPage(refusal);
  });
  const listener = getRequestListener((request, env) => app.fetch(request, env), {
    overrideGlobalObjects: false,
  });

  const running = new Set<Promise<void>>();
  const attend = (exchange: Promise<void>) => {
    running.add(exchange);
    void exchange.finally(() => running.delete(exchange));
  };
  const handle = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    const path = (incoming.url ?? '/').split('?')[0] ?? '/';
    const target = matchGitPath(path);
    if (target === undefined) {
      attend(Promise.resolve(listener(incoming, outgoing)));
      return;
    }
    const exchange = smart.handle(incoming, outgoing, target).catch((error: unknown) => {
      const { status, message, headers } = toRefusal(service, error);
      if (outgoing.headersSent) {
        outgoing.destroy();
        return;
      }
      // git shows plain text to the person.
      outgoing.writeHead(status, { ...headers, 'content-type': 'text/plain; charset=utf-8' });
      outgoing.end(`${message}\n`);
      incoming.resume();
    });
    attend(exchange);
  };
  const settle = async () => {
    await Promise.all(running);
  };
  return { handle, settle };
}

/** What a client is told: refusals as they are, everything else as an error of the server, which the log explains. */
function toRefusal({ log }: Service, error: unknown): GitServerError {
  if (error instanceof GitServerError) return error;
  if (error instanceof BodyTooLarge) return new GitServerError(413, error.message);
  log.error(error instanceof Error ? (error.stack ?? error.message) : messageOf(error));
  if (isStorageFailure(error))
    return new GitServerError(507, `the Git server cannot write: ${messageOf(error)}`);
  return new GitServerError(500, 'the server failed; its log says why');
}

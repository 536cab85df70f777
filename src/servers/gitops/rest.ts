import { Hono, type Context } from 'hono';
import type { HttpBindings } from '@hono/node-server';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { ArgocdClient, SyncRequest } from '../../clients/argocd.ts';
import type { Application, SyncOperationResource } from '../../clients/argocd-types.ts';
import { messageOf, PlaygroundError } from '../../lib/errors.ts';
import { BodyTooLarge, readBody } from '../../lib/http/body.ts';
import type { Log } from '../../lib/log.ts';
import { packageVersion } from '../../lib/package.ts';
import type { ApplicationController } from './applications.ts';
import type { ClusterAccess } from './cluster.ts';
import { isRecord, type Manifest } from './objects.ts';
import { addPages } from './pages/routes.ts';
import type { Sessions } from './sessions.ts';
import { managedResources, resourceTree } from './tree.ts';
import type { LiveObjects } from './live.ts';
import { readDelivery, type Push } from './webhook.ts';

export interface RestParts {
  readonly argocd: ArgocdClient;
  readonly cluster: ClusterAccess;
  readonly controller: ApplicationController;
  readonly live: LiveObjects;
  readonly sessions: Sessions;
  readonly namespace: string;
  readonly webhookSecret: string | undefined;
  readonly onPush: (push: Push) => void;
  readonly log: Log;
}

/** Argo CD's limit for webhook payloads is 50 MB; pushes here are far smaller. */
const MOST_BODY = 5 * 1024 * 1024;

type Env = { Bindings: HttpBindings; Variables: { user: string | undefined } };
export type RestContext = Context<Env>;
export type Routes = Hono<Env>;

/** An error in the shape of Argo CD's API: a gRPC code, its HTTP status and a message. */
class RestError extends Error {
  readonly status: ContentfulStatusCode;
  readonly code: number;

  constructor(status: ContentfulStatusCode, code: number, message: string) {
    super(message);
    this.name = 'RestError';
    this.status = status;
    this.code = code;
  }
}

/** gRPC codes by the codes of the client's errors. */
const CODES: Readonly<Record<string, readonly [ContentfulStatusCode, number]>> = {
  'application-missing': [404, 5],
  'operation-in-progress': [400, 9],
  'sync-refused': [400, 9],
  'history-missing': [400, 3],
};

/** Everything that answers over HTTP: webhook, REST API (a subset of Argo CD's), pages. */
export function createRoutes(parts: RestParts): Routes {
  const { argocd, controller, sessions } = parts;
  const routes: Routes = new Hono<Env>();

  routes.onError((error, context) => {
    const { status, code, message } = toRestError(error);
    if (status >= 500) parts.log.error(messageOf(error));
    return context.json({ error: message, code, message }, status);
  });
  routes.notFound((context) => context.json({ error: 'Not Found', code: 5, message: 'Not Found' }, 404));

  routes.get('/healthz', (context) => context.text('ok'));
  routes.get('/api/version', (context) =>
    context.json({ Version: `gitops-playground/${packageVersion()} (Argo-CD-compatible controller)` }),
  );
  routes.post('/api/webhook', async (context) => {
    const body = await limitedBody(context);
    const delivery = readDelivery(context.env.incoming.headers, body, parts.webhookSecret);
    switch (delivery.kind) {
      case 'refused':
        parts.log.warn(`a webhook delivery was refused: ${delivery.reason}`);
        return context.text(`Webhook processing failed: ${delivery.reason}\n`, 400);
      case 'ignored':
        return context.text(`${delivery.reason}\n`);
      case 'push':
        parts.onPush(delivery.push);
        return context.text('');
    }
  });
  routes.post('/api/v1/session', async (context) => {
    const body = await jsonBody(context);
    const token = sessions.login(textOf(body, 'username'), textOf(body, 'password'));
    if (token === undefined) throw new RestError(401, 16, 'Invalid username or password');
    context.header('set-cookie', `argocd.token=${token}; path=/; SameSite=Strict; HttpOnly`);
    return context.json({ token });
  });
  routes.delete('/api/v1/session', (context) => {
    context.header('set-cookie', 'argocd.token=; path=/; Max-Age=0; SameSite=Strict; HttpOnly');
    return context.json({});
  });
  routes.get('/api/v1/session/userinfo', (context) => {
    const username = identify(context, sessions);
    return context.json(username === undefined ? {} : { loggedIn: true, username, iss: 'argocd' });
  });

  routes.use('/api/v1/*', async (context: RestContext, next) => {
    const user = identify(context, sessions);
    const isRead = context.req.method === 'GET';
    if (user === undefined && (sessions.hasUsers || !isRead)) {
      throw new RestError(
        401,
        16,
        'no session information; log in by POST /api/v1/session or basic authentication',
      );
    }
    context.set('user', user);
    await next();
  });
  const known = (name: string): Application => {
    const app = controller.application(name);
    if (app === undefined) {
      throw new RestError(404, 5, `applications.argoproj.io "${name}" not found`);
    }
    return app;
  };
  const refreshed = async (context: RestContext, name: string) => {
    const refresh = context.req.query('refresh');
    if (refresh === 'normal' || refresh === 'hard' || refresh === 'true') {
      await controller.refresh(name, refresh === 'hard' ? 'hard' : 'git');
    }
  };

  routes.get('/api/v1/applications', async (context) => {
    const projects = [...(context.req.queries('projects') ?? []), ...(context.req.queries('project') ?? [])];
    const selected = controller
      .applications()
      .filter(({ spec }) => projects.length === 0 || projects.includes(spec.project))
      .filter(({ metadata }) => matchesSelector(metadata.labels ?? {}, context.req.query('selector') ?? ''));
    await Promise.all(selected.map(({ metadata }) => refreshed(context, metadata.name)));
    const items = selected
      .map((app) => controller.application(app.metadata.name) ?? app)
      .sort((left, right) => left.metadata.name.localeCompare(right.metadata.name));
    return context.json({ metadata: {}, items });
  });
  routes.post('/api/v1/applications', async (context) => {
    const body = await jsonBody(context);
    const kind = await parts.cluster.kind('argoproj.io/v1alpha1', 'Application');
    if (kind === undefined || !isRecord(body['metadata']))
      throw new RestError(400, 3, 'an Application is expected');
    const app = {
      ...body,
      apiVersion: kind.apiVersion,
      kind: kind.kind,
      metadata: { ...body['metadata'], namespace: parts.namespace },
    } as Manifest;
    return context.json(await parts.cluster.create(kind, app));
  });
  routes.get('/api/v1/applications/:name', async (context) => {
    const name = context.req.param('name');
    known(name);
    await refreshed(context, name);
    return context.json(known(name));
  });
  routes.delete('/api/v1/applications/:name', async (context) => {
    const name = context.req.param('name');
    known(name);
    await argocd.remove(name, { cascade: context.req.query('cascade') !== 'false' });
    return context.json({});
  });
  routes.post('/api/v1/applications/:name/sync', async (context) => {
    const name = context.req.param('name');
    known(name);
    const app = await argocd.sync(name, syncRequest(await jsonBody(context), context.get('user')));
    return context.json(app);
  });
  routes.post('/api/v1/applications/:name/rollback', async (context) => {
    const name = context.req.param('name');
    known(name);
    const body = await jsonBody(context);
    const id = Number(body['id']);
    if (!Number.isInteger(id)) throw new RestError(400, 3, 'id has to be a number of the history');
    const username = context.get('user');
    const app = await argocd.rollback(name, id, {
      prune: body['prune'] === true,
      dryRun: body['dryRun'] === true,
      ...(username === undefined ? {} : { username }),
    });
    return context.json(app);
  });
  routes.delete('/api/v1/applications/:name/operation', async (context) => {
    const name = context.req.param('name');
    known(name);
    if (!(await argocd.terminate(name))) {
      throw new RestError(400, 3, 'Unable to terminate operation. No operation is in progress');
    }
    return context.json({});
  });
  routes.get('/api/v1/applications/:name/resource-tree', async (context) => {
    const app = known(context.req.param('name'));
    return context.json(await resourceTree(controller.comparison(app.metadata.name), parts.live));
  });
  routes.get('/api/v1/applications/:name/managed-resources', (context) => {
    const app = known(context.req.param('name'));
    return context.json({ items: managedResources(controller.comparison(app.metadata.name)) });
  });
  routes.get('/api/v1/projects', (context) => context.json({ metadata: {}, items: controller.projects() }));
  routes.get('/api/v1/projects/:name', (context) => {
    const name = context.req.param('name');
    const project = controller.project(name);
    if (project === undefined) throw new RestError(404, 5, `appprojects.argoproj.io "${name}" not found`);
    return context.json(project);
  });
  addPages(routes, parts);
  return routes;
}

function identify(context: RestContext, sessions: Sessions): string | undefined {
  return sessions.identify(context.req.header('authorization'), context.req.header('cookie'));
}

/** A body of at most the limit, whatever its length header says. */
async function limitedBody(context: RestContext): Promise<Buffer> {
  try {
    return await readBody(context.env.incoming, MOST_BODY);
  } catch (error) {
    if (error instanceof BodyTooLarge) throw new RestError(413, 8, error.message);
    throw error;
  }
}

async function jsonBody(context: RestContext): Promise<Record<string, unknown>> {
  const body = await limitedBody(context);
  if (body.length === 0) return {};
  try {
    const value = JSON.parse(body.toString('utf8')) as unknown;
    if (isRecord(value)) return value;
  } catch {
    // Falls through: what is no JSON object is refused below.
  }
  throw new RestError(400, 3, 'the body has to be a JSON object');
}

function syncRequest(body: Record<string, unknown>, username: string | undefined): SyncRequest {
  const { revision, resources, syncOptions, strategy } = body;
  const items = isRecord(syncOptions) ? syncOptions['items'] : syncOptions;
  return {
    prune: body['prune'] === true,
    dryRun: body['dryRun'] === true,
    ...(typeof revision === 'string' && revision !== '' ? { revision } : {}),
    ...(Array.isArray(resources) && resources.length > 0
      ? { resources: resources as SyncOperationResource[] }
      : {}),
    ...(Array.isArray(items) ? { syncOptions: items.filter((item) => typeof item === 'string') } : {}),
    ...(isRecord(strategy) ? { strategy: strategy } : {}),
    ...(username === undefined ? {} : { username }),
  };
}

function matchesSelector(labels: Readonly<Record<string, string>>, selector: string): boolean {
  return selector
    .split(',')
    .filter((part) => part.trim() !== '')
    .every((part) => {
      const [, name = '', not = '', value = ''] = /^\s*([^!=\s]+)\s*(!?)==?\s*(.*?)\s*$/.exec(part) ?? [];
      return name !== '' && (not === '!' ? labels[name] !== value : labels[name] === value);
    });
}

function textOf(body: Record<string, unknown>, field: string): string {
  const value = body[field];
  return typeof value === 'string' ? value : '';
}

function toRestError(error: unknown): RestError {
  if (error instanceof RestError) return error;
  if (error instanceof PlaygroundError) {
    const [status, code] = CODES[error.code] ?? [500, 13];
    const hint = error.hint === undefined ? '' : ` (${error.hint})`;
    return new RestError(status, code, `${error.message}${hint}`);
  }
  return new RestError(500, 13, messageOf(error));
}

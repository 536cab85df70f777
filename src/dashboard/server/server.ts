import { getRequestListener, type HttpBindings } from '@hono/node-server';
import { Hono } from 'hono';
import { setTimeout as delay } from 'node:timers/promises';
import type { Playground } from '../../flow/playground.ts';
import { createGuardedServer, listen, type Listener } from '../../lib/http/listen.ts';
import { equalSecrets } from '../../lib/secrets.ts';
import type { ExerciseGuide } from '../exercises.ts';
import { dashboardKey, hasKey } from './access.ts';
import { fieldsOf, textField, type Parts, type Routes } from './call.ts';
import { addFiles, securityHeaders } from './files.ts';
import { addHook } from './hook.ts';
import { Refusal, refusalOf } from './refusal.ts';
import { addApplications } from './routes/applications.ts';
import { addBuilds } from './routes/builds.ts';
import { addCluster } from './routes/cluster.ts';
import { addExercises } from './routes/exercises.ts';
import { addImages } from './routes/images.ts';
import { addOverview } from './routes/overview.ts';
import { addPulls } from './routes/pulls.ts';
import { addRepositories } from './routes/repositories.ts';
import { LoopSource } from './source/source.ts';
import { streamEvents } from './stream.ts';

export interface DashboardOptions {
  /** Id of the engine, to be shown. */
  readonly engine: string;
  /** Who knows the exercises; without one the page has no exercise panel. */
  readonly guide?: ExerciseGuide;
}

/** Milliseconds that a wrong password costs. */
const WRONG_PASSWORD = 400;

/**
 * The dashboard of one playground, on any engine: its page, what the page asks for, and the events that keep it
 * up to date. Everything but the page itself needs the playground's key (see `dashboardAddress`).
 * @throws PlaygroundError `port-in-use`, `port-forbidden`.
 */
export async function startDashboard(
  playground: Playground,
  port: number,
  { engine, guide }: DashboardOptions,
): Promise<Listener> {
  const source = new LoopSource(playground);
  const routes = createRoutes({ playground, engine, source, guide });
  const handle = getRequestListener(routes.fetch, { overrideGlobalObjects: false });
  const server = createGuardedServer((request, response) => void handle(request, response));
  const listener = await listen(server, { port });
  return {
    ...listener,
    close: async () => {
      source.close();
      await listener.close();
    },
  };
}

function createRoutes(parts: Parts): Routes {
  const { endpoints, config } = parts.playground;
  const routes: Routes = new Hono<{ Bindings: HttpBindings }>();
  routes.onError((error, context) => {
    const { status, code, message, hint } = refusalOf(error);
    return context.json({ error: { code, message, ...(hint === undefined ? {} : { hint }) } }, status);
  });
  routes.notFound(() => {
    throw new Refusal(404, 'not-found', 'there is no such page');
  });
  routes.use(async (context, next) => {
    for (const [header, value] of Object.entries(securityHeaders)) context.header(header, value);
    context.header('cache-control', 'no-store');
    await next();
  });

  routes.get('/healthz', (context) => context.text('ok'));
  addFiles(routes);
  addHook(routes, parts);
  // What a browser without the key may know: which playground this is.
  routes.get('/api/name', (context) => context.json({ name: config.name }));
  routes.post('/api/login', async (context) => {
    const password = textField(await fieldsOf(context), 'password');
    if (equalSecrets(password, endpoints.git.password)) return context.json({ key: dashboardKey(endpoints) });
    await delay(WRONG_PASSWORD);
    throw new Refusal(
      401,
      'password-wrong',
      'that is not the password of this playground',
      'see: gitops-playground credentials',
    );
  });
  routes.use('/api/*', async (context, next) => {
    if (!hasKey(endpoints, context.req.header('authorization')))
      throw new Refusal(
        401,
        'key-missing',
        'this needs the key of the playground',
        'open it by: gitops-playground open',
      );
    await next();
  });
  routes.get('/api/events', (context) => streamEvents(context, parts.source));
  for (const add of [
    addOverview,
    addRepositories,
    addPulls,
    addBuilds,
    addImages,
    addApplications,
    addCluster,
    addExercises,
  ])
    add(routes, parts);
  return routes;
}

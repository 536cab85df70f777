import { Hono } from 'hono';
import { getRequestListener } from '@hono/node-server';
import type { Playground } from '../flow/playground.ts';
import { statusOf } from '../flow/status.ts';
import { createGuardedServer, listen, type Listener } from '../lib/http/listen.ts';
import { pageHeaders } from '../lib/html/page.ts';
import { overviewPage } from './page.ts';

/** The overview of one playground: where everything is, and in which revision the stages are. It shows no password. */
export async function startDashboard(
  playground: Playground,
  port: number,
  { engine }: { readonly engine: string },
): Promise<Listener> {
  const app = new Hono();
  app.use(async (context, next) => {
    await next();
    for (const [header, value] of Object.entries(pageHeaders())) context.header(header, value);
    context.header('cache-control', 'no-store');
  });
  app.get('/', async (context) => context.html(overviewPage(await statusOf(engine, playground))));
  app.get('/healthz', (context) => context.text('ok'));
  const handle = getRequestListener(app.fetch);
  const server = createGuardedServer((request, response) => void handle(request, response));
  return listen(server, { port });
}

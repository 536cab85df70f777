import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { HttpBindings } from '@hono/node-server';
import { Hono, type Context } from 'hono';
import { notFound } from '../errors.ts';
import {
  asRepositoryCall,
  asSiteAdmin,
  asUser,
  makeCall,
  type Call,
  type Server,
  type WriteCall,
} from './call.ts';
import { routes, type Route } from './routes.ts';

type Bindings = { Bindings: HttpBindings };

/** The Gitea v1 REST API: the table of routes, mounted. */
export function createApi(server: Server): Hono<Bindings> {
  const api = new Hono<Bindings>();
  for (const route of routes) {
    const [method, path] = route;
    api.on(method, path, async (context) => {
      const answer = await answerOf(route, await callOf(server, context));
      return answer === 'streamed' ? RESPONSE_ALREADY_SENT : answer;
    });
  }
  api.all('*', () => {
    throw notFound();
  });
  return api;
}

async function callOf(server: Server, context: Context<Bindings>): Promise<Call> {
  const { incoming, outgoing } = context.env;
  const viewer = await server.service.accounts.authenticate(incoming.headers);
  const url = new URL(context.req.url);
  // The bindings cover HTTP/2 as well, which this server does not speak.
  const request = { incoming, outgoing, url } as Pick<Call, 'incoming' | 'outgoing' | 'url'>;
  return makeCall(server, request, viewer, (name) => context.req.param(name));
}

async function answerOf(route: Route, call: Call): Promise<Response | 'streamed'> {
  switch (route[2]) {
    case 'anyone':
      return route[3](call);
    case 'user':
      return route[3](asUser(call));
    case 'siteAdmin':
      return route[3](asSiteAdmin(call));
    case 'read':
      return route[3](asRepositoryCall(call, 'read'));
    case 'write':
    case 'admin':
      // With more than read access asked for, there is a viewer.
      return route[3](asRepositoryCall(call, route[2]) as WriteCall);
  }
}

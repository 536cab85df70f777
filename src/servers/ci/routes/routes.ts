import type { IncomingMessage, ServerResponse } from 'node:http';
import { isStorageFailure, messageOf } from '../../../lib/errors.ts';
import { pageHeaders } from '../../../lib/html/page.ts';
import type { Log } from '../../../lib/log.ts';
import { CRUMB_FIELD } from '../auth.ts';
import { PERMALINKS } from '../beans.ts';
import { parseJobConfig } from '../config-xml.ts';
import { JenkinsError, notFound } from '../errors.ts';
import { FOLLOW } from '../pages/build.ts';
import { errorPage } from '../pages/error.ts';
import { buildRoutes } from './build.ts';
import {
  Exchange,
  findRoute,
  hasRoute,
  type Handler,
  type Reply,
  type Routes,
  type Site,
} from './exchange.ts';
import { multibranchRoutes, pipelineRoutes } from './job.ts';
import { openRoutes, rootRoutes } from './root.ts';

/** The version whose remote API this is; clients look at it to know what they may use. */
const JENKINS_VERSION = '2.568.2';

/** Answers every request; what goes wrong becomes an error of Jenkins's shape. */
export function createRouter(site: Site, log: Log) {
  return (request: IncomingMessage, response: ServerResponse): void => {
    void answer(site, request, response, log).catch((error: unknown) => {
      log.error(`${request.method ?? ''} ${request.url ?? ''}: ${messageOf(error)}`);
      response.destroy();
    });
  };
}

async function answer(
  site: Site,
  request: IncomingMessage,
  response: ServerResponse,
  log: Log,
): Promise<void> {
  let reply: Reply;
  try {
    reply = await route(site, request, response);
  } catch (error) {
    if (response.headersSent) throw error;
    if (!(error instanceof JenkinsError))
      log.error(`${request.method ?? ''} ${request.url ?? ''}: ${messageOf(error)}`);
    reply = failure(request, error);
  }
  if (response.headersSent) return;
  const { status = 200, type, headers = {}, body = '' } = reply;
  response.writeHead(status, {
    'x-jenkins': JENKINS_VERSION,
    'x-hudson': '1.395',
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-cache, no-store, must-revalidate',
    ...(type === undefined ? {} : { 'content-type': type }),
    ...(type?.startsWith('text/html') === true ? PAGE_HEADERS : {}),
    ...headers,
    'content-length': Buffer.byteLength(body),
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}

const PAGE_HEADERS = pageHeaders(FOLLOW);

async function route(site: Site, request: IncomingMessage, response: ServerResponse): Promise<Reply> {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const segments = segmentsOf(url.pathname);
  const method = request.method ?? 'GET';
  const identity = site.auth.identify(request);
  if (identity === 'wrong') throw new JenkinsError(401, 'Invalid password/token for user');
  const exchange = new Exchange(site, request, response, url.searchParams, identity);
  const open = findRoute(openRoutes, method, segments.join('/'));
  if (open !== undefined) return open(exchange, undefined);
  if (identity === undefined) return needsLogin(exchange, url);
  const run = resolve(site, method, segments);
  if (method !== 'GET' && method !== 'HEAD') {
    const crumb = exchange.header(CRUMB_FIELD.toLowerCase()) ?? (await exchange.parameter(CRUMB_FIELD));
    if (!site.auth.hasValidCrumb(request, identity, crumb)) {
      throw new JenkinsError(403, 'No valid crumb was included in the request');
    }
  }
  return run(exchange);
}

/** Walks the path as Jenkins does: jobs below jobs, then a build, then what is asked of it. */
function resolve(
  site: Site,
  method: string,
  segments: readonly string[],
): (exchange: Exchange) => Promise<Reply> | Reply {
  const bind = <T>(routes: Routes<T>, rest: string, target: T, found = findRoute(routes, method, rest)) => {
    if (found === undefined) {
      if (hasRoute(routes, rest)) throw new JenkinsError(405, `this page does not take ${method} requests`);
      throw notFound(`the page "${segments.join('/')}"`);
    }
    const handler: Handler<T> = found;
    return (exchange: Exchange) => handler(exchange, target);
  };
  const names: string[] = [];
  let at = 0;
  for (; segments[at] === 'job' && segments[at + 1] !== undefined; at += 2)
    names.push(segments[at + 1] ?? '');
  const rest = segments.slice(at);
  if (names.length === 0) return bind(rootRoutes, rest.join('/'), undefined);
  const fullName = names.join('/');
  const job = names.length === 1 ? site.store.job(fullName) : undefined;
  if (job !== undefined && parseJobConfig(job.configXml).kind === 'multibranch') {
    return bind(multibranchRoutes, rest.join('/'), job);
  }
  const pipeline = site.store.pipeline(fullName);
  if (pipeline === undefined) throw notFound(`the job "${fullName}"`);
  const [which = '', ...below] = rest;
  const permalink = Object.hasOwn(PERMALINKS, which) ? PERMALINKS[which] : undefined;
  if (!/^\d+$/.test(which) && permalink === undefined) return bind(pipelineRoutes, rest.join('/'), pipeline);
  const build =
    permalink === undefined
      ? site.store.build(fullName, Number(which))
      : site.store.builds(fullName).find(permalink);
  if (build === undefined) throw notFound(`the build ${which} of "${fullName}"`);
  return bind(buildRoutes, below.join('/'), { build, rest: below.join('/') });
}

/** Browsers are led to the login; clients are told. */
function needsLogin(exchange: Exchange, url: URL): Reply {
  const wantsPage =
    exchange.request.method === 'GET' && (exchange.header('accept') ?? '').includes('text/html');
  if (wantsPage && !url.pathname.endsWith('/api/json')) {
    const from = encodeURIComponent(url.pathname + url.search);
    return { status: 302, headers: { location: `/login?from=${from}` } };
  }
  throw new JenkinsError(403, 'anonymous is missing the Overall/Read permission');
}

/** @throws JenkinsError 400 when the path is not encoded rightly. */
function segmentsOf(pathname: string): string[] {
  try {
    return pathname
      .split('/')
      .filter((segment) => segment !== '')
      .map(decodeURIComponent);
  } catch {
    throw new JenkinsError(400, 'the path is not encoded rightly');
  }
}

function failure(request: IncomingMessage, error: unknown): Reply {
  const known = error instanceof JenkinsError;
  const full = isStorageFailure(error);
  const status = known ? error.status : full ? 507 : 500;
  const message = known
    ? error.message
    : full
      ? `the CI server cannot write: ${messageOf(error)}`
      : 'an unexpected error; the log of the CI server has more';
  // Header values are Latin-1 on one line.
  const header = message.replaceAll(/[^\x20-\x7e]/g, '?');
  const asJson =
    (request.url ?? '').includes('/api/json') && !(request.headers.accept ?? '').includes('text/html');
  return {
    status,
    headers: { 'x-error': header },
    ...(asJson
      ? {
          type: 'application/json;charset=utf-8',
          body: JSON.stringify({ servlet: 'Stapler', message, status: String(status) }),
        }
      : { type: 'text/html;charset=utf-8', body: errorPage(status, message) }),
  };
}

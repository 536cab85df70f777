import { readFileSync } from 'node:fs';
import { renderPage } from './page/page.js';

const assets = {
  '/style.css': { type: 'text/css; charset=utf-8', file: new URL('page/style.css', import.meta.url) },
  '/live.js': { type: 'text/javascript; charset=utf-8', file: new URL('page/live.js', import.meta.url) },
};

const security = {
  'content-security-policy':
    "default-src 'none'; connect-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src data:",
  'x-content-type-options': 'nosniff',
};

/** The application without its port: `answer` is all of it, `handle` gives it to node:http. */
export function createApp(settings) {
  const { app, stage, revision, image, pod } = settings;
  const version = JSON.stringify({ app, stage, revision, image, pod });
  const started = Date.now();
  let draining = false;

  const routes = {
    '/': () => [200, 'text/html; charset=utf-8', renderPage({ ...settings, started })],
    '/version': () => [200, 'application/json', version],
    '/healthz': () => (draining ? [503, 'text/plain', 'draining\n'] : [200, 'text/plain', 'ok\n']),
  };
  for (const [path, { type, file }] of Object.entries(assets)) {
    routes[path] = () => [200, type, readFileSync(file)];
  }

  function route(method, path) {
    if (method !== 'GET' && method !== 'HEAD') return [405, 'text/plain', 'only GET and HEAD\n'];
    return Object.hasOwn(routes, path) ? routes[path]() : [404, 'text/plain', 'not found\n'];
  }

  function answer(method, url) {
    const [status, type, body] = route(method, url.split('?', 1)[0]);
    const headers = {
      'content-type': type,
      'content-length': Buffer.byteLength(body),
      'cache-control': 'no-store',
      ...(draining ? { connection: 'close' } : {}),
      ...security,
    };
    return { status, headers, body: method === 'HEAD' ? '' : body };
  }

  return {
    answer,
    handle(request, response) {
      const { status, headers, body } = answer(request.method, request.url);
      response.writeHead(status, headers).end(body);
    },
    /** From now on the pod says that it is not ready, and connections close after their answer. */
    drain() {
      draining = true;
    },
  };
}

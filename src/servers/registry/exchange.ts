import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Log } from '../../lib/log.ts';
import type { Catalog } from './catalog.ts';
import type { Store } from './store.ts';
import type { Uploads } from './uploads.ts';

/** What the handlers work with. */
export interface Parts {
  readonly store: Store;
  readonly catalog: Catalog;
  readonly uploads: Uploads;
  readonly log: Log;
}

/** One request and its answer. Names in `params` have the form that names.ts demands. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly query: URLSearchParams;
  readonly parts: Parts;
}

/** Answers with headers alone. */
export function sendEmpty(
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string | number>>,
): void {
  response.writeHead(status, { ...headers, ...(status === 204 ? {} : { 'content-length': 0 }) });
  response.end();
}

export function sendJson(
  response: ServerResponse,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  const body = JSON.stringify(value);
  response.writeHead(200, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    ...headers,
  });
  response.end(body);
}

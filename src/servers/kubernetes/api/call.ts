import type { IncomingMessage, ServerResponse } from 'node:http';
import { ApiError, badRequest } from '../errors.ts';
import type { User } from './authentication.ts';

/** The largest body that is read: what etcd would take, doubled for JSON patches. */
export const BODY_LIMIT = 3 * 1024 * 1024;

/** One request on its way through the server. */
export class Call {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
  readonly user: User;
  /** Told to the client in Warning headers. */
  readonly warnings: string[] = [];

  constructor(request: IncomingMessage, response: ServerResponse, url: URL, user: User) {
    this.request = request;
    this.response = response;
    this.url = url;
    this.user = user;
  }

  get method(): string {
    return this.request.method ?? 'GET';
  }

  query(name: string): string | undefined {
    const value = this.url.searchParams.get(name);
    return value === null || value === '' ? undefined : value;
  }

  flag(name: string): boolean {
    const value = this.url.searchParams.get(name);
    return value !== null && !['0', 'false', 'False', 'FALSE', 'f'].includes(value);
  }

  /** @throws ApiError `BadRequest` when it is there and no whole number from zero. */
  number(name: string): number | undefined {
    const value = this.query(name);
    if (value === undefined) return undefined;
    if (!/^\d{1,15}$/.test(value)) throw badRequest(`${name}: invalid value "${value}"`);
    return Number(value);
  }

  /** Whether nothing is to be stored. @throws ApiError for values other than All. */
  get dryRun(): boolean {
    const values = this.url.searchParams.getAll('dryRun').filter((value) => value !== '');
    if (values.some((value) => value !== 'All')) {
      throw new ApiError('Invalid', 'dryRun: Unsupported value: supported values: "All"');
    }
    return values.length > 0;
  }

  /** The value of a header without its parameters. */
  get contentType(): string {
    return (
      (this.request.headers['content-type'] ?? 'application/json').split(';', 1)[0]?.trim().toLowerCase() ??
      ''
    );
  }

  /** Who sets fields: the `fieldManager`, else the name of the program that asks. */
  get fieldManager(): string {
    const given = this.query('fieldManager');
    if (given !== undefined) {
      if (given.length > 128) throw badRequest('fieldManager: Too long: may not be more than 128 bytes');
      return given;
    }
    return (this.request.headers['user-agent'] ?? 'unknown').split('/', 1)[0]?.slice(0, 128) ?? 'unknown';
  }
}

/** What a handler answers with; undefined when it has written the response itself. */
export type Answer = { readonly status: number; readonly body: object } | undefined;

/** Writes JSON, with the warnings of the call. */
export function sendJson(
  response: ServerResponse,
  status: number,
  body: object,
  warnings: readonly string[] = [],
): void {
  const text = `${JSON.stringify(body)}\n`;
  setWarnings(response, warnings);
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-cache, private',
  });
  response.end(text);
}

/** Sets `299 - "text"` headers (RFC 9111, "Warning"), as clients of the API show them. */
export function setWarnings(response: ServerResponse, warnings: readonly string[]): void {
  if (warnings.length === 0) return;
  const line = (text: string) =>
    `299 - "${text
      .replaceAll(/[^\x20-\x7e]/g, '?')
      .replaceAll(/["\\]/g, '\\$&')
      .slice(0, 1000)}"`;
  response.setHeader('warning', warnings.slice(0, 20).map(line));
}

/** The common answer of what has no object to show. */
export function success(details?: object): Answer {
  return {
    status: 200,
    body: {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Success',
      ...(details === undefined ? {} : { details }),
      code: 200,
    },
  };
}

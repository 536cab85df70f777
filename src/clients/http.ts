import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import got, { type OptionsInit } from 'got';
import { releasedAtEnd } from '../lib/http/body.ts';

export type HttpMethod = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export interface HttpSettings {
  /** Scheme, host and port, with a path prefix or not; a slash at its end makes no difference. */
  readonly baseUrl: string;
  /** Value of the Authorization header, sent to the origin of `baseUrl` alone. */
  readonly authorization?: string;
  /** PEM certificates of the authorities that are trusted instead of the system's. */
  readonly ca?: string;
  /** PEM of the certificate and the key that the client shows (mutual TLS). */
  readonly clientCertificate?: { readonly certificate: string; readonly key: string };
  /** Trusts any certificate of the server; for a person who asked for just that. */
  readonly insecure?: boolean;
  /** The media types that `json` asks for; `application/json` unless told. */
  readonly accept?: string;
  /** Milliseconds until a request without an answer fails; 30 s unless told. */
  readonly timeout?: number;
  /** Makes a connection for each request: a kept one stays with the pod that it led to, whatever the Service leads to by now. */
  readonly connectAnew?: boolean;
}

export interface HttpRequest {
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as it is; a stream is never held in memory. */
  readonly body?: string | Uint8Array | Readable;
  /** Statuses outside 200 to 299 that are results and no errors. */
  readonly accept?: readonly number[] | 'any';
  readonly signal?: AbortSignal;
  readonly timeout?: number;
  /** Redirects are followed unless this is false. */
  readonly follow?: boolean;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  text(): string;
  /** The body as JSON; the caller vouches for the type. @throws SyntaxError when it is no JSON. */
  json<T>(): T;
}

interface HttpStream {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Readable;
}

export interface Http {
  readonly baseUrl: string;
  /**
   * One request with its whole answer. `path` is joined to `baseUrl`; a complete URL is taken as it is.
   * @throws HttpStatusError on a status that is neither 2xx nor accepted; got's RequestError when there was no answer.
   */
  request(method: HttpMethod, path: string, options?: HttpRequest): Promise<HttpResponse>;
  /** The same, answering with the body as JSON (undefined when it is empty). */
  json<T>(method: HttpMethod, path: string, options?: HttpRequest): Promise<T>;
  /** The same, answering as soon as the headers are there; the caller reads or destroys `body`. No time limit unless told. */
  stream(method: HttpMethod, path: string, options?: HttpRequest): Promise<HttpStream>;
}

/** The server answered, and said no. */
export class HttpStatusError extends Error {
  readonly status: number;
  readonly body: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;

  constructor(method: string, url: string, status: number, headers: IncomingHttpHeaders, body: string) {
    super(`${method} ${url} answered ${status}: ${summary(body)}`);
    this.name = 'HttpStatusError';
    this.status = status;
    this.body = body;
    this.url = url;
    this.headers = headers;
  }
}

/** Whether an error is an HttpStatusError with one of these statuses. */
export function hasStatus(error: unknown, ...statuses: number[]): error is HttpStatusError {
  return error instanceof HttpStatusError && statuses.includes(error.status);
}

/**
 * The HTTP plumbing of the clients. Only GET and HEAD are repeated, twice and at once, and only when a
 * connection broke: everything else could happen two times.
 */
export function createHttp(settings: HttpSettings): Http {
  const baseUrl = settings.baseUrl.replace(/\/+$/, '');
  const origin = new URL(baseUrl).origin;
  const https = {
    ...(settings.ca === undefined ? {} : { certificateAuthority: settings.ca }),
    ...settings.clientCertificate,
    ...(settings.insecure === true ? { rejectUnauthorized: false } : {}),
  };

  function prepare(method: HttpMethod, path: string, options: HttpRequest) {
    const url = /^https?:\/\//.test(path) ? new URL(path) : new URL(`${baseUrl}/${path.replace(/^\//, '')}`);
    for (const [name, value] of Object.entries(options.query ?? {})) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    const authorized = settings.authorization !== undefined && url.origin === origin;
    const common: OptionsInit = {
      method,
      headers: {
        ...(authorized ? { authorization: settings.authorization } : {}),
        ...(settings.connectAnew === true ? { connection: 'close' } : {}),
        ...options.headers,
      },
      throwHttpErrors: false,
      followRedirect: options.follow ?? true,
      ...(options.json === undefined ? {} : { json: options.json }),
      ...(options.body === undefined ? {} : { body: options.body }),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
      ...(Object.keys(https).length === 0 ? {} : { https }),
    };
    return { url, common };
  }

  function refused(options: HttpRequest, status: number): boolean {
    if (status >= 200 && status < 300) return false;
    return options.accept !== 'any' && options.accept?.includes(status) !== true;
  }

  async function request(method: HttpMethod, path: string, options: HttpRequest = {}): Promise<HttpResponse> {
    const { url, common } = prepare(method, path, options);
    const response = await got(url, {
      ...common,
      responseType: 'buffer',
      resolveBodyOnly: false,
      isStream: false,
      timeout: { request: options.timeout ?? settings.timeout ?? 30_000 },
      retry: {
        limit: 2,
        methods: ['GET', 'HEAD'],
        statusCodes: [],
        errorCodes: ['ECONNRESET', 'EPIPE'],
        calculateDelay: ({ computedValue }) => (computedValue === 0 ? 0 : 1),
      },
    });
    const { statusCode: status, headers, body } = response;
    if (refused(options, status))
      throw new HttpStatusError(method, url.href, status, headers, body.toString());
    return {
      status,
      headers,
      body,
      text: () => body.toString('utf8'),
      json: <T>() => JSON.parse(body.toString('utf8')) as T,
    };
  }

  return {
    baseUrl,
    request,
    async json<T>(method: HttpMethod, path: string, options: HttpRequest = {}): Promise<T> {
      const headers = { accept: settings.accept ?? 'application/json', ...options.headers };
      const response = await request(method, path, { ...options, headers });
      return (response.body.length === 0 ? undefined : response.json<T>()) as T;
    },
    async stream(method, path, options = {}) {
      const { url, common } = prepare(method, path, options);
      const body = releasedAtEnd(
        got.stream(url, {
          ...common,
          isStream: true,
          retry: { limit: 0 },
          ...(options.timeout === undefined ? {} : { timeout: { request: options.timeout } }),
        }),
      );
      const { statusCode: status, headers } = await new Promise<{
        statusCode: number;
        headers: IncomingHttpHeaders;
      }>((resolve, reject) => {
        body.once('response', resolve);
        body.once('error', reject);
      });
      if (refused(options, status)) {
        const text = Buffer.concat(await body.toArray()).toString();
        throw new HttpStatusError(method, url.href, status, headers, text);
      }
      return { status, headers, body };
    },
  };
}

/** What a person should read of an error body: its `message`, or its beginning. */
function summary(body: string): string {
  try {
    const parsed: unknown = JSON.parse(body);
    if (typeof parsed === 'object' && parsed !== null && 'message' in parsed) {
      if (typeof parsed.message === 'string' && parsed.message !== '')
        return `${parsed.message}${violationsIn(parsed)}`.slice(0, 500);
    }
  } catch {
    // Not JSON: shown as it is.
  }
  const text = /^\s*<(!doctype|html)/i.test(body) ? textOfPage(body) : body;
  return text.replaceAll(/\s+/g, ' ').trim().slice(0, 300) || 'no text';
}

/** What SCM-Manager found wrong in a body, field by field, which its `message` alone does not say. */
function violationsIn(body: object): string {
  if (!('violations' in body) || !Array.isArray(body.violations)) return '';
  const told = (body.violations as unknown[]).flatMap((violation): string[] => {
    if (typeof violation !== 'object' || violation === null || !('message' in violation)) return [];
    // A path begins with the names of the method and of its parameter.
    const path = 'path' in violation ? String(violation.path).replace(/^.*\./, '') : '';
    return [`${path} ${String(violation.message)}`.trim()];
  });
  return told.length === 0 ? '' : `: ${told.join('; ')}`;
}

/** What a person would read on a page of errors. */
function textOfPage(html: string): string {
  return html
    .replaceAll(/<(script|style|svg|head)\b[\s\S]*?<\/\1>/gi, ' ')
    .replaceAll(/<!--[\s\S]*?-->|<[^>]*>/g, ' ');
}

/** A path with its segments encoded and its slashes kept. */
export function encodePath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}

/** The answer, or undefined where there is no such thing (404). */
export async function orUndefined<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (hasStatus(error, 404)) return undefined;
    throw error;
  }
}

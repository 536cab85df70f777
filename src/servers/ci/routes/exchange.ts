import type { IncomingMessage, ServerResponse } from 'node:http';
import { BodyTooLarge, readBody } from '../../../lib/http/body.ts';
import type { Auth, Identity } from '../auth.ts';
import type { Beans } from '../beans.ts';
import type { Builds } from '../builds/builds.ts';
import type { CredentialStore } from '../credentials.ts';
import { JenkinsError } from '../errors.ts';
import type { Multibranch } from '../multibranch.ts';
import type { Queue } from '../queue.ts';
import type { Store } from '../store.ts';
import type { WebhookParts } from '../webhooks.ts';
import type { Workspaces } from '../workspace.ts';

/** The largest body of a request: webhook payloads and configurations are far below. */
const LARGEST_BODY = 8 * 1024 * 1024;

/** What the routes work with. */
export interface Site {
  readonly store: Store;
  readonly auth: Auth;
  readonly beans: Beans;
  readonly builds: Builds;
  readonly queue: Queue;
  readonly credentials: CredentialStore;
  readonly multibranch: Multibranch;
  readonly webhooks: WebhookParts;
  readonly workspaces: Workspaces;
  readonly rootUrl: string;
  readonly indexingLog: (job: string) => string;
  /** Removes a job, after its builds were stopped. */
  readonly deleteJob: (name: string) => Promise<void>;
}

export interface Reply {
  readonly status?: number;
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly body?: string | Uint8Array;
}

/** One request on its way through the routes. */
export class Exchange {
  readonly site: Site;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly query: URLSearchParams;
  /** Undefined for the anonymous user. */
  readonly identity: Identity | undefined;
  #body: Promise<Buffer> | undefined;

  constructor(
    site: Site,
    request: IncomingMessage,
    response: ServerResponse,
    query: URLSearchParams,
    identity: Identity | undefined,
  ) {
    this.site = site;
    this.request = request;
    this.response = response;
    this.query = query;
    this.identity = identity;
  }

  get user(): string {
    return this.identity?.username ?? 'anonymous';
  }

  header(name: string): string | undefined {
    const value = this.request.headers[name];
    return Array.isArray(value) ? value[0] : value;
  }

  /** @throws JenkinsError 413. */
  body(): Promise<Buffer> {
    this.#body ??= readBody(this.request, LARGEST_BODY).catch((error: unknown) => {
      throw error instanceof BodyTooLarge ? new JenkinsError(413, error.message) : error;
    });
    return this.#body;
  }

  async text(): Promise<string> {
    return (await this.body()).toString('utf8');
  }

  /** The fields of a form, or none when the body is something else. */
  async form(): Promise<URLSearchParams> {
    const type = this.header('content-type') ?? '';
    return new URLSearchParams(type.startsWith('application/x-www-form-urlencoded') ? await this.text() : '');
  }

  /** A parameter of the query or of the form. */
  async parameter(name: string): Promise<string | undefined> {
    return this.query.get(name) ?? (await this.form()).get(name) ?? undefined;
  }
}

export type Handler<T> = (exchange: Exchange, target: T) => Promise<Reply> | Reply;

/** One table of routes: `METHOD rest/of/path`, where `*` stands for all that follows. */
export type Routes<T> = Readonly<Record<string, Handler<T>>>;

/** The handler of a path below a target; GET routes answer HEAD as well. */
export function findRoute<T>(routes: Routes<T>, method: string, rest: string): Handler<T> | undefined {
  const verb = method === 'HEAD' ? 'GET' : method;
  const exact = routes[`${verb} ${rest}`] ?? routes[`* ${rest}`];
  if (exact !== undefined) return exact;
  for (let end = rest.lastIndexOf('/'); end > 0; end = rest.lastIndexOf('/', end - 1)) {
    const found = routes[`${verb} ${rest.slice(0, end)}/*`] ?? routes[`* ${rest.slice(0, end)}/*`];
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Whether the path has a route with another method. */
export function hasRoute<T>(routes: Routes<T>, rest: string): boolean {
  return ['GET', 'POST'].some((method) => findRoute(routes, method, rest) !== undefined);
}

export const json = (value: unknown, headers?: Record<string, string | string[]>): Reply => ({
  type: 'application/json;charset=utf-8',
  body: JSON.stringify(value),
  ...(headers === undefined ? {} : { headers }),
});
export const text = (body: string | Uint8Array, headers?: Record<string, string>): Reply => ({
  type: 'text/plain;charset=utf-8',
  body,
  ...(headers === undefined ? {} : { headers }),
});
export const xml = (body: string): Reply => ({ type: 'application/xml;charset=utf-8', body });
export const html = (body: string, status = 200): Reply => ({
  status,
  type: 'text/html;charset=utf-8',
  body,
});
export const redirect = (location: string): Reply => ({ status: 302, headers: { location } });
export const created = (location: string): Reply => ({ status: 201, headers: { location } });

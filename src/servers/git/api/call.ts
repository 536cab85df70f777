import type { IncomingMessage, ServerResponse } from 'node:http';
import { readBody } from '../../../lib/http/body.ts';
import { forbidden, invalid, notFound, unauthorized } from '../errors.ts';
import type { Viewer } from '../metadata/accounts.ts';
import type { Access } from '../metadata/model.ts';
import type { Pulls } from '../pulls.ts';
import { findRepository, type OpenRepository, type Service } from '../service.ts';
import type { RefEvents } from '../webhooks/ref-events.ts';
import { Fields } from './fields.ts';

/** JSON bodies carry whole files, base64; more belongs into a push. */
export const JSON_LIMIT = 16 * 1024 * 1024;

/** The server's parts, as the handlers of requests see them. */
export interface Server {
  readonly service: Service;
  readonly pulls: Pulls;
  readonly events: RefEvents;
}

/** One request to the API. */
export interface Call extends Server {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  readonly url: URL;
  readonly viewer: Viewer | undefined;
  /** A part of the path by its name in the route, decoded. */
  param(name: string): string;
  query(name: string): string | undefined;
  /** The JSON body. @throws GitServerError 422, BodyTooLarge */
  fields(): Promise<Fields>;
}

export interface UserCall extends Call {
  readonly viewer: Viewer;
}

export interface RepositoryCall extends Call {
  readonly repository: OpenRepository;
}

export type WriteCall = UserCall & RepositoryCall;

/** @throws GitServerError 401 without credentials. */
export function asUser(call: Call): UserCall {
  const { viewer } = call;
  if (viewer === undefined) throw unauthorized('token is required');
  return { ...call, viewer };
}

/** @throws GitServerError 401, 403 */
export function asSiteAdmin(call: Call): UserCall {
  const authenticated = asUser(call);
  if (!authenticated.viewer.user.admin) throw forbidden('user should be the site admin');
  return authenticated;
}

/** Finds the repository of the path. @throws GitServerError 401, 403; 404 also where it may not be seen. */
export function asRepositoryCall(call: Call, access: Access): RepositoryCall {
  const { accounts } = call.service;
  const repository = findRepository(call.service, call.param('owner'), call.param('repo'));
  if (repository === undefined || !accounts.may(repository.record, call.viewer?.user, 'read')) {
    throw notFound();
  }
  if (access === 'read') return { ...call, repository };
  const { viewer } = asUser(call);
  if (!accounts.may(repository.record, viewer.user, access)) {
    throw forbidden(
      access === 'admin'
        ? 'user should be an owner or a collaborator with admin write of a repository'
        : 'user should have a permission to write to a repo',
    );
  }
  return { ...call, repository, viewer };
}

export function makeCall(
  server: Server,
  request: { readonly incoming: IncomingMessage; readonly outgoing: ServerResponse; readonly url: URL },
  viewer: Viewer | undefined,
  parameters: (name: string) => string | undefined,
): Call {
  return {
    ...server,
    ...request,
    viewer,
    param: (name) => parameters(name) ?? '',
    query: (name) => request.url.searchParams.get(name) ?? undefined,
    fields: async () => {
      const text = (await readBody(request.incoming, JSON_LIMIT)).toString('utf8');
      if (text.trim() === '') return new Fields({});
      let body: unknown;
      try {
        body = JSON.parse(text);
      } catch (error) {
        throw invalid(`the body is not JSON: ${error instanceof Error ? error.message : ''}`);
      }
      return Fields.of(body);
    },
  };
}

export function json(body: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/json;charset=utf-8', ...headers },
  });
}

export function noContent(status: 200 | 202 | 204 = 204): Response {
  return new Response(null, { status });
}

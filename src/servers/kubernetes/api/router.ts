import type { IncomingMessage, ServerResponse } from 'node:http';
import { messageOf } from '../../../lib/errors.ts';
import type { Log } from '../../../lib/log.ts';
import { packageVersion } from '../../../lib/package.ts';
import type { NodeAgent } from '../cluster.ts';
import { Discovery } from '../discovery/discovery.ts';
import { ApiError, badRequest } from '../errors.ts';
import { OpenApi } from '../openapi/documents.ts';
import type { ClusterStore } from '../storage/cluster-store.ts';
import { serveWatch } from '../watch/watch.ts';
import { ANONYMOUS, type Authenticator, type User } from './authentication.ts';
import { Authorizer, type Attributes } from './authorization.ts';
import { Call, sendJson, type Answer } from './call.ts';
import { deleteCollection, deleteObject } from './deletes.ts';
import { listObjects } from './lists.ts';
import type { ObjectCall } from './object-call.ts';
import { createObject, getObject, patchedObject, updateObject } from './objects.ts';
import { parseResourcePath, type ResourcePath } from './paths.ts';
import { serveBinding, serveEviction, serveFinalize, serveLog } from './pods.ts';
import { presentationOf } from './presentation.ts';
import { answerReview } from './reviews.ts';
import { serveScale } from './scale.ts';
import { serveTokenRequest } from './token-request.ts';
import { VIRTUAL_RESOURCES } from './virtual.ts';

export interface RouterOptions {
  readonly cluster: ClusterStore;
  readonly authenticator: Authenticator;
  readonly nodeAgent: NodeAgent;
  readonly log: Log;
}

/** Kubernetes' version whose API this is. */
const VERSION = { major: '1', minor: '34', gitVersion: 'v1.34.0+gitops-playground' };

const PATHS = ['/api', '/apis', '/healthz', '/livez', '/openapi/v2', '/openapi/v3', '/readyz', '/version'];

type Handler = (request: ObjectCall) => Answer | Promise<Answer>;

/** Leads every request to its handler, and every error to its Status. */
export class Router {
  readonly #options: RouterOptions;
  readonly #authorizer: Authorizer;
  readonly #discovery: Discovery;
  readonly #openApi: OpenApi;

  constructor(options: RouterOptions) {
    this.#options = options;
    this.#authorizer = new Authorizer(options.cluster);
    this.#discovery = new Discovery(options.cluster.kinds);
    this.#openApi = new OpenApi(options.cluster.kinds, this.#discovery);
  }

  /** Answers a request; never rejects. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let warnings: readonly string[] = [];
    try {
      const call = this.open(request, response);
      warnings = call.warnings;
      const answer = await this.#answer(call);
      if (answer !== undefined) sendJson(response, answer.status, answer.body, call.warnings);
    } catch (error) {
      this.#fail(request, response, error, warnings);
    }
    // What nobody read of the body must not stand before the next request.
    if (!request.complete) request.resume();
  }

  /** Identifies the caller, who may act for somebody else when allowed to impersonate. */
  open(request: IncomingMessage, response: ServerResponse): Call {
    const url = new URL(request.url ?? '/', 'https://localhost');
    const user = this.#options.authenticator.identify(request.headers);
    return new Call(request, response, url, this.#impersonated(user, request));
  }

  /** @throws ApiError when the path names nothing that is served, or the caller may not. */
  authorize(call: Call, path: ResourcePath, verb: string): void {
    this.#require(call.user, {
      verb,
      group: path.group,
      resource: path.resource,
      subresource: path.subresource,
      namespace: path.namespace,
      name: path.name,
    });
  }

  /** The request for objects that a path stands for. @throws ApiError `NotFound` for unknown kinds. */
  objectCall(call: Call, path: ResourcePath): ObjectCall {
    const { cluster } = this.#options;
    const { group, version, resource } = path;
    const isEvents = group === 'events.k8s.io' && version === 'v1' && resource === 'events';
    const kind = cluster.kinds.byRoute(isEvents ? '' : group, version, resource);
    const wrongScope =
      kind !== undefined &&
      (kind.namespaced
        ? path.namespace === undefined && path.name !== undefined
        : path.namespace !== undefined);
    if (kind === undefined || wrongScope) throw nothingHere();
    const warning = kind.custom?.versions.find((candidate) => candidate.name === version)?.deprecationWarning;
    if (warning !== undefined) call.warnings.push(warning);
    const subresource = path.subresource === 'status' ? 'status' : undefined;
    return { call, cluster, path, presentation: presentationOf(kind, group, version), subresource };
  }

  #require(user: User, attributes: Attributes): void {
    if (this.#authorizer.allows(user, attributes)) return;
    if (user === ANONYMOUS) throw new ApiError('Unauthorized', 'Unauthorized');
    this.#authorizer.require(user, attributes);
  }

  #impersonated(user: User, { headers }: IncomingMessage): User {
    const name = headers['impersonate-user'];
    if (typeof name !== 'string' || name === '') return user;
    this.#require(user, { verb: 'impersonate', group: '', resource: 'users', name });
    const groups = headers['impersonate-group'] ?? [];
    const own = typeof groups === 'string' ? groups.split(',').map((group) => group.trim()) : groups;
    const [, namespace] = /^system:serviceaccount:([^:]+):/.exec(name) ?? [];
    const implied =
      namespace === undefined ? [] : ['system:serviceaccounts', `system:serviceaccounts:${namespace}`];
    return { name, groups: [...own, ...implied, 'system:authenticated'] };
  }

  async #answer(call: Call): Promise<Answer> {
    const path = parseResourcePath(call.url.pathname);
    if (path === undefined) return this.#answerPath(call);
    this.authorize(call, path, verbOf(call, path));
    const isVirtual = VIRTUAL_RESOURCES.some(
      ({ group, version, resource, verbs }) =>
        group === path.group && version === path.version && resource === path.resource && verbs.length === 1,
    );
    if (isVirtual) {
      if (call.method !== 'POST' || path.name !== undefined) throw notAllowed();
      return answerReview(call, path, this.#options.authenticator, this.#authorizer);
    }
    const request = this.objectCall(call, path);
    return this.#handlerOf(request)(request);
  }

  /** What a request for objects is answered by: the table of the resource routes. */
  #handlerOf({ call, path, presentation }: ObjectCall): Handler {
    const { nodeAgent, authenticator } = this.#options;
    const { subresource, name } = path;
    const { method } = call;
    if (name === undefined) {
      const collection: Record<string, Handler> = {
        GET: call.flag('watch') ? serveWatch : listObjects,
        POST: createObject,
        DELETE: deleteCollection,
      };
      return collection[method] ?? refuse;
    }
    const update: Record<string, Handler> = { GET: getObject, PUT: updateObject, PATCH: patchedObject };
    if (subresource === undefined) {
      const whole: Record<string, Handler> = { ...update, DELETE: deleteObject };
      return (method === 'GET' && call.flag('watch') ? serveWatch : whole[method]) ?? refuse;
    }
    if (subresource === 'status' || subresource === 'scale') {
      const own = presentation.kind.custom?.versions.find(
        (one) => one.name === presentation.version,
      )?.subresources;
      if (!(own ?? presentation.kind.subresources ?? []).includes(subresource)) throw nothingHere();
      const scale: Record<string, Handler> = { GET: serveScale, PUT: serveScale, PATCH: serveScale };
      return (subresource === 'status' ? update : scale)[method] ?? refuse;
    }
    const special: Record<string, Handler> = {
      'pods/log GET': (request) => serveLog(request, nodeAgent),
      'pods/eviction POST': serveEviction,
      'pods/binding POST': serveBinding,
      'namespaces/finalize PUT': serveFinalize,
      'serviceaccounts/token POST': (request) => serveTokenRequest(request, authenticator),
      'pods/exec GET': upgradeNeeded,
      'pods/exec POST': upgradeNeeded,
      'pods/attach GET': refuseAttach,
      'pods/attach POST': refuseAttach,
      'pods/portforward GET': upgradeNeeded,
      'pods/portforward POST': upgradeNeeded,
    };
    const found = path.group === '' ? special[`${path.resource}/${subresource} ${method}`] : undefined;
    if (found === undefined) throw nothingHere();
    return found;
  }

  async #answerPath(call: Call): Promise<Answer> {
    const path = call.url.pathname.replace(/(.)\/$/, '$1');
    this.#require(call.user, { verb: call.method === 'GET' ? 'get' : call.method.toLowerCase(), path });
    if (call.method !== 'GET' && call.method !== 'HEAD') throw notAllowed();
    if (/^\/(healthz|livez|readyz)(\/|$)/.test(path)) {
      call.response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' });
      call.response.end('ok');
      return undefined;
    }
    if (path === '/openapi/v2') {
      this.#openApi.serveV2(call.request, call.response);
      return undefined;
    }
    if (path.startsWith('/openapi/v3/')) {
      const served = await this.#openApi.serve(
        path.slice('/openapi/v3/'.length),
        call.request,
        call.response,
      );
      if (!served) throw nothingHere();
      return undefined;
    }
    const aggregated = aggregatedVersion(call.request.headers.accept);
    if (aggregated !== undefined && (path === '/api' || path === '/apis')) {
      this.#sendAggregated(call, aggregated, path === '/api');
      return undefined;
    }
    const body = this.#document(path);
    if (body === undefined) throw nothingHere();
    return { status: 200, body };
  }

  #document(path: string): object | undefined {
    switch (path) {
      case '/version':
        return {
          ...VERSION,
          buildDate: '',
          gitCommit: '',
          gitTreeState: 'clean',
          goVersion: '',
          compiler: '',
          platform: `${process.platform}/${process.arch}`,
          emulationMajor: '1',
          emulationMinor: '34',
          playground: packageVersion(),
        };
      case '/openapi/v3':
        return this.#openApi.index();
      case '/api':
        return { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] };
      case '/apis':
        return this.#discovery.groups();
      case '/':
        return { paths: PATHS };
    }
    const [root, ...rest] = path.slice(1).split('/');
    if (root === 'api' && rest.length === 1) return this.#discovery.resources('', rest[0] ?? '');
    if (root === 'apis' && rest.length === 1) return this.#discovery.group(rest[0] ?? '');
    if (root === 'apis' && rest.length === 2) return this.#discovery.resources(rest[0] ?? '', rest[1] ?? '');
    return undefined;
  }

  #sendAggregated(call: Call, version: 'v2' | 'v2beta1', core: boolean): void {
    const text = JSON.stringify(this.#discovery.aggregated(core, version));
    call.response.writeHead(200, {
      'content-type': `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`,
      'content-length': Buffer.byteLength(text),
      vary: 'Accept',
    });
    call.response.end(text);
  }

  #fail(
    request: IncomingMessage,
    response: ServerResponse,
    error: unknown,
    warnings: readonly string[],
  ): void {
    const refusal =
      error instanceof ApiError
        ? error
        : new ApiError('InternalError', `an error on the server: ${messageOf(error)}`);
    if (refusal !== error) {
      this.#options.log.error(
        `${request.method ?? ''} ${request.url ?? ''} failed: ${error instanceof Error ? (error.stack ?? error.message) : messageOf(error)}`,
      );
    }
    if (response.headersSent) {
      response.destroy();
      return;
    }
    sendJson(response, refusal.code, refusal.toStatus(), warnings);
  }
}

function aggregatedVersion(accept = ''): 'v2' | 'v2beta1' | undefined {
  const match = /v=(v2|v2beta1);as=APIGroupDiscoveryList/.exec(accept.replaceAll(' ', ''));
  return match === null ? undefined : (match[1] as 'v2' | 'v2beta1');
}

function verbOf({ method, url }: Call, path: ResourcePath): string {
  const watches = ['1', 'true'].includes(url.searchParams.get('watch') ?? '');
  switch (method) {
    case 'GET':
    case 'HEAD':
      return watches ? 'watch' : path.name === undefined ? 'list' : 'get';
    case 'POST':
      return 'create';
    case 'PUT':
      return 'update';
    case 'PATCH':
      return 'patch';
    case 'DELETE':
      return path.name === undefined ? 'deletecollection' : 'delete';
    default:
      throw notAllowed();
  }
}

function nothingHere(): ApiError {
  return new ApiError('NotFound', 'the server could not find the requested resource');
}

function notAllowed(): ApiError {
  return new ApiError('MethodNotAllowed', 'the server does not allow this method on the requested resource');
}

function refuse(): never {
  throw notAllowed();
}

/** Containers are processes whose streams end in their logs. */
export function refuseAttach(): never {
  throw badRequest(
    'containers of this cluster cannot be attached to; `kubectl logs -f` follows their output',
  );
}

function upgradeNeeded(): never {
  throw badRequest('unable to upgrade: this needs a WebSocket');
}

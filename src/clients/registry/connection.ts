import { Agent as PlainAgent, request as plainRequest, type IncomingMessage } from 'node:http';
import { Agent as SecureAgent, request as secureRequest } from 'node:https';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { systemCode } from '../../lib/errors.ts';
import { basicAuthorization } from '../../lib/http/auth.ts';
import { readBody } from '../../lib/http/body.ts';
import { isLoopbackHost } from '../../lib/http/guard.ts';

export interface RegistryOptions {
  /** `host:port`, as it stands in image references. */
  readonly host: string;
  readonly username?: string;
  readonly password?: string;
  /** Plain HTTP. Unless told, that is what loopback hosts get and nobody else, as docker does it. */
  readonly insecure?: boolean;
}

/** The registry said no, or answered outside its protocol. `code` is the first one of the OCI error list (`MANIFEST_UNKNOWN`). */
export class RegistryError extends Error {
  readonly status: number;
  readonly code: string | undefined;
  readonly url: string;

  constructor(message: string, status: number, code: string | undefined, url: string) {
    super(message);
    this.name = 'RegistryError';
    this.status = status;
    this.code = code;
    this.url = url;
  }
}

/** Documents are small; what is larger is refused. */
export const DOCUMENT_LIMIT = 4 * 1024 * 1024;
/** A registry that says nothing for this many milliseconds is given up. */
const SILENCE_LIMIT = 60_000;

interface Call {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE';
  /** Path with query, or a whole URL that the registry has given as a Location. */
  readonly target: string;
  readonly headers?: Readonly<Record<string, string | number>>;
  readonly body?: Uint8Array | Readable;
  /** The statuses that the caller understands; all others become a RegistryError. */
  readonly expect: readonly number[];
}

/** Calls to one registry: their connections, credentials, redirects and refusals. */
export class Connection {
  readonly base: string;
  readonly #agent: PlainAgent;
  readonly #authorization: string | undefined;

  constructor({ host, username, password, insecure = isLoopbackHost(host) }: RegistryOptions) {
    this.base = `${insecure ? 'http' : 'https'}://${host}`;
    this.#agent = insecure ? new PlainAgent({ keepAlive: true }) : new SecureAgent({ keepAlive: true });
    this.#authorization = username === undefined ? undefined : basicAuthorization(username, password ?? '');
  }

  /** Ends the connections that wait for further calls. They do not keep the process alive. */
  close(): void {
    this.#agent.destroy();
  }

  async text(call: Call): Promise<string> {
    return (await readBody(await this.call(call), DOCUMENT_LIMIT)).toString('utf8');
  }

  /** A GET or HEAD that may be sent on, which large registries do with blobs. */
  async follow(call: Call, hops = 5): Promise<IncomingMessage> {
    const response = await this.call({ ...call, expect: [...call.expect, 301, 302, 303, 307, 308] });
    if (call.expect.includes(response.statusCode ?? 0)) return response;
    response.resume();
    const target = this.locationOf(response);
    if (hops === 0)
      throw new RegistryError('too many redirects', response.statusCode ?? 0, undefined, target);
    return this.follow({ ...call, target }, hops - 1);
  }

  async call(call: Call): Promise<IncomingMessage> {
    const { method, target, expect } = call;
    const url = new URL(target, this.base);
    const { request, answered } = this.#send(url, call);
    let response: IncomingMessage;
    try {
      response = await answered;
    } catch (error) {
      // The registry may close a connection that waits just when it is used again: no reason to fail a read.
      const stale = request.reusedSocket && systemCode(error) === 'ECONNRESET';
      if (!stale || (method !== 'GET' && method !== 'HEAD')) throw error;
      response = await this.#send(url, call).answered;
    }
    if (expect.includes(response.statusCode ?? 0)) return response;
    throw await refusal(response, method, url.href);
  }

  locationOf(response: IncomingMessage): string {
    const location = header(response, 'location');
    if (location !== undefined) return new URL(location, this.base).href;
    throw new RegistryError('the registry gave no Location', response.statusCode ?? 0, undefined, this.base);
  }

  #send(url: URL, { method, headers, body }: Call) {
    const home = url.origin === new URL(this.base).origin;
    const send = url.protocol === 'https:' ? secureRequest : plainRequest;
    const request = send(url, {
      method,
      ...(home ? { agent: this.#agent } : {}),
      headers: {
        ...headers,
        // Credentials never go to another origin that a redirect names.
        ...(home && this.#authorization !== undefined ? { authorization: this.#authorization } : {}),
      },
      timeout: SILENCE_LIMIT,
    });
    const answered = new Promise<IncomingMessage>((resolve, reject) => {
      request.once('response', resolve);
      request.on('error', reject);
      request.once('timeout', () => request.destroy(new Error(`${url.host} has not answered for 60 s`)));
    });
    if (body instanceof Readable) {
      // A refusal may arrive before the body is sent; the answer says more than the broken pipe.
      pipeline(body, request).catch((error: unknown) => request.destroy(error as Error));
    } else {
      request.end(body);
    }
    return { request, answered };
  }
}

export function header(response: IncomingMessage, name: string): string | undefined {
  const value = response.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

async function refusal(response: IncomingMessage, method: string, url: string): Promise<RegistryError> {
  const status = response.statusCode ?? 0;
  let code: string | undefined;
  let detail = response.statusMessage ?? '';
  try {
    const body = JSON.parse((await readBody(response, 64 * 1024)).toString('utf8')) as {
      errors?: { code?: string; message?: string }[];
    };
    ({ code, message: detail = detail } = body.errors?.[0] ?? {});
  } catch {
    response.resume(); // Not the protocol's error list: the status has to do.
  }
  return new RegistryError(
    `${method} ${url} was answered ${status}: ${code === undefined ? detail : `${code}: ${detail}`}`,
    status,
    code,
    url,
  );
}

import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type Docker from 'dockerode';
import { PlaygroundError, messageOf, systemCode } from '../../lib/errors.ts';
import { failureIn } from '../components/failures.ts';
import { describeHost, findDockerHost, type DockerHost } from './docker-host.ts';

/** A Docker engine that answers is asked at most this long before another engine is taken instead, in milliseconds. */
const PING_LIMIT_MS = 300;

/** What a first knock at the Docker engine showed. */
export type Knock =
  | { readonly state: 'answers'; readonly host: DockerHost }
  | { readonly state: 'absent' | 'remote' | 'dead' | 'silent' | 'forbidden'; readonly reason: string };

/**
 * Whether a Docker engine answers, found out fast: without a socket it costs a few looks at files, and a dead or slow
 * one costs `limit` milliseconds at most. Loads no library.
 */
export async function knock(host = findDockerHost(), limit = PING_LIMIT_MS): Promise<Knock> {
  if (host === undefined) return { state: 'absent', reason: 'no Docker engine was found on this machine' };
  const where = describeHost(host);
  if (host.kind === 'remote') {
    return {
      state: 'remote',
      reason: `the Docker engine at ${where} runs on another machine, where the playground's ports would be`,
    };
  }
  try {
    if (host.kind === 'socket' && statSync(host.path, { throwIfNoEntry: false }) === undefined) {
      return { state: 'dead', reason: `no Docker engine answers at ${where}: there is no such socket` };
    }
    await ping(host, limit);
    return { state: 'answers', host };
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ETIMEDOUT') {
      return { state: 'silent', reason: `the Docker engine at ${where} did not answer within ${limit} ms` };
    }
    if (code === 'EACCES') {
      return { state: 'forbidden', reason: `this user may not use the Docker engine at ${where}` };
    }
    return { state: 'dead', reason: `no Docker engine answers at ${where}: ${messageOf(error)}` };
  }
}

async function ping(host: Exclude<DockerHost, { kind: 'remote' }>, limit: number): Promise<void> {
  const secure = host.kind === 'tcp' && host.certificates !== undefined;
  const { request } = secure ? await import('node:https') : await import('node:http');
  return new Promise((resolve, reject) => {
    const target =
      host.kind === 'socket'
        ? { socketPath: host.path }
        : { host: host.host, port: host.port, ...tlsOf(host) };
    const call = request({ ...target, path: '/_ping', agent: false });
    const timer = setTimeout(() => {
      call.destroy(Object.assign(new Error('no answer in time'), { code: 'ETIMEDOUT' }));
    }, limit);
    call.once('response', (response) => {
      clearTimeout(timer);
      response.resume();
      if (response.statusCode === 200) resolve();
      else reject(new Error(`it answered ${String(response.statusCode)}`));
    });
    call.once('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    call.end();
  });
}

function tlsOf(host: DockerHost): { ca?: Buffer; cert?: Buffer; key?: Buffer } {
  if (host.kind !== 'tcp' || host.certificates === undefined) return {};
  const file = (name: string) => readFileSync(join(host.certificates ?? '', name));
  return { ca: file('ca.pem'), cert: file('cert.pem'), key: file('key.pem') };
}

/** A client of the Docker engine; the library is loaded here and nowhere else. */
export async function connectDocker(host: DockerHost): Promise<Docker> {
  const { default: Client } = await import('dockerode');
  switch (host.kind) {
    case 'socket':
      return new Client({ socketPath: host.path });
    case 'tcp': {
      const protocol = host.certificates === undefined ? 'http' : 'https';
      return new Client({ host: host.host, port: host.port, protocol, ...tlsOf(host) });
    }
    case 'remote':
      throw new Error('a remote Docker engine is refused before it is used');
  }
}

/** The Docker engine that has to be there. @throws PlaygroundError `docker-unreachable` */
export async function requireDocker(): Promise<{ docker: Docker; host: DockerHost }> {
  const found = await knock(findDockerHost(), 10_000);
  if (found.state !== 'answers') throw unreachable(found.reason);
  return { docker: await connectDocker(found.host), host: found.host };
}

function unreachable(reason: string, cause?: unknown): PlaygroundError {
  return new PlaygroundError({
    code: 'docker-unreachable',
    message: reason,
    hint: 'start Docker, then repeat the command: it goes on from there; `gitops-playground doctor` says more',
    cause,
  });
}

/**
 * A failure of the Docker engine in the words of a person: gone in the middle, its disk full, a port taken, a pull refused.
 * Everything else as it is.
 */
export function explainDocker(error: unknown, doing: string): unknown {
  if (error instanceof PlaygroundError) return error;
  const message = messageOf(error);
  if (GONE.includes(systemCode(error) ?? '') || message.includes('socket hang up')) {
    return unreachable(`the Docker engine went away while ${doing}: ${message}`, error);
  }
  const failure = failureIn(message);
  if (failure === undefined && !hasStatusCode(error)) return error;
  return new PlaygroundError({
    code: failure?.code ?? 'docker-refused',
    message: `${doing} failed: ${withoutPrefix(message)}`,
    hint: failure?.hint ?? 'see how the Docker engine is: gitops-playground doctor',
    cause: error,
  });
}

const GONE = ['ECONNREFUSED', 'ECONNRESET', 'ENOENT', 'EPIPE', 'EACCES'];

function hasStatusCode(error: unknown): boolean {
  return error instanceof Error && 'statusCode' in error;
}

/** Whether the Docker engine answered that there is no such thing. */
export function isMissing(error: unknown): boolean {
  return error instanceof Error && 'statusCode' in error && error.statusCode === 404;
}

/** dockerode puts the status before Docker's own words. */
function withoutPrefix(message: string): string {
  return message.replace(/^\(HTTP code \d+\) [^-]*- /, '').trim();
}

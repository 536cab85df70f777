import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Readable, Writable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { messageOf } from '../../../lib/errors.ts';
import { badRequest, forbidden, GitServerError, notFound, unauthorized } from '../errors.ts';
import type { PushRecord, RefUpdate, UserRecord } from '../metadata/model.ts';
import { NO_SHA, readRef } from '../repository/refs.ts';
import { findRepository, type OpenRepository, type Service } from '../service.ts';
import type { RefEvents } from '../webhooks/ref-events.ts';
import { Advertisements, type GitService } from './advertisement.ts';
import { PushCommands, PushReport } from './push-commands.ts';

const SERVICES: readonly GitService[] = ['git-upload-pack', 'git-receive-pack'];

const PATH = /^\/([^/]+)\/([^/]+?)(?:\.git)?\/(info\/refs|git-upload-pack|git-receive-pack)$/;

export interface GitRequest {
  readonly owner: string;
  readonly name: string;
  readonly action: 'info/refs' | GitService;
}

/** Whether a path is one of git's smart HTTP protocol (gitprotocol-http). */
export function matchGitPath(path: string): GitRequest | undefined {
  const [, owner, name, action] = PATH.exec(path) ?? [];
  if (owner === undefined || name === undefined || action === undefined) return undefined;
  return { owner, name, action: action as GitRequest['action'] };
}

/** Clone, fetch and push, streamed between the client and the installed git. */
export class SmartHttp {
  readonly #service: Service;
  readonly #events: RefEvents;
  readonly #advertisements: Advertisements;

  constructor(service: Service, events: RefEvents) {
    this.#service = service;
    this.#events = events;
    this.#advertisements = new Advertisements(service.git, service.objects);
  }

  /** @throws GitServerError for every refusal; headers are not sent then. */
  async handle(request: IncomingMessage, response: ServerResponse, target: GitRequest): Promise<void> {
    const { action } = target;
    const url = new URL(request.url ?? '/', 'http://localhost');
    const wanted = action === 'info/refs' ? url.searchParams.get('service') : action;
    const service = SERVICES.find((name) => name === wanted);
    if (service === undefined) {
      throw forbidden('only the smart HTTP protocol is served here; this git is too old for it');
    }
    if (request.method !== (action === 'info/refs' ? 'GET' : 'POST')) {
      throw new GitServerError(405, `${request.method ?? ''} is not allowed here`);
    }
    const { repository, user } = await this.#authorize(request, target, service);
    response.setHeader('cache-control', 'no-cache, max-age=0, must-revalidate');
    if (action === 'info/refs') return this.#advertise(request, response, repository, service);
    if (request.headers['content-type'] !== `application/x-${service}-request`) {
      throw new GitServerError(415, `the content type has to be application/x-${service}-request`);
    }
    response.setHeader('content-type', `application/x-${service}-result`);
    if (service === 'git-upload-pack' || user === undefined) {
      return this.#fetch(request, response, repository);
    }
    return this.#push(request, response, repository, user);
  }

  async #authorize(
    request: IncomingMessage,
    { owner, name }: GitRequest,
    service: GitService,
  ): Promise<{ repository: OpenRepository; user: UserRecord | undefined }> {
    const { accounts } = this.#service;
    const viewer = await accounts.authenticate(request.headers);
    const repository = findRepository(this.#service, owner, name);
    const readable = repository !== undefined && accounts.may(repository.record, viewer?.user, 'read');
    // Without credentials, a private repository and a missing one look the same.
    if (viewer === undefined && (!readable || service === 'git-receive-pack')) {
      throw unauthorized('log in with your user name and password, or with a token as password');
    }
    if (repository === undefined || !readable) throw notFound(`there is no repository ${owner}/${name}`);
    if (service === 'git-receive-pack' && !accounts.may(repository.record, viewer?.user, 'write')) {
      throw forbidden(`${viewer?.user.login ?? ''} may not push to ${owner}/${name}`);
    }
    return { repository, user: viewer?.user };
  }

  async #advertise(
    request: IncomingMessage,
    response: ServerResponse,
    repository: OpenRepository,
    service: GitService,
  ): Promise<void> {
    response.setHeader('content-type', `application/x-${service}-advertisement`);
    response.end(await this.#advertisements.of(repository.folder, service, gitProtocol(request)));
  }

  async #fetch(
    request: IncomingMessage,
    response: ServerResponse,
    { folder }: OpenRepository,
  ): Promise<void> {
    const child = this.#service.git.spawn(['upload-pack', '--stateless-rpc', '--timeout=600', folder], {
      GIT_PROTOCOL: gitProtocol(request),
    });
    await converse(child, bodyOf(request), response);
    response.end();
  }

  async #push(
    request: IncomingMessage,
    response: ServerResponse,
    repository: OpenRepository,
    user: UserRecord,
  ): Promise<void> {
    const { store } = this.#service;
    const commands = new PushCommands();
    const report = new PushReport();
    let push: PushRecord | undefined;
    const child = this.#service.git.spawn(['receive-pack', '--stateless-rpc', repository.folder], {
      GIT_PROTOCOL: gitProtocol(request),
    });
    await converse(child, bodyOf(request), response, {
      input: (chunk) => {
        commands.push(chunk);
        if (!commands.complete || push !== undefined || commands.updates.length === 0) return;
        // On disk before git can act on it: a crash after the references moved must not lose the event.
        push = {
          id: store.nextId(),
          repositoryId: repository.record.id,
          userId: user.id,
          updates: commands.updates,
        };
        store.commit(['put', 'pushes', push]);
      },
      output: (chunk) => {
        report.push(chunk);
      },
    }).finally(() => {
      if (push === undefined) return;
      // Runs beside the rest of the answer: who pushed does not wait for those who are told.
      const { updates } = push;
      this.#events.pushed(push, (folder) => moved(folder, updates, report));
    });
    response.end();
  }
}

/** The updates that receive-pack reported, or, where it was cut off, those that can be seen in the repository. */
async function moved(
  folder: string,
  updates: readonly RefUpdate[],
  report: PushReport,
): Promise<RefUpdate[]> {
  const accepted = updates.filter(({ ref }) => report.accepted(ref));
  return accepted.length > 0 ? accepted : visible(folder, updates);
}

/** Those of the updates that the repository shows. */
export async function visible(folder: string, updates: readonly RefUpdate[]): Promise<RefUpdate[]> {
  const found: RefUpdate[] = [];
  for (const update of updates) {
    if (((await readRef(folder, update.ref)) ?? NO_SHA) === update.after) found.push(update);
  }
  return found;
}

function gitProtocol(request: IncomingMessage): string {
  const header = request.headers['git-protocol'];
  // It becomes an environment variable of git: nothing but what the protocol knows.
  return typeof header === 'string' && /^[A-Za-z0-9=:.-]{1,100}$/.test(header) ? header : '';
}

function bodyOf(request: IncomingMessage): Readable {
  const encoding = request.headers['content-encoding'] ?? 'identity';
  if (encoding === 'identity') return request;
  if (encoding !== 'gzip' && encoding !== 'x-gzip') {
    throw new GitServerError(415, `the content encoding "${encoding}" is not supported; use gzip`);
  }
  const gunzip = createGunzip();
  request.once('error', (error) => gunzip.destroy(error));
  request.once('aborted', () => gunzip.destroy(new Error('the client has gone')));
  return request.pipe(gunzip);
}

/**
 * Streams the body into git and what git says into the response, at the pace of the slower side. Git is
 * killed when the client goes away. Does not end the response.
 * @throws GitServerError 400 when git refuses before it has said anything.
 */
async function converse(
  child: ChildProcessWithoutNullStreams,
  body: Readable,
  response: ServerResponse,
  watch: { readonly input?: (chunk: Buffer) => void; readonly output?: (chunk: Buffer) => void } = {},
): Promise<void> {
  const kill = () => child.kill('SIGKILL');
  response.once('close', kill);
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => {
    if (stderr.length < 4096) stderr += chunk.toString();
  });
  const exit = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  exit.catch(() => undefined);
  let failure: unknown;
  feed(body, child.stdin, watch.input).catch((error: unknown) => {
    failure = error;
    kill();
  });
  for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
    watch.output?.(chunk);
    if (!response.write(chunk)) await drained(response);
  }
  const code = await exit;
  response.off('close', kill);
  if (response.destroyed) return;
  if (response.headersSent) {
    // The protocol tells its own errors in the stream; an answer that was cut off must not look like a whole one.
    if (code === null) response.destroy();
    return;
  }
  if (failure !== undefined) throw badRequest(messageOf(failure));
  if (code !== 0) throw badRequest(stderr.trim().replace(/^fatal: /, '') || 'git could not read the request');
}

/** Gives a body to git. Git may close its input early; the rest is read all the same, so that the client reads the answer. */
async function feed(body: Readable, input: Writable, watch?: (chunk: Buffer) => void): Promise<void> {
  let open = true;
  input.once('error', () => {
    open = false;
  });
  let failure: Error | undefined;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    if (!open) continue;
    try {
      watch?.(chunk);
    } catch (error) {
      failure = error instanceof Error ? error : new Error(messageOf(error));
      open = false;
      input.destroy();
      continue;
    }
    if (!input.write(chunk)) await drained(input);
  }
  if (open) input.end();
  if (failure !== undefined) throw failure;
}

/** Resolves when a stream takes more, or never will again. */
function drained(stream: Writable): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      for (const event of EVENTS) stream.off(event, done);
      resolve();
    };
    for (const event of EVENTS) stream.once(event, done);
  });
}

const EVENTS = ['drain', 'close', 'error'] as const;

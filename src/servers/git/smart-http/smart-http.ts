import type { IncomingMessage, ServerResponse } from 'node:http';
import { storePack } from '../../../clients/git/pack-objects.ts';
import { isStorageFailure } from '../../../lib/errors.ts';
import type { Begun } from '../../../lib/read-up-to.ts';
import { forbidden, GitServerError, notFound, unauthorized } from '../errors.ts';
import type { PushRecord, RefUpdate, UserRecord } from '../metadata/model.ts';
import { NO_SHA, readRef } from '../repository/refs.ts';
import { updateRef } from '../repository/write.ts';
import { findRepository, type OpenRepository, type Service } from '../service.ts';
import type { RefEvents } from '../webhooks/ref-events.ts';
import { Advertisements, type GitService } from './advertisement.ts';
import { readBegin } from './body.ts';
import { converse } from './converse.ts';
import { PushCommands, PushReport } from './push-commands.ts';
import { answerSmallFetch } from './small-fetch.ts';
import { readSmallPush, reportOf } from './small-push.ts';

const SERVICES: readonly GitService[] = ['git-upload-pack', 'git-receive-pack'];

/** Bytes of a request up to which it may be answered without git. */
const SMALL = { 'git-upload-pack': 64 * 1024, 'git-receive-pack': 1024 * 1024 } as const;

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

/** Clone, fetch and push: small ones at once, all others streamed between the client and the installed git. */
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
    const body = await readBegin(request, SMALL[service]);
    const protocol = gitProtocol(request);
    response.setHeader('content-type', `application/x-${service}-result`);
    if (service === 'git-upload-pack' || user === undefined) {
      return this.#fetch(body, response, repository, protocol);
    }
    const report = await this.#pushSmall(body, repository, user);
    if (report === undefined) await this.#push(body, response, repository, { user, protocol });
    else response.end(report);
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
    { whole, pieces }: Begun,
    response: ServerResponse,
    { folder }: OpenRepository,
    protocol: string,
  ): Promise<void> {
    const isSecond = /(^|:)version=2(:|$)/.test(protocol);
    const answer = isSecond && whole !== undefined ? await answerSmallFetch(folder, whole) : undefined;
    if (answer === undefined) {
      const child = this.#service.git.spawn(['upload-pack', '--stateless-rpc', '--timeout=600', folder], {
        GIT_PROTOCOL: protocol,
      });
      await converse(child, pieces, response);
    }
    response.end(answer);
  }

  /** @returns the report for the client, or undefined, and no reference has moved, where git has to do it. */
  async #pushSmall(
    { whole }: Begun,
    { record, folder }: OpenRepository,
    user: UserRecord,
  ): Promise<Buffer | undefined> {
    const { git, objects } = this.#service;
    const push =
      whole === undefined ? undefined : await readSmallPush(folder, whole, (id) => objects.read(folder, id));
    if (push === undefined) return undefined;
    try {
      storePack(folder, push.pack, push.brought);
    } catch (error) {
      // Git tells the client in its own words.
      if (isStorageFailure(error)) return undefined;
      throw error;
    }
    const { updates } = push;
    const pushed = this.#record(record.id, user, updates);
    const moved: RefUpdate[] = [];
    try {
      for (const update of updates) {
        await updateRef(git, folder, update.ref, update).then(
          () => moved.push(update),
          (error: unknown) => {
            // Somebody else was quicker.
            if (!(error instanceof GitServerError)) throw error;
          },
        );
      }
    } finally {
      this.#events.pushed(pushed, async () => moved);
    }
    return reportOf(push, moved);
  }

  /** On disk before a reference can move: a crash after that must not lose the event. */
  #record(repositoryId: number, user: UserRecord, updates: readonly RefUpdate[]): PushRecord {
    const { store } = this.#service;
    const push: PushRecord = { id: store.nextId(), repositoryId, userId: user.id, updates };
    store.commit(['put', 'pushes', push]);
    return push;
  }

  async #push(
    { pieces }: Begun,
    response: ServerResponse,
    repository: OpenRepository,
    { user, protocol }: { readonly user: UserRecord; readonly protocol: string },
  ): Promise<void> {
    const commands = new PushCommands();
    const report = new PushReport();
    let push: PushRecord | undefined;
    const child = this.#service.git.spawn(['receive-pack', '--stateless-rpc', repository.folder], {
      GIT_PROTOCOL: protocol,
    });
    await converse(child, pieces, response, {
      input: (chunk) => {
        commands.push(chunk);
        if (!commands.complete || push !== undefined || commands.updates.length === 0) return;
        push = this.#record(repository.record.id, user, commands.updates);
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

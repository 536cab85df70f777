import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { configSchema } from '../../src/config/schema.ts';
import type { Engine } from '../../src/engines/engine.ts';
import { planUp } from '../../src/flow/plan.ts';
import { connectTo } from '../../src/flow/playground.ts';
import { statusOf } from '../../src/flow/status.ts';
import { runTasks } from '../../src/flow/task.ts';
import { listen } from '../../src/lib/http/listen.ts';
import { eventually } from '../support/eventually.ts';
import { gitTargets, type RunningGit } from '../support/git-targets.ts';
import { createMixedEngine } from '../support/mixed-engine.ts';

/** What happens when the Git server does not take a webhook, or the CI server does not take what it brings. */
describe('up, with a webhook that is refused', () => {
  let folder: string;
  let git: RunningGit;
  let mixed: ReturnType<typeof createMixedEngine>;
  let engine: Engine;
  /** Where the Git server is to reach the CI server; its own address when it is undefined. */
  let ciAddress: string | undefined;
  const servers: Server[] = [];

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'webhook-'));
    vi.stubEnv('GITOPS_PLAYGROUND_HOME', join(folder, 'home'));
    git = await gitTargets[0]!.start();
    mixed = createMixedEngine(git, join(folder, 'parts'));
    engine = {
      ...mixed,
      async up(...args) {
        const endpoints = await mixed.up(...args);
        const clusterUrl = ciAddress ?? endpoints.ci.clusterUrl;
        return { ...endpoints, ci: { ...endpoints.ci, clusterUrl } };
      },
    };
  });
  afterEach(async () => {
    await mixed.close();
    await git.dispose();
    for (const server of servers.splice(0)) server.close();
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  const serve = async (status: number, body: string) => {
    const server = createServer((request, response) => {
      request.resume();
      response.writeHead(status).end(body);
    });
    servers.push(server);
    return `http://127.0.0.1:${(await listen(server, { port: 0 })).port}`;
  };
  const up = () => {
    const config = configSchema.parse({ username: git.admin.username, password: git.admin.password });
    return runTasks(planUp(Object.freeze(config), engine), () => undefined, AbortSignal.timeout(110_000));
  };
  /** The same command, once the cause is gone: it has to end with a proven loop. */
  const goOn = async () => {
    ciAddress = undefined;
    await up();
    const playground = await connectTo(engine, 'default');
    // The operator may still look at what the last merge has changed.
    await eventually(
      'the playground to be ready',
      () => statusOf(engine.id, playground),
      ({ phase }) => phase === 'ready',
    );
  };

  test('by the CI server says what it answered, and up goes on from there', async () => {
    ciAddress = await serve(403, 'not from this address');
    const failure = await up().catch((error: unknown) => error);
    expect(failure).toMatchObject({
      code: 'webhook-failed',
      message: `the commit is pushed, and the CI server does not know of it: the webhook to ${ciAddress}/gitea-webhook/post got: 403 (not from this address)`,
      hint: expect.stringMatching(
        /all that was made is kept; .*go on from here: gitops-playground up$/,
      ) as string,
    });
    await goOn();
  }, 120_000);

  test('because nothing listens there says so', async () => {
    ciAddress = 'http://127.0.0.1:1';
    await expect(up()).rejects.toMatchObject({
      code: 'webhook-failed',
      message: expect.stringContaining('ECONNREFUSED 127.0.0.1:1') as string,
    });
    await goOn();
  }, 120_000);

  test('because webhooks may not go to such an address says so', async () => {
    ciAddress = 'http://ci.example.org';
    await expect(up()).rejects.toMatchObject({
      code: expect.stringMatching(/^webhook-(refused|failed)$/) as string,
      message: expect.stringContaining('ci.example.org') as string,
    });
    await goOn();
  }, 120_000);

  test.each([
    [
      403,
      'user should be an owner or a collaborator with admin write of a repository',
      'may not make webhooks there',
    ],
    [422, 'Invalid url', 'does not accept that address'],
    [500, 'database is locked', 'answered 500: database is locked'],
  ])(
    'by the Git server with %i names the webhook and what is left',
    async (status, message, told) => {
      const refusing = createServer((request, response) => {
        void passOn(request, response, git.url, { status, message });
      });
      servers.push(refusing);
      const url = `http://127.0.0.1:${(await listen(refusing, { port: 0 })).port}`;
      const direct = engine.up.bind(engine);
      engine.up = async (...args) => {
        const endpoints = await direct(...args);
        return { ...endpoints, git: { ...endpoints.git, url } };
      };
      await expect(up()).rejects.toMatchObject({
        code: 'webhook-refused',
        message: expect.stringMatching(
          new RegExp(`webhook of playground/\\S+ to http://.*${told}`),
        ) as string,
        hint: expect.stringMatching(/are kept; .*gitops-playground up$/) as string,
      });
      engine.up = direct;
      await goOn();
    },
    120_000,
  );
});

/** Hands a call to the Git server, but for the making of webhooks, which is refused. */
async function passOn(
  request: IncomingMessage,
  response: ServerResponse,
  target: string,
  refusal: { status: number; message: string },
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  const path = request.url ?? '/';
  if (request.method === 'POST' && path.endsWith('/hooks')) {
    response
      .writeHead(refusal.status, { 'content-type': 'application/json' })
      .end(JSON.stringify({ message: refusal.message }));
    return;
  }
  const {
    host: _host,
    connection: _connection,
    'transfer-encoding': _encoding,
    ...headers
  } = request.headers;
  const answered = await fetch(`${target}${path}`, {
    method: request.method ?? 'GET',
    headers: headers as Record<string, string>,
    ...(chunks.length === 0 ? {} : { body: Buffer.concat(chunks) }),
    redirect: 'manual',
  });
  const type = answered.headers.get('content-type');
  const total = answered.headers.get('x-total-count');
  response.writeHead(answered.status, {
    ...(type === null ? {} : { 'content-type': type }),
    ...(total === null ? {} : { 'x-total-count': total }),
  });
  response.end(Buffer.from(await answered.arrayBuffer()));
}

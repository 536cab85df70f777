import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createGitea, type GiteaClient } from '../../../../src/clients/gitea.ts';
import { run, leastEnvironment } from '../../../../src/lib/process.ts';
import { readBody } from '../../../../src/lib/http/body.ts';
import { silentLog } from '../../../../src/lib/log.ts';
import { startGitServer, type GitServer } from '../../../../src/servers/git/server.ts';

export const admin = { username: 'developer', password: 'a-password-1', email: 'developer@example.org' };

export interface Fixture {
  readonly folder: string;
  readonly dataDir: string;
  server: GitServer;
  gitea: GiteaClient;
  /** Closes the server and starts it again on the same data. */
  restart(): Promise<void>;
  dispose(): Promise<void>;
}

/** A server with the organization `playground` and, unless told, the repository `storefront` with a first commit. */
export async function startFixture({ repository = true } = {}): Promise<Fixture> {
  const folder = await mkdtemp(join(tmpdir(), 'git-server-'));
  const dataDir = join(folder, 'data');
  const start = () => startGitServer({ dataDir, port: 0, log: silentLog, admin });
  const server = await start();
  const fixture: Fixture = {
    folder,
    dataDir,
    server,
    gitea: createGitea({ url: server.url, auth: admin }),
    async restart() {
      await fixture.server.close();
      fixture.server = await start();
      fixture.gitea = createGitea({ url: fixture.server.url, auth: admin });
    },
    async dispose() {
      await fixture.server.close();
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
  await fixture.gitea.createOrganization('playground');
  if (repository) {
    await fixture.gitea.createRepository('playground', { name: 'storefront', auto_init: true });
  }
  return fixture;
}

/** Runs git as a person would, without the settings of the machine. Throws when it fails. */
export async function git(cwd: string, ...args: string[]): Promise<string> {
  const result = await tryGit(cwd, ...args);
  if (result.exitCode !== 0) throw new Error(`git ${args.join(' ')}: ${result.stderr}`);
  return result.stdout.trim();
}

export function tryGit(cwd: string, ...args: string[]) {
  return run('git', args, {
    cwd,
    env: leastEnvironment({
      HOME: cwd,
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_TERMINAL_PROMPT: '0',
      GIT_AUTHOR_NAME: 'Ada',
      GIT_AUTHOR_EMAIL: 'ada@example.org',
      GIT_COMMITTER_NAME: 'Ada',
      GIT_COMMITTER_EMAIL: 'ada@example.org',
    }),
  });
}

/** The clone URL of a repository with credentials in it. */
export function withPassword(
  url: string,
  { username, password }: { username: string; password: string } = admin,
): string {
  return url.replace('://', `://${username}:${password}@`);
}

export interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly json: Record<string, unknown>;
}

/** A receiver of webhooks that answers what it is told, and gives the requests in their order. */
export async function startReceiver(answer: (count: number) => number = () => 200) {
  const received: Received[] = [];
  let wake: () => void = () => undefined;
  const server = createServer((request, response) => {
    void readBody(request, 10_000_000).then((bytes) => {
      const body = bytes.toString();
      received.push({
        headers: request.headers,
        body,
        json: body.startsWith('{') ? (JSON.parse(body) as Record<string, unknown>) : {},
      });
      response.writeHead(answer(received.length)).end('seen');
      wake();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/hook`,
    received,
    /** Resolves when a request that fits has come. */
    async next(fits: (request: Received) => boolean): Promise<Received> {
      for (;;) {
        const found = received.find(fits);
        if (found !== undefined) return found;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

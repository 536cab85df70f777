import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createGitea, type GiteaClient } from '../../src/clients/gitea.ts';
import { silentLog } from '../../src/lib/log.ts';
import { startGitServer } from '../../src/servers/git/server.ts';

/** A Git server that runs, without any organization, repository or user but its administrator. */
export interface RunningGit {
  readonly url: string;
  readonly admin: { readonly username: string; readonly password: string };
  /** Speaks as the administrator. */
  readonly gitea: GiteaClient;
  dispose(): Promise<void>;
}

/** What a suite about the Gitea API runs against; the same cases have to hold on every one. */
export interface GitTarget {
  readonly name: string;
  start(): Promise<RunningGit>;
}

const embedded: GitTarget = {
  name: 'the embedded Git server',
  async start() {
    const folder = await mkdtemp(join(tmpdir(), 'git-target-'));
    const admin = { username: 'developer', password: 'a-password-1', email: 'developer@example.org' };
    const server = await startGitServer({ dataDir: join(folder, 'data'), port: 0, log: silentLog, admin });
    return {
      url: server.url,
      admin,
      gitea: createGitea({ url: server.url, auth: admin }),
      async dispose() {
        await server.close();
        await rm(folder, { recursive: true, force: true, maxRetries: 5 });
      },
    };
  },
};

/**
 * A Gitea that was started for these tests alone: everything on it is deleted. It has to let webhooks go to this machine
 * (`[webhook] ALLOWED_HOST_LIST = loopback`).
 */
function real(url: string): GitTarget {
  const admin = {
    username: process.env.PLAYGROUND_GITEA_USERNAME ?? 'developer',
    password: process.env.PLAYGROUND_GITEA_PASSWORD ?? '',
  };
  return {
    name: `the Gitea at ${url}`,
    async start() {
      const gitea = createGitea({ url, auth: admin });
      await clear(gitea, admin.username);
      return { url, admin, gitea, dispose: () => clear(gitea, admin.username) };
    },
  };
}

async function clear(gitea: GiteaClient, administrator: string): Promise<void> {
  for (const { owner, name } of await gitea.searchRepositories('', { limit: 50 }))
    await gitea.deleteRepository(owner.login, name);
  const organizations = await gitea.http.json<{ name: string }[]>('GET', 'orgs');
  for (const { name } of organizations) await gitea.deleteOrganization(name);
  const users = await gitea.http.json<{ login: string }[]>('GET', 'admin/users');
  for (const { login } of users) {
    if (login !== administrator) await gitea.http.request('DELETE', `admin/users/${login}`);
  }
  for (const { name } of await gitea.listTokens(administrator)) await gitea.deleteToken(administrator, name);
}

const url = process.env.PLAYGROUND_GITEA_URL;

/** The embedded server, and the real product where `PLAYGROUND_GITEA_URL` says that there is one. */
export const gitTargets: readonly GitTarget[] = [embedded, ...(url === undefined ? [] : [real(url)])];

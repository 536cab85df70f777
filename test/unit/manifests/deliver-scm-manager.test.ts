import { execFile } from 'node:child_process';
import { cp, writeFile } from 'node:fs/promises';
import { createServer, request as forward } from 'node:http';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { createGitea } from '../../../src/clients/gitea.ts';
import { createScmManager } from '../../../src/clients/scm-manager.ts';
import { listen } from '../../../src/lib/http/listen.ts';
import { silentLog } from '../../../src/lib/log.ts';
import { leastEnvironment } from '../../../src/lib/process.ts';
import { startGitServer } from '../../../src/servers/git/server.ts';
import { startScmManager, type ScmManagerState } from '../clients/scm-manager-server.ts';
import { folderWith, libraryModule, programFile, seeded } from './library.ts';

const execute = promisify(execFile);
const login = { username: 'developer', password: 'correct-horse-battery' };
const env = leastEnvironment({
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_AUTHOR_NAME: 'developer',
  GIT_AUTHOR_EMAIL: 'developer@localhost',
  GIT_COMMITTER_NAME: 'developer',
  GIT_COMMITTER_EMAIL: 'developer@localhost',
});

async function git(cwd: string, ...args: string[]): Promise<string> {
  return (await execute('git', args, { cwd, env })).stdout.trim();
}

async function repositoryWith(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await folderWith();
  await git(folder, 'init', '--quiet', '--initial-branch=main');
  await cp(await folderWith(files), folder, { recursive: true });
  await git(folder, 'add', '--all');
  await git(folder, 'commit', '--quiet', '--message', 'Begin');
  return folder;
}

let url: string;
let clone: string;
let app: string;
let state: ScmManagerState;

/** One server as SCM-Manager is: real git below /scm/repo, its REST API below /scm/api. */
async function startFront(gitUrl: string, apiUrl: string): Promise<string> {
  const server = createServer((request, response) => {
    const path = request.url ?? '/';
    const target = path.startsWith('/scm/repo/')
      ? new URL(path.slice('/scm/repo'.length), gitUrl)
      : new URL(path, apiUrl);
    const headers = { ...request.headers, host: target.host };
    const sent = forward(target, { method: request.method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
    });
    request.pipe(sent);
  });
  const listener = await listen(server, { port: 0 });
  onTestFinished(() => listener.close());
  return `http://127.0.0.1:${listener.port}/scm/repo`;
}

beforeEach(async () => {
  const gitServer = await startGitServer({
    dataDir: await folderWith(),
    port: 0,
    log: silentLog,
    admin: { ...login, email: 'admin@localhost' },
  });
  onTestFinished(() => gitServer.close());
  const gitea = createGitea({ url: gitServer.url, auth: login });
  await gitea.createOrganization('playground');
  await gitea.createRepository('playground', { name: 'gitops', default_branch: 'main' });

  const scm = await startScmManager();
  onTestFinished(() => scm.close());
  const client = createScmManager({ url: scm.url, ...login, interval: 1 });
  await client.createOrganization('playground');
  await client.createRepository('playground', { name: 'gitops' });
  state = scm.state;
  url = await startFront(gitServer.url, scm.url);

  clone = await repositoryWith(seeded('gitops'));
  const remote = url.replace('://', `://${login.username}:${login.password}@`);
  await git(clone, 'remote', 'add', 'origin', `${remote}/playground/gitops.git`);
  await git(clone, 'push', '--quiet', 'origin', 'main');
  app = await repositoryWith(seeded('storefront'));
});

const digest = (digit: number) => `127.0.0.1:9001/playground/storefront@sha256:${String(digit).repeat(64)}`;

async function run(command: string, stage: string, image: string) {
  const revision = await git(app, 'rev-parse', 'HEAD');
  const options = {
    ...{ app: 'storefront', stage, image, revision },
    ...{ repository: 'playground/gitops', 'git-server': 'scm-manager', 'git-url': url },
  };
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]);
  const credentials = { GIT_USERNAME: login.username, GIT_PASSWORD: login.password };
  const { stdout } = await execute('node', [programFile, command, ...args], {
    cwd: app,
    env: { ...env, ...credentials },
  });
  return { output: stdout.trim(), short: revision.slice(0, 7) };
}

/** What git sees on the server now. */
async function remote(...args: string[]): Promise<string> {
  await git(clone, 'fetch', '--quiet', '--prune', 'origin', '+refs/heads/*:refs/remotes/origin/*');
  return git(clone, ...args);
}

const repository = () => state.repositories.get('playground/gitops')!;

describe('the pipeline with SCM-Manager', () => {
  it('commits a stage by git, and nothing when it is there already', async () => {
    const { output, short } = await run('deploy', 'staging', digest(1));
    expect(output).toContain(`staging: committed storefront ${short} to staging/storefront of playground/gitops`);
    expect(await remote('show', 'origin/main:staging/storefront/deployment.yaml')).toContain(`image: ${digest(1)} #`);
    expect(await remote('log', '-1', '--format=%an', 'origin/main')).toBe('developer');
    expect((await run('deploy', 'staging', digest(1))).output).toContain('nothing to commit');
  });

  it('opens a pull request for production, and refreshes it for the same commit', async () => {
    const { output, short } = await run('promote', 'production', digest(1));
    const address = `${url}/playground/gitops/pull-request/1`;
    expect(output).toBe(`production: pull request #1 in playground/gitops is open: ${address}`);
    expect(repository().pulls).toMatchObject([
      { source: `promote/storefront-${short}`, target: 'main', status: 'OPEN' },
    ]);
    expect((await run('promote', 'production', digest(2))).output).toContain('is refreshed');
    expect(repository().pulls).toHaveLength(1);
    const branch = `origin/promote/storefront-${short}`;
    expect(await remote('show', `${branch}:production/storefront/deployment.yaml`)).toContain(digest(2));
  });

  it('rejects the pull request that a newer one contains, says why, and removes its branch', async () => {
    await run('promote', 'production', digest(1));
    await writeFile(join(app, 'src', 'theme.js'), '// coral\n');
    await git(app, 'commit', '--quiet', '--all', '--message', 'Paint it coral');
    const { short } = await run('promote', 'production', digest(2));
    expect(repository().pulls.map(({ status }) => status)).toEqual(['REJECTED', 'OPEN']);
    expect(repository().comments).toMatchObject([
      { pull: '1', comment: expect.stringContaining('Superseded by #2') },
    ]);
    expect(await remote('branch', '--remotes', '--list', 'origin/promote/*')).toBe(
      `origin/promote/storefront-${short}`,
    );
  });

  it('tells a push that came too late as what it is, so that the commit is made again on top', async () => {
    const { openRepository } = await libraryModule('manifests/scm-manager.mjs');
    const { wasOvertaken } = await libraryModule('manifests/http.mjs');
    const opened = openRepository({ url, repository: 'playground/gitops', ...login });
    const changes = [{ operation: 'create', path: 'late.txt', content: 'late' }];
    // The branch is there already, with a commit that `main` does not have.
    await git(clone, 'commit', '--quiet', '--allow-empty', '--message', 'Be faster');
    await git(clone, 'push', '--quiet', 'origin', 'HEAD:promote/late');
    const late = opened.commit({ branch: 'promote/late', from: 'main', message: 'Come late', changes });
    await expect(late).rejects.toSatisfy((error) => wasOvertaken(error));
  });

  it('refuses a Git server that it does not know', async () => {
    const args = ['deploy', '--git-server', 'gitlab', '--app', 'a', '--stage', 's', '--image', 'i'];
    const rest = ['--revision', 'r', '--git-url', url, '--repository', 'playground/gitops'];
    await expect(execute('node', [programFile, ...args, ...rest], { cwd: app, env })).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--git-server is one of gitea, scm-manager'),
    });
  });
});

import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import { cp, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { silentLog } from '../../../src/lib/log.ts';
import { leastEnvironment } from '../../../src/lib/process.ts';
import { startGitServer } from '../../../src/servers/git/server.ts';
import { folderWith, libraryModule, programFile, seeded } from './library.ts';

const execute = promisify(execFile);

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

interface Pull {
  number: number;
  title: string;
  body: string;
  state: string;
  merged: boolean;
  head: { ref: string };
  base: { ref: string };
}

let url: string;
/** A clone of the GitOps repository, as its reviewer has it. */
let clone: string;
let app: string;

async function call(method: string, path: string, body?: object): Promise<unknown> {
  const headers = { authorization: `Basic ${btoa('developer:developer1')}`, 'content-type': 'application/json' };
  const init = { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) };
  const response = await fetch(`${url}/api/v1${path}`, init);
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  const text = await response.text();
  return text === '' ? undefined : JSON.parse(text);
}

const repository = '/repos/playground/gitops';
const pulls = async () => (await call('GET', `${repository}/pulls?state=all&sort=oldest`)) as Pull[];
const comments = async (number: number) =>
  ((await call('GET', `${repository}/issues/${number}/comments`)) as { body: string }[]).map(({ body }) => body);
const merge = (number: number) => call('POST', `${repository}/pulls/${number}/merge`, { Do: 'merge' });

/** What git sees on the server now. */
async function remote(...args: string[]): Promise<string> {
  await git(clone, 'fetch', '--quiet', '--prune', 'origin', '+refs/heads/*:refs/remotes/origin/*');
  return git(clone, ...args);
}

beforeEach(async () => {
  const server = await startGitServer({
    dataDir: await folderWith(),
    port: 0,
    log: silentLog,
    admin: { username: 'developer', password: 'developer1', email: 'developer@localhost' },
  });
  onTestFinished(() => server.close());
  url = server.url;
  await call('POST', '/admin/users', { username: 'ci', email: 'ci@localhost', password: 'hush-hush', must_change_password: false });
  await call('POST', '/orgs', { username: 'playground' });
  await call('POST', '/orgs/playground/repos', { name: 'gitops', default_branch: 'main' });
  await call('PUT', `${repository}/collaborators/ci`, { permission: 'write' });
  clone = await repositoryWith(seeded('gitops'));
  await git(clone, 'remote', 'add', 'origin', url.replace('://', '://developer:developer1@') + '/playground/gitops.git');
  await git(clone, 'push', '--quiet', 'origin', 'main');
  app = await repositoryWith(seeded('storefront'));
});

const digest = (digit: number): string => `127.0.0.1:9001/playground/storefront@sha256:${String(digit).repeat(64)}`;

async function run(command: string, stage: string, image: string, more: Readonly<Record<string, string>> = {}) {
  const revision = await git(app, 'rev-parse', 'HEAD');
  const options = { app: 'storefront', stage, image, revision, repository: 'playground/gitops', 'git-url': url };
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]);
  const credentials = { GIT_USERNAME: 'ci', GIT_PASSWORD: 'hush-hush', BUILD_URL: 'http://ci/job/storefront/1/' };
  const { stdout } = await execute('node', [programFile, command, ...args], { cwd: app, env: { ...env, ...credentials, ...more } });
  return { output: stdout.trim(), revision, short: revision.slice(0, 7) };
}

const deploy = (image = digest(1), more = {}) => run('deploy', 'staging', image, more);
const promote = (image = digest(1), more = {}) => run('promote', 'production', image, more);

async function paint(subject: string): Promise<void> {
  await writeFile(join(app, 'src', 'theme.js'), `// ${subject}\n`);
  await git(app, 'commit', '--quiet', '--all', '--message', subject);
}

describe('deploy', () => {
  it('commits the manifests with the image to the stage, saying what and why', async () => {
    const { output, revision, short } = await deploy();
    expect(output).toMatch(`staging: committed storefront ${short} to staging/storefront of playground/gitops as `);
    expect(await remote('show', 'origin/main:staging/storefront/deployment.yaml')).toContain(`image: ${digest(1)} #`);
    expect(await remote('log', '-1', '--format=%an: %B', 'origin/main')).toBe(
      `ci: storefront ${short} to staging: Begin\n\nApplication: storefront\nRevision: ${revision}\nImage: ${digest(1)}\nBuild: http://ci/job/storefront/1/`,
    );
    expect(await remote('diff', '--name-only', 'origin/main~', 'origin/main', '--', 'production')).toBe('');
    expect(await remote('log', '-1', '--format=%(trailers:key=Revision,valueonly)', 'origin/main')).toBe(revision);
  });

  it('makes one commit, and none when the stage has this image already', async () => {
    await deploy();
    expect((await deploy()).output).toMatch(/^staging has storefront \w{7} already, nothing to commit$/);
    expect(await remote('rev-list', '--count', 'origin/main')).toBe('2');
  });

  it('removes a manifest that the application has removed, and leaves what others have written', async () => {
    await deploy();
    await remote('reset', '--quiet', '--hard', 'origin/main');
    await writeFile(join(clone, 'staging/storefront/mine.yaml'), 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: mine\n');
    await git(clone, 'add', '--all');
    await git(clone, 'commit', '--quiet', '--message', 'Add mine');
    await git(clone, 'push', '--quiet', 'origin', 'main');
    await git(app, 'rm', '--quiet', 'k8s/staging/ingress.yaml');
    await deploy();
    expect((await remote('ls-tree', '-r', '--name-only', 'origin/main', 'staging')).split('\n')).toEqual(
      ['README.md', 'configmap.yaml', 'deployment.yaml', 'mine.yaml', 'service.yaml'].map((name) => `staging/storefront/${name}`),
    );
  });

  it('commits on top of what somebody else committed in the meantime', async () => {
    await deploy();
    const { deploy: deployNow } = await libraryModule('manifests/deliver.mjs');
    const { openRepository } = await libraryModule('manifests/gitea.mjs');
    const actual = openRepository({ url, repository: 'playground/gitops', username: 'ci', password: 'hush-hush' });
    let others = 0;
    const overtaken = {
      ...actual,
      commit: async (change: object) => {
        if (others++ === 0) await deploy(digest(2));
        return actual.commit(change);
      },
    };
    const said: string[] = [];
    const revision = await git(app, 'rev-parse', 'HEAD');
    const order = { app: 'storefront', stage: 'staging', image: digest(3), revision, repository: 'playground/gitops' };
    const source = { source: join(app, 'k8s/staging'), origin: 'storefront/k8s/staging' };
    await deployNow({ ...order, ...source }, { remote: overtaken, say: (text: string) => said.push(text) });
    expect(said[0]).toMatch(/somebody else was faster/);
    expect(await remote('rev-list', '--count', 'origin/main')).toBe('4');
    expect(await remote('show', 'origin/main:staging/storefront/deployment.yaml')).toContain(digest(3));
  });

  it('leaves everything as it was when the manifests would not run the image', async () => {
    await writeFile(join(app, 'k8s/staging/deployment.yaml'), 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: x\n');
    await expect(deploy()).rejects.toThrow(/no container in k8s\/staging has the image "storefront"/);
    expect(await remote('rev-list', '--count', 'origin/main')).toBe('1');
  });

  it('says what the Git server answered to a wrong password, without the password', async () => {
    const failure = deploy(digest(1), { GIT_PASSWORD: 'wrong-secret' });
    await expect(failure).rejects.toThrow(/was answered with 401/);
    await expect(failure).rejects.toMatchObject({ stderr: expect.not.stringContaining('wrong-secret') });
  });
});

describe('promote', () => {
  it('opens a pull request from a branch of its own and leaves main alone', async () => {
    await deploy();
    const main = await remote('rev-parse', 'origin/main');
    const { output, short } = await promote();
    expect(output).toBe(`production: pull request #1 in playground/gitops is open: ${url}/playground/gitops/pulls/1`);
    expect(await pulls()).toMatchObject([
      { title: `Promote storefront ${short} to production`, head: { ref: `promote/storefront-${short}` }, base: { ref: 'main' } },
    ]);
    expect((await pulls())[0]?.body).toContain('for the first time');
    expect(await remote('rev-parse', 'origin/main')).toBe(main);
    expect(await remote('diff', '--name-only', 'origin/main', `origin/promote/storefront-${short}`)).toBe(
      ['configmap', 'deployment', 'ingress', 'service'].map((name) => `production/storefront/${name}.yaml`).join('\n'),
    );
  });

  it('reuses the branch and the pull request when a build is replayed', async () => {
    await deploy();
    const { short } = await promote();
    const before = await remote('rev-parse', `origin/promote/storefront-${short}`);
    const { output } = await promote(digest(1), { BUILD_URL: 'http://ci/job/storefront/2/' });
    expect(output).toMatch(/^production: pull request #1 in playground\/gitops is refreshed: /);
    expect((await pulls()).map(({ body }) => body)).toEqual([expect.stringContaining('Opened by http://ci/job/storefront/2/')]);
    expect(await remote('rev-parse', `origin/promote/storefront-${short}`)).toBe(before);
  });

  it('brings the branch to what is built now when a build is replayed with another image', async () => {
    await deploy();
    const { short } = await promote();
    await promote(digest(2));
    expect(await remote('show', `origin/promote/storefront-${short}:production/storefront/deployment.yaml`)).toContain(digest(2));
    expect(await pulls()).toHaveLength(1);
  });

  it('closes the earlier pull requests of the same application, removes their branches, and spares all others', async () => {
    for (const branch of ['promote/storefront-api-1234567', 'my-change']) {
      await call('POST', `${repository}/contents/${branch.slice(-5)}`, { content: btoa('x'), branch: 'main', new_branch: branch, message: 'x' });
      await call('POST', `${repository}/pulls`, { head: branch, base: 'main', title: 'Other' });
    }
    await deploy();
    const first = await promote();
    await paint('Paint the shop coral');
    await deploy(digest(2));
    const { output, short } = await promote(digest(2));
    expect(output).toContain('production: closed #3, superseded by #4');
    const states = (await pulls()).sort((a, b) => a.number - b.number).map(({ state }) => state);
    expect(states).toEqual(['open', 'open', 'closed', 'open']);
    expect(await comments(3)).toEqual([`Superseded by #4, which brings \`storefront\` to production at \`${short}\`.`]);
    expect(await remote('branch', '--remotes', '--list', `origin/promote/storefront-${first.short}`)).toBe('');
  });

  it('lists the commits since the revision that production runs', async () => {
    await deploy();
    await promote();
    await merge(1);
    await paint('Paint the shop coral');
    await paint('Paint the shop gold');
    await deploy(digest(2));
    await promote(digest(2));
    const body = (await pulls()).find(({ number }) => number === 2)?.body ?? '';
    const lines = body.split('\n').filter((line) => line.endsWith('(developer)'));
    expect(lines.map((line) => line.slice(12))).toEqual(['Paint the shop gold (developer)', 'Paint the shop coral (developer)']);
    expect(body).toContain(`\`127.0.0.1:9001/playground/storefront@sha256:111111111111…\` → `);
    await merge(2);
    expect(await remote('show', 'origin/main:production/storefront/deployment.yaml')).toContain(digest(2));
  });

  it('opens nothing when production runs this image already, and says so', async () => {
    await deploy();
    const { short } = await promote();
    await merge(1);
    expect((await promote()).output).toBe(`production has storefront ${short} already, no pull request is needed`);
    expect(await pulls()).toHaveLength(1);
  });

  it('says which request failed when the Git server is not there', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    url = `http://127.0.0.1:${port}`;
    await expect(promote()).rejects.toThrow(/GET http:\/\/127.* failed: .*ECONNREFUSED/);
  });
});

describe('manifests.mjs', () => {
  it.each([
    [[], /no command/],
    [['explode'], /unknown command "explode"/],
    [['constructor'], /unknown command "constructor"/],
    [['validate'], /missing: a folder/],
    [['deploy', '--app', 'x'], /missing: --stage, --image, --revision, --git-url, --repository/],
    [['deploy', '--ap', 'x'], /Unknown option '--ap'/],
  ])('says how it is used after %j, and ends with 2', async (args, message) => {
    const failure = execute('node', [programFile, ...args], { env });
    await expect(failure).rejects.toMatchObject({ code: 2, stderr: expect.stringMatching(message) });
    await expect(failure).rejects.toMatchObject({ stderr: expect.stringContaining('Usage: node manifests.mjs') });
  });

  it('ends with 1 and prints the problems when manifests are wrong, with 0 when they are right', async () => {
    expect((await execute('node', [programFile, 'validate', '--app', 'storefront', 'k8s'], { cwd: app, env })).stdout).toBe(
      '8 objects in 8 files: all valid\n',
    );
    await writeFile(join(app, 'k8s/staging/service.yaml'), 'kind: Servise\napiVersion: v1\n');
    await expect(execute('node', [programFile, 'validate', 'k8s'], { cwd: app, env })).rejects.toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/k8s\/staging\/service\.yaml:1:7: kind: unknown kind "Servise", did you mean Service\?/),
    });
  });
});

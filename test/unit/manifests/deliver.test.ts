import { execFile } from 'node:child_process';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { access, cp, mkdir, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { leastEnvironment } from '../../../src/lib/process.ts';
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

async function repositoryWith(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  await git(folder, 'init', '--quiet', '--initial-branch=main');
  await cp(await folderWith(files), folder, { recursive: true });
  await git(folder, 'add', '--all');
  await git(folder, 'commit', '--quiet', '--message', 'Begin');
}

interface Pull {
  number: number;
  title: string;
  body: string;
  state: string;
  html_url: string;
  head: { ref: string };
  base: { ref: string };
}

/** As much of the Gitea API as the promotion uses, in memory. */
async function startGitea(): Promise<{ url: string; pulls: Pull[]; comments: string[]; calls: string[] }> {
  const pulls: Pull[] = [];
  const comments: string[] = [];
  const calls: string[] = [];
  const read = async (request: IncomingMessage): Promise<Record<string, string>> => {
    let text = '';
    for await (const part of request) text += String(part);
    return text === '' ? {} : (JSON.parse(text) as Record<string, string>);
  };
  const server: Server = createServer((request, response) => {
    void (async () => {
      const { pathname, searchParams } = new URL(request.url ?? '', 'http://localhost');
      const route = `${request.method} ${pathname.replace('/api/v1/repos/playground/gitops', '')}`;
      calls.push(route);
      const body = await read(request);
      const answer = (status: number, value?: unknown) =>
        response.writeHead(status).end(value === undefined ? '' : JSON.stringify(value));
      if (request.headers.authorization !== `Basic ${btoa('ci:hush')}`) return answer(401, { message: 'no' });
      const [, number] = /^\w+ \/(?:pulls|issues)\/(\d+)/.exec(route) ?? [];
      const pull = pulls.find((one) => String(one.number) === number);
      if (route === 'GET /pulls') {
        const state = searchParams.get('state');
        return answer(200, searchParams.get('page') === '1' ? pulls.filter((one) => one.state === state) : []);
      }
      if (route === 'POST /pulls') {
        const { title = '', body: text = '', head = '', base = '' } = body;
        const made = {
          ...{ number: pulls.length + 1, title, body: text, state: 'open', head: { ref: head }, base: { ref: base } },
          html_url: `http://gitea/pulls/${pulls.length + 1}`,
        };
        pulls.push(made);
        return answer(201, made);
      }
      if (route.startsWith('PATCH /pulls/') && pull) return answer(201, Object.assign(pull, body));
      if (route.startsWith('POST /issues/') && pull) {
        comments.push(`#${pull.number}: ${body['body']}`);
        return answer(201, {});
      }
      if (route.startsWith('DELETE /branches/')) return answer(204);
      return answer(404, { message: 'not found' });
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, pulls, comments, calls };
}

let remotes: string;
let bare: string;
let app: string;
let gitea: Awaited<ReturnType<typeof startGitea>>;

beforeEach(async () => {
  remotes = await folderWith();
  const gitops = await folderWith();
  await repositoryWith(gitops, seeded('gitops'));
  bare = join(remotes, 'playground', 'gitops.git');
  await mkdir(join(remotes, 'playground'));
  await git(gitops, 'clone', '--quiet', '--bare', gitops, bare);
  app = await folderWith();
  await repositoryWith(app, seeded('storefront'));
  gitea = await startGitea();
});

const digest = (digit: number): string => `127.0.0.1:9001/playground/storefront@sha256:${String(digit).repeat(64)}`;

async function run(command: string, stage: string, image: string, build = 'http://ci/job/storefront/1/') {
  const revision = await git(app, 'rev-parse', 'HEAD');
  const options = { app: 'storefront', stage, image, revision, repository: 'playground/gitops' };
  const places = { 'git-url': `file://${remotes}`, 'api-url': gitea.url, clone: join(remotes, 'clone') };
  const args = Object.entries({ ...options, ...places }).flatMap(([name, value]) => [`--${name}`, value]);
  const credentials = { GIT_USERNAME: 'ci', GIT_PASSWORD: 'hush', BUILD_URL: build };
  const { stdout } = await execute('node', [programFile, command, ...args], { cwd: app, env: { ...env, ...credentials } });
  return { output: stdout.trim(), revision, short: revision.slice(0, 7) };
}

const deploy = (image = digest(1), build?: string) => run('deploy', 'staging', image, build);
const promote = (image = digest(1), build?: string) => run('promote', 'production', image, build);
const inBare = (...args: string[]) => git(bare, ...args);

async function paint(subject: string): Promise<void> {
  await writeFile(join(app, 'src', 'theme.js'), `// ${subject}\n`);
  await git(app, 'commit', '--quiet', '--all', '--message', subject);
}

describe('deploy', () => {
  it('commits the manifests with the image to the stage, saying what and why', async () => {
    const { output, revision, short } = await deploy();
    expect(output).toBe(`staging: committed storefront ${short} to staging/storefront of playground/gitops`);
    expect(await inBare('show', 'main:staging/storefront/deployment.yaml')).toContain(`image: ${digest(1)} #`);
    expect(await inBare('log', '-1', '--format=%an: %B', 'main')).toBe(
      `ci: storefront ${short} to staging: Begin\n\nApplication: storefront\nRevision: ${revision}\nImage: ${digest(1)}\nBuild: http://ci/job/storefront/1/`,
    );
    expect(await inBare('diff', '--name-only', 'main~', 'main', '--', 'production')).toBe('');
  });

  it('commits nothing when the stage has this image already', async () => {
    await deploy();
    const before = await inBare('rev-parse', 'main');
    expect((await deploy()).output).toMatch(/^staging has storefront \w{7} already, nothing to commit$/);
    expect(await inBare('rev-parse', 'main')).toBe(before);
  });

  it('commits on top of what somebody else pushed in the meantime', async () => {
    const other = await folderWith();
    await git(other, 'clone', '--quiet', bare, '.');
    await writeFile(join(other, 'note'), 'from somebody else');
    await git(other, 'add', '--all');
    await git(other, 'commit', '--quiet', '--message', 'Be faster');
    const { deploy: run } = await libraryModule('manifests/deliver.mjs');
    const { createGit } = await libraryModule('manifests/git.mjs');
    const plain = createGit({ url: `file://${remotes}`, author: { name: 'ci', email: 'ci@localhost' } });
    const faster = async (args: string[], options: object): Promise<string> => {
      if (args[0] === 'push') await git(other, 'push', '--quiet', 'origin', 'main').catch(() => '');
      return plain(args, options);
    };
    const said: string[] = [];
    const order = { app: 'storefront', stage: 'staging', image: digest(1), revision: await git(app, 'rev-parse', 'HEAD') };
    const places = { source: join(app, 'k8s/staging'), clone: join(remotes, 'clone'), cloneUrl: `file://${bare}` };
    await run({ ...order, ...places, repository: 'playground/gitops' }, { git: faster, say: (text: string) => said.push(text) });
    expect(said[0]).toMatch(/somebody else was faster/);
    expect((await inBare('log', '--format=%s', 'main')).split('\n')).toEqual([
      expect.stringMatching(/to staging/),
      'Be faster',
      'Begin',
    ]);
    expect(await inBare('show', 'main:note')).toBe('from somebody else');
  });

  it('leaves everything as it was when the manifests would not run the image', async () => {
    await writeFile(join(app, 'k8s/staging/deployment.yaml'), 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: x\n');
    const before = await inBare('rev-parse', 'main');
    await expect(deploy()).rejects.toThrow(/no container in k8s\/staging has the image "storefront"/);
    expect(await inBare('rev-parse', 'main')).toBe(before);
  });
});

describe('promote', () => {
  it('opens a pull request from a branch of its own and leaves main alone', async () => {
    await deploy();
    const main = await inBare('rev-parse', 'main');
    const { output, short } = await promote();
    expect(output).toBe('production: pull request #1 in playground/gitops is open: http://gitea/pulls/1');
    expect(gitea.pulls).toMatchObject([
      { title: `Promote storefront ${short} to production`, head: { ref: `promote/storefront-${short}` }, base: { ref: 'main' } },
    ]);
    expect(gitea.pulls[0]?.body).toContain('for the first time');
    expect(await inBare('rev-parse', 'main')).toBe(main);
    expect(await inBare('diff', '--name-only', 'main', `promote/storefront-${short}`)).toBe(
      ['configmap', 'deployment', 'ingress', 'service'].map((name) => `production/storefront/${name}.yaml`).join('\n'),
    );
  });

  it('reuses the branch and the pull request when a build is replayed', async () => {
    await deploy();
    await promote();
    await deploy(digest(1), 'http://ci/job/storefront/2/');
    const { output } = await promote(digest(1), 'http://ci/job/storefront/2/');
    expect(output).toBe('production: pull request #1 in playground/gitops is refreshed: http://gitea/pulls/1');
    expect(gitea.pulls).toHaveLength(1);
    expect(gitea.pulls[0]?.body).toContain('Opened by http://ci/job/storefront/2/');
    expect((await inBare('branch', '--list', 'promote/*')).split('\n')).toHaveLength(1);
  });

  it('closes the earlier pull requests of the same application, and only those', async () => {
    const other = { title: 'Other', body: '', state: 'open', html_url: '', base: { ref: 'main' } };
    gitea.pulls.push({ ...other, number: 1, head: { ref: 'promote/storefront-api-1234567' } });
    gitea.pulls.push({ ...other, number: 2, head: { ref: 'my-change' } });
    await deploy();
    await promote();
    await paint('Paint the shop coral');
    await deploy(digest(2), 'http://ci/2/');
    const { output, short } = await promote(digest(2), 'http://ci/2/');
    expect(output).toContain('production: closed #3, superseded by #4');
    expect(gitea.pulls.map(({ state }) => state)).toEqual(['open', 'open', 'closed', 'open']);
    expect(gitea.comments).toEqual([`#3: Superseded by #4, which brings \`storefront\` to production at \`${short}\`.`]);
  });

  it('lists the commits since the revision that production runs', async () => {
    await deploy();
    const { short } = await promote();
    await inBare('update-ref', 'refs/heads/main', `refs/heads/promote/storefront-${short}`);
    await paint('Paint the shop coral');
    await paint('Paint the shop gold');
    await deploy(digest(2), 'http://ci/2/');
    await promote(digest(2), 'http://ci/2/');
    const lines = gitea.pulls.at(-1)?.body.split('\n').filter((line) => line.endsWith('(developer)')) ?? [];
    expect(lines.map((line) => line.slice(12))).toEqual(['Paint the shop gold (developer)', 'Paint the shop coral (developer)']);
  });

  it('opens nothing when production runs this image already, and says so', async () => {
    await deploy();
    const { short } = await promote();
    await inBare('update-ref', 'refs/heads/main', `refs/heads/promote/storefront-${short}`);
    await deploy(digest(1), 'http://ci/2/');
    expect((await promote(digest(1), 'http://ci/2/')).output).toBe(
      `production has storefront ${short} already, no pull request is needed`,
    );
    expect(gitea.pulls).toHaveLength(1);
  });

  it('does not use the clone of another build', async () => {
    await deploy();
    await inBare('update-ref', 'refs/heads/main', 'main~');
    const { short } = await promote(digest(1), 'http://ci/other/');
    expect(await inBare('log', '--format=%s', `promote/storefront-${short}`)).toBe(
      `storefront ${short} to production\nBegin`,
    );
  });

  it('reports what the Git server said when it refuses', async () => {
    gitea.url = `${gitea.url}/elsewhere`;
    await expect(promote()).rejects.toThrow(/GET http.*\/elsewhere\/api\/v1.* was answered with 404: .*not found/);
  });
});

describe('credentials', () => {
  it('reach git as a header for one server, not by arguments, URLs or files', async () => {
    const seen: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      seen.push(request.headers.authorization);
      response.writeHead(404).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { createGit } = await libraryModule('manifests/git.mjs');
    const author = { name: 'ci', email: 'ci@localhost' };
    const own = createGit({ url, username: 'ci', password: 'hush', author });
    const folder = await folderWith();
    await expect(own(['clone', `${url}/a.git`, join(folder, 'a')])).rejects.toThrow(/not found/);
    const elsewhere = createGit({ url: 'http://127.0.0.1:1', username: 'ci', password: 'hush', author });
    await expect(elsewhere(['clone', `${url}/a.git`, join(folder, 'b')])).rejects.toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('hush') }),
    );
    expect(seen).toEqual([`Basic ${btoa('ci:hush')}`, undefined]);
    await own(['init', '--quiet', join(folder, 'c')]);
    const config = await git(join(folder, 'c'), 'config', '--list', '--local');
    expect(config).not.toMatch(/authorization/i);
    await expect(access(join(folder, 'a'))).rejects.toThrow();
  });
});

describe('manifests.mjs', () => {
  it.each([
    [[], /no command/],
    [['explode'], /unknown command "explode"/],
    [['constructor'], /unknown command "constructor"/],
    [['validate'], /missing: a folder/],
    [['deploy', '--app', 'x'], /missing: --stage, --image, --revision, --git-url, --repository, --clone/],
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

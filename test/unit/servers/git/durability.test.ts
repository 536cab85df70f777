import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createGitea } from '../../../../src/clients/gitea.ts';
import { packageRoot } from '../../../../src/lib/package.ts';
import { admin, git, startReceiver, withPassword } from './support.ts';

/** The server as a program of its own, so that it can be killed. */
describe('a Git server that is killed', () => {
  let folder: string;
  let program: string;
  let child: ChildProcess | undefined;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'git-kill-'));
    program = join(packageRoot, '.cache', `git-server-${process.pid}.mjs`);
    await build({
      stdin: {
        contents: `import { startGitServer } from './src/servers/git/server.ts';
          import { silentLog } from './src/lib/log.ts';
          const server = await startGitServer({ dataDir: process.argv[2], port: 0, log: silentLog, admin: ${JSON.stringify(admin)} });
          process.stdout.write(server.url + '\\n');`,
        resolveDir: packageRoot,
        loader: 'ts',
      },
      outfile: program,
      bundle: true,
      platform: 'node',
      format: 'esm',
      banner: {
        js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
      },
    });
  });
  afterAll(async () => {
    child?.kill('SIGKILL');
    await rm(program, { force: true });
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  async function start(): Promise<string> {
    child = spawn(process.execPath, [program, join(folder, 'data')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(child.stdout!, 'data')) as [Buffer];
    return line.toString().trim();
  }
  async function kill(): Promise<void> {
    const closed = once(child!, 'close');
    child!.kill('SIGKILL');
    await closed;
  }

  test('has lost nothing that it acknowledged, and still sends the webhooks that were open', async () => {
    let ready = false;
    const receiver = await startReceiver(() => (ready ? 200 : 503));
    let gitea = createGitea({ url: await start(), auth: admin });
    await gitea.createOrganization('playground');
    const repository = await gitea.createRepository('playground', { name: 'storefront', auto_init: true });
    await gitea.createUser({ username: 'ci', password: 'ci-password', email: 'ci@example.org' });
    const { sha1: token } = await gitea.createToken(admin.username, 'kept');
    const config = { url: receiver.url, content_type: 'json' as const, secret: 's' };
    await gitea.createHook('playground', 'storefront', {
      type: 'gitea',
      config,
      events: ['push'],
      active: true,
    });

    await git(folder, 'clone', '-q', withPassword(repository.clone_url), 'work');
    const work = join(folder, 'work');
    await writeFile(join(work, 'a.txt'), 'a\n');
    await git(work, 'add', '.');
    await git(work, 'commit', '-qm', 'Add a');
    await git(work, 'push', '-q', 'origin', 'main:feature');
    const sha = await git(work, 'rev-parse', 'HEAD');
    await kill();

    ready = true;
    const url = await start();
    gitea = createGitea({ url, auth: { token } });
    expect((await gitea.findBranch('playground', 'storefront', 'feature'))?.commit.id).toBe(sha);
    expect(await gitea.findUser('ci')).toMatchObject({ email: 'ci@example.org' });
    const { json } = await receiver.next((request) => request.json['after'] === sha);
    expect(json).toMatchObject({ ref: 'refs/heads/feature' });
    const last = receiver.received.at(-1);
    expect(last?.headers['x-gitea-delivery']).toBeDefined();

    const pull = await gitea.createPull('playground', 'storefront', {
      head: 'feature',
      base: 'main',
      title: 'A',
    });
    await kill();
    gitea = createGitea({ url: await start(), auth: { token } });
    expect(await gitea.findPull('playground', 'storefront', pull.number)).toMatchObject({
      title: 'A',
      mergeable: true,
    });
    await gitea.mergePull('playground', 'storefront', pull.number, { Do: 'merge' });
    await kill();
    gitea = createGitea({ url: await start(), auth: { token } });
    expect(await gitea.findPull('playground', 'storefront', pull.number)).toMatchObject({ merged: true });
    await gitea.deleteRepository('playground', 'storefront');
    await kill();
    gitea = createGitea({ url: await start(), auth: { token } });
    expect(await gitea.findRepository('playground', 'storefront')).toBeUndefined();
    await receiver.close();
  });
});

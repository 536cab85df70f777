import { spawn } from 'node:child_process';
import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createGunzip } from 'node:zlib';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { packObjects } from '../../src/clients/git/pack-objects.ts';
import { leastEnvironment } from '../../src/lib/process.ts';
import { waitFor } from '../../src/lib/wait.ts';
import { gitTargets, type GitTarget } from '../support/git-targets.ts';
import { admin, git, startFixture, tryGit, withPassword } from '../unit/servers/git/support.ts';

interface Remote {
  readonly folder: string;
  /** Clone URL of an empty repository, with what is needed to push. */
  readonly url: string;
  close(): Promise<void>;
}

async function startTarget(target: GitTarget): Promise<Remote> {
  const server = await target.start();
  const folder = await mkdtemp(join(tmpdir(), 'smart-http-'));
  await server.gitea.createOrganization('playground');
  const { clone_url } = await server.gitea.createRepository('playground', { name: 'storefront' });
  return {
    folder,
    url: withPassword(clone_url, server.admin),
    close: async () => {
      await server.dispose();
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** git's own CGI program behind the smallest server that can run it. */
async function startHttpBackend(): Promise<Remote> {
  const folder = await mkdtemp(join(tmpdir(), 'http-backend-'));
  const root = join(folder, 'root');
  await git(folder, 'init', '-q', '--bare', '-b', 'main', join(root, 'storefront.git'));
  for (const [key, value] of [
    ['http.receivepack', 'true'],
    ['uploadpack.allowFilter', 'true'],
  ]) {
    await git(join(root, 'storefront.git'), 'config', key!, value!);
  }
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const child = spawn('git', ['http-backend'], {
      env: leastEnvironment({
        GIT_PROJECT_ROOT: root,
        GIT_HTTP_EXPORT_ALL: '1',
        GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
        PATH_INFO: url.pathname,
        QUERY_STRING: url.searchParams.toString(),
        REQUEST_METHOD: request.method ?? 'GET',
        CONTENT_TYPE: request.headers['content-type'] ?? '',
        REMOTE_USER: 'developer',
        REMOTE_ADDR: '127.0.0.1',
      }),
    });
    const zipped = request.headers['content-encoding'] === 'gzip';
    (zipped ? request.pipe(createGunzip()) : request).pipe(child.stdin);
    child.stdin.on('error', () => undefined);
    let head = Buffer.alloc(0);
    child.stdout.on('data', (chunk: Buffer) => {
      if (response.headersSent) return void response.write(chunk);
      head = Buffer.concat([head, chunk]);
      const end = head.indexOf('\r\n\r\n');
      if (end < 0) return;
      const lines = head.toString('latin1', 0, end).split('\r\n');
      const headers = Object.fromEntries(lines.map((line) => line.split(/:\s*/, 2) as [string, string]));
      response.writeHead(Number.parseInt(headers['Status'] ?? '200'), headers);
      response.write(head.subarray(end + 4));
    });
    child.stdout.on('end', () => response.end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    folder,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/storefront.git`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const remotes: readonly { readonly name: string; readonly start: () => Promise<Remote> }[] = [
  ...gitTargets.map((target) => ({ name: target.name, start: () => startTarget(target) })),
  { name: 'git http-backend', start: startHttpBackend },
];

/** The same cases on our server, on git's own, and on the real product where there is one: a difference is a finding. */
describe.each(remotes)('smart HTTP by $name', ({ start }) => {
  let remote: Remote;
  let work: string;

  beforeEach(async () => {
    remote = await start();
    work = join(remote.folder, 'work');
    await git(remote.folder, 'init', '-q', '-b', 'main', work);
    await git(work, 'remote', 'add', 'origin', remote.url);
  });
  afterEach(() => remote.close());

  async function commit(file: string, text: string | Uint8Array): Promise<string> {
    await writeFile(join(work, file), text);
    await git(work, 'add', '.');
    await git(work, 'commit', '-qm', `Change ${file}`);
    return git(work, 'rev-parse', 'HEAD');
  }
  const remoteRefs = () => git(work, 'ls-remote', 'origin');

  test('a first push fills an empty repository, and a clone brings it back', async () => {
    expect(await remoteRefs()).toBe('');
    const sha = await commit('a.txt', 'a\n');
    await git(work, 'push', '-q', 'origin', 'main');
    const copy = join(remote.folder, 'copy');
    await git(remote.folder, 'clone', '-q', remote.url, copy);
    expect(await git(copy, 'rev-parse', 'HEAD')).toBe(sha);
    expect(await git(copy, 'branch', '--show-current')).toBe('main');
  });

  test.each(['0', '1', '2'])('clone and fetch speak protocol version %s', async (version) => {
    await commit('a.txt', 'a\n');
    await git(work, 'push', '-q', 'origin', 'main');
    const copy = join(remote.folder, 'copy');
    await git(remote.folder, '-c', `protocol.version=${version}`, 'clone', '-q', remote.url, copy);
    const sha = await commit('a.txt', 'b\n');
    await git(work, 'push', '-q', 'origin', 'main');
    await git(copy, '-c', `protocol.version=${version}`, 'pull', '-q');
    expect(await git(copy, 'rev-parse', 'HEAD')).toBe(sha);
  });

  test('branches and tags are made and deleted by pushes', async () => {
    await commit('a.txt', 'a\n');
    await git(work, 'tag', '-a', 'v1', '-m', 'First');
    await git(work, 'push', '-q', 'origin', 'main', 'main:refs/heads/feature/x', 'v1');
    expect(await remoteRefs()).toMatch(/refs\/heads\/feature\/x[^]*refs\/tags\/v1\^\{\}/);
    await git(work, 'push', '-q', 'origin', ':feature/x', ':v1');
    expect(await remoteRefs()).not.toMatch(/feature|v1/);
  });

  test('history is rewritten only by force', async () => {
    await commit('a.txt', 'a\n');
    await commit('a.txt', 'b\n');
    await git(work, 'push', '-q', 'origin', 'main');
    await git(work, 'reset', '-q', '--hard', 'HEAD~1');
    const sha = await commit('a.txt', 'c\n');
    const refused = await tryGit(work, 'push', 'origin', 'main');
    expect(refused.exitCode).not.toBe(0);
    expect(refused.stderr).toMatch(/rejected/);
    await git(work, 'push', '-q', '--force', 'origin', 'main');
    expect(await remoteRefs()).toContain(`${sha}\trefs/heads/main`);
  });

  test('clones are shallow or partial when asked', async () => {
    for (const text of ['1', '2', '3']) await commit('a.txt', text);
    await git(work, 'push', '-q', 'origin', 'main');
    const shallow = join(remote.folder, 'shallow');
    await git(remote.folder, 'clone', '-q', '--depth', '1', remote.url, shallow);
    expect(await git(shallow, 'rev-list', '--count', 'HEAD')).toBe('1');
    await git(shallow, 'fetch', '-q', '--unshallow');
    expect(await git(shallow, 'rev-list', '--count', 'HEAD')).toBe('3');
    const partial = join(remote.folder, 'partial');
    await git(remote.folder, 'clone', '-q', '--bare', '--filter=blob:none', remote.url, partial);
    expect(await git(partial, 'rev-list', '--objects', '--missing=print', 'HEAD')).toMatch(/^\?/m);
  });

  test('pushes to different branches at the same time all arrive', async () => {
    await commit('a.txt', 'a\n');
    await git(work, 'push', '-q', 'origin', 'main');
    const names = ['one', 'two', 'three', 'four'];
    await Promise.all(names.map((name) => git(work, 'push', '-q', 'origin', `main:${name}`)));
    const refs = await remoteRefs();
    for (const name of names) expect(refs).toContain(`refs/heads/${name}`);
  });

  test('of two pushes to one branch at the same time, one arrives and the other is told', async () => {
    const first = await commit('a.txt', 'a\n');
    await git(work, 'push', '-q', 'origin', 'main');
    const shas = [await commit('a.txt', 'b\n')];
    await git(work, 'reset', '-q', '--hard', first);
    shas.push(await commit('a.txt', 'c\n'));
    const results = await Promise.all(
      shas.map((sha) => tryGit(work, 'push', 'origin', `${sha}:refs/heads/main`)),
    );
    const accepted = shas.filter((_sha, index) => results[index]?.exitCode === 0);
    expect(accepted).toHaveLength(1);
    expect(await remoteRefs()).toContain(`${accepted[0]}\trefs/heads/main`);
  });

  test('large files stream through in both directions', async () => {
    const bytes = randomBytes(24 * 1024 * 1024);
    await commit('large.bin', bytes);
    const before = process.memoryUsage().arrayBuffers;
    await git(work, 'push', '-q', 'origin', 'main');
    await git(remote.folder, 'clone', '-q', remote.url, 'copy');
    // It went through twice; some of it may wait for the garbage collector.
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1.5 * bytes.length);
    expect((await readFile(join(remote.folder, 'copy', 'large.bin'))).equals(bytes)).toBe(true);
  });
});

describe('the Git server, asked by git,', () => {
  test('refuses a wrong password, no password and missing rights in words', async () => {
    const fixture = await startFixture();
    const { folder, server, gitea } = fixture;
    try {
      const url = `${server.url}/playground/storefront.git`;
      await git(folder, 'clone', '-q', url, 'work');
      const work = join(folder, 'work');
      await git(work, 'commit', '-q', '--allow-empty', '-m', 'Nothing');
      const push = async (to: string) => {
        const { exitCode, stderr } = await tryGit(work, 'push', to, 'main');
        expect(exitCode).not.toBe(0);
        return stderr;
      };
      expect(await push(url)).toMatch(/could not read Username|terminal prompts disabled/);
      const wrong = { username: 'developer', password: 'wrong' };
      expect(await push(withPassword(url, wrong))).toMatch(/Authentication failed|user name or password/);
      const reader = { username: 'reader', password: 'reader-password' };
      await gitea.createUser({ ...reader, email: 'reader@example.org' });
      expect(await push(withPassword(url, reader))).toMatch(/reader may not push|403/);
      const { sha1 } = await gitea.createToken('developer', 'push');
      await git(work, 'push', '-q', withPassword(url, { username: 'developer', password: sha1 }), 'main');
      await gitea.editRepository('playground', 'storefront', { private: true });
      const anonymous = await tryGit(folder, 'clone', url, 'again');
      expect(anonymous.stderr).toMatch(/could not read Username/);
      await git(folder, 'clone', '-q', withPassword(url), 'again');
    } finally {
      await fixture.dispose();
    }
  });

  test('lets nobody push to the heads of pull requests', async () => {
    const fixture = await startFixture();
    try {
      const url = withPassword(`${fixture.server.url}/playground/storefront.git`);
      await git(fixture.folder, 'clone', '-q', url, 'work');
      const result = await tryGit(join(fixture.folder, 'work'), 'push', 'origin', 'main:refs/pull/1/head');
      expect(result.stderr).toMatch(/hidden ref/);
    } finally {
      await fixture.dispose();
    }
  });

  test('makes the first branch of an empty repository its default branch', async () => {
    const fixture = await startFixture({ repository: false });
    try {
      const { clone_url } = await fixture.gitea.createRepository('playground', { name: 'old' });
      const work = join(fixture.folder, 'work');
      await git(fixture.folder, 'init', '-q', '-b', 'trunk', work);
      await git(work, 'commit', '-q', '--allow-empty', '-m', 'First');
      await git(work, 'push', '-q', withPassword(clone_url), 'trunk');
      await waitFor(
        async () => {
          const seen = (await fixture.gitea.findRepository('playground', 'old'))?.default_branch ?? '';
          return seen === 'trunk' ? { done: true, value: seen } : { done: false, seen };
        },
        { what: 'the default branch', limit: 5000 },
      );
      await git(fixture.folder, 'clone', '-q', clone_url, 'copy');
      expect(await git(join(fixture.folder, 'copy'), 'branch', '--show-current')).toBe('trunk');
    } finally {
      await fixture.dispose();
    }
  });

  test('ends git when the client goes away in the middle of a push, and stops with nothing left', async ({
    skip,
  }) => {
    skip(process.platform !== 'linux', 'children are counted in /proc');
    const fixture = await startFixture();
    try {
      const { port } = fixture.server;
      const request = httpRequest({
        port,
        host: '127.0.0.1',
        method: 'POST',
        path: '/playground/storefront.git/git-receive-pack',
        auth: `${admin.username}:${admin.password}`,
        headers: { 'content-type': 'application/x-git-receive-pack-request' },
      });
      request.on('error', () => undefined);
      const line = `${'0'.repeat(40)} ${'1'.repeat(40)} refs/heads/half\0report-status`;
      request.write(`${(line.length + 4).toString(16).padStart(4, '0')}${line}0000`);
      // The first part of a pack that is too large to be taken without git.
      const blob = { id: '', type: 'blob' as const, content: randomBytes(8 * 1024 * 1024) };
      request.write(packObjects([blob]).subarray(0, 2 * 1024 * 1024));
      const { pid } = process;
      const children = async () => {
        const pids = (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).split(' ').filter(Boolean);
        const commands = pids.map((child) => readFile(`/proc/${child}/cmdline`, 'utf8').catch(() => ''));
        return (await Promise.all(commands)).filter((command) => command.includes('receive-pack')).length;
      };
      const become = (count: number) =>
        waitFor(
          async () => {
            const seen = await children();
            return seen === count ? { done: true, value: seen } : { done: false, seen: String(seen) };
          },
          { what: `${count} receive-pack`, limit: 5000 },
        );
      await become(1);
      request.destroy();
      await become(0);
      expect(await fixture.gitea.findBranch('playground', 'storefront', 'half')).toBeUndefined();
    } finally {
      await fixture.dispose();
    }
  });
});

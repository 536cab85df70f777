import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { credentialsFor } from '../../../../../src/servers/gitops/repository/credentials.ts';
import { cleanPath, findCommit, Mirror } from '../../../../../src/servers/gitops/repository/mirror.ts';
import {
  checkRepoUrl,
  listRemote,
  parseAdvertisement,
} from '../../../../../src/servers/gitops/repository/remote.ts';
import { TestRepository } from '../support/repository.ts';

let repository: TestRepository;
let dataDir: string;
let mirror: Mirror;

beforeEach(() => {
  repository = new TestRepository();
  dataDir = mkdtempSync(join(tmpdir(), 'mirror-'));
  mirror = new Mirror(dataDir, repository.url, () => undefined);
});
afterEach(() => {
  mirror.close();
  repository.remove();
  rmSync(dataDir, { recursive: true, force: true });
});

describe('a mirror', () => {
  it('resolves branches, tags, HEAD, commit ids and ranges of versions', async () => {
    const first = repository.commit({ 'a.yaml': '1' });
    repository.git('tag', 'v1.0.0');
    const second = repository.commit({ 'a.yaml': '2' });
    repository.git('tag', '-a', '-m', 'annotated', 'v1.2.0');
    repository.git('branch', 'feature/x', first);
    expect(await mirror.resolve('main')).toBe(second);
    expect(await mirror.resolve('HEAD')).toBe(second);
    expect(await mirror.resolve('feature/x')).toBe(first);
    expect(await mirror.resolve('refs/heads/feature/x')).toBe(first);
    expect(await mirror.resolve('v1.0.0')).toBe(first);
    expect(await mirror.resolve('v1.2.0')).toBe(second);
    expect(await mirror.resolve('^1.0.0')).toBe(second);
    expect(await mirror.resolve(first)).toBe(first);
    expect(await mirror.resolve(first.slice(0, 8))).toBe(first);
    await expect(mirror.resolve('gone')).rejects.toThrow(/unable to resolve 'gone'.*feature\/x, main/);
  });

  it('lists and reads files as they were at a commit, with unusual names', async () => {
    const first = repository.commit({
      'app/a.yaml': 'one\n',
      'app/deep/b.yaml': 'two',
      'app/with space ü.yaml': 'three',
      'other.yaml': 'x',
    });
    repository.commit({ 'app/a.yaml': undefined });
    expect(await mirror.list(first, 'app', false)).toEqual(['a.yaml', 'with space ü.yaml']);
    expect(await mirror.list(first, './app/', true)).toEqual(['a.yaml', 'deep/b.yaml', 'with space ü.yaml']);
    expect(await mirror.list(first, '.', false)).toEqual(['other.yaml']);
    expect(await mirror.read(first, 'app', ['a.yaml', 'deep/b.yaml', 'with space ü.yaml'])).toEqual([
      { path: 'app/a.yaml', content: 'one\n' },
      { path: 'app/deep/b.yaml', content: 'two' },
      { path: 'app/with space ü.yaml', content: 'three' },
    ]);
    await expect(mirror.list(first, 'nowhere', false)).rejects.toThrow(/nowhere: app path does not exist/);
    await expect(mirror.list(first, 'other.yaml', false)).rejects.toThrow(/it is a file/);
    await expect(mirror.list(first, '../..', false)).rejects.toThrow(/outside of the repository/);
  });

  it('sees new and rewritten commits after a refresh', async () => {
    const first = repository.commit({ 'a.yaml': '1' });
    await mirror.list(await mirror.resolve('main'), '.', false);
    repository.git('commit', '-q', '--amend', '-m', 'rewritten');
    const second = repository.git('rev-parse', 'HEAD');
    expect(await mirror.resolve('main')).toBe(first);
    await mirror.refresh();
    expect(await mirror.resolve('main')).toBe(second);
    expect(await mirror.list(second, '.', false)).toEqual(['a.yaml']);
  });

  it('is made anew when its files are damaged', async () => {
    const first = repository.commit({ 'a.yaml': '1' });
    await mirror.list(first, '.', false);
    mirror.close();
    for (const name of readdirSync(dataDir)) writeFileSync(join(dataDir, name, 'HEAD'), 'nonsense');
    const second = repository.commit({ 'a.yaml': '2' });
    mirror = new Mirror(dataDir, repository.url, () => undefined);
    expect(await mirror.list(second, '.', false)).toEqual(['a.yaml']);
  });

  it('says that a repository is empty', async () => {
    await expect(mirror.resolve('HEAD')).rejects.toThrow(/is empty; push a commit first/);
  });
});

describe('a repository address', () => {
  it.each(['ext::sh -c id', '--upload-pack=id', '/etc', 'http://x\n--y', 'fd::17', ''])(
    'is not "%s"',
    (url) => {
      expect(() => {
        checkRepoUrl(url);
      }).toThrow(/is no repository URL/);
    },
  );
  it.each(['http://localhost:1/a/b.git', 'git@host:a/b', 'ssh://git@host/a', 'file:///a'])(
    'may be %s',
    (url) => {
      expect(() => {
        checkRepoUrl(url);
      }).not.toThrow();
    },
  );
  it.each([
    [401, /asks for a login.*Secret/],
    [404, /repository not found/],
    [500, /answered with HTTP status 500/],
  ])('that answers %i is explained', async (status, message) => {
    const server = createServer((_request, response) => {
      response.writeHead(status).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    await expect(listRemote(`http://127.0.0.1:${port}/a/b`, undefined, {})).rejects.toThrow(message);
    server.close();
    await expect(listRemote(`http://127.0.0.1:${port}/a/b`, undefined, {})).rejects.toThrow(
      /cannot be reached/,
    );
  });
});

describe('an advertisement of refs', () => {
  it('is read with HEAD and peeled tags; noise does not stop it', () => {
    const line = (text: string) => `${(text.length + 4).toString(16).padStart(4, '0')}${text}`;
    const a = 'a'.repeat(40);
    const b = 'b'.repeat(40);
    const body = Buffer.from(
      `${line('# service=git-upload-pack\n')}0000${line(`${a} HEAD\0symref=HEAD:refs/heads/main\n`)}` +
        `${line(`${a} refs/heads/main\n`)}${line(`${b} refs/tags/v1\n`)}${line(`${a} refs/tags/v1^{}\n`)}0000`,
    );
    const refs = parseAdvertisement(body);
    expect(refs.head).toBe(a);
    expect(findCommit(refs, 'v1')).toBe(a);
    expect(findCommit(refs, 'main')).toBe(a);
  });
  it('survives any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        parseAdvertisement(Buffer.from(bytes));
      }),
    );
  });
});

describe('a path of a spec', () => {
  it('never leaves the repository', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('..', '.', 'a', '', '/'), { maxLength: 8 }), (parts) => {
        let clean: string | undefined;
        try {
          clean = cleanPath(parts.join('/'));
        } catch {
          return;
        }
        expect(clean.split('/')).not.toContain('..');
      }),
    );
  });
});

describe('a login', () => {
  const secret = (type: string, url: string, username: string) => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: username, labels: { 'argocd.argoproj.io/secret-type': type } },
    data: {
      url: Buffer.from(url).toString('base64'),
      username: Buffer.from(username).toString('base64'),
      password: Buffer.from('p').toString('base64'),
    },
  });
  it('comes from the Secret of the repository, else from the longest prefix', () => {
    const secrets = [
      secret('repo-creds', 'http://git', 'all'),
      secret('repo-creds', 'http://git/team', 'team'),
      secret('repository', 'http://git/team/one.git', 'one'),
      secret('cluster', 'http://git/other', 'wrong'),
    ];
    expect(credentialsFor('http://git/team/one', secrets)?.username).toBe('one');
    expect(credentialsFor('http://git/team/two', secrets)?.username).toBe('team');
    expect(credentialsFor('http://git/teamwork/two', secrets)?.username).toBe('all');
    expect(credentialsFor('http://elsewhere/x', secrets)).toBeUndefined();
  });
});

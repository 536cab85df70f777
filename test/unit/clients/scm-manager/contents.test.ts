import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RemoteRepository } from '../../../../src/clients/git/remote.ts';
import { createHttp, hasStatus, HttpStatusError } from '../../../../src/clients/http.ts';
import { contents } from '../../../../src/clients/scm-manager/contents.ts';
import { history } from '../../../../src/clients/scm-manager/history.ts';
import type { Place } from '../../../../src/clients/scm-manager/place.ts';
import { basicAuthorization } from '../../../../src/lib/http/auth.ts';
import { gitTargets, type RunningGit } from '../../../support/git-targets.ts';

/** Files go by git alone, so that any Git server can stand for the product, and Gitea's own answers for what is right. */
describe('files by git', () => {
  const at = ['playground', 'gitops'] as const;
  let server: RunningGit;
  let place: Place;
  let files: ReturnType<typeof contents>;
  beforeAll(async () => {
    server = await gitTargets[0]!.start();
    const authorization = basicAuthorization(server.admin.username, server.admin.password);
    const repositoryUrl = (owner: string, name: string) => `${server.url}/${owner}/${name}.git`;
    const remotes = new Map<string, RemoteRepository>();
    place = {
      ...{ root: 'http://scm/scm', authorization, repositoryUrl },
      person: { name: 'developer', email: 'developer@example.com' },
      remote: (owner, name) => {
        const url = repositoryUrl(owner, name);
        const known = remotes.get(url) ?? new RemoteRepository(url, authorization);
        remotes.set(url, known);
        return known;
      },
    };
    files = contents(place);
    await server.gitea.createOrganization('playground');
    await server.gitea.createRepository('playground', { name: 'gitops', auto_init: true });
    await files.changeFiles(
      ...at,
      [
        {
          operation: 'create',
          path: 'staging/shop/a.yaml',
          content: Buffer.from('a: 1\n').toString('base64'),
        },
        { operation: 'create', path: 'top.yaml', content: Buffer.from('top\n').toString('base64') },
      ],
      { branch: 'main', message: 'Add two files' },
    );
  });
  afterAll(() => server?.dispose());

  test('are told as Gitea tells them', async () => {
    const same = ['name', 'path', 'type', 'sha', 'size', 'encoding', 'content'];
    const picked = (value: unknown): unknown =>
      Array.isArray(value)
        ? value.map(picked)
        : Object.fromEntries(Object.entries(value as object).filter(([key]) => same.includes(key)));
    for (const path of ['top.yaml', 'staging/shop/a.yaml'])
      expect(picked(await files.findFile(...at, path, 'main'))).toEqual(
        picked(await server.gitea.findFile(...at, path, 'main')),
      );
    for (const path of ['', 'staging', 'staging/shop/'])
      expect(
        (await files.listFolder(...at, path, 'main')).map(({ path, type, sha }) => [path, type, sha]),
      ).toEqual(
        (await server.gitea.listFolder(...at, path, 'main')).map(({ path, type, sha }) => [path, type, sha]),
      );
    expect(Array.isArray(await files.findFile(...at, 'staging', 'main'))).toBe(true);
    expect((await files.readFile(...at, 'top.yaml')).toString()).toBe('top\n');
    expect((await files.findFile(...at, 'staging/shop/a.yaml'))?.html_url).toBe(
      'http://scm/scm/repo/playground/gitops/code/sources/main/staging/shop/a.yaml/',
    );
  });

  test('the history before a tag or a commit is known to git, where the REST API begins at branches alone', async () => {
    const nothing = async () => {
      throw new HttpStatusError('GET', 'http://scm', 404, {}, 'no such branch');
    };
    const { listCommits } = history({ ...createHttp({ baseUrl: 'http://scm' }), json: nothing }, place);
    const [newest, first] = await server.gitea.listCommits(...at, { sha: 'main' });
    const found = await listCommits(...at, { sha: newest!.sha });
    expect(found.map(({ sha }) => sha)).toEqual([newest!.sha, first!.sha]);
    expect(found[0]).toMatchObject({
      commit: { message: 'Add two files', author: { name: 'developer', email: 'developer@example.com' } },
      parents: [{ sha: first!.sha }],
      html_url: `http://scm/scm/repo/playground/gitops/code/changeset/${newest!.sha}`,
    });
    expect((await listCommits(...at, { sha: newest!.sha, limit: 1, page: 2 })).map(({ sha }) => sha)).toEqual(
      [first!.sha],
    );
    await expect(listCommits(...at, { sha: 'nothing' })).rejects.toSatisfy((error) => hasStatus(error, 404));
  });

  test('that are not there are undefined, or 404', async () => {
    expect(await files.findFile(...at, 'missing', 'main')).toBeUndefined();
    expect(await files.findFile(...at, 'top.yaml', 'no/branch')).toBeUndefined();
    const is404 = (error: unknown) => hasStatus(error, 404);
    await expect(files.listFolder(...at, 'missing', 'main')).rejects.toSatisfy(is404);
    await expect(files.readFile(...at, 'staging', 'main')).rejects.toSatisfy(is404);
    await expect(files.changeFiles(...at, [], { branch: 'nowhere' })).rejects.toSatisfy(is404);
  });

  test('are changed only where they still are what was read', async () => {
    const before = (await files.findFile(...at, 'top.yaml', 'main'))!;
    const { commit } = await files.updateFile(...at, 'top.yaml', 'new\n', before.sha, {
      branch: 'main',
      message: 'New',
    });
    expect((await server.gitea.findBranch(...at, 'main'))?.commit.id).toBe(commit.sha);
    const is409 = (error: unknown) => hasStatus(error, 409);
    await expect(
      files.updateFile(...at, 'top.yaml', 'newer\n', before.sha, { branch: 'main' }),
    ).rejects.toSatisfy(is409);
    const again = [{ operation: 'create', path: 'top.yaml', content: '' }] as const;
    await expect(files.changeFiles(...at, again, { branch: 'main' })).rejects.toSatisfy(is409);
  });
});

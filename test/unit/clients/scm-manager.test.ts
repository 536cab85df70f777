import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { connectGitServer, repositoryRoot, type GitServer } from '../../../src/clients/git-server.ts';
import { createGitea } from '../../../src/clients/gitea.ts';
import { hasStatus } from '../../../src/clients/http.ts';
import { createScmManager } from '../../../src/clients/scm-manager.ts';
import type { Changeset } from '../../../src/clients/scm-manager-types.ts';
import { startScmManager } from './scm-manager-server.ts';

const at = ['playground', 'gitops'] as const;
const login = { username: 'developer', password: 'correct-horse-battery' };

const commit = (id: string, description: string, parents: readonly string[] = []): Changeset => ({
  id: id.padEnd(40, '0'),
  author: { name: 'CI server', mail: 'ci@example.com' },
  date: '2026-11-25T09:00:00Z',
  description,
  _embedded: { parents: parents.map((parent) => ({ id: parent.padEnd(40, '0') })) },
});

describe('the client of SCM-Manager', () => {
  let server: Awaited<ReturnType<typeof startScmManager>>;
  let scm: GitServer;
  beforeEach(async () => {
    server = await startScmManager();
    scm = createScmManager({ url: server.url, ...login, interval: 1 });
  });
  afterEach(() => server.close());

  /** A repository with a proposal on a branch of its own. */
  async function proposal() {
    await scm.createOrganization('playground');
    await scm.createRepository('playground', { name: 'gitops' });
    const repository = server.state.repositories.get('playground/gitops')!;
    repository.branches.set('main', [commit('b2', 'staging/storefront'), commit('a1', 'Begin')]);
    repository.branches.set('promote/storefront-c3', [commit('c3', 'production/storefront', ['b2'])]);
    repository.tags.set('v1', { commit: 'a1'.padEnd(40, '0') });
    repository.tags.set('v2', { commit: 'a1'.padEnd(40, '0'), annotated: true });
    repository.pulls.push({
      ...{ id: '1', title: 'Promote', source: 'promote/storefront-c3', target: 'main' },
      ...{ author: { id: 'ci' }, status: 'OPEN', creationDate: '2026-11-25T09:30:00Z' },
    });
    return repository;
  }

  test('gives undefined for what is not there', async () => {
    expect(await scm.findUser('nobody')).toBeUndefined();
    expect(await scm.findRepository(...at)).toBeUndefined();
    await proposal();
    expect(await scm.findBranch(...at, 'no/branch')).toBeUndefined();
  });

  test('fails with the status where the server refuses', async () => {
    const stranger = createScmManager({ url: server.url, username: 'developer', password: 'wrong' });
    await expect(stranger.findUser('developer')).rejects.toSatisfy((error) => hasStatus(error, 401));
  });

  test('makes the server ready: its plugins, and namespaces that may be chosen', async () => {
    expect(await scm.findOrganization('playground')).toBeUndefined();
    await scm.createOrganization('playground');
    expect(server.state.plugins).toEqual(['scm-git-plugin', 'scm-review-plugin', 'scm-webhook-plugin']);
    expect(server.state.config).toMatchObject({
      namespaceStrategy: 'CustomNamespaceStrategy',
      baseUrl: 'http://localhost/scm',
      pluginUrl: expect.stringContaining('plugin-center-api.scm-manager.org') as string,
      alertsUrl: expect.stringContaining('https://') as string,
    });
    expect(await scm.findOrganization('playground')).toEqual({ name: 'playground' });
  });

  test('says what to do where the plugin center cannot be reached', async () => {
    server.state.available = [];
    await expect(scm.createOrganization('playground')).rejects.toMatchObject({
      code: 'plugins-missing',
      message: expect.stringMatching(/scm-review-plugin.*answered 404: could not find entity/),
      hint: expect.stringContaining('--git-server gitea'),
    });
    expect(await scm.findOrganization('playground')).toBeUndefined();
  });

  test('says what to do where the plugins of a bundle cannot be taken', async () => {
    const pluginCenter = async () => 'http://127.0.0.1:9/v2/plugins/scm-manager/blobs/sha256:0';
    const bundled = createScmManager({ url: server.url, ...login, interval: 1, pluginCenter });
    await expect(bundled.createOrganization('playground')).rejects.toMatchObject({
      code: 'plugins-missing',
      hint: expect.stringMatching(/filled out of the bundle.*logs git/),
    });
  });

  test('makes users and repositories, and lets a user write', async () => {
    await scm.createOrganization('playground');
    const user = {
      username: 'ci',
      password: 'secret-of-ci',
      email: 'ci@example.com',
      full_name: 'CI server',
    };
    await scm.createUser(user);
    expect(await scm.findUser('ci')).toEqual({ login: 'ci' });
    expect(server.state.users.get('ci')).toMatchObject({ displayName: 'CI server', active: true });

    await scm.createRepository('playground', { name: 'gitops', description: 'What should run' });
    expect(await scm.findRepository(...at)).toEqual({
      ...{ name: 'gitops', description: 'What should run', empty: true, default_branch: 'main' },
      owner: { login: 'playground' },
      clone_url: `${server.url}/repo/playground/gitops.git`,
      html_url: `${server.url}/repo/playground/gitops`,
    });
    await expect(scm.createRepository('playground', { name: 'gitops' })).rejects.toSatisfy((error) =>
      hasStatus(error, 409),
    );

    await scm.setCollaborator(...at, 'ci', 'read');
    await scm.setCollaborator(...at, 'ci', 'write');
    const { permissions } = server.state.repositories.get('playground/gitops')!;
    expect([...permissions.values()]).toEqual([{ name: 'ci', role: 'WRITE', groupPermission: false }]);

    await scm.deleteRepository(...at);
    expect(await scm.searchRepositories()).toEqual([]);
  });

  test('goes through all pages of the repositories', async () => {
    await scm.createOrganization('playground');
    for (let n = 0; n < 101; n += 1) await scm.createRepository('playground', { name: `many-${n}` });
    expect(await scm.searchRepositories()).toHaveLength(101);
    expect((await scm.searchRepositories('many-42')).map(({ name }) => name)).toEqual(['many-42']);
  });

  test('tells branches and tags as references, and commits of a branch, a path or alone', async () => {
    await proposal();
    const [a1, b2, c3] = ['a1', 'b2', 'c3'].map((id) => id.padEnd(40, '0'));
    expect(await scm.listReferences(...at)).toEqual([
      { ref: 'refs/heads/main', object: { sha: b2, type: 'commit' } },
      { ref: 'refs/heads/promote/storefront-c3', object: { sha: c3, type: 'commit' } },
      { ref: 'refs/tags/v1', object: { sha: a1, type: 'commit' } },
      // The tag itself: who deletes it by git has to name it.
      { ref: 'refs/tags/v2', object: { sha: '1a'.padStart(40, '0'), type: 'tag' } },
    ]);
    expect((await scm.listReferences(...at, 'tags')).map(({ ref }) => ref)).toEqual([
      'refs/tags/v1',
      'refs/tags/v2',
    ]);
    expect(await scm.findBranch(...at, 'promote/storefront-c3')).toMatchObject({ commit: { id: c3 } });
    const ids = async (options: Parameters<GitServer['listCommits']>[2]) =>
      (await scm.listCommits(...at, options)).map(({ sha }) => sha);
    expect(await ids({ sha: 'main' })).toEqual([b2, a1]);
    expect(await ids({ sha: 'main', limit: 1 })).toEqual([b2]);
    expect(await ids({ sha: 'main', path: 'staging/storefront', limit: 50 })).toEqual([b2]);
  });

  test('merges a pull request, and knows afterwards by which commit', async () => {
    await proposal();
    const [open] = await scm.listPulls(...at);
    expect(open).toMatchObject({
      ...{ number: 1, state: 'open', merged: false, merge_commit_sha: null },
      user: { login: 'ci' },
      // The product names the commit of a closed one alone.
      head: {
        ...{ label: 'promote/storefront-c3', ref: 'promote/storefront-c3' },
        sha: 'c3'.padEnd(40, '0'),
      },
      html_url: `${server.url}/repo/playground/gitops/pull-request/1`,
    });
    await scm.mergePull(...at, 1, { Do: 'merge', delete_branch_after_merge: true });
    expect(await scm.listPulls(...at)).toEqual([]);
    const [merged] = await scm.listPulls(...at, 'closed');
    const { commit: head } = (await scm.findBranch(...at, 'main'))!;
    expect(merged).toMatchObject({ state: 'closed', merged: true, merge_commit_sha: head.id });
    expect(await scm.findBranch(...at, 'promote/storefront-c3')).toBeUndefined();
  });

  test('rejects an open pull request, which stays: only a new repository is without it', async () => {
    await proposal();
    await scm.deletePull(...at, 1);
    expect(await scm.listPulls(...at)).toEqual([]);
    expect(await scm.listPulls(...at, 'all')).toMatchObject([{ number: 1, state: 'closed', merged: false }]);
    expect(scm.keepsPulls).toBe(true);
  });

  test('opens pull requests, tells the newest first, and closes them', async () => {
    const repository = await proposal();
    repository.branches.set('two', [commit('d4', 'Two')]);
    await scm.createPull(...at, { head: 'two', base: 'main', title: 'Two', body: 'Why' });
    const again = scm.createPull(...at, { head: 'two', base: 'main', title: 'Two' });
    await expect(again).rejects.toSatisfy((error) => hasStatus(error, 409));
    expect((await scm.recentPulls(...at, 50)).map(({ number }) => number)).toEqual([2, 1]);
    expect(await scm.findPull(...at, 2)).toMatchObject({
      ...{ body: 'Why', state: 'open', mergeable: true, comments: 0, merged_by: null, closed_at: null },
      base: { ref: 'main', sha: 'b2'.padEnd(40, '0') },
    });
    await scm.editPull(...at, 2, { state: 'closed' });
    expect(await scm.findPull(...at, 2)).toMatchObject({
      ...{ state: 'closed', merged: false, merged_at: null, closed_at: '2026-11-25T10:00:00Z' },
      mergeable: false,
    });
    expect(await scm.findPull(...at, 9)).toBeUndefined();
  });

  test('says what the server found wrong in a request, field by field', async () => {
    await proposal();
    await expect(scm.createPull(...at, { head: 'x', base: 'main', title: '' })).rejects.toThrow(
      'answered 400: input violates conditions (see violation list): title must not be blank',
    );
  });

  test('merges only what was looked at', async () => {
    await proposal();
    const order = { Do: 'merge', head_commit_id: 'f'.repeat(40) } as const;
    await expect(scm.mergePull(...at, 1, order)).rejects.toSatisfy((error) => hasStatus(error, 409));
    await scm.mergePull(...at, 1, { Do: 'merge', head_commit_id: 'c3'.padEnd(40, '0') });
    expect(await scm.findPull(...at, 1)).toMatchObject({ merged: true, merged_by: { login: 'developer' } });
  });

  test('keeps comments, approvals and, as tasks, what has to be changed', async () => {
    const repository = await proposal();
    await scm.createComment(...at, 1, 'A word');
    await scm.createReview(...at, 1, { event: 'REQUEST_CHANGES', body: 'Another colour' });
    await scm.createReview(...at, 1, { event: 'APPROVED', body: '' });
    repository.comments.push({ pull: '1', id: 'x', comment: 'merged', date: '', systemComment: true });
    expect(await scm.listComments(...at, 1)).toMatchObject([
      { body: 'A word', user: { login: 'developer' } },
    ]);
    expect(await scm.listReviews(...at, 1)).toMatchObject([
      { state: 'REQUEST_CHANGES', body: 'Another colour', user: { login: 'developer' } },
      { state: 'APPROVED', body: '', user: { login: 'developer' } },
    ]);
    expect((await scm.findPull(...at, 1))?.comments).toBe(2);
  });

  test('shows what a pull request and a commit change, also after the branch has gone', async () => {
    const repository = await proposal();
    repository.diff =
      'diff --git a/x.yaml b/x.yaml\nnew file mode 100644\n--- /dev/null\n+++ b/x.yaml\n@@ -0,0 +1 @@\n+x\n';
    expect(await scm.listPullFiles(...at, 1)).toEqual([{ filename: 'x.yaml' }]);
    await scm.mergePull(...at, 1, { Do: 'merge', delete_branch_after_merge: true });
    expect(await scm.pullDiff(...at, 1)).toBe(repository.diff);
    expect(await scm.commitDiff(...at, 'b2')).toBe(repository.diff);
    expect(await scm.findCommit(...at, 'c3')).toMatchObject({ parents: [{ sha: 'b2'.padEnd(40, '0') }] });
    expect(await scm.findCommit(...at, 'ffff')).toBeUndefined();
    expect(await scm.combinedStatus(...at, 'b2')).toMatchObject({ total_count: 0, statuses: [] });
  });

  test('makes, lists and deletes branches, and lists tags', async () => {
    await proposal();
    await scm.createBranch(...at, 'env/staging', 'main');
    expect(await scm.listBranches(...at)).toMatchObject([
      { name: 'main' },
      { name: 'promote/storefront-c3', commit: { message: 'production/storefront' } },
      {
        name: 'env/staging',
        commit: {
          id: 'b2'.padEnd(40, '0'),
          timestamp: '2026-11-25T09:00:00Z',
          author: { name: 'CI server' },
        },
      },
    ]);
    await scm.deleteBranch(...at, 'env/staging');
    expect(await scm.findBranch(...at, 'env/staging')).toBeUndefined();
    expect(await scm.listTags(...at)).toEqual(
      ['v1', 'v2'].map((name) => ({ name, commit: { sha: 'a1'.padEnd(40, '0') } })),
    );
    expect(await scm.findRepository(...at)).toMatchObject({ empty: false, default_branch: 'main' });
  });

  test('tells its version', async () => {
    expect(await scm.version()).toBe('3.11.10');
  });

  test('points a webhook elsewhere, and tells nothing of deliveries', async () => {
    await proposal();
    for (const url of ['http://one/', 'http://two/'])
      await scm.createHook(...at, {
        ...{ type: 'gitea', events: ['push'], active: true },
        config: { url, content_type: 'json' },
      });
    await scm.editHook(...at, 1, { config: { url: 'http://elsewhere/' } });
    expect((await scm.listHooks(...at)).map(({ config }) => config.url)).toEqual([
      'http://elsewhere/',
      'http://two/',
    ]);
    expect(await scm.findDeliveries(...at, 1, 1)).toBeUndefined();
  });

  test('adds and removes webhooks, leaving the others alone', async () => {
    await proposal();
    const hook = (url: string, http_method?: 'get') =>
      scm.createHook(...at, {
        type: 'gitea',
        config: { url, content_type: 'json', ...(http_method === undefined ? {} : { http_method }) },
        events: ['push'],
        active: true,
      });
    await hook('http://receiver/hook/1');
    await hook('http://jenkins/git/notifyCommit?url=x', 'get');
    expect(server.state.repositories.get('playground/gitops')!.webhooks).toMatchObject([
      { name: 'SimpleWebHook', configuration: { method: 'POST' } },
      { name: 'SimpleWebHook', configuration: { method: 'GET' } },
    ]);
    const [first] = await scm.listHooks(...at);
    await scm.deleteHook(...at, first!.id);
    expect((await scm.listHooks(...at)).map(({ config }) => config.url)).toEqual([
      'http://jenkins/git/notifyCommit?url=x',
    ]);
  });
});

describe('the Git server of a playground', () => {
  const endpoint = { url: 'http://127.0.0.1:9/scm', ...login };

  test('is what the flow needs, whichever product it is', () => {
    const servers: GitServer[] = [createGitea({ url: endpoint.url }), createScmManager(endpoint)];
    expect(servers).toHaveLength(2);
  });

  test('can be waited for, and looked at', async () => {
    const git = connectGitServer('scm-manager', endpoint);
    expect(await Promise.resolve(git)).toBe(git);
  });

  test('has its repositories below its own root', () => {
    expect(repositoryRoot('gitea', 'http://git:3000')).toBe('http://git:3000');
    expect(repositoryRoot('scm-manager', 'http://scm/scm')).toBe('http://scm/scm/repo');
  });
});

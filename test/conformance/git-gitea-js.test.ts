import { giteaApi, type Api } from 'gitea-js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { gitTargets, type RunningGit } from '../support/git-targets.ts';
import { startReceiver } from '../unit/servers/git/support.ts';

/** The REST API as `gitea-js`, the client that Gitea's own description generates, uses it. */
describe.each(gitTargets)('$name, driven by gitea-js,', (target) => {
  let git: RunningGit;
  let api: Api<unknown>;
  const [owner, repo] = ['playground', 'storefront'];
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  const connect = (token: string) => giteaApi(git.url, { token, customFetch: fetch });
  const connectWithPassword = (credentials: string) =>
    giteaApi(`${git.url}`, {
      customFetch: (url, init) =>
        fetch(url, {
          ...init,
          headers: { ...(init?.headers as object), authorization: `Basic ${base64(credentials)}` },
        }),
    });
  type Refusal = { readonly status: number; readonly error: { message?: string; url?: string } };
  /** gitea-js throws the answer itself; status 0 where nothing was refused. */
  const refusal = (call: Promise<unknown>): Promise<Refusal> =>
    call.then(
      () => ({ status: 0, error: {} }),
      (answer: unknown) => answer as Refusal,
    );

  /** The answer to a merge once the server has looked for conflicts: until then Gitea merges nothing. */
  const merge = (number: number, options: Parameters<typeof api.repos.repoMergePullRequest>[3]) =>
    eventually(
      `an answer to the merge of ${number}`,
      () => refusal(api.repos.repoMergePullRequest(owner, repo, number, options)),
      ({ error }) => error.message !== 'Please try again later',
    );

  beforeAll(async () => {
    git = await target.start();
    await git.gitea.createOrganization(owner);
    await git.gitea.createRepository(owner, { name: repo, auto_init: true });
    const { sha1 } = await git.gitea.createToken(git.admin.username, 'gitea-js');
    api = connect(sha1);
  });
  afterAll(() => git.dispose());

  test('says its version and who asks', async () => {
    expect((await api.version.getVersion()).data.version).toMatch(/^1\.\d+\.\d+/);
    expect((await api.user.userGetCurrent()).data).toMatchObject({
      login: git.admin.username,
      is_admin: true,
    });
  });

  test('makes users and tokens, shows a token once, and forgets deleted ones', async () => {
    const { data: user } = await api.admin.adminCreateUser({
      username: 'ci',
      password: 'ci-password-1',
      email: 'ci@example.org',
      must_change_password: false,
    });
    expect(user).toMatchObject({ login: 'ci', is_admin: false });
    const own = connectWithPassword('ci:ci-password-1');
    const { data: token } = await own.users.userCreateToken('ci', { name: 'build', scopes: ['all'] });
    expect(token.sha1).toMatch(/^[0-9a-f]{40}$/);
    const { data: listed } = await own.users.userGetTokens('ci');
    expect(listed).toMatchObject([{ name: 'build', sha1: '', token_last_eight: token.sha1?.slice(-8) }]);
    expect((await connect(token.sha1 ?? '').user.userGetCurrent()).data.login).toBe('ci');
    await own.users.userDeleteAccessToken('ci', 'build');
    expect(await refusal(connect(token.sha1 ?? '').user.userGetCurrent())).toMatchObject({ status: 401 });
    expect(await refusal(own.users.userCreateToken('ci', { name: 'x' }))).toMatchObject({ status: 400 });
    expect(await refusal(api.users.userCreateToken('ci', { name: 'x', scopes: ['all'] }))).toMatchObject({
      status: 401,
    });
  });

  test('refuses users that exist or have bad names, with a message', async () => {
    const create = (username: string) =>
      refusal(
        api.admin.adminCreateUser({ username, password: 'long-enough', email: `${Math.random()}@x.org` }),
      );
    expect(await create(git.admin.username)).toMatchObject({
      status: 422,
      error: { message: /already exists/ },
    });
    expect(await create('../up')).toMatchObject({ status: 422 });
    expect(await create('api')).toMatchObject({ status: 422, error: { message: /reserved/ } });
  });

  test('makes, finds, edits and deletes repositories', async () => {
    const { data: created } = await api.orgs.createOrgRepo(owner, {
      name: 'scratch',
      auto_init: true,
      default_branch: 'trunk',
    });
    expect(created).toMatchObject({
      full_name: 'playground/scratch',
      default_branch: 'trunk',
      empty: false,
      clone_url: `${git.url}/playground/scratch.git`,
      permissions: { admin: true, push: true, pull: true },
    });
    expect(await refusal(api.orgs.createOrgRepo(owner, { name: 'Scratch' }))).toMatchObject({ status: 409 });
    const { data: found } = await api.repos.repoSearch({ q: 'scra' });
    expect(found).toMatchObject({ ok: true, data: [{ name: 'scratch' }] });
    await api.repos.repoEdit(owner, 'scratch', { description: 'For notes' });
    expect((await api.repos.repoGet(owner, 'scratch')).data.description).toBe('For notes');
    await api.repos.repoDelete(owner, 'scratch');
    expect(await refusal(api.repos.repoGet(owner, 'scratch'))).toMatchObject({
      status: 404,
      error: { message: expect.any(String), url: expect.stringContaining('/api/swagger') },
    });
  });

  test('reads and writes files with the check of the blob', async () => {
    const path = 'docs/guide ü.md';
    const encoded = encodeURIComponent(path).replaceAll('%2F', '/');
    const { data: created } = await api.repos.repoCreateFile(owner, repo, encoded, {
      content: base64('one\n'),
      message: 'Add a guide',
      author: { name: 'Grace', email: 'grace@example.org' },
      dates: { author: '2024-02-29T12:00:00+02:00' },
    });
    expect(created).toMatchObject({
      content: { path, size: 4 },
      commit: { message: 'Add a guide\n', author: { name: 'Grace', date: '2024-02-29T10:00:00Z' } },
    });
    expect(
      await refusal(api.repos.repoCreateFile(owner, repo, encoded, { content: base64('x') })),
    ).toMatchObject({ status: 422 });
    const sha = created.content?.sha ?? '';
    expect(
      await refusal(
        api.repos.repoUpdateFile(owner, repo, encoded, { content: base64('x'), sha: '0'.repeat(40) }),
      ),
    ).toMatchObject({ status: 422, error: { message: /sha does not match/ } });
    const { data: updated } = await api.repos.repoUpdateFile(owner, repo, encoded, {
      content: base64('two\n'),
      sha,
    });
    const { data: read } = await api.repos.repoGetContents(owner, repo, encoded);
    expect(read).toMatchObject({
      type: 'file',
      encoding: 'base64',
      content: base64('two\n'),
      sha: updated.content?.sha,
    });
    const { data: folder } = await api.repos.repoGetContents(owner, repo, 'docs');
    expect(folder).toMatchObject([{ path, type: 'file' }]);
    await api.repos.repoDeleteFile(owner, repo, encoded, { sha: updated.content?.sha ?? '' });
    expect(await refusal(api.repos.repoGetContents(owner, repo, encoded))).toMatchObject({ status: 404 });
  });

  test('changes several files in one commit, on a new branch', async () => {
    const { data } = await api.repos.repoChangeFiles(owner, repo, {
      message: 'Add two',
      new_branch: 'feature/two',
      files: [
        { operation: 'create', path: 'a.txt', content: base64('a\n') },
        { operation: 'create', path: 'b/c.txt', content: base64('c\n') },
      ],
    });
    expect(data.files).toMatchObject([{ path: 'a.txt' }, { path: 'b/c.txt' }]);
    const { data: branch } = await api.repos.repoGetBranch(owner, repo, 'feature/two');
    expect(branch.commit).toMatchObject({ id: data.commit?.sha, message: 'Add two\n' });
    const { data: main } = await api.repos.repoGetBranch(owner, repo, 'main');
    expect(data.commit?.parents).toMatchObject([{ sha: main.commit?.id }]);
    const bad = await refusal(
      api.repos.repoChangeFiles(owner, repo, {
        files: [{ operation: 'create', path: '../out', content: '' }],
      }),
    );
    // Gitea 1.26 leaves the refusal to git, and answers with 500.
    expect([422, 500]).toContain(bad.status);
  });

  test('lists commits with their files, paged', async () => {
    const answer = await api.repos.repoGetAllCommits(owner, repo, { limit: 2, sha: 'feature/two' });
    expect(answer.data).toHaveLength(2);
    expect(answer.data[0]).toMatchObject({
      files: [{ filename: 'a.txt', status: 'added' }, { filename: 'b/c.txt' }],
      stats: { additions: 2, deletions: 0 },
    });
    const total = Number(answer.headers.get('x-total-count'));
    expect(total).toBeGreaterThan(2);
    expect(answer.headers.get('link')).toContain('rel="next"');
    const { data: rest } = await api.repos.repoGetAllCommits(owner, repo, {
      limit: 2,
      page: Math.ceil(total / 2),
      sha: 'feature/two',
    });
    expect(rest.at(-1)?.commit?.message).toBe('Initial commit\n');
    const one = await api.repos.repoGetSingleCommit(owner, repo, answer.data[0]?.sha ?? '');
    expect(one.data.sha).toBe(answer.data[0]?.sha);
  });

  test('makes and deletes branches and tags', async () => {
    await api.repos.repoCreateBranch(owner, repo, { new_branch_name: 'short/lived', old_ref_name: 'main' });
    expect((await api.repos.repoListBranches(owner, repo)).data.map(({ name }) => name)).toContain(
      'short/lived',
    );
    expect(
      await refusal(api.repos.repoCreateBranch(owner, repo, { new_branch_name: 'short/lived' })),
    ).toMatchObject({ status: 409 });
    expect(
      await refusal(api.repos.repoCreateBranch(owner, repo, { new_branch_name: 'bad..name' })),
    ).toMatchObject({ status: 422 });
    await api.repos.repoDeleteBranch(owner, repo, 'short/lived');
    expect(await refusal(api.repos.repoDeleteBranch(owner, repo, 'main'))).toMatchObject({ status: 403 });
    await api.repos.repoCreateTag(owner, repo, { tag_name: 'v1', target: 'main', message: 'First' });
    expect((await api.repos.repoListTags(owner, repo)).data).toMatchObject([
      { name: 'v1', message: 'First' },
    ]);
    const { data: refs } = await api.repos.repoListGitRefs(owner, repo, 'tags');
    expect(refs).toMatchObject([{ ref: 'refs/tags/v1', object: { type: 'tag' } }]);
    await api.repos.repoDeleteTag(owner, repo, 'v1');
    expect((await api.repos.repoListTags(owner, repo)).data).toEqual([]);
  });

  test('keeps commit statuses and combines them to the worst', async () => {
    const { data: branch } = await api.repos.repoGetBranch(owner, repo, 'main');
    const sha = branch.commit?.id ?? '';
    const empty = await api.repos.repoGetCombinedStatusByRef(owner, repo, 'main');
    expect(empty.data.total_count).toBe(0);
    // Nothing up to Gitea 1.25.
    expect(['', 'pending']).toContain(empty.data.state);
    for (const [context, state] of [
      ['test', 'pending'],
      ['test', 'success'],
      ['lint', 'failure'],
    ] as const) {
      await api.repos.repoCreateStatus(owner, repo, sha, {
        context,
        state,
        target_url: 'http://localhost/1',
      });
    }
    const { data } = await api.repos.repoGetCombinedStatusByRef(owner, repo, sha);
    expect(data).toMatchObject({ state: 'failure', total_count: 2 });
    expect((await api.repos.repoListStatuses(owner, repo, sha)).data).toHaveLength(3);
  });

  test('opens, shows, comments on and merges a pull request', async () => {
    const { data: pull } = await api.repos.repoCreatePullRequest(owner, repo, {
      head: 'feature/two',
      base: 'main',
      title: 'Two files',
      body: 'Please',
    });
    expect(pull).toMatchObject({
      number: 1,
      state: 'open',
      mergeable: true,
      merged: false,
      changed_files: 2,
      head: { ref: 'feature/two' },
      base: { ref: 'main' },
    });
    expect(
      await refusal(
        api.repos.repoCreatePullRequest(owner, repo, { head: 'feature/two', base: 'main', title: 'Again' }),
      ),
    ).toMatchObject({ status: 409 });
    expect((await api.repos.repoGetPullRequestFiles(owner, repo, 1)).data).toMatchObject([
      { filename: 'a.txt', status: 'added', additions: 1 },
      { filename: 'b/c.txt' },
    ]);
    expect((await api.repos.repoGetPullRequestCommits(owner, repo, 1)).data).toHaveLength(1);
    const diff = await api.repos.repoDownloadPullDiffOrPatch(owner, repo, 1, 'diff', {}, { format: 'text' });
    expect(diff.data).toContain('+++ b/b/c.txt');
    await api.repos.issueCreateComment(owner, repo, 1, { body: 'Looks good' });
    expect((await api.repos.issueGetComments(owner, repo, 1)).data).toMatchObject([
      { body: 'Looks good', user: { login: git.admin.username } },
    ]);
    await api.repos.repoCreatePullReview(owner, repo, 1, { event: 'COMMENT', body: 'Read it' });
    expect(
      await refusal(api.repos.repoCreatePullReview(owner, repo, 1, { event: 'APPROVED' })),
    ).toMatchObject({ status: 422 });
    expect((await api.repos.repoListPullReviews(owner, repo, 1)).data).toMatchObject([
      {
        state: 'COMMENT',
        body: 'Read it',
        user: { login: 'developer' },
        commit_id: pull.head?.sha,
        stale: false,
      },
    ]);
    expect(await refusal(api.repos.repoPullRequestIsMerged(owner, repo, 1))).toMatchObject({ status: 404 });
    expect(await merge(1, { Do: 'merge', head_commit_id: '1'.repeat(40) })).toMatchObject({ status: 409 });
    expect(await merge(1, { Do: 'merge', delete_branch_after_merge: true })).toMatchObject({ status: 0 });
    const { data: merged } = await api.repos.repoGetPullRequest(owner, repo, 1);
    expect(merged).toMatchObject({
      state: 'closed',
      merged: true,
      merged_by: { login: git.admin.username },
      head: { label: 'feature/two', ref: 'refs/pull/1/head' },
      comments: 1,
    });
    expect((await api.repos.repoGetBranch(owner, repo, 'main')).data.commit?.id).toBe(
      merged.merge_commit_sha,
    );
    expect(await refusal(api.repos.repoGetBranch(owner, repo, 'feature/two'))).toMatchObject({ status: 404 });
    expect(await refusal(api.repos.repoMergePullRequest(owner, repo, 1, { Do: 'merge' }))).toMatchObject({
      status: 405,
    });
    expect((await api.repos.repoGetPullRequestFiles(owner, repo, 1)).data).toHaveLength(2);
  });

  test('reports a conflict, and closes and deletes the pull request', async () => {
    const change = (branch: string, text: string, new_branch?: string) =>
      api.repos.repoChangeFiles(owner, repo, {
        branch,
        ...(new_branch === undefined ? {} : { new_branch }),
        files: [{ operation: 'create', path: 'same.txt', content: base64(text) }],
      });
    await change('main', 'theirs\n', 'clash');
    await change('main', 'ours\n');
    const { data: pull } = await api.repos.repoCreatePullRequest(owner, repo, {
      head: 'clash',
      base: 'main',
      title: 'Clash',
    });
    expect(pull.mergeable).toBe(false);
    const number = pull.number ?? 0;
    const refused = await refusal(api.repos.repoMergePullRequest(owner, repo, number, { Do: 'squash' }));
    expect(refused).toMatchObject({ status: 405 });
    await api.repos.repoEditPullRequest(owner, repo, number, { state: 'closed' });
    expect((await api.repos.repoListPullRequests(owner, repo, { state: 'open' })).data).toEqual([]);
    expect(
      (await api.repos.repoListPullRequests(owner, repo, { state: 'closed' })).headers.get('x-total-count'),
    ).toBe('2');
    await api.repos.issueDelete(owner, repo, number);
    expect(await refusal(api.repos.repoGetPullRequest(owner, repo, number))).toMatchObject({ status: 404 });
  });

  test.each(['squash', 'rebase', 'rebase-merge', 'merge'] as const)(
    'merges by %s onto a base that has moved',
    async (Do) => {
      const branch = `way-${Do}`;
      const add = (where: { branch: string; new_branch?: string }, path: string) =>
        api.repos.repoChangeFiles(owner, repo, {
          ...where,
          message: `Add ${path}`,
          files: [{ operation: 'create', path, content: base64(path) }],
        });
      await add({ branch: 'main', new_branch: branch }, `${Do}/1`);
      await add({ branch }, `${Do}/2`);
      await add({ branch: 'main' }, `${Do}/base`);
      const { data: pull } = await api.repos.repoCreatePullRequest(owner, repo, {
        head: branch,
        base: 'main',
        title: `By ${Do}`,
      });
      expect(await merge(pull.number ?? 0, { Do })).toMatchObject({ status: 0 });
      const history = async (sha: string) =>
        (await api.repos.repoGetAllCommits(owner, repo, { limit: 3, sha })).data;
      const subject = (commit?: { commit?: { message?: string } }) => commit?.commit?.message?.split('\n')[0];
      const [tip, ...older] = await history('main');
      const reviewed = `Merge pull request 'By ${Do}' (#${pull.number}) from ${branch} into main`;
      switch (Do) {
        case 'squash':
          expect([tip, ...older].map(subject)).toEqual([
            `By squash (#${pull.number})`,
            'Add squash/base',
            expect.any(String),
          ]);
          break;
        case 'rebase':
          expect([tip, ...older].map(subject)).toEqual(['Add rebase/2', 'Add rebase/1', 'Add rebase/base']);
          break;
        case 'rebase-merge':
          expect(subject(tip)).toBe(reviewed);
          expect((await history(tip?.parents?.[1]?.sha ?? '')).map(subject)).toEqual([
            'Add rebase-merge/2',
            'Add rebase-merge/1',
            'Add rebase-merge/base',
          ]);
          break;
        case 'merge':
          expect(subject(tip)).toBe(reviewed);
          expect(tip?.parents).toMatchObject([{}, { sha: pull.head?.sha }]);
      }
      const { data: files } = await api.repos.repoGetContents(owner, repo, Do);
      expect(files).toMatchObject([{ name: '1' }, { name: '2' }, { name: 'base' }]);
    },
  );

  test('lets a collaborator push only with write access, and hides private repositories', async () => {
    await api.orgs.createOrgRepo(owner, { name: 'secret', private: true, auto_init: true });
    const ci = connectWithPassword('ci:ci-password-1');
    expect(await refusal(ci.repos.repoGet(owner, 'secret'))).toMatchObject({ status: 404 });
    await api.repos.repoAddCollaborator(owner, 'secret', 'ci', { permission: 'read' });
    expect((await ci.repos.repoGet(owner, 'secret')).data.permissions).toEqual({
      admin: false,
      push: false,
      pull: true,
    });
    const write = () => ci.repos.repoCreateFile(owner, 'secret', 'x', { content: '' });
    expect(await refusal(write())).toMatchObject({ status: 403 });
    await api.repos.repoAddCollaborator(owner, 'secret', 'ci', { permission: 'write' });
    expect((await write()).status).toBe(201);
    expect(await refusal(ci.repos.repoListHooks(owner, 'secret'))).toMatchObject({ status: 403 });
  });

  test('makes, tests, edits and deletes webhooks', async () => {
    const receiver = await startReceiver();
    const config = { url: receiver.url, content_type: 'json', secret: 'hush' };
    const { data: hook } = await api.repos.repoCreateHook(owner, repo, {
      type: 'gitea',
      config,
      events: ['push'],
      active: true,
    });
    expect(hook.config).toEqual({ url: receiver.url, content_type: 'json' });
    await api.repos.repoTestHook(owner, repo, hook.id ?? 0);
    expect((await receiver.next(() => true)).json).toMatchObject({
      ref: 'refs/heads/main',
      total_commits: 1,
    });
    await api.repos.repoEditHook(owner, repo, hook.id ?? 0, { active: false });
    expect((await api.repos.repoListHooks(owner, repo)).data).toMatchObject([{ active: false }]);
    await api.repos.repoDeleteHook(owner, repo, hook.id ?? 0);
    await receiver.close();
  });
});

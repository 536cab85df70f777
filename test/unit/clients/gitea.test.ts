import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createGitea, type GiteaClient } from '../../../src/clients/gitea.ts';
import { gitTargets, type RunningGit } from '../../support/git-targets.ts';

describe.each(gitTargets)('the Gitea client with $name', (target) => {
  let git: RunningGit;
  let gitea: GiteaClient;
  const at = ['playground', 'storefront'] as const;
  beforeAll(async () => {
    git = await target.start();
    gitea = git.gitea;
    await gitea.createOrganization(at[0]);
    await gitea.createRepository(at[0], { name: at[1], auto_init: true });
  });
  afterAll(() => git.dispose());

  test('gives undefined for what is not there', async () => {
    expect(await gitea.findUser('nobody')).toBeUndefined();
    expect(await gitea.findOrganization('nowhere')).toBeUndefined();
    expect(await gitea.findRepository('playground', 'nothing')).toBeUndefined();
    expect(await gitea.findBranch(...at, 'no/branch')).toBeUndefined();
    expect(await gitea.findCommit(...at, '0'.repeat(40))).toBeUndefined();
    expect(await gitea.findFile(...at, 'no/file')).toBeUndefined();
    expect(await gitea.findPull(...at, 99)).toBeUndefined();
    expect(await gitea.listReferences(...at, 'tags')).toEqual([]);
  });

  test('finds all repositories, or the page that is asked for', async () => {
    const names = Array.from({ length: 55 }, (_, n) => `repository-${n}`);
    for (const name of names) await gitea.createRepository(at[0], { name });
    const found = (await gitea.searchRepositories('repository-')).map(({ name }) => name);
    expect(found.sort()).toEqual([...names].sort());
    expect(await gitea.searchRepositories('repository-', { limit: 10 })).toHaveLength(10);
    for (const name of names) await gitea.deleteRepository(at[0], name);
  }, 60_000);

  test('goes through all pages of a list', async () => {
    for (let n = 0; n < 52; n += 1) await gitea.createBranch(...at, `many/${n}`, 'main');
    const names = (await gitea.listBranches(...at)).map(({ name }) => name);
    expect(names).toHaveLength(53);
    expect(new Set(names).size).toBe(53);
    expect(await gitea.listReferences(...at)).toHaveLength(53);
  }, 90_000);

  test('reads and writes files with any name and content', async () => {
    const path = 'a folder/ünï #1?.bin';
    const bytes = Uint8Array.from([0, 255, 10, 13]);
    const created = await gitea.createFile(...at, path, bytes, { message: 'Add it' });
    expect(created.content).toMatchObject({ path, size: 4 });
    expect((await gitea.readFile(...at, path)).equals(bytes)).toBe(true);
    expect(await gitea.listFolder(...at, 'a folder')).toMatchObject([{ path, type: 'file' }]);
    expect((await gitea.listFolder(...at, '')).map(({ name }) => name)).toContain('a folder');
    const { sha } = created.content;
    await gitea.updateFile(...at, path, 'text\n', sha);
    const file = await gitea.findFile(...at, path);
    expect(Buffer.from(file?.content ?? '', 'base64').toString()).toBe('text\n');
    await gitea.deleteFile(...at, path, file?.sha ?? '');
    expect(await gitea.findFile(...at, path)).toBeUndefined();
  });

  test('works with a token as with a password', async () => {
    const { sha1: token } = await gitea.createToken(git.admin.username, 'client');
    const other = createGitea({ url: `${git.url}/`, auth: { token } });
    expect((await other.currentUser()).login).toBe(git.admin.username);
    await gitea.deleteToken(git.admin.username, 'client');
    await expect(other.currentUser()).rejects.toMatchObject({ status: 401 });
  });

  test('deletes pull requests, statuses stay readable, and the newest commits come first', async () => {
    const { commit } = await gitea.createFile(...at, 'x', 'x', { new_branch: 'x' });
    await gitea.createStatus(...at, commit.sha, { state: 'success', context: 'ci', description: 'Built' });
    expect(await gitea.combinedStatus(...at, 'x')).toMatchObject({ state: 'success', sha: commit.sha });
    expect(await gitea.listStatuses(...at, commit.sha)).toMatchObject([{ context: 'ci' }]);
    const pull = await gitea.createPull(...at, { head: 'x', base: 'main', title: 'X' });
    expect(await gitea.pullDiff(...at, pull.number)).toContain('+++ b/x');
    await gitea.deletePull(...at, pull.number);
    expect(await gitea.listPulls(...at, 'all')).toEqual([]);
    expect((await gitea.listCommits(...at, { sha: 'x', limit: 1 }))[0]?.sha).toBe(commit.sha);
  });
});

import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { gitTargets, type RunningGit } from '../support/git-targets.ts';
import { startReceiver } from '../unit/servers/git/support.ts';

/** What CI servers and operators are told, and how they can be sure of it. */
describe.each(gitTargets)('webhooks of $name', (target) => {
  const at = ['playground', 'storefront'] as const;
  let git: RunningGit;
  let receiver: Awaited<ReturnType<typeof startReceiver>>;

  beforeAll(async () => {
    git = await target.start();
    await git.gitea.createOrganization(at[0]);
    await git.gitea.createRepository(at[0], { name: at[1], auto_init: true });
    receiver = await startReceiver();
    await git.gitea.createHook(...at, {
      type: 'gitea',
      config: { url: receiver.url, content_type: 'json', secret: 'hush' },
      events: ['push', 'create', 'delete', 'pull_request'],
      active: true,
    });
  });
  beforeEach(() => {
    receiver.received.length = 0;
  });
  afterAll(async () => {
    await receiver.close();
    await git.dispose();
  });

  const told = (count: number) =>
    eventually(
      `${count} deliveries`,
      () => receiver.received.map(({ headers, json }) => ({ event: headers['x-gitea-event'], ...json })),
      (events) => events.length >= count,
    );

  test('are signed in every way that receivers know', async () => {
    await git.gitea.createFile(...at, 'a.txt', 'a\n', { message: 'Add a' });
    const { headers, body } = await receiver.next(() => true);
    const signature = createHmac('sha256', 'hush').update(body).digest('hex');
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      'x-gitea-event': 'push',
      'x-gogs-event': 'push',
      'x-github-event': 'push',
      'x-gitea-event-type': 'push',
      'x-gitea-signature': signature,
      'x-gogs-signature': signature,
      'x-hub-signature': `sha1=${createHmac('sha1', 'hush').update(body).digest('hex')}`,
      'x-hub-signature-256': `sha256=${signature}`,
      'x-gitea-hook-installation-target-type': 'repository',
    });
    expect(headers['x-gitea-delivery']).toBe(headers['x-github-delivery']);
  });

  test('tell of a push with its commits and where the repository is', async () => {
    const before = (await git.gitea.findBranch(...at, 'main'))?.commit.id;
    const { commit } = await git.gitea.createFile(...at, 'b.txt', 'b\n', { message: 'Add b' });
    const [push] = await told(1);
    const url = `${git.url}/playground/storefront`;
    expect(push).toMatchObject({
      ref: 'refs/heads/main',
      before,
      after: commit.sha,
      total_commits: 1,
      commits: [{ id: commit.sha, message: 'Add b\n', added: ['b.txt'], removed: [], modified: [] }],
      head_commit: { id: commit.sha },
      repository: {
        full_name: 'playground/storefront',
        html_url: url,
        clone_url: `${url}.git`,
        default_branch: 'main',
      },
      pusher: { login: git.admin.username },
      sender: { login: git.admin.username },
    });
  });

  test('tell of a branch that is made and deleted', async () => {
    const { commit } = await git.gitea.createFile(...at, 'c.txt', 'c\n', { new_branch: 'feature/c' });
    const made = await told(2);
    expect(made).toMatchObject([
      { event: 'create', ref: 'feature/c', ref_type: 'branch', sha: commit.sha },
      { event: 'push', ref: 'refs/heads/feature/c', before: '0'.repeat(40), after: commit.sha },
    ]);
    await git.gitea.deleteBranch(...at, 'feature/c');
    const deleted = (await told(3)).slice(2);
    expect(deleted).toMatchObject([
      { event: 'delete', ref: 'feature/c', ref_type: 'branch', pusher_type: 'user' },
    ]);
  });

  test('tell of a pull request from its opening to its merge', async () => {
    await git.gitea.createFile(...at, 'd.txt', 'd\n', { new_branch: 'promote/d' });
    await told(2);
    const pull = await git.gitea.createPull(...at, { head: 'promote/d', base: 'main', title: 'D' });
    const [opened] = (await told(3)).slice(2);
    expect(opened).toMatchObject({
      event: 'pull_request',
      action: 'opened',
      number: pull.number,
      pull_request: {
        title: 'D',
        state: 'open',
        merged: false,
        head: { label: 'promote/d', ref: 'promote/d' },
        base: { ref: 'main' },
      },
    });
    await git.gitea.mergePull(...at, pull.number, { Do: 'merge', delete_branch_after_merge: true });
    const merged = (await told(6)).slice(3);
    expect(merged.map(({ event }) => event).sort()).toEqual(['delete', 'pull_request', 'push']);
    expect(merged.find(({ event }) => event === 'pull_request')).toMatchObject({
      action: 'closed',
      pull_request: { merged: true, merged_by: { login: git.admin.username } },
    });
  });
});

import { createHmac } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createGitea } from '../../../../src/clients/gitea.ts';
import { waitFor } from '../../../../src/lib/wait.ts';
import { git, startFixture, startReceiver, withPassword, type Fixture } from './support.ts';

describe('webhooks of the Git server', () => {
  let fixture: Fixture;
  beforeEach(async () => {
    fixture = await startFixture();
  });
  afterEach(() => fixture.dispose());

  const hook = (url: string, events: string[], secret = 'shared') => ({
    type: 'gitea' as const,
    config: { url, content_type: 'json' as const, secret },
    events,
    active: true,
  });

  test('tell of a push at once, signed in every way that receivers know', async () => {
    const receiver = await startReceiver();
    await fixture.gitea.createHook('playground', 'storefront', hook(receiver.url, ['push']));
    await git(
      fixture.folder,
      'clone',
      '-q',
      withPassword(`${fixture.server.url}/playground/storefront.git`),
      'work',
    );
    const work = join(fixture.folder, 'work');
    await writeFile(join(work, 'new.txt'), 'new\n');
    await git(work, 'add', '.');
    await git(work, 'commit', '-qm', 'Add a file');
    const before = await git(work, 'rev-parse', 'HEAD~1');
    await git(work, 'push', '-q');
    const { headers, body, json } = await receiver.next(() => true);
    const signature = createHmac('sha256', 'shared').update(body).digest('hex');
    expect(headers).toMatchObject({
      'x-gitea-event': 'push',
      'x-gogs-event': 'push',
      'x-github-event': 'push',
      'x-gitea-event-type': 'push',
      'x-gitea-signature': signature,
      'x-gogs-signature': signature,
      'x-hub-signature-256': `sha256=${signature}`,
      'content-type': 'application/json',
    });
    expect(headers['x-gitea-delivery']).toBe(headers['x-github-delivery']);
    expect(json).toMatchObject({
      ref: 'refs/heads/main',
      before,
      after: await git(work, 'rev-parse', 'HEAD'),
      total_commits: 1,
      commits: [{ message: 'Add a file\n', added: ['new.txt'], removed: [], modified: [] }],
      repository: {
        full_name: 'playground/storefront',
        default_branch: 'main',
        html_url: `${fixture.server.url}/playground/storefront`,
        clone_url: `${fixture.server.url}/playground/storefront.git`,
      },
      pusher: { login: 'developer' },
    });
    await receiver.close();
  });

  test('are repeated until the receiver accepts them, with the same id, and the log tells it', async () => {
    const receiver = await startReceiver((count) => (count < 3 ? 503 : 204));
    const { gitea, server } = fixture;
    const { id } = await gitea.createHook('playground', 'storefront', hook(receiver.url, ['push']));
    const created = await gitea.createFile('playground', 'storefront', 'a.txt', 'a\n');
    await receiver.next(() => receiver.received.length === 3);
    const ids = receiver.received.map(({ headers }) => headers['x-gitea-delivery']);
    expect(new Set(ids).size).toBe(1);
    const path = `repos/playground/storefront/hooks/${id}/deliveries`;
    const log = await waitFor(
      async () => {
        const [delivery] = await gitea.http.json<{ state: string }[]>('GET', path);
        return delivery?.state === 'pending'
          ? { done: false, seen: delivery.state }
          : { done: true, value: delivery };
      },
      { what: 'the end of the delivery', limit: 5000 },
    );
    expect(log).toMatchObject({
      state: 'delivered',
      event: 'push',
      payload: { after: created.commit.sha, repository: { html_url: `${server.url}/playground/storefront` } },
      attempts: [{ status: 503 }, { status: 503 }, { status: 204 }],
    });
    await receiver.close();
  });

  test('are not repeated when the receiver refuses them', async () => {
    const receiver = await startReceiver(() => 400);
    const { gitea } = fixture;
    const { id } = await gitea.createHook('playground', 'storefront', hook(receiver.url, ['push']));
    await gitea.testHook('playground', 'storefront', id);
    const path = `repos/playground/storefront/hooks/${id}/deliveries`;
    const log = await waitFor(
      async () => {
        const [delivery] = await gitea.http.json<{ state: string; attempts: unknown[] }[]>('GET', path);
        return delivery?.state === 'failed'
          ? { done: true, value: delivery }
          : { done: false, seen: String(delivery?.state) };
      },
      { what: 'the end of the delivery', limit: 5000 },
    );
    expect(log.attempts).toMatchObject([{ status: 400, answer: 'seen' }]);
    await receiver.close();
  });

  test('tell of branches and of a pull request from its opening to its merge', async () => {
    const receiver = await startReceiver();
    const { gitea } = fixture;
    const events = ['push', 'create', 'delete', 'pull_request'];
    await gitea.createHook('playground', 'storefront', hook(receiver.url, events));
    const at = ['playground', 'storefront'] as const;
    await gitea.createFile(...at, 'a.txt', 'a\n', { new_branch: 'feature/a' });
    const pull = await gitea.createPull(...at, { head: 'feature/a', base: 'main', title: 'A' });
    const { commit } = await gitea.createFile(...at, 'b.txt', 'b\n', { branch: 'feature/a' });
    await gitea.editPull(...at, pull.number, { title: 'A and B' });
    await gitea.createComment(...at, pull.number, 'Fine');
    await gitea.mergePull(...at, pull.number, { Do: 'merge', delete_branch_after_merge: true });
    await receiver.next(({ headers }) => headers['x-gitea-event'] === 'delete');
    await receiver.next(({ json }) => json['ref'] === 'refs/heads/main');

    const seen = receiver.received.map(({ headers, json }) =>
      [headers['x-gitea-event-type'], json['action'] ?? json['ref']].join(' '),
    );
    expect(seen.toSorted()).toEqual(
      [
        'create feature/a',
        'push refs/heads/feature/a',
        'pull_request opened',
        'push refs/heads/feature/a',
        'pull_request_sync synchronized',
        'pull_request edited',
        'pull_request_comment created',
        'pull_request closed',
        'push refs/heads/main',
        'delete feature/a',
      ].toSorted(),
    );
    const of = (action: string) => receiver.received.find(({ json }) => json['action'] === action);
    expect(of('opened')?.json).toMatchObject({
      number: pull.number,
      pull_request: {
        state: 'open',
        mergeable: true,
        head: { ref: 'feature/a', repo: { full_name: 'playground/storefront' } },
        base: { ref: 'main' },
      },
      repository: { full_name: 'playground/storefront' },
      sender: { login: 'developer' },
    });
    expect(of('synchronized')?.headers['x-gitea-event']).toBe('pull_request');
    expect(of('synchronized')?.json).toMatchObject({ pull_request: { head: { sha: commit.sha } } });
    expect(of('created')?.headers['x-gitea-event']).toBe('issue_comment');
    expect(of('closed')?.json).toMatchObject({ pull_request: { merged: true, state: 'closed' } });
    await receiver.close();
  });

  test.each([
    ['APPROVED', 'pull_request_review_approved', 'pull_request_approved'],
    ['REQUEST_CHANGES', 'pull_request_review_rejected', 'pull_request_rejected'],
    ['COMMENT', 'pull_request_review_comment', 'pull_request_comment'],
  ] as const)('tell of a review: %s', async (event, type, name) => {
    const receiver = await startReceiver();
    const { gitea, server } = fixture;
    const at = ['playground', 'storefront'] as const;
    const anna = { username: 'anna', password: 'a-password-2' };
    await gitea.createUser({ ...anna, email: 'anna@example.org' });
    await gitea.setCollaborator(...at, 'anna', 'write');
    await gitea.createFile(...at, 'a.txt', 'a\n', { new_branch: 'feature/a' });
    const pull = await gitea.createPull(...at, { head: 'feature/a', base: 'main', title: 'A' });
    await gitea.createHook(...at, hook(receiver.url, ['pull_request_review']));
    await gitea.createHook(...at, hook(receiver.url, ['pull_request']));
    await gitea.createHook(...at, hook(receiver.url, ['pull_request_comment', 'push']));
    const reviewer = createGitea({ url: server.url, auth: anna });
    await reviewer.createReview(...at, pull.number, { event, body: 'Looked at it' });
    const reviews = () => receiver.received.filter(({ json }) => json['action'] === 'reviewed');
    await expect.poll(() => reviews().length).toBe(2);
    for (const { headers, json } of reviews()) {
      expect(headers).toMatchObject({ 'x-gitea-event': name, 'x-gitea-event-type': type });
      expect(json).toMatchObject({
        action: 'reviewed',
        number: pull.number,
        pull_request: { number: pull.number, state: 'open' },
        review: { type, content: 'Looked at it' },
        sender: { login: 'anna' },
      });
    }
    await gitea.createComment(...at, pull.number, 'And now a comment');
    await receiver.next(({ headers }) => headers['x-gitea-event'] === 'issue_comment');
    // The review itself went to those alone who want to hear of reviews.
    expect(reviews()).toHaveLength(2);
    await receiver.close();
  });

  test('leave out branches that the filter does not name, and inactive hooks', async () => {
    const receiver = await startReceiver();
    const { gitea } = fixture;
    const at = ['playground', 'storefront'] as const;
    await gitea.createHook(...at, { ...hook(receiver.url, ['push']), branch_filter: 'main' });
    await gitea.createHook(...at, { ...hook(`${receiver.url}/off`, ['push']), active: false });
    await gitea.createFile(...at, 'a.txt', 'a\n', { new_branch: 'other' });
    const { commit } = await gitea.createFile(...at, 'b.txt', 'b\n');
    await receiver.next(({ json }) => json['after'] === commit.sha);
    expect(receiver.received).toHaveLength(1);
    await receiver.close();
  });

  test('that were open when the server stopped are sent by the next start', async () => {
    let ready = false;
    const receiver = await startReceiver(() => (ready ? 200 : 500));
    const at = ['playground', 'storefront'] as const;
    await fixture.gitea.createHook(...at, hook(receiver.url, ['push']));
    const { commit } = await fixture.gitea.createFile(...at, 'a.txt', 'a\n');
    await receiver.next(() => true);
    ready = true;
    const before = receiver.received.length;
    await fixture.restart();
    await receiver.next(() => receiver.received.length > before);
    expect(receiver.received.at(-1)?.json['after']).toBe(commit.sha);
    await receiver.close();
  });
});

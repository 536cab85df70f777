import { createHmac } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
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
});

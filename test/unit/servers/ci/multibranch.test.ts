import { createHmac } from 'node:crypto';
import { renameSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { branchJob, multibranchConfig } from '../../../../src/clients/jenkins.ts';
import { calls, finished, Repository, startFixture } from './support/fixture.ts';

const JENKINSFILE = calls(['checkout', { scm: 'scm' }], ['sh', { script: 'cat version.txt' }]);
const SECRET = 'webhook-secret';

describe('a multibranch project', () => {
  let fixture: Awaited<ReturnType<typeof startFixture>>;
  let app: Repository;
  const main = branchJob('storefront', 'main');

  beforeEach(async () => {
    fixture = await startFixture({ webhookSecret: SECRET });
    app = new Repository(fixture.folder, 'storefront');
  });
  afterEach(async () => {
    await fixture.close();
  });

  const create = () =>
    fixture.jenkins.createJob('storefront', multibranchConfig({ source: { remote: app.remote } }));
  const branches = async () =>
    ((await fixture.jenkins.jobs(['storefront'])) ?? [])
      .filter(({ color }) => color !== 'disabled')
      .map(({ branch }) => branch);

  async function deliver(event: string, payload: object, secret = SECRET): Promise<Response> {
    const body = JSON.stringify({ repository: { clone_url: app.remote }, ...payload });
    return fetch(`${fixture.server.url}/gitea-webhook/post`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-gitea-event': event,
        'x-gitea-signature': createHmac('sha256', secret).update(body).digest('hex'),
      },
      body,
    });
  }

  test('builds every branch that has a Jenkinsfile, and no other', async () => {
    app.commit({ 'README.md': 'no pipeline' }, 'main');
    const revision = app.commit(
      { Jenkinsfile: JENKINSFILE, 'version.txt': '1\n' },
      'feature/a b'.replace(' ', '-'),
    );
    await create();
    const build = await finished(fixture.jenkins, branchJob('storefront', 'feature/a-b'));
    expect(build).toMatchObject({
      result: 'SUCCESS',
      checkouts: [{ revision }],
      causes: ['Branch indexing'],
    });
    expect(await branches()).toEqual(['feature/a-b']);
  });

  test('a signed push is built at once, at its own commit', async () => {
    app.commit({ Jenkinsfile: JENKINSFILE, 'version.txt': 'one\n' });
    await create();
    await finished(fixture.jenkins, main);
    const revision = app.commit({ 'version.txt': 'two\n' });
    const response = await deliver('push', {
      ref: 'refs/heads/main',
      after: revision,
      pusher: { login: 'developer' },
    });
    expect(await response.text()).toBe('Processed');
    const build = await finished(fixture.jenkins, main, 2);
    expect(build).toMatchObject({
      checkouts: [{ revision }],
      causes: ['Push event to branch main'],
    });
    expect(await fixture.jenkins.console(main, 2)).toContain('two\n');
  });

  test('a push with a wrong signature is refused and builds nothing', async () => {
    app.commit({ Jenkinsfile: JENKINSFILE, 'version.txt': 'one\n' });
    await create();
    await finished(fixture.jenkins, main);
    const revision = app.commit({ 'version.txt': 'two\n' });
    const response = await deliver('push', { ref: 'refs/heads/main', after: revision }, 'another secret');
    expect(response.status).toBe(403);
    expect(await fixture.jenkins.builds(main)).toHaveLength(1);
  });

  test('the same push delivered twice is built once, and a late one about an older commit not at all', async () => {
    const first = app.commit({ Jenkinsfile: JENKINSFILE, 'version.txt': 'one\n' });
    await create();
    await finished(fixture.jenkins, main);
    const second = app.commit({ 'version.txt': 'two\n' });
    const third = app.commit({ 'version.txt': 'three\n' });
    await deliver('push', { ref: 'refs/heads/main', before: second, after: third });
    await finished(fixture.jenkins, main, 2);
    await deliver('push', { ref: 'refs/heads/main', before: second, after: third });
    await deliver('push', { ref: 'refs/heads/main', before: first, after: second });
    const fourth = app.commit({ 'version.txt': 'four\n' });
    await deliver('push', { ref: 'refs/heads/main', before: third, after: fourth });
    await finished(fixture.jenkins, main, 3);
    const built = (await fixture.jenkins.builds(main))?.map(({ checkouts }) => checkouts[0]?.revision);
    expect(built).toEqual([fourth, third, first]);
  });

  test('a deleted branch is retired with its builds kept, and comes back with its numbers', async () => {
    app.commit({ Jenkinsfile: JENKINSFILE, 'version.txt': 'one\n' });
    app.commit({ 'version.txt': 'side\n' }, 'side');
    await create();
    const side = branchJob('storefront', 'side');
    await finished(fixture.jenkins, side);
    app.deleteBranch('side');
    await deliver('delete', { ref: 'side', ref_type: 'branch' });
    await expect.poll(branches).toEqual(['main']);
    expect(await fixture.jenkins.builds(side)).toHaveLength(1);
    app.commit({ 'version.txt': 'again\n' }, 'side');
    await fixture.jenkins.scan('storefront');
    expect((await finished(fixture.jenkins, side, 2)).number).toBe(2);
  });

  test('notifyCommit builds the commit that it names, without a user', async () => {
    app.commit({ Jenkinsfile: JENKINSFILE, 'version.txt': 'one\n' });
    await create();
    await finished(fixture.jenkins, main);
    const revision = app.commit({ 'version.txt': 'two\n' });
    const query = new URLSearchParams({ url: app.remote, branches: 'main', sha1: revision });
    const response = await fetch(`${fixture.server.url}/git/notifyCommit?${query.toString()}`);
    expect(await response.text()).toContain('Scheduled build of storefront main');
    expect((await finished(fixture.jenkins, main, 2)).checkouts[0]?.revision).toBe(revision);
  });

  test('a repository that cannot be reached retires nothing, and says so in the scan log', async () => {
    app.commit({ Jenkinsfile: JENKINSFILE, 'version.txt': 'one\n' });
    await create();
    await finished(fixture.jenkins, main);
    const path = app.remote.slice('file://'.length);
    renameSync(path, `${path}-away`);
    await fixture.jenkins.scan('storefront');
    const log = async () =>
      (
        await fetch(`${fixture.server.url}/job/storefront/indexing/consoleText`, {
          headers: { authorization: `Basic ${Buffer.from('developer:correct horse').toString('base64')}` },
        })
      ).text();
    await expect.poll(log).toContain('Finished: FAILURE');
    expect(await branches()).toEqual(['main']);
    renameSync(`${path}-away`, path);
    await expect.poll(log, { timeout: 5000 }).toContain('Finished: SUCCESS');
  });

  test('a replay runs the text given on the same commit', async () => {
    const revision = app.commit({ Jenkinsfile: JENKINSFILE, 'version.txt': 'one\n' });
    await create();
    await finished(fixture.jenkins, main);
    await fixture.jenkins.replay(
      main,
      1,
      calls(['checkout', { scm: 'scm' }], ['sh', { script: 'echo replayed' }]),
    );
    const build = await finished(fixture.jenkins, main, 2);
    expect(build).toMatchObject({
      checkouts: [{ revision }],
      result: 'SUCCESS',
      causes: ['Replayed #1'],
    });
    expect(await fixture.jenkins.console(main, 2)).toContain('replayed\n');
    await fixture.jenkins.replay(main, 1);
    expect((await finished(fixture.jenkins, main, 3)).causes).toEqual(['Rebuilt #1']);
  });

  test('the workspace is a clean clone with the real remote, and the same one each time', async () => {
    const script = calls(
      ['checkout', { scm: 'scm' }],
      [
        'sh',
        {
          script:
            'git status --porcelain; git remote get-url origin; git log --format=%s -1; test ! -e kept || echo kept; touch kept',
        },
      ],
    );
    app.commit({ Jenkinsfile: script });
    await create();
    await finished(fixture.jenkins, main);
    const log = await fixture.jenkins.console(main, 1);
    expect(log).toContain(`${app.remote}\n`);
    expect(log).toContain('Change Jenkinsfile\n');
    await fixture.jenkins.trigger(main);
    await finished(fixture.jenkins, main, 2);
    expect(await fixture.jenkins.console(main, 2)).toContain('\nkept\n');
  });

  test('the project can be deleted with all that it has built', async () => {
    app.commit({ Jenkinsfile: JENKINSFILE, 'version.txt': 'one\n' });
    await create();
    await finished(fixture.jenkins, main);
    await fixture.jenkins.deleteJob(['storefront']);
    expect(await fixture.jenkins.jobs()).toEqual([]);
    expect(await fixture.jenkins.builds(main)).toBeUndefined();
    await create();
    expect((await finished(fixture.jenkins, main)).number).toBe(1);
  });
});

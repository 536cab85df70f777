import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { GiteaClient } from '../../src/clients/gitea.ts';
import { branchJob, multibranchConfig } from '../../src/clients/jenkins.ts';
import { eventually } from '../support/eventually.ts';
import { gitTargets, type RunningGit } from '../support/git-targets.ts';
import { finished, startFixture } from '../unit/servers/ci/support/fixture.ts';
import { withPassword } from '../unit/servers/git/support.ts';

/** Git server and CI server know each other by URLs, webhooks and the API alone, as Gitea and Jenkins do. */
describe.each(gitTargets)('a push to $name', (target) => {
  const folder = mkdtempSync(join(tmpdir(), 'ci-git-'));
  const work = join(folder, 'work');
  const main = branchJob('storefront', 'main');
  let gitServer: RunningGit;
  let gitea: GiteaClient;
  let fixture: Awaited<ReturnType<typeof startFixture>>;

  // Not synchronously: the server that git talks to runs in this process.
  const git = async (...args: string[]) =>
    (
      await promisify(execFile)('git', ['-c', 'user.name=d', '-c', 'user.email=d@example.com', ...args], {
        cwd: work,
        timeout: 15_000,
      })
    ).stdout.trim();

  async function push(files: Record<string, string>, branch = 'main'): Promise<string> {
    for (const [name, content] of Object.entries(files)) writeFileSync(join(work, name), content);
    await git('checkout', '--quiet', '-B', branch);
    await git('add', '--all');
    await git('commit', '--quiet', '--message', 'Change');
    await git('push', '--quiet', 'origin', branch);
    return git('rev-parse', 'HEAD');
  }

  beforeAll(async () => {
    gitServer = await target.start();
    gitea = gitServer.gitea;
    await gitea.createOrganization('playground');
    await gitea.createRepository('playground', { name: 'storefront', default_branch: 'main' });
    fixture = await startFixture({
      realLanguage: true,
      webhookSecret: 'shared',
      giteaServers: [{ url: gitServer.url }],
    });
    await fixture.jenkins.ensureCredential({ kind: 'usernamePassword', id: 'git', ...gitServer.admin });
    const url = withPassword(`${gitServer.url}/playground/storefront.git`, gitServer.admin);
    await promisify(execFile)('git', ['clone', '--quiet', url, work], {
      cwd: folder,
    });
    await push({ Jenkinsfile: "node { checkout scm\n sh 'cat colour' }\n", colour: 'green\n' });
    const source = {
      serverUrl: gitServer.url,
      owner: 'playground',
      repository: 'storefront',
      credentialsId: 'git',
    };
    await fixture.jenkins.createJob('storefront', multibranchConfig({ source }));
    await finished(fixture.jenkins, main);
    // Only now: Gitea takes note of a push a while later, and tells the hooks that are there by then.
    await eventually(
      'the first push to be taken note of',
      () => gitea.findRepository('playground', 'storefront'),
      (repository) => repository?.empty === false,
    );
    await gitea.createHook('playground', 'storefront', {
      type: 'gitea',
      config: { url: `${fixture.server.url}/gitea-webhook/post`, content_type: 'json', secret: 'shared' },
      events: ['push', 'create', 'delete'],
      active: true,
    });
  });
  afterAll(async () => {
    await fixture.close();
    await gitServer.dispose();
    rmSync(folder, { recursive: true, force: true });
  });

  const statuses = async (revision: string) =>
    (await gitea.listStatuses('playground', 'storefront', revision)).map(
      ({ status, context }) => `${context} ${status}`,
    );

  test('is built, and the commit says so', async () => {
    const revision = await push({ colour: 'blue\n' });
    const build = await finished(fixture.jenkins, main, 2);
    expect(build).toMatchObject({
      checkouts: [expect.objectContaining({ revision })],
      result: 'SUCCESS',
      causes: ['Push event to branch main'],
    });
    expect(await fixture.jenkins.console(main, 2)).toContain('blue\n');
    await expect
      .poll(() => statuses(revision), { timeout: 15_000 })
      .toContain('storefront/pipeline/head success');
    const [newest] = await gitea.listStatuses('playground', 'storefront', revision);
    expect(newest).toMatchObject({ description: 'This commit looks good', target_url: build.url });
  });

  test('of a Jenkinsfile that does not parse marks the commit with the place', async () => {
    const revision = await push({ Jenkinsfile: 'node {\n  sh "x\n}\n' }, 'broken');
    const build = await finished(fixture.jenkins, branchJob('storefront', 'broken'));
    expect(build.result).toBe('FAILURE');
    await expect
      .poll(() => statuses(revision), { timeout: 15_000 })
      .toContain('storefront/pipeline/head failure');
    const [newest] = await gitea.listStatuses('playground', 'storefront', revision);
    expect(newest?.description).toMatch(/^Jenkinsfile: ?2:?/);
  });

  test('that deletes a branch retires its job', async () => {
    await git('push', '--quiet', 'origin', '--delete', 'broken');
    const colours = async () =>
      Object.fromEntries(
        ((await fixture.jenkins.jobs(['storefront'])) ?? []).map(({ branch, color }) => [branch, color]),
      );
    await expect.poll(colours, { timeout: 15_000 }).toMatchObject({ broken: 'disabled', main: 'blue' });
  });
});

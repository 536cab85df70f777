import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { configSchema } from '../../../../src/config/schema.ts';
import { chartFile } from '../../../../src/engines/components/charts.ts';
import { judgeDownloads } from '../../../../src/engines/components/downloads-preflight.ts';
import { internetPossible, startInternet, type Internet } from '../../../support/internet.ts';

describe.skipIf(!internetPossible)('what has to be fetched (skipped without openssl)', () => {
  let folder: string;
  let internet: Internet;
  const config = configSchema.parse({ engine: 'k3d', with: ['cert-manager'] });
  const answers: RequestListener = (_request, response) => {
    response.writeHead(404).end();
  };
  const meet = async (...hosts: string[]) => {
    internet = await startInternet(
      join(folder, 'internet'),
      Object.fromEntries(hosts.map((host) => [host, answers])),
    );
    // Neither k3d nor helm is on the PATH.
    for (const [name, value] of Object.entries({ ...internet.env, PATH: folder })) vi.stubEnv(name, value);
    for (const name of ['https_proxy', 'no_proxy', 'all_proxy', 'ALL_PROXY']) vi.stubEnv(name, undefined);
  };
  const own = ['github.com', 'get.helm.sh', 'dl.gitea.com'];
  const later = ['updates.jenkins.io', 'charts.jetstack.io'];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'downloads-'));
    vi.stubEnv('GITOPS_PLAYGROUND_HOME', join(folder, 'home'));
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await internet.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test('can be had where every site answers, whatever it says', async () => {
    await meet(...own, ...later);
    expect(await judgeDownloads(config, ['k3d', 'helm'])).toEqual({
      title: 'Downloads',
      level: 'ok',
      detail:
        'come from charts.jetstack.io, dl.gitea.com, get.helm.sh, github.com, updates.jenkins.io, which answer',
    });
  });

  test('stops the start where this machine gets no chart, and names the site', async () => {
    await meet('github.com', 'get.helm.sh', ...later);
    expect(await judgeDownloads(config, ['k3d', 'helm'])).toMatchObject({
      level: 'fail',
      detail: expect.stringMatching(/^tools and charts: dl\.gitea\.com does not answer: /) as string,
      mend: expect.stringContaining('up --bundle FILE') as string,
    });
  });

  test('is a warning where only the cluster will need a site, which may reach it otherwise', async () => {
    await meet(...own, 'charts.jetstack.io');
    expect(await judgeDownloads(config, ['k3d', 'helm'])).toMatchObject({
      level: 'warn',
      detail: expect.stringContaining('updates.jenkins.io does not answer') as string,
    });
  });

  test('is asked of the plugin center as well where SCM-Manager is the Git server', async () => {
    await meet('github.com', 'get.helm.sh', 'packages.scm-manager.org', ...later);
    const scmManager = { ...config, gitServer: 'scm-manager' } as const;
    expect(await judgeDownloads(scmManager, ['k3d', 'helm'])).toMatchObject({
      level: 'warn',
      detail: expect.stringContaining('plugin-center-api.scm-manager.org does not answer') as string,
    });
  });

  test('is asked of nobody when it is here already, or in a bundle', async () => {
    await meet(...later);
    for (const name of ['gitea', 'jenkins', 'argo-cd'] as const) {
      mkdirSync(dirname(chartFile(name)), { recursive: true });
      writeFileSync(chartFile(name), 'a chart');
    }
    expect(await judgeDownloads(config, [])).toMatchObject({ level: 'ok' });
    expect(internet.requests.filter((request) => request.endsWith('refused'))).toEqual([]);
    internet.requests.length = 0;
    expect(await judgeDownloads({ ...config, bundle: 'class.bundle' }, ['k3d'])).toEqual({
      title: 'Downloads',
      level: 'ok',
      detail: 'come from the bundle class.bundle',
    });
    expect(internet.requests).toEqual([]);
  });
});

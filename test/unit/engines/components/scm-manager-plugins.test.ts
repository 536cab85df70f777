import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { bundlePaths } from '../../../../src/engines/components/bundle.ts';
import { fetchScmPlugins } from '../../../../src/engines/components/scm-manager-plugins.ts';
import { internetPossible, startInternet, type Internet } from '../../../support/internet.ts';
import { offer, pluginCenter, smp } from '../../../support/plugin-center.ts';

describe.skipIf(!internetPossible)('plugins of SCM-Manager for a bundle (skipped without openssl)', () => {
  let folder: string;
  let internet: Internet;
  let offers: ReturnType<typeof offer>[];
  let answer: string | undefined;
  const host = 'plugin-center-api.scm-manager.org';
  const fetchAll = () => fetchScmPlugins(join(folder, 'bundle'), () => undefined);

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'scm-plugins-'));
    const center = pluginCenter(() => answer ?? offers);
    internet = await startInternet(join(folder, 'internet'), { [host]: center });
    for (const [name, value] of Object.entries(internet.env)) vi.stubEnv(name, value);
    for (const name of ['https_proxy', 'no_proxy', 'all_proxy', 'ALL_PROXY']) vi.stubEnv(name, undefined);
  });
  beforeEach(() => {
    mkdirSync(join(folder, 'bundle'));
    answer = undefined;
    offers = [
      offer('scm-review-plugin', ['scm-mail-plugin', 'scm-mustache-documentation-plugin']),
      offer('scm-webhook-plugin', ['scm-el-plugin']),
      offer('scm-mail-plugin', ['scm-mustache-documentation-plugin']),
      offer('scm-mustache-documentation-plugin'),
      offer('scm-el-plugin'),
      offer('scm-editor-plugin'),
    ];
  });
  afterEach(() => {
    internet.requests.length = 0;
    rmSync(join(folder, 'bundle'), { recursive: true });
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await internet.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test('are those that the playground needs and what they need, and nothing that is optional', async () => {
    const plugins = await fetchAll();
    expect(plugins.map(({ name }) => name)).toEqual([
      ...['scm-review-plugin', 'scm-mail-plugin', 'scm-mustache-documentation-plugin'],
      ...['scm-webhook-plugin', 'scm-el-plugin'],
    ]);
    for (const plugin of plugins)
      expect(readFileSync(join(folder, 'bundle', bundlePaths.scmPlugin(plugin)))).toEqual(smp(plugin.name));
    expect(readdirSync(join(folder, 'bundle'))).toEqual(['scm-plugins']);
    expect(internet.requests[0]).toBe(`${host} /api/v1/plugins/3.11.10?os=Linux&arch=64&jre=17`);
  });

  test('keep what the server wants to know of them', async () => {
    expect((await fetchAll())[0]).toEqual({
      name: 'scm-review-plugin',
      version: '3.0.0',
      displayName: 'scm-review-plugin',
      author: 'Somebody',
      sha256sum: createHash('sha256').update(smp('scm-review-plugin')).digest('hex'),
      conditions: { minVersion: '3.11.0' },
      dependencies: ['scm-mail-plugin', 'scm-mustache-documentation-plugin'],
    });
  });

  test('are refused where the center lacks one, with the reason why it is needed', async () => {
    offers = offers.filter(({ name }) => name !== 'scm-el-plugin');
    await expect(fetchAll()).rejects.toMatchObject({
      code: 'plugin-unavailable',
      message:
        'SCM-Manager 3.11.10 cannot get the plugin scm-el-plugin (scm-webhook-plugin needs it): its plugin center has none',
      hint: expect.stringContaining('leave --git-server out') as string,
    });
  });

  test.each([
    ['has no sum to compare it with', { sha256sum: '' }, 'sha256sum'],
    [
      'is only for who has logged in',
      { _links: { download: { href: '' }, install: { href: '' } } },
      '_links.download.href',
    ],
    ['would be written elsewhere', { version: '../../3.0.0' }, 'version'],
  ])('are refused where one %s', async (_what, change, lacking) => {
    offers = offers.map((each) => (each.name === 'scm-mail-plugin' ? { ...each, ...change } : each));
    await expect(fetchAll()).rejects.toMatchObject({
      code: 'plugin-unavailable',
      message: expect.stringContaining(`tells of it without ${lacking}`) as string,
    });
  });

  test('are refused where one is not what the center tells of', async () => {
    const sha256sum = '0'.repeat(64);
    offers = offers.map((each) => (each.name === 'scm-el-plugin' ? { ...each, sha256sum } : each));
    await expect(fetchAll()).rejects.toMatchObject({
      code: 'checksum-wrong',
      message: expect.stringContaining('the plugin scm-el-plugin 3.0.0 of SCM-Manager') as string,
    });
    expect(existsSync(join(folder, 'bundle', 'scm-plugins', 'scm-el-plugin-3.0.0.smp'))).toBe(false);
  });

  test('are not looked for in what is no list', async () => {
    answer = '<html>Welcome to our network</html>';
    await expect(fetchAll()).rejects.toMatchObject({
      code: 'plugin-center-unreadable',
      message: expect.stringContaining(`https://${host}/api/v1/plugins/3.11.10`) as string,
      hint: expect.stringContaining('captive portal') as string,
    });
  });
});

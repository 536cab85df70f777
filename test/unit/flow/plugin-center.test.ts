import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Registry } from '../../../src/clients/registry.ts';
import { configSchema } from '../../../src/config/schema.ts';
import { pushPlugins } from '../../../src/engines/components/bundle-plugins.ts';
import { bundlePaths } from '../../../src/engines/components/bundle.ts';
import { pluginSchema } from '../../../src/engines/components/plugin-center.ts';
import { connect, type Playground } from '../../../src/flow/playground.ts';
import { createOrganization, hasOrganization } from '../../../src/flow/seed.ts';
import { silentLog } from '../../../src/lib/log.ts';
import { startRegistry } from '../../../src/servers/registry/server.ts';
import { componentSettings } from '../../support/components.ts';
import { offer, smp } from '../../support/plugin-center.ts';
import { startScmManager } from '../clients/scm-manager-server.ts';

const center = 'plugins/scm-manager';

/** The registry and what fills it are the project's own; the server takes plugins from there as SCM-Manager does. */
describe('the plugins of SCM-Manager that a bundle has brought', () => {
  let folder: string;
  let server: Awaited<ReturnType<typeof startScmManager>>;
  let store: Awaited<ReturnType<typeof startRegistry>>;
  let registry: Registry;
  const plugins = [
    offer('scm-review-plugin', ['scm-mail-plugin']),
    offer('scm-mail-plugin'),
    offer('scm-webhook-plugin'),
  ].map((each) => pluginSchema.parse(each));
  const inCluster = 'http://registry.registry.svc.cluster.local:5000/';

  const playground = (bundle?: string): Playground => {
    const config = configSchema.parse({ engine: 'k3d', gitServer: 'scm-manager', bundle });
    const { endpoints } = componentSettings('k3d', { gitServer: 'scm-manager' });
    return connect(config, {
      ...endpoints,
      git: { ...endpoints.git, url: server.url, username: 'developer', password: 'correct-horse-battery' },
      registry: { ...endpoints.registry, host: store.host },
    });
  };

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'plugin-center-'));
    store = await startRegistry({ dataDir: join(folder, 'registry'), port: 0, log: silentLog });
    registry = new Registry({ host: store.host });
    server = await startScmManager();
    // Nothing of the internet is there.
    server.state.available = [];
    server.state.seen = (address) => address.replace(inCluster, `http://${store.host}/`);
    for (const plugin of plugins) {
      const file = join(folder, bundlePaths.scmPlugin(plugin));
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, smp(plugin.name));
    }
  });
  afterEach(async () => {
    await server.close();
    registry.close();
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test("are installed out of the playground's registry, with what they need, and nothing else is asked for", async () => {
    await pushPlugins(registry, plugins, folder);
    const at = playground('class.bundle');
    expect(await hasOrganization(at)).toBe(false);
    await createOrganization(at);
    expect(server.state.plugins).toEqual([
      ...['scm-git-plugin', 'scm-mail-plugin', 'scm-review-plugin', 'scm-webhook-plugin'],
    ]);
    expect(server.state.config).toMatchObject({
      pluginUrl: expect.stringMatching(
        /^http:\/\/registry\.registry\.svc\.cluster\.local:5000\/v2\/plugins\/scm-manager\/blobs\/sha256:[0-9a-f]{64}$/,
      ) as string,
      ...{ alertsUrl: '', releaseFeedUrl: '', loginInfoUrl: '' },
      ...{ namespaceStrategy: 'CustomNamespaceStrategy', baseUrl: 'http://localhost/scm' },
    });
    expect(await hasOrganization(at)).toBe(true);
    at.registry.close();
  });

  test('are pushed once: the same ones are left alone', async () => {
    await pushPlugins(registry, plugins, folder);
    const digest = await registry.resolve(center, 'center');
    await pushPlugins(registry, plugins, folder);
    expect(await registry.resolve(center, 'center')).toBe(digest);
    expect(await registry.tags(center)).toEqual(['center']);
  });

  test('are not asked for once the server is ready, as after a restart', async () => {
    await pushPlugins(registry, plugins, folder);
    const at = playground('class.bundle');
    await createOrganization(at);
    await registry.deleteManifest(center, 'center');
    await createOrganization(at);
    expect(await hasOrganization(at)).toBe(true);
    at.registry.close();
  });

  test('are missed by name where the registry has them no more', async () => {
    const at = playground('class.bundle');
    await expect(createOrganization(at)).rejects.toMatchObject({
      code: 'plugins-missing',
      message: expect.stringContaining('plugins/scm-manager:center') as string,
      hint: expect.stringContaining('up --bundle FILE') as string,
    });
    at.registry.close();
  });

  test('are not looked for where there was no bundle', async () => {
    server.state.available = ['scm-review-plugin', 'scm-webhook-plugin'];
    const at = playground();
    await createOrganization(at);
    expect(server.state.config.pluginUrl).toMatch(/^https:\/\/plugin-center-api\.scm-manager\.org\//);
    at.registry.close();
  });
});

import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { connectGitServer } from '../../../src/clients/git-server.ts';
import { createScmManager } from '../../../src/clients/scm-manager.ts';
import { configSchema, type Config } from '../../../src/config/schema.ts';
import type { Playground } from '../../../src/flow/playground.ts';
import { createHooks, deleteHooks, hasHooks } from '../../../src/flow/wire.ts';
import { componentSettings } from '../../support/components.ts';
import { startScmManager } from '../clients/scm-manager-server.ts';

const login = { username: 'developer', password: 'correct-horse-battery' };

describe('webhooks on SCM-Manager', () => {
  let server: Awaited<ReturnType<typeof startScmManager>>;
  beforeEach(async () => {
    server = await startScmManager();
    const client = createScmManager({ url: server.url, ...login, interval: 1 });
    await client.createOrganization('playground');
    for (const name of ['storefront', 'gitops', 'operator', 'pipeline-library']) {
      await client.createRepository('playground', { name });
    }
  });
  afterEach(() => server.close());

  function playgroundWith(operator: Config['operator']): Playground {
    const choice = { gitServer: 'scm-manager', operator } as const;
    const { endpoints } = componentSettings('k3d', choice);
    const git = connectGitServer('scm-manager', { url: server.url, ...login });
    return {
      config: configSchema.parse({ engine: 'k3d', ...choice }),
      endpoints,
      git,
    } as unknown as Playground;
  }
  const hooksOf = (name: string) =>
    server.state.repositories.get(`playground/${name}`)!.webhooks as {
      configuration: { urlPattern: string; method: string };
    }[];

  test('tell the CI server by the address of the repository that it has checked out', async () => {
    const playground = playgroundWith('argocd');
    expect(await hasHooks(playground)).toBe(false);
    await createHooks(playground);
    expect(await hasHooks(playground)).toBe(true);
    const remote = 'http://scm-manager.scm-manager.svc.cluster.local:80/scm/repo/playground/storefront.git';
    expect(hooksOf('storefront')).toMatchObject([
      {
        configuration: {
          urlPattern: `http://jenkins.jenkins.svc.cluster.local:8080/git/notifyCommit?url=${encodeURIComponent(remote)}`,
          method: 'GET',
        },
      },
    ]);
  });

  test('leave Argo CD to its interval, for it knows no payload of SCM-Manager', async () => {
    await createHooks(playgroundWith('argocd'));
    expect(hooksOf('gitops')).toEqual([]);
  });

  test('tell Flux at the address of its Receiver', async () => {
    const playground = playgroundWith('flux');
    await createHooks(playground);
    await createHooks(playground);
    const digest = createHash('sha256').update('a-secret-of-webhooksgitflux-system').digest('hex');
    expect(hooksOf('gitops').map(({ configuration }) => configuration.urlPattern)).toEqual([
      `http://receiver.flux-system.svc.cluster.local:80/hook/${digest}`,
    ]);
  });

  test('are all taken away for a reset', async () => {
    const playground = playgroundWith('flux');
    await createHooks(playground);
    await deleteHooks(playground, ['storefront', 'gitops', 'operator', 'pipeline-library']);
    for (const name of ['storefront', 'gitops', 'operator']) expect(hooksOf(name)).toEqual([]);
  });
});

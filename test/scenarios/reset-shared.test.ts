import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { pushImage } from '../../src/clients/images.ts';
import { hostPlatform } from '../../src/clients/registry.ts';
import { configSchema } from '../../src/config/schema.ts';
import type { Engine } from '../../src/engines/engine.ts';
import { planUp } from '../../src/flow/plan.ts';
import { connectTo } from '../../src/flow/playground.ts';
import { planReset } from '../../src/flow/reset.ts';
import { runTasks, type Task } from '../../src/flow/task.ts';
import { gitTargets, type RunningGit } from '../support/git-targets.ts';
import { createMixedEngine } from '../support/mixed-engine.ts';

/** Reset on a Git server with many repositories, of the playground and of others. */
describe.each([
  ['that the playground has for itself', false],
  ['that others use too, as with the engine kubernetes', true],
])('reset in a cluster %s', (_title, shared) => {
  let folder: string;
  let git: RunningGit;
  let mixed: ReturnType<typeof createMixedEngine>;
  let engine: Engine;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'reset-'));
    vi.stubEnv('GITOPS_PLAYGROUND_HOME', join(folder, 'home'));
    git = await gitTargets[0]!.start();
    mixed = createMixedEngine(git, join(folder, 'parts'));
    const seen = <T extends { kubernetes: object }>(endpoints: T): T =>
      shared
        ? { ...endpoints, kubernetes: { ...endpoints.kubernetes, parts: ['argocd'], shared } }
        : endpoints;
    engine = {
      ...mixed,
      up: async (...args) => seen(await mixed.up(...args)),
      async state(name) {
        const state = await mixed.state(name);
        return state.state === 'absent' ? state : { ...state, endpoints: seen(state.endpoints) };
      },
    };
  });
  afterEach(async () => {
    await mixed.close();
    await git.dispose();
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  const run = (tasks: readonly Task[]) => runTasks(tasks, () => undefined, AbortSignal.timeout(100_000));

  test('deletes every repository that was not seeded, and what belongs to others only where there are none', async () => {
    const {
      gitea,
      admin: { username, password },
    } = git;
    await run(planUp(Object.freeze(configSchema.parse({ username, password })), engine));
    const playground = await connectTo(engine, 'default');
    const { organization } = playground.config;
    // More than the Git server gives on one page.
    for (let n = 0; n < 55; n += 1) await gitea.createRepository(organization, { name: `scratch-${n}` });
    await gitea.createOrganization('neighbours');
    await gitea.createRepository('neighbours', { name: 'theirs', auto_init: true });
    const cluster = await playground.cluster();
    const namespace = { apiVersion: 'v1', kind: 'Namespace', name: 'neighbours' };
    await cluster.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'neighbours' } });
    const settings = { apiVersion: 'v1', kind: 'ConfigMap', name: 'settings', namespace: 'neighbours' };
    await cluster.create({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'settings', namespace: 'neighbours' },
    });
    const { registry } = playground;
    for (const repository of ['neighbours/tool', `${organization}/scratch`]) {
      const image = { tags: ['1'], layers: [], config: { ...hostPlatform(), config: {} } };
      await pushImage(registry, { repository, ...image });
    }

    await run(planReset(playground, engine));

    const left = (await gitea.searchRepositories()).map(({ full_name }) => full_name).sort();
    const seeded = ['gitops', 'operator', 'pipeline-library', 'storefront'].map(
      (name) => `${organization}/${name}`,
    );
    expect(left).toEqual(shared ? ['neighbours/theirs', ...seeded] : seeded);
    expect(await registry.tags('neighbours/tool')).toEqual(shared ? ['1'] : []);
    expect(await registry.tags(`${organization}/scratch`)).toEqual([]);
    expect((await cluster.find(namespace)) !== undefined).toBe(shared);
    expect((await cluster.find(settings)) !== undefined).toBe(shared);
  }, 120_000);
});

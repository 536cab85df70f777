import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { configSchema } from '../../../../src/config/schema.ts';
import { currentClusterState } from '../../../../src/engines/components/state.ts';
import { exampleState } from '../../../../src/engines/components/example.ts';

describe('the state of a playground in a cluster', () => {
  let folder: string;
  const config = (more: object = {}) => configSchema.parse({ engine: 'k3d', ...more });
  const current = (more: object = {}) => {
    const { ports, reserved } = exampleState(config());
    return currentClusterState('k3d', config(more), () => Promise.resolve({ ports, reserved }));
  };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'state-'));
    vi.stubEnv('GITOPS_PLAYGROUND_HOME', folder);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true, force: true });
  });

  test('refuses other add-ons than it was made with, as they would change nothing any more', async () => {
    await current({ with: ['mailpit', 'velero'] });
    await expect(current({ with: ['mailpit', 'sops'] })).rejects.toMatchObject({
      code: 'config-fixed',
      message:
        'the playground "default" was made without sops and with velero, and its add-ons cannot change later',
      hint: expect.stringContaining('gitops-playground down --name default') as string,
    });
    await expect(current({ with: ['mailpit', 'velero'], profile: 'full' })).rejects.toMatchObject({
      code: 'config-fixed',
    });
  });

  test('takes the same add-ons in whatever order, and another number of builds', async () => {
    await current({ with: ['mailpit', 'monitoring'] });
    const again = await current({ with: ['monitoring'], profile: 'minimal' });
    expect(again.config.profile).toBe('minimal');
  });
});

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { configSchema } from '../../../../src/config/schema.ts';
import {
  currentClusterState,
  isInstalledFor,
  newAddons,
  noteInstalled,
  writeClusterState,
} from '../../../../src/engines/components/state.ts';
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

  test('takes no add-on away, as people may use what it has brought', async () => {
    await current({ with: ['mailpit'], profile: 'full' });
    await expect(current({ with: ['mailpit', 'sops'], profile: 'workshop' })).rejects.toMatchObject({
      code: 'config-fixed',
      message: expect.stringMatching(
        /^the playground "default" has sealed-secrets, .*velero, and add-ons cannot be taken away later$/,
      ) as string,
      hint: expect.stringContaining('gitops-playground down --name default') as string,
    });
  });

  test('takes further add-ons, which are new until everything below them is installed', async () => {
    await noteInstalled(await current({ with: ['mailpit'] }));
    const before = await current({ with: ['mailpit'] });
    expect({ installed: before.installed, new: newAddons(before.config, before) }).toEqual({
      installed: true,
      new: [],
    });
    const later = await current({ with: ['mailpit', 'velero'] });
    expect(newAddons(later.config, later)).toEqual(['velero']);
    // An `up` that was interrupted: they are as new to the next one.
    const again = await current({ with: ['mailpit', 'velero'] });
    expect(newAddons(again.config, again)).toEqual(['velero']);
    await noteInstalled(again);
    const after = await current({ with: ['mailpit', 'velero'] });
    expect(newAddons(after.config, after)).toEqual([]);
  });

  test('has to be brought anew what another version of this program has installed by other pins', async () => {
    const state = await current();
    expect(isInstalledFor(state.config, state)).toBe(false);
    await noteInstalled(state);
    const installed = await current();
    expect(isInstalledFor(installed.config, installed)).toBe(true);
    await writeClusterState({ ...installed, pins: 'of another version' });
    const updated = await current();
    expect(isInstalledFor(updated.config, updated)).toBe(false);
    await noteInstalled(updated);
    const after = await current();
    expect(isInstalledFor(after.config, after)).toBe(true);
  });

  test('takes the same add-ons in whatever order, and another number of builds', async () => {
    await current({ with: ['mailpit', 'monitoring'] });
    const again = await current({ with: ['monitoring'], profile: 'minimal' });
    expect(again.config.profile).toBe('minimal');
  });
});

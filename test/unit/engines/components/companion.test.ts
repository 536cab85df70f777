import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { configSchema } from '../../../../src/config/schema.ts';
import { startCompanion, stopCompanion } from '../../../../src/engines/components/companion.ts';
import { clusterFolders, currentClusterState } from '../../../../src/engines/components/state.ts';
import { choosePorts } from '../../../../src/engines/k3d/steps.ts';
import { freeRow } from '../../../support/free-row.ts';

let folder: string;
const signal = AbortSignal.timeout(60_000);
const record = () =>
  JSON.parse(readFileSync(clusterFolders('default').companion, 'utf8')) as { pid: number; program: string };
const runs = (pid: number) => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'companion-'));
  vi.stubEnv('GITOPS_PLAYGROUND_HOME', folder);
  const port = await freeRow();
  await currentClusterState('k3d', configSchema.parse({ engine: 'k3d', port }), () => choosePorts(port));
});
afterEach(async () => {
  await stopCompanion('default');
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

test('the companion stays when it is asked for again, and gives way to that of another version', async () => {
  await startCompanion('default', signal);
  const first = record();
  await startCompanion('default', signal);
  expect(record().pid).toBe(first.pid);

  // As one of another version has written it.
  writeFileSync(
    clusterFolders('default').companion,
    JSON.stringify({ ...first, program: 'an earlier program' }),
  );
  await startCompanion('default', signal);
  expect(record()).toEqual({ pid: expect.any(Number), program: first.program });
  expect(record().pid).not.toBe(first.pid);
  expect(runs(first.pid)).toBe(false);
});

test('one that has left no word of its version gives way as well', async () => {
  await startCompanion('default', signal);
  const { pid } = record();
  writeFileSync(clusterFolders('default').companion, JSON.stringify({ pid }));
  await startCompanion('default', signal);
  expect(record().pid).not.toBe(pid);
  expect(runs(pid)).toBe(false);
});

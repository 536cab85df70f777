import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { withPlaygroundLock } from '../../../src/lib/lock.ts';

let folder: string;
let umask: number;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lock-'));
  umask = process.umask();
  vi.stubEnv('GITOPS_PLAYGROUND_HOME', join(folder, 'home'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  process.umask(umask);
  rmSync(folder, { recursive: true, force: true });
});

test('commands that change one playground do so one after the other, each whole, and leave no lock behind', async () => {
  let inside = 0;
  const order: number[] = [];
  const work = (index: number) =>
    withPlaygroundLock('twice', async () => {
      inside += 1;
      expect(inside).toBe(1);
      await delay(5);
      inside -= 1;
      order.push(index);
    });
  // Each that ends takes the folder of the locks away while the others wait for their turn.
  await Promise.all(Array.from({ length: 12 }, (_value, index) => work(index)));
  expect(order.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 12 }, (_value, index) => index));
  expect(existsSync(join(folder, 'home'))).toBe(false);
});

test('a command that waits too long is told why', async () => {
  let end = () => undefined as void;
  const held = withPlaygroundLock('busy', () => new Promise<void>((resolve) => (end = resolve)));
  await expect(withPlaygroundLock('busy', async () => undefined)).rejects.toMatchObject({
    code: 'busy',
    message: expect.stringContaining('"busy"'),
  });
  end();
  await held;
}, 20_000);

test('a home that cannot be written to is named', async () => {
  writeFileSync(join(folder, 'home'), 'a file');
  await expect(withPlaygroundLock('x', async () => undefined)).rejects.toMatchObject({
    code: 'home-unwritable',
  });
});

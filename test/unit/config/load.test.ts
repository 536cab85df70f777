import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { loadConfig } from '../../../src/config/load.ts';
import { isPlaygroundName } from '../../../src/config/schema.ts';
import { PlaygroundError } from '../../../src/lib/errors.ts';

describe('the configuration', () => {
  let folder: string;
  let file: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'config-'));
    file = join(folder, 'playground.yaml');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const refusal = async (load: Promise<unknown>) => {
    const error = await load.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(PlaygroundError);
    return error as PlaygroundError;
  };

  test('has good defaults for everything', async () => {
    const config = await loadConfig(undefined);
    expect(config).toMatchObject({
      name: 'default',
      engine: 'auto',
      username: 'developer',
      application: 'storefront',
    });
    expect(Object.isFrozen(config)).toBe(true);
  });

  test('lets the command line override the file, and the file the defaults', async () => {
    writeFileSync(file, 'username: anna\nreconcileSeconds: 5\n');
    expect(await loadConfig(file, { reconcileSeconds: 7, port: undefined })).toMatchObject({
      username: 'anna',
      reconcileSeconds: 7,
    });
  });

  test('reports every problem of the file and the flags together, each with its place', async () => {
    writeFileSync(file, 'username: Anna!\nreconcileSecond: 5\npassword: short\n');
    const { code, message } = await refusal(
      loadConfig(file, { port: 80 }, { problems: [{ place: '--prot', message: 'unknown option' }] }),
    );
    expect(code).toBe('config-invalid');
    expect(message).toContain('5 problems');
    expect(message).toContain('--prot: unknown option');
    expect(message).toContain(`${file}:1:1: username: use at most 40 lower-case letters`);
    expect(message).toContain(`${file}:2:1: unknown key "reconcileSecond"; did you mean "reconcileSeconds"?`);
    expect(message).toContain(`${file}:3:1: password: use at least 8 characters`);
    expect(message).toContain('--port: port: use a port from 1024 to 65000');
  });

  test('names line and column where the YAML cannot be read, and duplicate keys', async () => {
    writeFileSync(file, 'username: anna\nusername: berta\n');
    expect((await refusal(loadConfig(file))).message).toContain(`${file}:2:1: `);
    writeFileSync(file, 'username: [anna\n');
    expect((await refusal(loadConfig(file))).message).toMatch(/playground\.yaml:\d+:\d+: /);
  });

  test('says so when there is no such file, or it holds no map', async () => {
    const missing = await refusal(loadConfig(join(folder, 'nowhere.yaml')));
    expect(missing).toMatchObject({
      code: 'config-unreadable',
      message: expect.stringContaining('there is no'),
    });
    writeFileSync(file, '- a\n');
    expect((await refusal(loadConfig(file))).message).toContain('a map of keys and values');
  });

  test('takes an empty file for no settings', async () => {
    writeFileSync(file, '# nothing yet\n');
    expect(await loadConfig(file)).toEqual(await loadConfig(undefined));
  });

  test('takes no name that could leave its folder', () => {
    fc.assert(
      fc.property(fc.string(), (name) => {
        if (isPlaygroundName(name)) expect(name).toMatch(/^[a-z0-9-]+$/);
      }),
    );
    for (const name of ['a/b', '..', '.', '', 'UPPER', 'a'.repeat(41), '-a'])
      expect(isPlaygroundName(name)).toBe(false);
    for (const name of ['default', 'a', 'class-12']) expect(isPlaygroundName(name)).toBe(true);
  });
});

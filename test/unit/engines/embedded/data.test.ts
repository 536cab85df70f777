import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  beginReplacement,
  copyData,
  dataFolders,
  replaceData,
  settleData,
  takeBack,
} from '../../../../src/engines/embedded/data.ts';

describe('the data of a playground', () => {
  const before = process.env.GITOPS_PLAYGROUND_HOME;
  let home: string;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'home-'));
    process.env.GITOPS_PLAYGROUND_HOME = home;
    make('data', 'old');
    make('data.next', 'new');
  });
  afterEach(() => {
    if (before === undefined) delete process.env.GITOPS_PLAYGROUND_HOME;
    else process.env.GITOPS_PLAYGROUND_HOME = before;
    rmSync(home, { recursive: true, force: true });
  });

  const place = (name: string) => join(home, 'default', name);
  const make = (name: string, content: string) => {
    mkdirSync(join(place(name), 'kubernetes', 'store'), { recursive: true });
    writeFileSync(join(place(name), 'content'), content);
  };
  const content = () => readFileSync(join(place('data'), 'content'), 'utf8');
  const tidy = () => {
    const { next, previous } = dataFolders('default');
    expect([existsSync(next), existsSync(previous)]).toEqual([false, false]);
  };

  test('are replaced as a whole', async () => {
    await replaceData('default');
    expect(content()).toBe('new');
    await settleData('default');
    expect(content()).toBe('new');
    tidy();
  });

  test('leave what they replaced as material for the next replacement', async () => {
    await replaceData('default');
    const next = await beginReplacement('default');
    expect(readFileSync(join(next, 'content'), 'utf8')).toBe('old');
    expect(existsSync(dataFolders('default').previous)).toBe(false);
    await settleData('default');
    expect(content()).toBe('new');
    tidy();
  });

  test('go on with the caches that were there, which no copy has', async () => {
    const cache = join('gitops', 'mirrors', 'one');
    mkdirSync(join(place('data'), cache), { recursive: true });
    mkdirSync(join(place('data.next'), 'gitops'));
    await copyData('default', join(home, 'copy'));
    expect(existsSync(join(home, 'copy', 'gitops', 'mirrors'))).toBe(false);
    await replaceData('default');
    expect(existsSync(join(place('data'), cache))).toBe(true);
  });

  test('come back when the replacement is of no use', async () => {
    await replaceData('default');
    await takeBack('default');
    expect(content()).toBe('old');
    tidy();
  });

  test('are the old ones after an interruption before they were in place', async () => {
    await settleData('default');
    expect(content()).toBe('old');
    tidy();
    make('data.next', 'new');
    renameSync(place('data'), place('data.previous'));
    await settleData('default');
    expect(content()).toBe('old');
    tidy();
  });

  test('of a new playground are not there yet, which is fine', async () => {
    rmSync(home, { recursive: true });
    await settleData('default');
    expect(existsSync(place('data'))).toBe(false);
  });
});

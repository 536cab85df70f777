import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { copyAtOnce, copyVerified, listEntries } from '../../../../src/engines/embedded/copy.ts';

const { signal } = new AbortController();

describe('a copy of a folder', () => {
  let folder: string;
  let from: string;
  let saved: string;
  let back: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'copy-'));
    [from, saved, back] = ['from', 'saved', 'back'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    mkdirSync(join(from, 'a', 'empty'), { recursive: true });
    writeFileSync(join(from, 'a', 'small'), 'small');
    writeFileSync(join(from, 'run'), '#!/bin/sh', { mode: 0o700 });
    writeFileSync(join(from, 'large'), Buffer.alloc(3_000_000, 'x'));
    symlinkSync('a/small', join(from, 'link'));
    copyAtOnce(from, saved);
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  test('has files with their rights, links, and folders without content', async () => {
    await copyVerified(saved, await listEntries(saved), back, signal);
    expect(readFileSync(join(back, 'a', 'small'), 'utf8')).toBe('small');
    expect(readFileSync(join(back, 'large')).equals(readFileSync(join(from, 'large')))).toBe(true);
    expect(readlinkSync(join(back, 'link'))).toBe('a/small');
    expect(lstatSync(join(back, 'a', 'empty')).isDirectory()).toBe(true);
    expect(lstatSync(join(back, 'run')).mode & 0o777).toBe(0o700);
  });

  test('is not the original: what changes later is not in it', async () => {
    const entries = await listEntries(saved);
    writeFileSync(join(from, 'a', 'small'), 'other');
    await copyVerified(saved, entries, back, signal);
    expect(readFileSync(join(back, 'a', 'small'), 'utf8')).toBe('small');
  });

  test.each([
    ['another content', () => writeFileSync(join(saved, 'a', 'small'), 'smell')],
    ['another length', () => writeFileSync(join(saved, 'large'), 'x')],
    ['no file', () => rmSync(join(saved, 'run'))],
  ])('that is damaged is refused: %s', async (_what, damage) => {
    const entries = await listEntries(saved);
    damage();
    await expect(copyVerified(saved, entries, back, signal)).rejects.toMatchObject({
      code: 'snapshot-damaged',
    });
    // Nothing is still being copied: the folder can be removed at once.
    rmSync(back, { recursive: true });
    expect(existsSync(back)).toBe(false);
  });

  test('never leads out of its folder', async () => {
    const entries = [{ path: '../outside', size: 0, mode: 0o600, sha256: '' }];
    await expect(copyVerified(saved, entries, back, signal)).rejects.toThrow('leads out of its folder');
  });
});

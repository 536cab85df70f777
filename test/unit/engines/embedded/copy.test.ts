import {
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
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

  test('shares on disk what never changes, and nothing else', async () => {
    const object = join('repo.git', 'objects', 'ab', 'c'.repeat(38));
    const unfinished = join('repo.git', 'objects', 'ab', 'tmp_obj_x1');
    const later = join(folder, 'later');
    mkdirSync(join(from, 'repo.git', 'objects', 'ab'), { recursive: true });
    for (const path of [object, unfinished]) writeFileSync(join(from, path), 'object');
    copyAtOnce(from, later);
    await copyVerified(later, await listEntries(later), back, signal);
    const inode = (place: string, path: string) => lstatSync(join(place, path)).ino;
    expect([inode(later, object), inode(back, object)]).toEqual([inode(from, object), inode(from, object)]);
    for (const path of [unfinished, 'run', 'large', join('a', 'small')])
      expect(new Set([from, later, back].map((place) => inode(place, path))).size).toBe(3);
  });

  test('leaves out the folders that are named', () => {
    const without = join(folder, 'without');
    copyAtOnce(from, without, [join(from, 'a')]);
    expect(readdirSync(without).sort()).toEqual(['large', 'link', 'run']);
  });

  test('goes over what is there already: what is the same stays, the rest is made so or removed', async () => {
    const entries = await listEntries(saved);
    copyAtOnce(saved, back);
    const kept = lstatSync(join(back, 'large')).ino;
    // A second name for a file that must not be written to.
    linkSync(join(back, 'a', 'small'), join(folder, 'other'));
    writeFileSync(join(back, 'a', 'small'), 'SMALL');
    rmSync(join(back, 'run'));
    mkdirSync(join(back, 'run', 'surplus'), { recursive: true });
    writeFileSync(join(back, 'a', 'surplus'), '');
    rmSync(join(back, 'a', 'empty'), { recursive: true });
    rmSync(join(back, 'link'));
    writeFileSync(join(back, 'link'), 'a/small');
    await copyVerified(saved, entries, back, signal);
    expect(await listEntries(back)).toEqual(entries);
    expect(lstatSync(join(back, 'large')).ino).toBe(kept);
    expect(readFileSync(join(folder, 'other'), 'utf8')).toBe('SMALL');
  });

  test('that is damaged is refused also where the same is there already', async () => {
    const entries = await listEntries(saved);
    copyAtOnce(saved, back);
    writeFileSync(join(saved, 'a', 'small'), 'smell');
    await expect(copyVerified(saved, entries, back, signal)).rejects.toMatchObject({
      code: 'snapshot-damaged',
    });
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

import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { isSource, openSource } from '../../../src/exercises/library.ts';
import type { Playground } from '../../../src/flow/playground.ts';

describe('an exercise from elsewhere', () => {
  let folder: string;
  const open = (source: string) => openSource({ folder } as Playground, source, new AbortController().signal);

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'library-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  test.each([
    ['1', false],
    ['drift', false],
    ['04-drift', false],
    ['./drift', true],
    ['..', true],
    ['https://git.example.com/x.git', true],
    ['git@git.example.com:team/x.git', true],
  ])('is meant by a path or an address alone: %s is %s', (word, source) => {
    expect(isSource(word)).toBe(source);
  });

  test('is fetched by no program that git would run for it', async () => {
    const witness = join(folder, 'ran');
    await expect(open(`ext::sh -c touch% ${witness}`)).rejects.toMatchObject({ code: 'git-failed' });
    expect(existsSync(witness)).toBe(false);
    await expect(open('./none')).rejects.toMatchObject({ code: 'exercise-missing' });
  });

  test('stays inside its repository', async () => {
    const repository = join(folder, 'repository');
    mkdirSync(repository);
    symlinkSync('/etc', join(repository, 'link'));
    writeFileSync(join(repository, 'a.txt'), 'a');
    const git = (...args: string[]) => execa('git', ['-C', repository, ...args], { env: { HOME: folder } });
    await git('init', '--quiet');
    await git('add', '--all');
    await git('-c', 'user.name=a', '-c', 'user.email=a@example.com', 'commit', '--quiet', '--message', 'a');
    for (const below of ['../..', 'link']) {
      await expect(open(`file://${repository}#${below}`)).rejects.toMatchObject({
        code: 'exercise-missing',
        message: `${below} is not inside the repository`,
      });
    }
  });
});

import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { packData } from '../../../../src/engines/embedded/pack.ts';

describe('packing a copy of the data', () => {
  let data: string;
  let repository: string;
  const git = async (...args: string[]) =>
    (await execa('git', ['--git-dir', repository, ...args], { input: 'a file that nothing leads to' }))
      .stdout;
  const files = () => readdirSync(repository, { recursive: true }).length;

  beforeEach(async () => {
    data = mkdtempSync(join(tmpdir(), 'pack-'));
    repository = join(data, 'git', 'one.git');
    mkdirSync(join(data, 'kubernetes', 'store'), { recursive: true });
    await execa('git', ['init', '--quiet', '--bare', repository]);
    const tree = await git('hash-object', '-t', 'tree', '-w', '/dev/null');
    const author = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.org'];
    for (let number = 1; number <= 9; number += 1) {
      const commit = await git(...author, 'commit-tree', tree, '-m', `commit ${number}`);
      await git('update-ref', `refs/pull/${number}/head`, commit);
    }
  });
  afterEach(() => {
    rmSync(data, { recursive: true });
  });

  test('leaves repositories with the same references and objects in fewer files', async () => {
    const references = await git('for-each-ref');
    const blob = await git('hash-object', '-w', '--stdin');
    const before = files();
    await packData(data);
    expect(before - files()).toBeGreaterThan(25);
    expect(await git('for-each-ref')).toBe(references);
    expect((await git('log', '--all', '--format=%s')).split('\n')).toHaveLength(9);
    expect(await git('cat-file', '-p', blob)).toBe('a file that nothing leads to');
  });

  test('leaves one that Git cannot read as it is', async () => {
    writeFileSync(join(repository, 'config'), '[core');
    const before = files();
    await packData(data);
    expect(files()).toBe(before);
    expect(existsSync(join(repository, 'refs', 'pull', '1', 'head'))).toBe(true);
  });
});

import { mkdtempSync, renameSync, rmSync, writeFileSync, chmodSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { changedFiles } from '../../../../src/clients/git/diff-files.ts';
import { git } from '../../servers/git/support.ts';

test('names every file that git shows a difference of', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'diff-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const file = (name: string) => join(folder, name);
  const names = ['changed.txt', 'gone.txt', 'moved.txt', 'mode.sh', 'größe.txt'];
  await git(folder, 'init', '--quiet');
  for (const name of names) writeFileSync(file(name), `${name}\n--- a/not-a-name\n`);
  await git(folder, 'add', '--all');
  await git(folder, 'commit', '--quiet', '--message', 'Begin');
  writeFileSync(file('changed.txt'), 'other\n+++ b/not-a-name\n');
  writeFileSync(file('größe.txt'), 'other\n');
  writeFileSync(file('with space.txt'), 'new\n');
  writeFileSync(file('binary'), Buffer.from([0, 1, 2]));
  rmSync(file('gone.txt'));
  renameSync(file('moved.txt'), file('there.txt'));
  chmodSync(file('mode.sh'), 0o755);
  await git(folder, 'add', '--all');
  const diff = await git(folder, 'diff', '--cached', '--find-renames');
  expect(
    changedFiles(diff)
      .map(({ filename }) => filename)
      .sort(),
  ).toEqual(
    ['binary', 'changed.txt', 'gone.txt', 'größe.txt', 'mode.sh', 'there.txt', 'with space.txt'].sort(),
  );
});

test('finds nothing in no difference', () => {
  expect(changedFiles('')).toEqual([]);
});

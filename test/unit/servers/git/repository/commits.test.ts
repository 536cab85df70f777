import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  changedFiles,
  log,
  readCommit,
  resolveCommit,
} from '../../../../../src/servers/git/repository/commits.ts';
import { Git } from '../../../../../src/servers/git/repository/git.ts';
import { Objects } from '../../../../../src/servers/git/repository/objects.ts';
import { git as client } from '../support.ts';

describe('the commits of a repository', () => {
  let home: string;
  let folder: string;
  let git: Git;
  let objects: Objects;
  const shas: string[] = [];

  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'git-commits-'));
    folder = join(home, 'work', '.git');
    const work = join(home, 'work');
    git = new Git(home);
    objects = new Objects(git);
    await client(home, 'init', '-q', '-b', 'main', work);
    const commit = async (message: string, files: Record<string, string | null>, date: string) => {
      for (const [path, text] of Object.entries(files)) {
        await mkdir(dirname(join(work, path)), { recursive: true });
        if (text === null) await rm(join(work, path));
        else await writeFile(join(work, path), text);
      }
      await client(work, 'add', '-A');
      await client(work, 'commit', '-q', '--date', date, '-m', message);
      shas.push(await client(work, 'rev-parse', 'HEAD'));
    };
    const text = 'line\n'.repeat(20);
    await commit(
      'one',
      { 'a.txt': text, 'd/b.txt': 'b\n', 'd/e/f ü.txt': '1\n' },
      '2024-01-01T00:00:00+05:30',
    );
    await commit(
      'two\n\nbody\u0001 with signs',
      { 'd/b.txt': 'b2\n', 'd/e/f ü.txt': null, e: 'x' },
      '2024-01-02T00:00:00Z',
    );
    // A file becomes a folder, another one is renamed.
    await commit('three', { e: null, 'a.txt': null, 'moved.txt': text }, '2024-01-03T00:00:00-08:00');
    await commit('four', { 'e/inside': 'other\n', bin: '\0\0' }, '2024-01-04T00:00:00-08:00');
  });
  afterAll(async () => {
    objects.close();
    await git.close();
    await rm(home, { recursive: true, force: true, maxRetries: 5 });
  });

  const last = () => shas.at(-1) ?? '';

  test('read the same by the open reader as by git log', async () => {
    const logged = await log(git, folder, { revisions: [last()] });
    expect(logged).toHaveLength(4);
    for (const entry of logged) {
      const read = await readCommit(objects, folder, entry.sha);
      expect({ ...read, message: read?.message.trim() }).toEqual({ ...entry, message: entry.message.trim() });
    }
  });

  test('differ in lines and renames', async () => {
    expect(await changedFiles(git, folder, shas[1] ?? '', last())).toEqual([
      { path: 'bin', status: 'added', additions: 0, deletions: 0 },
      { path: 'e', status: 'removed', additions: 0, deletions: 1 },
      { path: 'e/inside', status: 'added', additions: 1, deletions: 0 },
      { path: 'moved.txt', from: 'a.txt', status: 'renamed', additions: 0, deletions: 0 },
    ]);
  });

  test('are found by branch and by id, whole or short, and by nothing else', async () => {
    expect(await resolveCommit(objects, folder, 'main')).toBe(last());
    expect(await resolveCommit(objects, folder, 'refs/heads/main')).toBe(last());
    expect(await resolveCommit(objects, folder, shas[0] ?? '')).toBe(shas[0]);
    expect(await resolveCommit(objects, folder, (shas[0] ?? '').slice(0, 10))).toBe(shas[0]);
    for (const name of ['main~1', 'HEAD^', ':/one', 'main@{0}', '', 'nothing', '-n1', 'main:a.txt', 'a\nb']) {
      expect(await resolveCommit(objects, folder, name)).toBeUndefined();
    }
  });
});

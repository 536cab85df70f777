import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Git } from '../../../../../src/servers/git/repository/git.ts';
import { Objects } from '../../../../../src/servers/git/repository/objects.ts';
import { NO_SHA, readRef, releaseLocks } from '../../../../../src/servers/git/repository/refs.ts';
import { writeTree, type TreeChange } from '../../../../../src/servers/git/repository/trees.ts';
import { updateRef, writeCommit, type NewCommit } from '../../../../../src/servers/git/repository/write.ts';

let home: string;
let folder: string;
let git: Git;
let objects: Objects;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'git-write-'));
  folder = join(home, 'r.git');
  git = new Git(home);
  objects = new Objects(git);
  await git.run(['init', '--quiet', '--bare', folder]);
});
afterEach(async () => {
  objects.close();
  await git.close();
  await rm(home, { recursive: true, force: true, maxRetries: 5 });
});

const main = 'refs/heads/main';
const ada = { name: 'Ada', email: 'ada@example.org', date: '2026-01-02T03:04:05+01:00' };
const put = (path: string, content = path, mode = '100644'): TreeChange => ({
  path,
  mode,
  content: Buffer.from(content),
});
const gone = (path: string): TreeChange => ({ path, delete: true });
const commit = (change: Partial<NewCommit> = {}) =>
  writeCommit({ git, objects }, folder, {
    ref: main,
    parents: [],
    message: 'change',
    author: ada,
    committer: ada,
    tree: [put('a')],
    ...change,
  });
const files = async (tree: string) =>
  (await git.text(['--git-dir', folder, 'ls-tree', '-r', '-z', '--name-only', tree]))
    .split('\0')
    .filter(Boolean);

describe('a commit', () => {
  it('is what git reads: people, message, parents and files', async () => {
    const first = await commit({ tree: [put('run.sh', '#!/bin/sh\n', '100755'), put('d/ü.txt', 'x')] });
    const second = await commit({ parents: [first], message: 'two\n\nbody\n', tree: [gone('run.sh')] });
    const format = '--format=%P|%an <%ae> %aI|%B';
    expect(await git.text(['--git-dir', folder, 'log', '-1', format, second])).toBe(
      `${first}|Ada <ada@example.org> 2026-01-02T03:04:05+01:00|two\n\nbody\n\n`,
    );
    expect(await files(first)).toEqual(['d/ü.txt', 'run.sh']);
    expect(await files(second)).toEqual(['d/ü.txt']);
    await git.run(['--git-dir', folder, 'fsck', '--strict', '--no-dangling']);
  });

  it('is refused where the branch has moved meanwhile', async () => {
    const first = await commit();
    const second = await commit({ parents: [first], tree: [put('b')] });
    await expect(commit({ parents: [first], tree: [put('c')] })).rejects.toMatchObject({ status: 409 });
    await expect(commit()).rejects.toMatchObject({ status: 409 });
    expect(await readRef(folder, main)).toBe(second);
  });

  it('keeps names that are no UTF-8 as they are', async () => {
    const blob = (
      await git.text(['--git-dir', folder, 'hash-object', '-w', '--stdin'], { input: 'x' })
    ).trim();
    const entry = Buffer.concat([
      Buffer.from(`100644 blob ${blob}\t`),
      Buffer.from([0xe4, 0x2e, 0x74]),
      Buffer.from([0]),
    ]);
    const tree = (await git.text(['--git-dir', folder, 'mktree', '-z'], { input: entry })).trim();
    const changed = await writeTree(objects, folder, tree, [put('new')]);
    const { stdout } = await git.run(['--git-dir', folder, 'ls-tree', '-z', '--name-only', changed]);
    expect(stdout.toString('latin1')).toBe('new\0\u00e4.t\0');
  });
});

describe('a tree', () => {
  it('is the one that git makes of the same changes', async () => {
    const names = fc.array(fc.constantFrom('a', 'a-b', 'a.b', 'b', 'ü'), { minLength: 1, maxLength: 3 });
    const paths = names.map((parts) => parts.join('/'));
    const changes = fc.array(fc.tuple(paths, fc.boolean()), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(fc.array(changes, { minLength: 1, maxLength: 3 }), async (commits) => {
        let tree: string | undefined;
        let parent: string | undefined;
        for (const [index, list] of commits.entries()) {
          const wanted = list.map(([path, remove]) => (remove ? gone(path) : put(path, `${path} ${index}`)));
          tree = await writeTree(objects, folder, tree, wanted);
          parent = await byFastImport(wanted, parent);
          expect(tree).toBe((await git.text(['--git-dir', folder, 'rev-parse', `${parent}^{tree}`])).trim());
        }
      }),
      { numRuns: 25 },
    );
  });

  /** A commit of the same changes by `git fast-import`. */
  async function byFastImport(changes: readonly TreeChange[], parent: string | undefined): Promise<string> {
    const lines = changes.map((change) =>
      'delete' in change
        ? `D "${change.path}"\n`
        : `M ${change.mode} inline "${change.path}"\ndata ${change.content.length}\n${change.content.toString()}\n`,
    );
    const from = parent === undefined ? '' : `from ${parent}\n`;
    const input = `commit refs/heads/other\nmark :1\ncommitter A <a@example.org> 1 +0000\ndata 0\n${from}${lines.join('')}get-mark :1\ndone\n`;
    const args = ['--git-dir', folder, 'fast-import', '--quiet', '--done', '--force'];
    return (await git.text(args, { input })).trim();
  }
});

describe('a reference', () => {
  it('moves, and is deleted, only from where it is thought to be', async () => {
    const first = await commit();
    const second = await commit({ parents: [first], tree: [put('b')] });
    await expect(updateRef(git, folder, main, { before: first, after: first })).rejects.toMatchObject({
      status: 409,
    });
    await expect(updateRef(git, folder, main, { before: first, after: NO_SHA })).rejects.toMatchObject({
      status: 409,
    });
    await updateRef(git, folder, main, { before: second, after: first });
    expect(await readRef(folder, main)).toBe(first);
    await updateRef(git, folder, main, { before: first, after: NO_SHA });
    expect(await readRef(folder, main)).toBeUndefined();
  });

  it('is deleted for good when it is packed', async () => {
    const sha = await commit();
    await git.run(['--git-dir', folder, 'pack-refs', '--all']);
    await updateRef(git, folder, main, { before: sha, after: NO_SHA });
    expect(await readRef(folder, main)).toBeUndefined();
  });

  it.each([false, true])(
    'does not stand beside one whose name is a folder for it (packed: %s)',
    async (packed) => {
      const after = await commit();
      await updateRef(git, folder, 'refs/heads/a/b', { before: NO_SHA, after });
      if (packed) await git.run(['--git-dir', folder, 'pack-refs', '--all', '--prune']);
      for (const ref of ['refs/heads/a', 'refs/heads/a/b/c']) {
        await expect(updateRef(git, folder, ref, { before: NO_SHA, after })).rejects.toMatchObject({
          status: 409,
        });
      }
      await updateRef(git, folder, 'refs/heads/a/b', { before: after, after: NO_SHA });
      await updateRef(git, folder, 'refs/heads/a', { before: NO_SHA, after });
      expect(await readRef(folder, 'refs/heads/a')).toBe(after);
    },
  );

  it('that somebody else holds does not move, until a start has removed the lock of a crash', async () => {
    const before = await commit();
    await mkdir(join(folder, 'refs', 'heads', 'x'));
    const locks = [join(folder, `${main}.lock`), join(folder, 'refs/heads/x/y.lock')];
    for (const lock of locks) await writeFile(lock, '');
    await expect(updateRef(git, folder, main, { before, after: NO_SHA })).rejects.toMatchObject({
      status: 409,
    });
    expect(await readRef(folder, main)).toBe(before);
    await releaseLocks(folder);
    expect(locks.some((lock) => existsSync(lock))).toBe(false);
    await updateRef(git, folder, main, { before, after: NO_SHA });
  });
});

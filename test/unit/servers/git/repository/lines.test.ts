import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { log, type CommitEntry } from '../../../../../src/servers/git/repository/commits.ts';
import { Git } from '../../../../../src/servers/git/repository/git.ts';
import { walkLine } from '../../../../../src/servers/git/repository/lines.ts';
import { Objects } from '../../../../../src/servers/git/repository/objects.ts';
import { git as client } from '../support.ts';

let home: string;
let work: string;
let folder: string;
let git: Git;
let objects: Objects;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'git-lines-'));
  work = join(home, 'work');
  folder = join(work, '.git');
  git = new Git(home);
  objects = new Objects(git);
  await client(home, 'init', '-q', '-b', 'main', work);
});
afterEach(async () => {
  objects.close();
  await git.close();
  await rm(home, { recursive: true, force: true, maxRetries: 5 });
});

async function commit(files: Record<string, string | null>): Promise<string> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(work, path)), { recursive: true });
    if (text === null) await rm(join(work, path));
    else await writeFile(join(work, path), text);
  }
  await client(work, 'add', '-A');
  await client(work, 'commit', '-q', '-m', 'a change');
  return head();
}
const head = () => client(work, 'rev-parse', 'HEAD');

const told = (commits: readonly CommitEntry[] | undefined) =>
  commits?.map(({ sha, files }) => ({
    sha,
    files: files.map(({ path, status }) => `${status} ${path}`).toSorted(),
  }));

/** The walk finds what `git log` finds, by its ids and files. */
async function expectSame(before: string | undefined, after: string): Promise<void> {
  const revisions = before === undefined ? [after] : [after, `^${before}`];
  const logged = told(await log(git, folder, { revisions, files: true }));
  expect(told(await walkLine(objects, folder, before, after))).toEqual(logged);
}

test('commits one after the other are found with their files, down to the very first', async () => {
  const text = 'line\n'.repeat(20);
  const one = await commit({ 'a.txt': text, 'd/b.txt': 'b\n', 'd/e/f ü.txt': '1\n' });
  const two = await commit({ 'd/b.txt': 'b2\n', 'd/e/f ü.txt': null, e: 'x' });
  // A file becomes a folder, another one is renamed.
  const three = await commit({ e: null, 'a.txt': null, 'moved.txt': text });
  const four = await commit({ 'e/inside': 'other\n', bin: '\0\0' });
  await expectSame(undefined, one);
  await expectSame(undefined, four);
  await expectSame(one, four);
  await expectSame(two, three);
  expect(told(await walkLine(objects, folder, one, two))?.[0]?.files).toEqual([
    'added e',
    'modified d/b.txt',
    'removed d/e/f ü.txt',
  ]);
});

test('a merge is found with what it brought, also when its base had moved on', async () => {
  await commit({ a: '1' });
  await client(work, 'switch', '-q', '-c', 'side');
  await commit({ b: '1' });
  await client(work, 'switch', '-q', 'main');
  for (const further of [{ a: '2' }, { c: '1' }] as Record<string, string>[]) {
    const before = await commit(further);
    await client(work, 'merge', '-q', '--no-ff', '--no-edit', 'side');
    await expectSame(before, await head());
    await client(work, 'switch', '-q', 'side');
    await commit({ b: JSON.stringify(further) });
    await client(work, 'switch', '-q', 'main');
  }
});

test('history that is no short line is left to git log', async () => {
  const first = await commit({ a: '0' });
  expect(await walkLine(objects, folder, '1'.repeat(40), first)).toBeUndefined();
  for (let index = 1; index <= 10; index += 1) await commit({ a: String(index) });
  expect(await walkLine(objects, folder, first, await head())).toHaveLength(10);
  expect(await walkLine(objects, folder, undefined, await head())).toBeUndefined();
});

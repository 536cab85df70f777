import { chmod, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { lookUp } from '../../../../src/clients/git/lookup.ts';
import { objectId } from '../../../../src/clients/git/loose.ts';
import { git } from '../../servers/git/support.ts';

let work: string;
let repository: string;

beforeEach(async () => {
  work = await mkdtemp(join(tmpdir(), 'git-lookup-'));
  repository = join(work, '.git');
  await git(work, 'init', '--quiet', '--initial-branch', 'main');
  for (const [file, text] of [
    ['README.md', 'hello\n'],
    ['src/deep/er.js', 'deep\n'],
    ['src/übung.txt', 'name\n'],
    ['empty', ''],
  ] as const) {
    await mkdir(dirname(join(work, file)), { recursive: true });
    await writeFile(join(work, file), text);
  }
  await symlink('README.md', join(work, 'link'));
  await git(work, 'add', '--all');
  await git(work, 'commit', '--quiet', '--message', 'One\n\ntree 0123456789012345678901234567890123456789');
  await git(work, 'tag', '--annotate', '--message', 'First', 'v1');
});
afterEach(async () => {
  await rm(work, { recursive: true, force: true });
});

/** The id that git finds by the same name. */
const byGit = (name: string) => git(work, 'rev-parse', '--verify', name);

describe('an object is found as git finds it', () => {
  test.each([
    ['HEAD', ''],
    ['HEAD', '^{commit}'],
    ['HEAD', '^{tree}'],
    ['HEAD', '^{}'],
    ['HEAD', ':'],
    ['HEAD', ':README.md'],
    ['HEAD', ':src'],
    ['HEAD', ':src/deep/er.js'],
    ['HEAD', ':src/übung.txt'],
    ['HEAD', ':empty'],
    ['HEAD', ':link'],
    ['v1', ''],
    ['v1', '^{commit}'],
    ['v1', '^{tree}'],
    ['v1', '^{}'],
    ['v1', ':src/deep'],
    ['HEAD^{tree}', ':src'],
  ])('%s%s', async (base, rest) => {
    const name = `${await git(work, 'rev-parse', base)}${rest}`;
    const found = lookUp(repository, name);
    if (typeof found === 'string') throw new Error(`${found}: ${name}`);
    const id = await byGit(name);
    expect(found.id).toBe(id);
    expect(found.type).toBe(await git(work, 'cat-file', '-t', id));
    expect(String(found.content.length)).toBe(await git(work, 'cat-file', '-s', id));
  });
});

test('a path that a commit does not have is told from one that only git can know', async () => {
  const id = await git(work, 'rev-parse', 'HEAD');
  for (const path of ['none', 'src/none', 'README.md/below'])
    expect(lookUp(repository, `${id}:${path}`)).toBe('absent');
  for (const path of ['./README.md', 'src/', 'src//deep', '../x']) {
    expect(lookUp(repository, `${id}:${path}`)).toBe('unknown');
  }
});

test('an id that is nowhere is known to be absent, packed or not', async () => {
  for (const name of ['1'.repeat(40), `${'1'.repeat(40)}^{commit}`])
    expect(lookUp(repository, name)).toBe('absent');
  await git(work, 'gc', '--quiet');
  for (const name of ['1'.repeat(40), `${'1'.repeat(40)}^{commit}`])
    expect(lookUp(repository, name)).toBe('absent');
});

test('everything in a repository that git has packed is read as git reads it', async () => {
  const text = Array.from({ length: 400 }, (_value, line) => `line ${line}`);
  for (let change = 0; change < 12; change += 1) {
    text[change * 30] = `changed ${change}`;
    await writeFile(join(work, 'long.txt'), text.join('\n'));
    await git(work, 'add', '--all');
    await git(work, 'commit', '--quiet', '--message', `Change ${change}`);
  }
  await git(work, 'repack', '-a', '-d', '-f', '--quiet', '--depth=10', '--window=20');
  const deltas = await git(work, 'verify-pack', '--stat-only', ...(await packs()));
  expect(deltas).toMatch(/chain length = [2-9]/);
  const all = await git(work, 'cat-file', '--batch-all-objects', '--batch-check');
  for (const line of all.split('\n')) {
    const [id = '', type, size] = line.split(' ');
    const found = lookUp(repository, id);
    if (typeof found === 'string') throw new Error(`${found}: ${line}`);
    expect([found.type, String(found.content.length), objectId(found.type, found.content)]).toEqual([
      type,
      size,
      id,
    ]);
  }
});

test('a damaged pack is left to git', async () => {
  await git(work, 'gc', '--quiet');
  const id = await git(work, 'rev-parse', 'HEAD');
  const [index = ''] = await packs();
  const pack = index.replace(/idx$/, 'pack');
  await chmod(pack, 0o600);
  await writeFile(pack, 'this is no pack, but long enough to be read as one'.repeat(50));
  expect(lookUp(repository, id)).toBe('unknown');
});

async function packs(): Promise<string[]> {
  const folder = join(repository, 'objects', 'pack');
  return (await readdir(folder)).filter((name) => name.endsWith('.idx')).map((name) => join(folder, name));
}

test('what is no id, or damaged, is left to git', async () => {
  const id = await git(work, 'rev-parse', 'HEAD');
  for (const name of ['HEAD', 'main', id.slice(0, 12), `${id}^`, `${id}^{blob}`]) {
    expect(lookUp(repository, name)).toBe('unknown');
  }
  const blob = await git(work, 'rev-parse', 'HEAD:README.md');
  const file = join(repository, 'objects', blob.slice(0, 2), blob.slice(2));
  await rm(file);
  await writeFile(file, 'this is no object');
  expect(lookUp(repository, blob)).toBe('unknown');
});

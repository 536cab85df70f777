import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { objectId, type GitObject } from '../../../../../src/clients/git/loose.ts';
import { packObjects } from '../../../../../src/clients/git/pack-objects.ts';
import { PackReader } from '../../../../../src/clients/git/pack.ts';
import { unpackObjects } from '../../../../../src/clients/git/unpack.ts';
import { FLUSH, packet } from '../../../../../src/servers/git/smart-http/pkt-line.ts';
import { answerSmallFetch } from '../../../../../src/servers/git/smart-http/small-fetch.ts';
import { readSmallPush, reportOf } from '../../../../../src/servers/git/smart-http/small-push.ts';
import { git } from '../support.ts';

const NONE = '0'.repeat(40);
const DELIMITER = Buffer.from('0001');

let home: string;
let folder: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'git-small-'));
  folder = join(home, 'work', '.git');
  await git(home, 'init', '--quiet', '--initial-branch', 'main', 'work');
});
afterEach(async () => {
  await rm(home, { recursive: true, force: true, maxRetries: 5 });
});

const work = () => dirname(folder);
async function commit(files: Readonly<Record<string, string>>): Promise<string> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(work(), path)), { recursive: true });
    await writeFile(join(work(), path), text);
  }
  await git(work(), 'add', '--all');
  await git(work(), 'commit', '--quiet', '--allow-empty', '--message', 'A change');
  return git(work(), 'rev-parse', 'HEAD');
}

describe('a fetch that is answered without git', () => {
  const request = (lines: readonly string[], capabilities: readonly string[] = ['agent=test']) =>
    Buffer.concat([
      packet('command=fetch\n'),
      ...capabilities.map((line) => packet(line)),
      DELIMITER,
      ...lines.map((line) => packet(`${line}\n`)),
      FLUSH,
    ]);

  async function fetched(lines: readonly string[]): Promise<readonly GitObject[] | undefined> {
    const answer = await answerSmallFetch(folder, request(lines));
    if (answer === undefined) return undefined;
    const reader = new PackReader();
    const pack = Buffer.concat(reader.read(answer));
    expect(reader.isComplete).toBe(true);
    return (await unpackObjects(pack, async () => undefined)).objects;
  }
  const ids = (objects: readonly { id: string }[] | undefined) => objects?.map(({ id }) => id).sort();
  const byGit = async (...args: string[]) => {
    const lines = await git(work(), 'rev-list', '--objects', '--no-object-names', ...args);
    return lines.split('\n').sort();
  };

  test('brings what git would bring: everything for a clone, and what is new after it', async () => {
    const first = await commit({ 'a.txt': 'a', 'src/b.txt': 'b', 'src/deep/c.txt': 'c' });
    expect(ids(await fetched([`want ${first}`, 'done']))).toEqual(await byGit(first));
    const second = await commit({ 'src/b.txt': 'b2' });
    const third = await commit({ 'src/b.txt': 'b', 'd.txt': 'd' });
    expect(ids(await fetched(['thin-pack', `want ${third}`, `have ${first}`, 'done']))).toEqual(
      await byGit(third, `^${first}`),
    );
    expect(ids(await fetched([`want ${third}`, `have ${'1'.repeat(40)}`, `have ${second}`, 'done']))).toEqual(
      await byGit(third, `^${second}`),
    );
  });

  test('follows merges and annotated tags', async () => {
    const first = await commit({ a: '1' });
    await git(work(), 'switch', '--quiet', '--create', 'side');
    await commit({ b: '2' });
    await git(work(), 'switch', '--quiet', 'main');
    await commit({ c: '3' });
    await git(work(), 'merge', '--quiet', '--no-edit', 'side');
    await git(work(), 'tag', '--annotate', '--message', 'First', 'v1');
    const [main, tag] = await Promise.all([git(work(), 'rev-parse', 'main'), git(work(), 'rev-parse', 'v1')]);
    expect(ids(await fetched([`want ${main}`, `have ${first}`, 'done']))).toEqual(
      await byGit(main, `^${first}`),
    );
    expect(ids(await fetched([`want ${tag}`, 'done']))).toEqual(await byGit('v1'));
  });

  test('is left to git when it asks for more, or for what no reference is at', async () => {
    const first = await commit({ a: '1' });
    const head = await commit({ a: '2' });
    for (const lines of [
      [`want ${head}`],
      [`want ${first}`, 'done'],
      [`want ${head}`, 'deepen 1', 'done'],
      [`want ${head}`, 'filter blob:none', 'done'],
      ['done'],
      [`want ${head.slice(1)}`, 'done'],
    ]) {
      expect(await answerSmallFetch(folder, request(lines))).toBeUndefined();
    }
    const whole = request([`want ${head}`, 'done']);
    expect(await answerSmallFetch(folder, whole)).toBeDefined();
    expect(await answerSmallFetch(folder, whole.subarray(0, -1))).toBeUndefined();
    expect(await answerSmallFetch(folder, Buffer.concat([whole, FLUSH]))).toBeUndefined();
    const other = request([`want ${head}`, 'done'], ['object-format=sha256']);
    expect(await answerSmallFetch(folder, other)).toBeUndefined();
    await git(work(), 'tag', 'v1');
    expect(await answerSmallFetch(folder, request(['include-tag', `want ${head}`, 'done']))).toBeUndefined();
  });

  test('is answered from packs as well', async () => {
    const first = await commit({ 'a.txt': 'a', 'src/b.txt': 'b' });
    await git(work(), 'gc', '--quiet');
    const second = await commit({ 'a.txt': 'c' });
    expect(ids(await fetched([`want ${second}`, `have ${first}`, 'done']))).toEqual(
      await byGit(second, `^${first}`),
    );
    expect(ids(await fetched([`want ${second}`, 'done']))).toEqual(await byGit(second));
  });

  test('is never more than what is asked for by any bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
        const answer = await answerSmallFetch(folder, Buffer.from(bytes));
        expect(answer).toBeUndefined();
      }),
    );
  });
});

describe('a push that is taken without git', () => {
  const CAPABILITIES = 'report-status side-band-64k agent=test';
  const body = (
    commands: readonly string[],
    objects: readonly GitObject[] | Buffer,
    capabilities = CAPABILITIES,
  ) =>
    Buffer.concat([
      ...commands.map((command, index) => packet(index === 0 ? `${command}\0${capabilities}` : command)),
      FLUSH,
      Buffer.isBuffer(objects) ? objects : packObjects(objects),
    ]);
  const object = (type: GitObject['type'], content: Buffer): GitObject => ({
    id: objectId(type, content),
    type,
    content,
  });
  const tree = (entries: readonly [mode: string, name: string, id: string][]) =>
    object(
      'tree',
      Buffer.concat(
        entries.flatMap(([mode, name, id]) => [Buffer.from(`${mode} ${name}\0`), Buffer.from(id, 'hex')]),
      ),
    );
  const commitOf = (top: string, ...parents: string[]) =>
    object(
      'commit',
      Buffer.from(
        `tree ${top}\n${parents.map((id) => `parent ${id}\n`).join('')}author A <a@b> 1 +0000\ncommitter A <a@b> 1 +0000\n\nA\n`,
      ),
    );
  const read = (push: Buffer) => readSmallPush(folder, push, async () => undefined);

  const blob = object('blob', Buffer.from('new\n'));
  const top = tree([['100644', 'new.txt', blob.id]]);

  test('is read with all that it brings, for new branches and on top of old ones', async () => {
    const fresh = commitOf(top.id);
    const first = await read(body([`${NONE} ${fresh.id} refs/heads/x`], [fresh, top, blob]));
    expect(first?.updates).toEqual([{ ref: 'refs/heads/x', before: NONE, after: fresh.id }]);
    expect(first?.brought.objects.map(({ id }) => id)).toEqual([fresh.id, top.id, blob.id]);

    const head = await commit({ 'old.txt': 'old' });
    const old = await git(work(), 'rev-parse', 'HEAD:old.txt');
    const wider = tree([
      ['100644', 'new.txt', blob.id],
      ['100644', 'old.txt', old],
    ]);
    const next = commitOf(wider.id, head);
    expect(await read(body([`${head} ${next.id} refs/heads/main`], [next, wider, blob]))).toBeDefined();
    // A branch that starts at a commit that is there needs no object at all.
    expect(await read(body([`${NONE} ${head} refs/heads/copy`], []))).toBeDefined();
  });

  test('is left to git when something that it needs is missing', async () => {
    const fresh = commitOf(top.id);
    const at = `${NONE} ${fresh.id} refs/heads/x`;
    for (const objects of [[], [fresh], [fresh, top], [fresh, blob], [top, blob]]) {
      expect(await read(body([at], objects))).toBeUndefined();
    }
    const orphan = commitOf(top.id, '1'.repeat(40));
    expect(await read(body([`${NONE} ${orphan.id} refs/heads/x`], [orphan, top, blob]))).toBeUndefined();
    const wrong = tree([['40000', 'new.txt', blob.id]]);
    const odd = commitOf(wrong.id);
    expect(await read(body([`${NONE} ${odd.id} refs/heads/x`], [odd, wrong, blob]))).toBeUndefined();
  });

  test('is left to git when it asks for more than to make or move branches and tags', async () => {
    const head = await commit({ a: '1' });
    const fresh = commitOf(top.id);
    const all = [fresh, top, blob];
    for (const command of [
      `${head} ${NONE} refs/heads/main`,
      `${'2'.repeat(40)} ${fresh.id} refs/heads/main`,
      `${NONE} ${fresh.id} refs/heads/main`,
      `${NONE} ${fresh.id} refs/pull/1/head`,
      `${NONE} ${fresh.id} refs/heads/../../config`,
      `${NONE} ${fresh.id} refs/heads/x.lock`,
      `${NONE} ${fresh.id} HEAD`,
      `${NONE} ${blob.id} refs/heads/x`,
      `shallow ${fresh.id}`,
    ]) {
      expect(await read(body([command], all)), command).toBeUndefined();
    }
    const good = `${NONE} ${fresh.id} refs/heads/x`;
    expect(await read(body([good], all))).toBeDefined();
    for (const words of ['report-status atomic', 'report-status push-options', 'side-band-64k', '']) {
      expect(await read(body([good], all, words)), words).toBeUndefined();
    }
    expect(await read(body([good, good], all))).toBeUndefined();
    expect(await read(body([], all))).toBeUndefined();
    expect(await read(FLUSH)).toBeUndefined();
  });

  test('is left to git when its pack is damaged, or larger than it says', async () => {
    const fresh = commitOf(top.id);
    const pack = packObjects([fresh, top, blob]);
    const good = `${NONE} ${fresh.id} refs/heads/x`;
    await fc.assert(
      fc.asyncProperty(fc.nat(pack.length - 1), fc.integer({ min: 1, max: 255 }), async (at, change) => {
        const bad = Buffer.from(pack);
        bad[at] = (bad[at] ?? 0) ^ change;
        expect(await read(body([good], bad))).toBeUndefined();
      }),
      { numRuns: 60 },
    );
    expect(await read(body([good], pack.subarray(0, -1)))).toBeUndefined();
    // A blob whose header claims a terabyte, with a right checksum.
    const head = Buffer.from('PACK\0\0\0\x02\0\0\0\x01', 'latin1');
    const entry = Buffer.concat([head, Buffer.from([0xb0, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10])]);
    const bomb = Buffer.concat([entry, createHash('sha1').update(entry).digest()]);
    expect(await read(body([good], bomb))).toBeUndefined();
  });

  test('is reported as git reports it', async () => {
    const fresh = commitOf(top.id);
    const commands = [`${NONE} ${fresh.id} refs/heads/x`, `${NONE} ${fresh.id} refs/tags/y`];
    const plain = await read(body(commands, [fresh, top, blob], 'report-status'));
    if (plain === undefined) throw new Error('the push was not read');
    expect(reportOf(plain, plain.updates.slice(0, 1)).toString()).toBe(
      '000eunpack ok\n0014ok refs/heads/x\n0028ng refs/tags/y failed to update ref\n0000',
    );
    const banded = reportOf({ ...plain, sideBand: true }, plain.updates);
    expect(banded.subarray(4, 5)).toEqual(Buffer.from([1]));
    expect(banded.toString().endsWith('00000000')).toBe(true);
  });

  test('writes nothing while it is read', async () => {
    const before = await readdir(join(folder, 'objects'));
    const fresh = commitOf(top.id);
    await read(body([`${NONE} ${fresh.id} refs/heads/x`], [fresh, top, blob]));
    expect(await readdir(join(folder, 'objects'))).toEqual(before);
  });
});

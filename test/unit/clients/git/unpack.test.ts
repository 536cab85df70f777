import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { objectId, writeLooseObject } from '../../../../src/clients/git/loose.ts';
import { applyDelta, unpackObjects, type UnpackedObject } from '../../../../src/clients/git/unpack.ts';

let folder: string;
const git = (args: string[], input: Uint8Array | string = '') =>
  execFileSync('git', ['-C', folder, ...args], {
    input,
    env: {
      ...process.env,
      GIT_AUTHOR_NAME: 'A',
      GIT_AUTHOR_EMAIL: 'a@example.org',
      GIT_COMMITTER_NAME: 'A',
      GIT_COMMITTER_EMAIL: 'a@example.org',
    },
  });
const text = (args: string[], input?: string) => git(args, input).toString().trim();
const none = async () => Promise.resolve(undefined);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'unpack-'));
  git(['init', '--quiet', '--initial-branch', 'main']);
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function commit(content: string): string {
  writeFileSync(join(folder, 'file.txt'), content);
  git(['add', '--all']);
  git(['commit', '--quiet', '--message', 'change']);
  return text(['rev-parse', 'HEAD']);
}

/** Lines that git finds a delta for when one of them changes. */
const lines = (changed: string) =>
  Array.from({ length: 400 }, (_, line) => (line === 200 ? changed : `line ${line * 7919}`)).join('\n');

describe('a small pack', () => {
  it('gives the objects that git has put into it, deltas resolved', async () => {
    const commits = [commit(lines('first')), commit(lines('second')), commit('short\n')];
    for (const flags of [['--delta-base-offset'], []]) {
      const pack = git(['pack-objects', '--stdout', '--revs', '--quiet', ...flags], `${commits[2] ?? ''}\n`);
      const { objects } = await unpackObjects(pack, none);
      const ids = objects.map(({ type, content }) => objectId(type, content)).sort();
      expect(ids).toEqual(
        text(['rev-list', '--objects', '--all'])
          .split('\n')
          .map((line) => line.slice(0, 40))
          .sort(),
      );
    }
  });

  it('takes from the receiver what a thin pack leaves out', async () => {
    const [before, after] = [commit(lines('first')), commit(lines('second'))];
    const pack = git(['pack-objects', '--stdout', '--revs', '--thin', '--quiet'], `${after}\n^${before}\n`);
    const asked: string[] = [];
    const { objects } = await unpackObjects(pack, async (id): Promise<UnpackedObject> => {
      asked.push(id);
      return Promise.resolve({ type: 'blob', content: git(['cat-file', 'blob', id]) });
    });
    expect(asked).toEqual([text(['rev-parse', `${before}:file.txt`])]);
    expect(objects.find(({ type }) => type === 'blob')?.content.toString()).toBe(lines('second'));
    await expect(unpackObjects(pack, none)).rejects.toThrow('base is missing');
  });

  it('is refused when a byte of it has changed', async () => {
    const pack = git(['pack-objects', '--stdout', '--revs', '--quiet'], `${commit('text\n')}\n`);
    await fc.assert(
      fc.asyncProperty(fc.nat(pack.length - 1), fc.integer({ min: 1, max: 255 }), async (at, change) => {
        const damaged = Buffer.from(pack);
        damaged.writeUInt8(damaged.readUInt8(at) ^ change, at);
        await expect(unpackObjects(damaged, none)).rejects.toThrow();
      }),
      { numRuns: 50 },
    );
  });
});

describe('a delta', () => {
  const base = Buffer.from('0123456789');

  it.each([
    ['a copy behind the end', [10, 5, 0x91, 8, 5]],
    ['another base', [11, 1, 1, 65]],
    ['another size', [10, 9, 1, 65]],
    ['an unknown instruction', [10, 1, 0]],
  ])('with %s is refused', (_what, bytes) => {
    expect(() => applyDelta(base, Buffer.from(bytes))).toThrow();
  });

  it('copies from its base and adds what is new', () => {
    expect(applyDelta(base, Buffer.from([10, 6, 0x91, 2, 4, 2, 88, 89])).toString()).toBe('2345XY');
  });
});

describe('a loose object', () => {
  it('is one that git finds, by the id that git gives it', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (content) => {
        const id = writeLooseObject(join(folder, '.git'), 'blob', content);
        expect(id).toBe(git(['hash-object', '--stdin'], content).toString().trim());
        expect(git(['cat-file', 'blob', id]).equals(Buffer.from(content))).toBe(true);
      }),
      { numRuns: 20 },
    );
    git(['fsck', '--strict', '--no-dangling']);
  });
});

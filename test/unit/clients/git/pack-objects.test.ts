import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { lookUp } from '../../../../src/clients/git/lookup.ts';
import { objectId, type GitObject, type ObjectType } from '../../../../src/clients/git/loose.ts';
import { packObjects, storePack } from '../../../../src/clients/git/pack-objects.ts';
import { unpackObjects } from '../../../../src/clients/git/unpack.ts';
import { git } from '../../servers/git/support.ts';

const object = fc
  .tuple(fc.constantFrom<ObjectType>('commit', 'tree', 'blob', 'tag'), fc.uint8Array({ maxLength: 5000 }))
  .map(([type, bytes]): GitObject => {
    const content = Buffer.from(bytes);
    return { id: objectId(type, content), type, content };
  });

const none = async () => undefined;

test('what is packed is unpacked as it was, in its order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(object, { maxLength: 20 }), async (objects) => {
      const unpacked = await unpackObjects(packObjects(objects), none);
      const different = [...new Map(objects.map((one) => [one.id, one])).values()];
      expect(unpacked.objects).toEqual(different);
      expect(unpacked.isWhole).toBe(different.length === objects.length);
    }),
  );
});

test('a pack whose objects are larger than allowed is refused', async () => {
  const content = Buffer.alloc(2000);
  const pack = packObjects([{ id: objectId('blob', content), type: 'blob', content }]);
  await expect(unpackObjects(pack, none, 1999)).rejects.toThrow('too large');
  expect((await unpackObjects(pack, none, 2000)).objects).toHaveLength(1);
});

test('few objects are stored as files, more as a pack, and git takes both for its own', async () => {
  const home = await mkdtemp(join(tmpdir(), 'git-store-'));
  try {
    await git(home, 'init', '--quiet', '--bare', 'r.git');
    const repository = join(home, 'r.git');
    const blobs = (count: number) =>
      Array.from({ length: count }, (_value, index): GitObject => {
        const content = Buffer.from(`${count}/${index}\n`.repeat(index + 1));
        return { id: objectId('blob', content), type: 'blob', content };
      });
    const [few, many] = [blobs(8), blobs(300)];
    const store = async (pack: Buffer) => {
      storePack(repository, pack, await unpackObjects(pack, none));
    };
    await store(packObjects(few));
    expect(await readdir(join(repository, 'objects', 'pack'))).toEqual([]);
    await store(packObjects(many));
    await store(packObjects(many));
    const files = await readdir(join(repository, 'objects', 'pack'));
    expect(files.map((name) => name.replace(/^.*\./, '')).sort()).toEqual(['idx', 'pack']);
    const index = files.find((name) => name.endsWith('.idx')) ?? '';
    await git(home, 'verify-pack', join(repository, 'objects', 'pack', index));
    await git(home, '--git-dir', repository, 'fsck', '--full', '--strict', '--no-dangling');
    const all = await git(home, '--git-dir', repository, 'cat-file', '--batch-all-objects', '--batch-check');
    expect(all.split('\n')).toEqual(
      [...few, ...many].map(({ id, content }) => `${id} blob ${content.length}`).sort(),
    );
    for (const { id, content } of [...few, ...many]) {
      expect(lookUp(repository, id)).toMatchObject({ id, type: 'blob', content });
    }
    // A pack with one object twice is written anew, without that.
    const [twice] = blobs(1);
    if (twice === undefined) throw new Error('there is no blob');
    await store(packObjects([...blobs(20), twice, twice]));
    await git(home, '--git-dir', repository, 'fsck', '--full', '--strict', '--no-dangling');
  } finally {
    await rm(home, { recursive: true, force: true, maxRetries: 5 });
  }
}, 30_000);

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { objectId, type GitObject, type ObjectType } from '../../../../src/clients/git/loose.ts';
import { packObjects } from '../../../../src/clients/git/pack-objects.ts';
import { unpackObjects } from '../../../../src/clients/git/unpack.ts';

const object = fc
  .tuple(fc.constantFrom<ObjectType>('commit', 'tree', 'blob', 'tag'), fc.uint8Array({ maxLength: 5000 }))
  .map(([type, bytes]): GitObject => {
    const content = Buffer.from(bytes);
    return { id: objectId(type, content), type, content };
  });

test('what is packed is unpacked as it was, in its order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(object, { maxLength: 20 }), async (objects) => {
      expect(await unpackObjects(packObjects(objects), async () => undefined)).toEqual(objects);
    }),
  );
});

test('a pack whose objects are larger than allowed is refused', async () => {
  const content = Buffer.alloc(2000);
  const pack = packObjects([{ id: objectId('blob', content), type: 'blob', content }]);
  await expect(unpackObjects(pack, async () => undefined, 1999)).rejects.toThrow('too large');
  expect(await unpackObjects(pack, async () => undefined, 2000)).toHaveLength(1);
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readUpTo } from '../../../src/lib/read-up-to.ts';

async function* streamOf(pieces: readonly Uint8Array[]): AsyncGenerator<Buffer> {
  for (const piece of pieces) yield Buffer.from(piece);
}

test('a stream comes whole up to the limit, and in its pieces always', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 20 })), fc.nat(100), async (pieces, limit) => {
      const all = Buffer.concat(pieces);
      const begun = await readUpTo(streamOf(pieces), limit);
      expect(begun.whole).toEqual(all.length > limit ? undefined : all);
      const read: Buffer[] = [];
      for await (const piece of begun.pieces) read.push(piece);
      expect(Buffer.concat(read)).toEqual(all);
    }),
  );
});

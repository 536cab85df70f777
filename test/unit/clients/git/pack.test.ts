import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PackReader } from '../../../../src/clients/git/pack.ts';

const packet = (content: Buffer) =>
  Buffer.concat([Buffer.from((content.length + 4).toString(16).padStart(4, '0')), content]);
const line = (text: string) => packet(Buffer.from(`${text}\n`));
const band = (number: number, content: Uint8Array) => packet(Buffer.concat([Buffer.from([number]), content]));
const flush = Buffer.from('0000');

describe('a pack from a Git server', () => {
  it('comes out whole, however the answer is cut', () => {
    const parts = fc.array(fc.uint8Array({ minLength: 1, maxLength: 200 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(parts, fc.integer({ min: 1, max: 60 }), (pieces, size) => {
        const answer = Buffer.concat([
          line('packfile'),
          ...pieces.flatMap((piece) => [band(2, Buffer.from('counting')), band(1, piece)]),
          flush,
        ]);
        const reader = new PackReader();
        const out: Buffer[] = [];
        for (let at = 0; at < answer.length; at += size)
          out.push(...reader.read(answer.subarray(at, at + size)));
        expect(Buffer.concat(out).equals(Buffer.concat(pieces))).toBe(true);
        expect(reader.isComplete).toBe(true);
      }),
    );
  });

  it('is not taken for whole when the end is missing', () => {
    const reader = new PackReader();
    reader.read(Buffer.concat([line('packfile'), band(1, Buffer.from('PACK'))]));
    expect(reader.isComplete).toBe(false);
  });

  it.each([
    ['an error line', line('ERR upload-pack: not our ref'), /not our ref/],
    [
      'an error on its band',
      Buffer.concat([line('packfile'), band(3, Buffer.from('out of memory'))]),
      /out of memory/,
    ],
    ['a web page', Buffer.from('<html>'), /no Git protocol/],
  ])('is refused for %s', (_name, answer, message) => {
    expect(() => new PackReader().read(answer)).toThrow(message);
  });
});

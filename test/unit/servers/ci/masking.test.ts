import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { Secrets } from '../../../../src/servers/ci/masking.ts';

function streamed(secrets: Secrets, pieces: readonly string[]): string {
  let out = '';
  const stream = secrets.stream((text) => {
    out += text;
  });
  for (const piece of pieces) stream.push(piece);
  stream.end();
  return out;
}

describe('masking', () => {
  const secret = fc.string({
    minLength: 6,
    maxLength: 24,
    unit: fc.constantFrom(...'abcdefgh$\'"\\ &<%+/=XYZ0'),
  });

  test('no secret gets through, wherever the text is cut', () => {
    fc.assert(
      fc.property(
        fc.array(secret, { minLength: 1, maxLength: 4 }),
        fc.array(fc.oneof(fc.string(), fc.nat(3)), { maxLength: 8 }),
        fc.array(fc.nat(200), { maxLength: 10 }),
        (list, parts, cuts) => {
          const secrets = new Secrets();
          for (const one of list) secrets.add(one);
          const text = parts
            .map((part) => (typeof part === 'number' ? (list[part % list.length] ?? '') : part))
            .join('');
          const pieces: string[] = [];
          let from = 0;
          for (const cut of [...cuts].sort((a, b) => a - b)) {
            pieces.push(text.slice(from, cut));
            from = Math.max(from, cut);
          }
          pieces.push(text.slice(from));
          const out = streamed(secrets, pieces);
          // A mask next to other text can only make a secret of asterisks.
          for (const one of list) expect(out.includes(one)).toBe(false);
        },
      ),
      { numRuns: 300 },
    );
  });

  test('text without secrets comes out as it went in', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (pieces) => {
        const secrets = new Secrets();
        secrets.add('not-in-there-at-all-Ω');
        expect(streamed(secrets, pieces)).toBe(pieces.join(''));
      }),
    );
  });

  test('the forms in which tools write a secret are masked too', () => {
    const secrets = new Secrets();
    const password = `it's "a" pass&word/1`;
    secrets.add(password);
    const basic = Buffer.from(`developer:${password}`).toString('base64');
    const out = secrets.mask(
      [
        password,
        Buffer.from(password).toString('base64'),
        encodeURIComponent(password),
        JSON.stringify(password),
        `'${password.replaceAll("'", `'\\''`)}'`,
        basic,
      ].join('\n'),
    );
    expect(out).not.toContain('pass&word');
    expect(out).not.toContain(encodeURIComponent('pass&word'));
    expect(out).not.toContain(basic.slice(-16));
    expect(out.match(/\*{4}/g)?.length).toBeGreaterThanOrEqual(6);
  });

  test('what cannot become a secret is not held back', () => {
    const secrets = new Secrets();
    secrets.add('topsecret');
    let out = '';
    const stream = secrets.stream((text) => {
      out += text;
    });
    stream.push('waiting...');
    expect(out).toBe('waiting...');
    stream.push(' top');
    expect(out).toBe('waiting... ');
    stream.push('ic');
    expect(out).toBe('waiting... topic');
  });
});

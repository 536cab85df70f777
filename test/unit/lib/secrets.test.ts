import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { equalSecrets, randomSecret } from '../../../src/lib/secrets.ts';

describe('secrets', () => {
  test('have the length that was asked for, of letters and digits, and never come twice', () => {
    const secrets = Array.from({ length: 200 }, () => randomSecret(20));
    for (const secret of secrets) expect(secret).toMatch(/^[A-Za-z0-9]{20}$/);
    expect(new Set(secrets).size).toBe(200);
  });

  test('are equal exactly when their texts are', () => {
    fc.assert(fc.property(fc.string(), fc.string(), (a, b) => equalSecrets(a, b) === (a === b)));
    fc.assert(fc.property(fc.string(), (a) => equalSecrets(a, a)));
  });
});

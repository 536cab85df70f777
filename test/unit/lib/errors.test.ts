import { describe, expect, test } from 'vitest';
import { PlaygroundError, explainStorage, isStorageFailure } from '../../../src/lib/errors.ts';

const failed = (code: string) => Object.assign(new Error(`${code}: write`), { code });

describe('a write that failed', () => {
  test('for lack of space is told from a bug, also as the cause of another error', () => {
    expect(isStorageFailure(failed('ENOSPC'))).toBe(true);
    expect(isStorageFailure(new Error('git failed', { cause: failed('EDQUOT') }))).toBe(true);
    expect(isStorageFailure(failed('EACCES'))).toBe(false);
  });

  test('says where, why, and what helps', () => {
    for (const [code, why] of [
      ['ENOSPC', 'full'],
      ['EROFS', 'read-only'],
    ] as const) {
      const told = explainStorage(failed(code), '/home/a/state.json') as PlaygroundError;
      expect(told).toBeInstanceOf(PlaygroundError);
      expect(told.message).toBe(`cannot write /home/a/state.json: the disk is ${why}`);
      expect(told.hint).toBeDefined();
      expect(isStorageFailure(told)).toBe(true);
    }
    const other = failed('EACCES');
    expect(explainStorage(other, '/x')).toBe(other);
  });
});

import { expect, test } from 'vitest';
import { closest } from '../../../src/lib/closest.ts';

test('the nearest candidate is suggested, and none when nothing is near', () => {
  expect(closest('statsu', ['up', 'status', 'open'])).toBe('status');
  expect(closest('--prot', ['--port', '--json'])).toBe('--port');
  expect(closest('abcdef', ['status'])).toBeUndefined();
});

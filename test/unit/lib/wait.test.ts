import { describe, expect, test } from 'vitest';
import { waitFor, WaitTimeout } from '../../../src/lib/wait.ts';

describe('waiting for a condition', () => {
  test('gives the value as soon as the condition holds', async () => {
    let looks = 0;
    const look = () =>
      (looks += 1) < 3 ? { done: false as const, seen: 'not yet' } : { done: true as const, value: looks };
    expect(await waitFor(look, { what: 'three looks', limit: 5000, interval: 1 })).toBe(3);
  });

  test('gives up after its limit and says what was seen last', async () => {
    const wait = waitFor(() => ({ done: false, seen: 'a closed door' }), {
      what: 'the door',
      limit: 5,
      interval: 1,
    });
    await expect(wait).rejects.toThrow(WaitTimeout);
    await expect(wait).rejects.toThrow('waiting for the door after 0 s; last seen: a closed door');
  });

  test('ends at once when it is interrupted', async () => {
    const interruption = new AbortController();
    const wait = waitFor(
      () => {
        interruption.abort(new Error('enough'));
        return { done: false, seen: 'nothing' };
      },
      { what: 'ever', limit: 60_000, interval: 60_000, signal: interruption.signal },
    );
    await expect(wait).rejects.toThrow();
  });
});

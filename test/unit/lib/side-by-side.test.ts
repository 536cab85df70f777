import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { sideBySide } from '../../../src/lib/side-by-side.ts';

describe('work that is done side by side', () => {
  test('is done so many at a time, and gives its results in the order of the items', async () => {
    let under = 0;
    let most = 0;
    const results = await sideBySide([30, 1, 20, 2, 10], 2, async (pause) => {
      under += 1;
      most = Math.max(most, under);
      await sleep(pause);
      under -= 1;
      return pause * 2;
    });
    expect(results).toEqual([60, 2, 40, 4, 20]);
    expect(most).toBe(2);
  });

  test('ends with the first failure, when nothing of it is under way any more', async () => {
    const begun: number[] = [];
    let ended = 0;
    const work = sideBySide([1, 2, 3, 4, 5], 2, async (item) => {
      begun.push(item);
      if (item === 1) throw new Error('the first one');
      await sleep(10);
      ended += 1;
    });
    await expect(work).rejects.toThrow('the first one');
    expect(begun).toEqual([1, 2]);
    expect(ended).toBe(1);
  });
});

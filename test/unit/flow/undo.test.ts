import { expect, test } from 'vitest';
import type { Engine } from '../../../src/engines/engine.ts';
import { undoneOnFailure } from '../../../src/flow/undo.ts';

test('where an engine cannot copy its parts, the work is done and its failure told as it is', async () => {
  const engine = { id: 'k3d' } as Engine;
  const { signal } = new AbortController();
  const untold = () => {
    throw new Error('nothing is put back');
  };
  const undone = (work: () => Promise<string>) =>
    undoneOnFailure({ engine, name: 'x', signal }, work, untold);
  expect(await undone(async () => 'done')).toBe('done');
  const failure = new Error('no');
  await expect(undone(() => Promise.reject(failure))).rejects.toBe(failure);
});

import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  currentExercise,
  progressOf,
  readProgress,
  recordProgress,
} from '../../../src/exercises/progress.ts';

describe('the progress of a participant', () => {
  let folder: string;
  const file = () => join(folder, 'exercises', 'progress.jsonl');

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'progress-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  test('is nothing before the first exercise', async () => {
    expect(await readProgress(folder)).toEqual([]);
    expect(progressOf([], 'drift')).toEqual({ state: 'open', checks: 0, hints: 0 });
    expect(currentExercise([])).toBeUndefined();
  });

  test('keeps what happened in its order', async () => {
    await recordProgress(folder, { exercise: 'drift', action: 'started' }, new Date('2026-01-01T10:00:00Z'));
    await recordProgress(folder, { exercise: 'drift', action: 'checked', solved: false });
    expect(await readProgress(folder)).toMatchObject([
      { time: '2026-01-01T10:00:00.000Z', exercise: 'drift', action: 'started' },
      { exercise: 'drift', action: 'checked', solved: false },
    ]);
  });

  test('loses nothing when two write at once', async () => {
    await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        recordProgress(folder, { exercise: `own-${index}`, action: 'started' }),
      ),
    );
    expect(await readProgress(folder)).toHaveLength(20);
  });

  test('leaves out an event that a crash has cut off, and goes on behind it', async () => {
    await recordProgress(folder, { exercise: 'drift', action: 'started' });
    appendFileSync(file(), '{"time":"2026-01');
    expect(await readProgress(folder)).toHaveLength(1);
    await recordProgress(folder, { exercise: 'drift', action: 'hinted' });
    expect((await readProgress(folder)).map(({ action }) => action)).toEqual(['started', 'hinted']);
    expect(readFileSync(file(), 'utf8')).not.toContain('2026-01"\n{');
  });

  test('says where it is damaged', async () => {
    await recordProgress(folder, { exercise: 'drift', action: 'started' });
    writeFileSync(file(), `no json\n${readFileSync(file(), 'utf8')}`);
    await expect(readProgress(folder)).rejects.toMatchObject({
      code: 'progress-corrupt',
      message: expect.stringContaining('line 1'),
    });
  });

  test('counts from the last start', () => {
    const at = (time: string, action: 'started' | 'checked' | 'hinted' | 'solved', solved?: boolean) => ({
      time,
      exercise: 'drift',
      action,
      ...(solved === undefined ? {} : { solved }),
    });
    const first = [
      at('1', 'started'),
      at('2', 'hinted'),
      at('3', 'checked', false),
      at('4', 'checked', true),
    ];
    expect(progressOf(first, 'drift')).toEqual({
      state: 'solved',
      startedAt: '1',
      solvedAt: '4',
      checks: 2,
      hints: 1,
    });
    const again = [...first, at('5', 'started')];
    expect(progressOf(again, 'drift')).toEqual({ state: 'started', startedAt: '5', checks: 0, hints: 0 });
    expect(progressOf([...again, at('6', 'solved')], 'drift')).toMatchObject({
      state: 'solved',
      solvedAt: '6',
    });
    expect(currentExercise([...again, { time: '7', exercise: 'prune', action: 'started' }])).toBe('prune');
  });
});

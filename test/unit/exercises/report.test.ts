import { describe, expect, test } from 'vitest';
import type { ExerciseEvent } from '../../../src/exercises/progress.ts';
import { reportPage } from '../../../src/exercises/report-page.ts';
import { reportOf } from '../../../src/exercises/report.ts';

const now = new Date('2026-11-25T12:00:00Z');
const event = (
  minute: number,
  exercise: string,
  action: ExerciseEvent['action'],
  more: Partial<ExerciseEvent> = {},
) => ({ time: new Date(Date.UTC(2026, 10, 25, 10, minute)).toISOString(), exercise, action, ...more });

const events = [
  event(0, 'first-commit', 'started'),
  event(4, 'first-commit', 'checked', { solved: false, detail: 'staging shows <b>the old colour</b>' }),
  event(5, 'first-commit', 'hinted'),
  event(9, 'first-commit', 'checked', { solved: true }),
  event(10, 'promote', 'started'),
  event(12, 'promote', 'solved'),
  event(20, 'prune', 'started'),
];

describe('the report on exercises', () => {
  test('tells what was started, checked, hinted and solved, and when', () => {
    const { exercises, current } = reportOf('default', events, now);
    expect(exercises).toMatchObject([
      {
        exercise: 'first-commit',
        state: 'solved',
        startedAt: '2026-11-25T10:00:00.000Z',
        solvedAt: '2026-11-25T10:09:00.000Z',
        took: 540_000,
        checks: 2,
        failedChecks: 1,
        hints: 1,
        starts: 1,
        solvedBy: 'participant',
      },
      { exercise: 'promote', state: 'solved', solvedBy: 'solution' },
      { exercise: 'prune', state: 'started', checks: 0 },
    ]);
    expect(current).toBe('prune');
  });

  test('counts anew when an exercise is started again, and remembers how often that was', () => {
    const again = [...events, event(30, 'first-commit', 'started')];
    const [first] = reportOf('default', again, now).exercises;
    expect(first).toMatchObject({ state: 'started', starts: 2, checks: 0, hints: 0 });
    expect(first?.solvedBy).toBeUndefined();
  });

  test('of nothing is empty', () => {
    expect(reportOf('default', [], now)).toEqual({
      playground: 'default',
      createdAt: '2026-11-25T12:00:00.000Z',
      exercises: [],
      events: [],
    });
  });

  test('is a page that needs nothing else and takes no text for markup', () => {
    const page = reportPage([reportOf('anna', events, now), reportOf('ben', [], now)]);
    expect(page).toContain('Playground anna');
    expect(page).toContain('2 of 3 solved, at work on prune');
    expect(page).toContain('solution shown');
    expect(page).toContain('staging shows &lt;b&gt;the old colour&lt;/b&gt;');
    expect(page).toContain('No exercise was started.');
    expect(page).not.toMatch(/<script|src=|href=/);
  });
});

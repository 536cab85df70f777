import { describe, expect, test } from 'vitest';
import type { Trace, TraceStep } from '../../../src/flow/trace.ts';
import { configSchema } from '../../../src/config/schema.ts';
import type { Playground } from '../../../src/flow/playground.ts';
import { changedSteps, outcomeOf, watchCommits, type WatchEvent } from '../../../src/flow/watch.ts';

const step = (id: string, state: TraceStep['state'], more: Partial<TraceStep> = {}): TraceStep => ({
  id,
  title: id,
  state,
  ...more,
});
const trace = (...steps: TraceStep[]): Trace => ({ revision: 'a'.repeat(40), subject: 'A change', steps });

describe('what has changed between two looks at a commit', () => {
  const before = trace(
    step('push', 'done'),
    step('build', 'running', { duration: 10 }),
    step('sync', 'missing'),
  );

  test('is what has begun and what has ended', () => {
    const after = trace(
      step('push', 'done'),
      step('build', 'done', { duration: 50 }),
      step('sync', 'running'),
    );
    expect(changedSteps(before, after).map(({ id }) => id)).toEqual(['build', 'sync']);
  });

  test('is not that time goes by, nor what is still missing', () => {
    const after = trace(
      step('push', 'done'),
      step('build', 'running', { duration: 20 }),
      step('sync', 'missing'),
    );
    expect(changedSteps(before, after)).toEqual([]);
  });
});

describe('the end of a commit’s way', () => {
  const built = [step('push', 'done'), step('build', 'done')];
  const inStaging = [...built, step('staging/answer', 'done')];

  test('is not reached while anything moves, or before a build is there', () => {
    expect(outcomeOf(trace(step('push', 'done'), step('build', 'missing')))).toBeUndefined();
    expect(outcomeOf(trace(...inStaging, step('merge', 'running')))).toBeUndefined();
    expect(outcomeOf(trace(...built))).toBeUndefined();
  });

  test('is a failed build, and the build itself on a branch that is not deployed', () => {
    expect(outcomeOf(trace(step('build', 'failed')))).toBe('failed');
    expect(outcomeOf({ ...trace(...built), branch: 'feature/x' })).toBe('arrived');
  });

  test('is staging until somebody merges, and then production', () => {
    expect(outcomeOf(trace(...inStaging, step('merge', 'missing')))).toBe('waits');
    expect(outcomeOf(trace(...inStaging, step('merge', 'done')))).toBeUndefined();
    const all = trace(...inStaging, step('merge', 'done'), step('production/answer', 'done'));
    expect(outcomeOf(all)).toBe('arrived');
  });
});

describe('the watch of one commit', () => {
  test('begins when the parts answer, and ends where there is no such commit', async () => {
    const broken = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
    let asked = 0;
    const listCommits = () => (asked++ < 2 ? Promise.reject(broken) : Promise.resolve([]));
    const playground = { config: configSchema.parse({}), git: { listCommits } } as unknown as Playground;
    const events: WatchEvent[] = [];
    const watch = watchCommits(playground, (event) => events.push(event), {
      commit: 'abc',
      signal: new AbortController().signal,
    });
    await expect(watch).rejects.toMatchObject({ code: 'unknown-commit' });
    expect(events).toEqual([{ type: 'silent', message: 'read ECONNRESET' }]);
  });
});

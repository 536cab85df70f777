import { describe, expect, test } from 'vitest';
import { inOrder, runTasks, type Task, type TaskEvent } from '../../../src/lib/task.ts';

const idle = new AbortController().signal;

function task(id: string, needs: string[], parts: Partial<Task> = {}): Task {
  return { id, title: id, needs, check: async () => false, apply: async () => undefined, ...parts };
}

describe('running tasks', () => {
  test('starts each after those that it needs, and independent ones side by side', async () => {
    const log: string[] = [];
    let release = () => {};
    const gate = new Promise<void>((resolve) => (release = resolve));
    const tasks = [
      task('last', ['a', 'b'], { apply: async () => void log.push('last') }),
      task('a', [], { apply: async () => (log.push('a waits'), gate) }),
      task('b', [], { apply: async () => (log.push('b'), release()) }),
    ];
    await runTasks(tasks, () => undefined, idle);
    expect(log).toEqual(['a waits', 'b', 'last']);
  });

  test('leaves alone what its check finds in place', async () => {
    const events: TaskEvent[] = [];
    const there = task('there', [], {
      check: async () => true,
      apply: async () => {
        throw new Error('must not run');
      },
    });
    const durations = await runTasks([there], (event) => events.push(event), idle);
    expect(events.at(-1)).toMatchObject({ type: 'finished', id: 'there', outcome: 'unchanged' });
    expect(Object.keys(durations)).toEqual(['there']);
  });

  test('skips what stands behind a failure and throws the error', async () => {
    const events: TaskEvent[] = [];
    const boom = new Error('boom');
    const tasks = [task('a', [], { apply: () => Promise.reject(boom) }), task('b', ['a']), task('c', ['b'])];
    await expect(runTasks(tasks, (event) => events.push(event), idle)).rejects.toBe(boom);
    expect(events.filter(({ type }) => type === 'skipped').map((event) => 'id' in event && event.id)).toEqual(
      ['b', 'c'],
    );
  });

  test('starts nothing after an interruption', async () => {
    const interruption = new AbortController();
    const started: string[] = [];
    const tasks = [
      task('a', [], { apply: async () => interruption.abort(new Error('interrupted')) }),
      task('b', ['a'], { apply: async () => void started.push('b') }),
    ];
    await expect(runTasks(tasks, () => undefined, interruption.signal)).rejects.toThrow('interrupted');
    expect(started).toEqual([]);
  });

  test('an interruption tells what is done and what was under way', async () => {
    const interruption = new AbortController();
    const tasks = [
      task('first', []),
      task('second', ['first'], {
        apply: async () => {
          interruption.abort(new Error('interrupted'));
          throw new Error('the program was ended');
        },
      }),
      task('third', ['second']),
    ];
    await expect(runTasks(tasks, () => undefined, interruption.signal)).rejects.toMatchObject({
      message: 'interrupted',
      done: ['first'],
      unfinished: ['second'],
    });
  });

  test('an interruption tells apart what had failed by itself before, with the reason', async () => {
    const interruption = new AbortController();
    const reason = new Error('no image\nan event says so');
    const events: TaskEvent[] = [];
    const tasks = [
      task('first', [], { apply: () => Promise.reject(reason) }),
      task('second', [], {
        apply: async ({ signal }) => {
          // It takes so long that somebody loses patience.
          await Promise.resolve();
          interruption.abort(new Error('interrupted'));
          signal.throwIfAborted();
        },
      }),
    ];
    const run = runTasks(tasks, (event) => events.push(event), interruption.signal);
    await expect(run).rejects.toMatchObject({
      unfinished: ['second'],
      failed: [{ title: 'first', error: reason }],
    });
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'failed', id: 'first', message: 'no image' }),
    );
  });

  test('refuses a plan with a circle or an unknown need', () => {
    expect(() => inOrder([task('a', ['b']), task('b', ['a'])])).toThrow(/plan/);
    expect(() => inOrder([task('a', ['nobody'])])).toThrow(/plan/);
  });
});

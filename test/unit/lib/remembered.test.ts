import { expect, test } from 'vitest';
import { remembered } from '../../../src/lib/remembered.ts';

function counted(limit: number) {
  const made: string[] = [];
  const ask = remembered(limit, String, (text: string) => {
    made.push(text);
    if (text === 'bad') throw new Error('no');
    return { text };
  });
  return { ask, made };
}

test('what was asked for last is made once', () => {
  const { ask, made } = counted(2);
  expect(ask('a')).toBe(ask('a'));
  expect(ask('b')).toEqual({ text: 'b' });
  expect(made).toEqual(['a', 'b']);
});

test('what was not asked for longest is forgotten first', () => {
  const { ask, made } = counted(2);
  for (const text of ['a', 'b', 'a', 'c', 'a', 'b']) ask(text);
  expect(made).toEqual(['a', 'b', 'c', 'b']);
});

test('an error is told each time', () => {
  const { ask, made } = counted(2);
  expect(() => ask('bad')).toThrow('no');
  expect(() => ask('bad')).toThrow('no');
  expect(made).toEqual(['bad', 'bad']);
});

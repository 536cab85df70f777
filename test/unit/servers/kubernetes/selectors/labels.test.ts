import { matchesSelector } from '../../../../../src/servers/kubernetes/controllers/selectors.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseLabelSelector, selectorText } from '../../../../../src/servers/kubernetes/selectors/labels.ts';

describe('a label selector', () => {
  const labels = { app: 'web', tier: 'front', 'example.com/rank': '7' };

  it.each([
    ['', true],
    ['app=web', true],
    ['app==web,tier=front', true],
    ['app!=web', false],
    ['missing!=x', true],
    ['app in (web, api)', true],
    ['app notin (web,api)', false],
    ['app', true],
    ['!app', false],
    ['!missing', true],
    ['example.com/rank>6', true],
    ['example.com/rank<7', false],
    ['app in (web),tier notin (back)', true],
  ])('reads "%s"', (text, expected) => {
    expect(parseLabelSelector(text)(labels)).toBe(expected);
  });

  it.each(['app=web=x', 'a b', 'app in web', '=x', 'app=-bad-', 'app in (a', '/a=b'])(
    'refuses "%s"',
    (text) => {
      expect(() => parseLabelSelector(text)).toThrow('unable to parse requirement');
    },
  );

  const key = fc.constantFrom('a', 'b', 'c');
  const value = fc.constantFrom('x', 'y', 'z');
  const selector = fc.record({
    matchLabels: fc.dictionary(key, value, { maxKeys: 2 }),
    matchExpressions: fc.array(
      fc.oneof(
        fc.record({
          key,
          operator: fc.constantFrom('In', 'NotIn'),
          values: fc.array(value, { minLength: 1, maxLength: 2 }),
        }),
        fc.record({ key, operator: fc.constantFrom('Exists', 'DoesNotExist') }),
      ),
      { maxLength: 3 },
    ),
  });

  it('means the same as an object and as its text', () => {
    fc.assert(
      fc.property(selector, fc.dictionary(key, value), (given, have) => {
        expect(parseLabelSelector(selectorText(given))(have)).toBe(matchesSelector(given, have));
      }),
    );
  });
});

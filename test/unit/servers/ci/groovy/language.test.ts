import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { evaluate } from './evaluate.ts';

/** Scripts and what Groovy 2.4.21, the version in Jenkins, makes of them: recorded from it, `! ` before an exception. */
const recorded = JSON.parse(readFileSync(new URL('expressions.json', import.meta.url), 'utf8')) as [
  source: string,
  value: string,
][];

describe('Groovy', () => {
  it('evaluates as the Groovy of Jenkins does', async () => {
    const different: unknown[] = [];
    for (const [source, value] of recorded) {
      const mine = await evaluate(source);
      if (mine !== value) different.push({ source, value, mine });
    }
    expect(different).toEqual([]);
    expect(recorded.length).toBeGreaterThan(900);
  });

  it.each([
    ["'a' as char", /the type char is not supported/],
    ['[1, 2].hashCode()', /hashCode\(\) of collections is not supported/],
    ["'ab' =~ /a++b/", /possessive quantifiers are not supported/],
    ["'ab' =~ /a(?i)b/", /flags are supported only at the start/],
    ['new TreeMap()', /unable to resolve class TreeMap/],
    ["new Date().format('ww')", /Illegal pattern character 'w'/],
    ["String.format('%q', 1)", /Conversion = 'q'/],
    ['new int[2][3]', /arrays of several dimensions are not supported/],
    ["System.getenv('HOME')", /RejectedAccessException/],
    ["new File('/etc/passwd')", /use readFile/],
    ["'ls'.execute()", /RejectedAccessException/],
    ["''.constructor", /MissingPropertyException/],
    ['def f() { 1 + f() }; f()', /StackOverflowError/],
    ["def s = 'a'; while (true) { s += s }", /OutOfMemoryError: a string grew too large/],
    ['def l = []; while (true) { l += l + [1] }', /OutOfMemoryError: a list grew too large/],
    ['def x = 3G; while (true) { x *= x }', /ArithmeticException: the number has too many digits/],
    ["'x' * 2000000000", /OutOfMemoryError/],
    ['(1..2000000000).toList()', /OutOfMemoryError/],
    ['9 ** 9 ** 9', /ArithmeticException: the exponent 387420489 is too large/],
  ])('refuses %s clearly', async (source, message) => {
    expect(await evaluate(source)).toMatch(message);
  });

  it('ends a loop without steps when it is told to', async () => {
    const controller = new AbortController();
    setTimeout(() => {
      controller.abort(new Error('stopped'));
    }, 20);
    await expect(evaluate('while (true) { }', controller.signal)).rejects.toThrow('stopped');
  });

  it('recurses deeply without a deep stack', async () => {
    expect(await evaluate('def f(n) { n == 0 ? 0 : 1 + f(n - 1) }; f(1500)')).toBe('1500');
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseGroovy } from '../../../../../src/servers/ci/groovy/parser.ts';
import { GroovySyntaxError } from '../../../../../src/servers/ci/groovy/source.ts';
import { evaluate } from './evaluate.ts';

const file = (source: string) => ({ file: 'WorkflowScript', source });

/** The error of a script that does not parse; undefined when it does. */
function errorOf(source: string): GroovySyntaxError | undefined {
  try {
    parseGroovy(file(source));
    return undefined;
  } catch (error) {
    if (error instanceof GroovySyntaxError) return error;
    throw error;
  }
}

const PIECES = (
  "{ } ( ) [ ] -> a b.c def if else 'x' \"$a\" \"${ } \" ''' $/ /$ / ; , : ? ?: .. ..< 1 1.5 class new pipeline stage('x') steps agent " +
  '@A * ** = == ==~ =~ ! - + ++ for in try catch finally switch case default return import as int < > & . ?. *. .& instanceof'
).split(' ');

describe('the parser', () => {
  it('answers every text with a script or a syntax error that has its place', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 80 }),
      fc.array(fc.constantFrom(...PIECES, '\n', ' '), { maxLength: 60 }).map((pieces) => pieces.join(' ')),
    );
    fc.assert(
      fc.property(text, (source) => {
        for (const problem of errorOf(source)?.problems ?? []) {
          expect(problem.line).toBeGreaterThanOrEqual(1);
          expect(problem.line).toBeLessThanOrEqual(source.split(/\r\n|\r|\n/).length);
          expect(problem.column).toBeGreaterThanOrEqual(1);
          expect(problem.text).toBe(source.split(/\r\n|\r|\n/)[problem.line - 1]);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    '(',
    '[',
    '{a->',
    'a(',
    'a{',
    '[a:',
    '({',
    '"${',
    'if(a)',
    'a?b:',
    '!',
    'new A(',
    'class A {',
    'try {',
    '(a):',
    'a=',
    '1**',
  ])('answers %s, five thousand times, without delay', (piece) => {
    const started = performance.now();
    expect(errorOf(piece.repeat(5000))).toBeInstanceOf(GroovySyntaxError);
    expect(performance.now() - started).toBeLessThan(2000);
  });

  it('reads back every text that is written with escapes, in each kind of quotes', async () => {
    const escaped = (text: string, quote: string) =>
      Array.from({ length: text.length }, (_, index) => {
        const character = text.charAt(index);
        return /[ -~]/.test(character) && !['\\', '$', quote].includes(character)
          ? character
          : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
      }).join('');
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 30 }), async (text) => {
        for (const quote of ["'", '"', "'''", '"""']) {
          expect(await evaluate(`${quote}${escaped(text, quote.charAt(0))}${quote}`)).toBe(text);
        }
        expect(await evaluate(`"a\${'${escaped(text, "'")}'}b"`)).toBe(`a${text}b`);
      }),
      { numRuns: 100 },
    );
  });

  it('prints lists and maps so that they read back as they were', async () => {
    const value = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 3 },
        fc.integer({ min: -1000, max: 1000 }).map(String),
        fc.stringMatching(/^[a-z ]{0,6}$/).map((text) => `'${text}'`),
        fc.constantFrom('true', 'null'),
        tie('list'),
        tie('map'),
      ),
      list: fc.array(tie('value'), { maxLength: 4 }).map((elements) => `[${elements.join(', ')}]`),
      map: fc.dictionary(fc.stringMatching(/^[a-z]{1,5}$/), tie('value'), { maxKeys: 4 }).map((entries) => {
        const pairs = Object.entries(entries).map(([key, entry]) => `'${key}':${String(entry)}`);
        return pairs.length === 0 ? '[:]' : `[${pairs.join(', ')}]`;
      }),
    })).value;
    await fc.assert(
      fc.asyncProperty(value, async (source) => {
        expect(await evaluate(`[${String(source)}].inspect()`)).toBe(`[${String(source)}]`);
      }),
      { numRuns: 200 },
    );
  });

  it('points a caret at the place, under tabs too', () => {
    expect(errorOf('node {\n\tsh (\n}')?.message).toBe(
      'startup failed:\nWorkflowScript: 3: unexpected token: } @ line 3, column 1.\n   }\n   ^\n\n1 error\n',
    );
    expect(errorOf("\t\tdef 1x = 'a'")?.message).toContain("column 7.\n   \t\tdef 1x = 'a'\n   \t\t    ^\n");
  });

  it.each([
    ['foo(a: 1, b)', undefined],
    ["sh script: 'x', returnStdout: true", undefined],
    ["def x = sh script: 'x'", undefined],
    ["timeout(5) { node('a') { sh 'b' } }", undefined],
    ["parallel a: { echo 'a' }, b: { echo 'b' }", undefined],
    ['import static java.lang.Math.max\nmax(1, 2)', undefined],
    ['#!groovy\n@Library("x@y") _\nfoo()', undefined],
    ['@Library(["a", "b"])\nimport org.x.Y\nfoo()', undefined],
    ['@NonCPS\ndef parse(text) { text }', undefined],
    ['@groovy.transform.Field Map m = [a: 1]', undefined],
    ['Map<String, List<Integer>> m = [:]', undefined],
    ['def m = [\n  a: 1, // one\n  b: 2,\n]', undefined],
    ['x = a ?\n  b :\n  c', undefined],
    ['if (a)\n  b()\nelse\n  c()', undefined],
    ['try {\n} catch (A | B e) {\n}\nfinally {\n}', undefined],
    ['do { } while (true)', /do … while is not supported/],
    ['foo: while (true) { }', /labelled statements are not supported/],
    ['new Runnable() { void run() { } }', /anonymous inner classes are not supported/],
    ['trait A { }', /traits are not supported/],
    ['"${-> x}"', /lazy evaluation in a GString/],
    ['1 = 2', /is a constant expression/],
    ['a.@b', /direct field access/],
    ['{ x }', /Ambiguous expression/],
    ['def x = 08', /Invalid number: 08/],
    ['/* never closed', /unclosed comment/],
    ["'''never closed", /unclosed string, expecting '''/],
    ['"$5"', /illegal string body character after dollar sign/],
  ])('%j', (source, message) => {
    const error = errorOf(source);
    if (message === undefined) expect(error?.message).toBeUndefined();
    else expect(error?.message).toMatch(message);
  });
});

import { describe, expect, test } from 'vitest';
import { renderBook } from '../../../src/exercises/book.ts';
import type { Exercise } from '../../../src/exercises/exercise.ts';
import type { Playground } from '../../../src/flow/playground.ts';

const step = { title: 'Do <it>', typed: () => ['git push'], run: async () => undefined };
const look = { ask: async () => undefined, where: () => 'nowhere' };

function exerciseWith(text: string): Exercise {
  return {
    id: 'paint',
    title: 'Paint <b>it</b>',
    minutes: 90,
    except: {},
    start: [],
    checks: [
      { title: 'it is painted', look, expect: { judge: async () => ({ passed: true, expected: '' }) } },
    ],
    hints: ['Take a brush'],
    solution: [step],
    text,
    files: new Map(),
  };
}

const render = (text: string, solutions = false) =>
  renderBook([exerciseWith(text)], {} as Playground, { solutions });

describe('the book', () => {
  test('has the text as headings, lists and code below the title', async () => {
    const page = await render('# Paint it\n\n## Why\n\n- because of `this`\n\n      git push\n');
    expect(page).toContain('<h2>Paint &lt;b&gt;it&lt;/b&gt;</h2>');
    expect(page).toContain('<h3>Why</h3>');
    expect(page).toContain('<code>this</code>');
    expect(page).not.toContain('<h1>Paint it');
    expect(page).toContain('it is painted');
  });

  test('shows solutions only when it is told to', async () => {
    expect(await render('# Paint')).not.toContain('Take a brush');
    const page = await render('# Paint', true);
    expect(page).toContain('Take a brush');
    expect(page).toContain('Do &lt;it&gt;');
  });

  test.each([
    '<script>alert(1)</script>',
    '<img src=x onerror=alert(1)>',
    '[x](javascript:alert(1))',
    '[x](data:text/html,<script>alert(1)</script>)',
    '<a href="vbscript:x">x</a>',
  ])('runs nothing of a foreign text: %s', async (text) => {
    const page = await render(`# Paint\n\n${text}\n`);
    expect(page).not.toMatch(/<script|<img|href="(javascript|data|vbscript)|<a href="vb/i);
    expect(page).toContain("default-src 'none'");
  });
});

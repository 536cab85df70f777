import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dashboardAddress } from '../../src/dashboard/server/access.ts';
import { startDashboard } from '../../src/dashboard/server/server.ts';
import type { ExerciseGuide } from '../../src/dashboard/exercises.ts';
import type { Listener } from '../../src/lib/http/listen.ts';
import { login, playgroundNowhere } from '../unit/dashboard/support/nowhere.ts';
import { expectAccessible, launch, noBrowser, openPage, type WatchedPage } from './support/browser.ts';

/** A guide that knows two exercises; the first is solved once somebody asks a second time. */
function guideOf(): ExerciseGuide {
  const states: Record<string, 'open' | 'started' | 'solved'> = { colour: 'open', drift: 'open' };
  let checks = 0;
  let hints = 0;
  const titles: Record<string, string> = { colour: 'First commit', drift: 'Drift and self-heal' };
  return {
    list: async () => Object.entries(states).map(([id, state]) => ({ id, title: titles[id] ?? id, state })),
    read: async (id) => ({
      id,
      title: titles[id] ?? id,
      markdown:
        '# What\n\nChange the **colour** in `src/theme.js`.\n\n1. clone\n2. push\n\n' +
        '<script>globalThis.ran = true</script>\n\n<img src="x" onerror="globalThis.ran = true">\n\n' +
        '[a trap](javascript:globalThis.ran=true) and [a page](https://example.org/)\n\n```\ngit push\n```\n',
      hints: 2,
      hintsShown: hints,
    }),
    start: async (id) => {
      states[id] = 'started';
    },
    check: async (id) => {
      checks += 1;
      const solved = checks > 1;
      if (solved) states[id] = 'solved';
      return {
        exercise: id,
        solved,
        checks: [
          { title: 'the clone was pushed', passed: true, seen: 'one commit', expected: 'a commit' },
          {
            title: 'staging shows the new colour',
            passed: solved,
            seen: 'green',
            expected: 'another than green',
          },
        ],
      };
    },
    hint: async () => {
      hints = Math.min(2, hints + 1);
      return { number: hints, of: 2, text: `Look at \`theme.js\`, part ${hints}` };
    },
  };
}

describe.skipIf(noBrowser !== undefined)(
  `the exercise panel${noBrowser === undefined ? '' : ` (${noBrowser})`}`,
  () => {
    let dashboard: Listener;
    let browser: Browser;
    let watched: WatchedPage;
    let page: Page;

    beforeAll(async () => {
      // The panel needs only its guide.
      const playground = await playgroundNowhere();
      dashboard = await startDashboard(playground, 0, { engine: 'embedded', guide: guideOf() });
      browser = await launch();
      watched = await openPage(browser);
      page = watched.page;
      const url = `http://127.0.0.1:${dashboard.port}`;
      await page.goto(dashboardAddress({ git: login, dashboard: { url } }));
      await page.getByRole('link', { name: 'Exercises' }).click();
    }, 60_000);
    afterAll(async () => {
      await browser.close();
      await dashboard.close();
    });

    test('lists the exercises with how far each is', async () => {
      await page.getByText('0 of 2 exercises solved').waitFor();
      await expectAccessible(page);
      await page.getByRole('link', { name: 'First commit' }).click();
      await page.getByRole('heading', { level: 1, name: 'First commit' }).waitFor();
    });

    test('shows the text, in which nothing can run', async () => {
      const text = page.locator('article .markdown');
      await text.getByText('git push').waitFor();
      expect(await text.locator('strong').innerText()).toBe('colour');
      expect(await text.locator('script, img').count()).toBe(0);
      expect(await text.innerText()).toContain('<script>globalThis.ran = true</script>');
      expect(await text.getByRole('link').allInnerTexts()).toEqual(['a page']);
      expect(await page.evaluate(() => 'ran' in globalThis)).toBe(false);
    });

    test('starts it, says what is missing, hints, and says when it is solved', async () => {
      await page.getByRole('button', { name: 'Start', exact: true }).click();
      await page.getByRole('button', { name: 'Start again' }).waitFor();
      await page.getByRole('button', { name: 'Check' }).click();
      await page.getByText('Not yet').waitFor();
      const missing = page.locator('.checks .failed');
      expect(await missing.innerText()).toMatch(
        /staging shows the new colour[\s\S]*green[\s\S]*another than green/,
      );
      await expectAccessible(page);
      await page.getByRole('button', { name: 'Show a hint (2 left)' }).click();
      await page.getByText('part 1').waitFor();
      await page.getByRole('button', { name: 'Show a hint (1 left)' }).click();
      await page.getByText('part 2').waitFor();
      await page.getByRole('button', { name: 'Check' }).click();
      await page.getByText('Solved', { exact: true }).waitFor();
      await page.getByRole('link', { name: 'Exercises' }).first().click();
      await page.getByText('1 of 2 exercises solved').waitFor();
    });

    test('shows which parts do not answer', async () => {
      await page.getByRole('link', { name: 'Loop' }).click();
      await page.locator('.station.down', { hasText: 'Git server' }).waitFor();
      await page.locator('.station.down', { hasText: 'does not answer' }).first().waitFor();
    });

    test('no script has failed', () => {
      expect(watched.complaints).toEqual([]);
    });
  },
);

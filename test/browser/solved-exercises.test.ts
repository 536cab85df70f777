import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Cli } from '../support/playground.ts';
import { expectAccessible, launch, noBrowser, openPage, type WatchedPage } from './support/browser.ts';

/** The panel with the exercises that come with the program, on a real playground, as a participant with a browser sees it. */
describe.skipIf(noBrowser !== undefined)(
  `exercises of a real playground in a browser${noBrowser === undefined ? '' : ` (${noBrowser})`}`,
  () => {
    let cli: Cli;
    let browser: Browser;
    let watched: WatchedPage;
    let page: Page;

    beforeAll(async () => {
      cli = new Cli();
      await cli.json('up');
      browser = await launch();
      watched = await openPage(browser);
      page = watched.page;
      await page.goto((await cli.json<{ url: string }>('open')).url);
    }, 120_000);
    afterAll(async () => {
      await browser.close();
      await cli.dispose();
    }, 60_000);

    const openExercise = async (title: string) => {
      await page.getByRole('link', { name: 'Exercises', exact: true }).first().click();
      await page.getByRole('link', { name: title }).click();
      await page.getByRole('heading', { level: 1, name: title }).first().waitFor();
    };
    const begin = async () => {
      await page.getByRole('button', { name: 'Start', exact: true }).click();
      await page.getByRole('button', { name: 'Start again' }).waitFor({ timeout: 60_000 });
    };

    test('an exercise that was begun says what it has seen and what it expects', async () => {
      await openExercise('The first commit');
      await begin();
      await page.getByRole('button', { name: 'Check' }).click();
      await page.getByText('Not yet').waitFor();
      const missing = page.locator('.checks .failed', { hasText: 'the shop has another colour in Git' });
      expect(await missing.innerText()).toMatch(/teal[\s\S]*something else than teal/);
      // What holds already is told as well.
      await page.locator('.checks .passed', { hasText: 'that build has ended well' }).waitFor();
      await expectAccessible(page);
    }, 90_000);

    test('the first hint is that of the exercise, with the name of the application in it', async () => {
      await page.getByRole('button', { name: 'Show a hint (3 left)' }).click();
      await page.getByText('The colour is one line of').waitFor();
      await page.getByText('npx gitops-playground clone storefront').last().waitFor();
    });

    test('once it is solved, the panel says so', async () => {
      await cli.json('exercise', 'solve');
      await page.getByRole('button', { name: 'Check' }).click();
      await page.getByText('Solved', { exact: true }).waitFor();
      expect(await page.locator('.checks .failed').count()).toBe(0);
      await page.getByRole('link', { name: 'Exercises', exact: true }).first().click();
      await page.getByText(/^1 of \d+ exercises solved$/).waitFor();
    }, 120_000);

    test('a stage that an exercise adds is a stop on the way of the newest commit, and stands in the cluster', async () => {
      await cli.json('exercise', 'start', 'third-stage');
      await cli.json('exercise', 'solve', 'third-stage');
      await page.getByRole('link', { name: 'Loop' }).click();
      const newest = page.locator('.line').first();
      for (const stop of ['qa/commit', 'qa/sync', 'qa/run'])
        await newest.locator(`.stop.done[data-stop="${stop}"]`).waitFor({ timeout: 30_000 });
      const ids = await newest
        .locator('.stop')
        .evaluateAll((stops) => stops.map((stop) => stop.getAttribute('data-stop')));
      expect(ids.indexOf('qa/commit')).toBe(ids.indexOf('staging/run') + 1);
      await page.locator('.station[data-station="cluster"] .stage-pill', { hasText: /^qa/ }).waitFor();
      await expectAccessible(page);
    }, 180_000);

    test('no script has failed', () => {
      expect(watched.complaints).toEqual([]);
    });
  },
);

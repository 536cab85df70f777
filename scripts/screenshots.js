/**
 * Makes the pictures of the dashboard that stand in the README, from a playground of its own: `npm run screenshots`.
 * It needs a built tree and a Chromium (Debian's package, or the one that CHROMIUM names).
 */
import { execa } from 'execa';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const pictures = join(root, 'docs');
const folder = mkdtempSync(join(tmpdir(), 'playground-pictures-'));
const env = { PATH: process.env.PATH, HOME: folder, GITOPS_PLAYGROUND_HOME: join(folder, 'home') };
const LIMIT_MS = 60_000;

const cli = (...args) =>
  execa(process.execPath, [join(root, 'bin', 'gitops-playground.cjs'), ...args], {
    env,
    extendEnv: false,
    cwd: folder,
  });
const git = (...args) => execa('git', ['-C', join(folder, 'storefront'), ...args], { env, extendEnv: false });

async function push(subject) {
  writeFileSync(join(folder, 'storefront', 'note.txt'), subject);
  await git('add', '--all');
  await git('commit', '--quiet', '--message', subject);
  await git('push', '--quiet');
  return (await git('rev-parse', 'HEAD')).stdout;
}

/** A typeface of today for the pictures, where one is installed; a bare machine has only an old one. */
function typeface() {
  const file = join(folder, 'fonts.conf');
  const families = ['Inter', 'Cantarell', 'Noto Sans'].map((name) => `<family>${name}</family>`).join('');
  const alias = (name) =>
    `<alias binding="same"><family>${name}</family><prefer>${families}</prefer></alias>`;
  writeFileSync(
    file,
    `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig><include ignore_missing="yes">/etc/fonts/fonts.conf</include>${['sans-serif', 'system-ui', 'ui-sans-serif'].map(alias).join('')}</fontconfig>`,
  );
  return file;
}

/** Waits until the commit stands at one of these stops. */
const reached = (page, revision, ...stops) =>
  page
    .locator(
      stops
        .map((stop) => `.line[data-revision="${revision}"] .stop[data-stop="${stop}"][aria-current="step"]`)
        .join(', '),
    )
    .first()
    .waitFor({ timeout: LIMIT_MS });

async function main() {
  await cli('up');
  const { stdout: url } = await cli('open', '--print');
  await cli('clone', 'storefront');
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--font-render-hinting=none'],
    env: { ...env, FONTCONFIG_FILE: typeface() },
  });
  try {
    for (const colorScheme of ['light', 'dark']) {
      const page = await browser.newPage({ viewport: { width: 1280, height: 880 }, colorScheme });
      await page.goto(url);
      const before = await push(`Paint the shop window ${colorScheme === 'light' ? 'blue' : 'black'}`);
      await reached(page, before, 'production/pull');
      const travelling = await push('Open on Sundays as well');
      // On its way along the track to the cluster.
      await page.waitForFunction(
        (id) => {
          const { classList, dataset } = document.querySelector(`.token[data-revision="${id}"]`) ?? {};
          return classList?.contains('moving') && dataset.station === 'cluster';
        },
        travelling,
        { timeout: LIMIT_MS },
      );
      await page.waitForTimeout(120);
      const dark = colorScheme === 'dark' ? '-dark' : '';
      await page.screenshot({ path: join(pictures, `dashboard${dark}.png`) });
      await reached(page, travelling, 'production/pull');
      await page.close();
    }
    const page = await browser.newPage({ viewport: { width: 1280, height: 850 }, colorScheme: 'light' });
    await page.goto(url);
    await page.getByRole('group', { name: 'Map of the loop' }).waitFor();
    await page.goto(`${url.split('/#')[0]}/#/trace`);
    await page.locator('.time-line').waitFor();
    await page.screenshot({ path: join(pictures, 'dashboard-trace.png') });
  } finally {
    await browser.close();
  }
}

try {
  await main();
} finally {
  await cli('down', '--yes').catch(() => undefined);
  rmSync(folder, { recursive: true, force: true });
}

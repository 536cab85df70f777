import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';

const BROWSER = process.env.CHROMIUM ?? '/usr/bin/chromium';
const ARGUMENTS = ['--no-sandbox', '--disable-gpu', '--disable-background-networking'];

/**
 * How long after the end of `git push` the dashboard shows the commit: until its events name it, and until it stands in the
 * page of a browser, where there is one; and how soon that page is painted.
 * @param push makes and pushes a commit, and gives when the push had ended (`performance.now()`)
 * @param settled resolves when nothing of the commit is under way any more
 */
export async function dashboardTimes({ url, times, push, settled }) {
  const [address, key] = url.split('/#key=');
  const events = await openEvents(address, key);
  const browser = existsSync(BROWSER)
    ? await chromium.launch({ executablePath: BROWSER, args: ARGUMENTS })
    : undefined;
  try {
    const page = await browser?.newPage();
    const firstPaint = page === undefined ? undefined : await openPage(page, url);
    const told = [];
    const shown = [];
    for (let time = 0; time < times; time += 1) {
      const { pushed, revision } = await push(time);
      told.push(Math.max(0, (await events.named(revision)) - pushed));
      if (page !== undefined) shown.push(Math.max(0, (await seenAt(page, revision)) - pushed));
      await settled(revision);
    }
    return {
      pushEndToEvent: summaryOf(told),
      pushEndToShownInBrowser: page === undefined ? 'no browser' : summaryOf(shown),
      firstPaint: firstPaint ?? 'no browser',
    };
  } finally {
    events.close();
    await browser?.close();
  }
}

/** Listens to the server-sent events, and remembers when each commit was named first. */
async function openEvents(address, key) {
  const end = new AbortController();
  const headers = { authorization: `Bearer ${key}` };
  const response = await fetch(`${address}/api/events`, { headers, signal: end.signal });
  const names = new Map();
  const waiting = new Map();
  const read = async () => {
    let rest = '';
    for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
      const now = performance.now();
      rest += chunk;
      const blocks = rest.split('\n\n');
      rest = blocks.pop();
      for (const [, revision] of blocks.join('').matchAll(/"revision":"([0-9a-f]{40})"/g)) {
        if (names.has(revision)) continue;
        names.set(revision, now);
        waiting.get(revision)?.(now);
      }
    }
  };
  read().catch(() => undefined);
  return {
    named: (revision) => names.get(revision) ?? new Promise((resolve) => waiting.set(revision, resolve)),
    close: () => end.abort(),
  };
}

/** Opens the page, and gives the milliseconds until something was painted. The page notes when each commit came into it. */
async function openPage(page, url) {
  await page.addInitScript(() => {
    globalThis.seen = {};
    new MutationObserver(() => {
      for (const { dataset } of document.querySelectorAll('.line[data-revision]'))
        globalThis.seen[dataset.revision] ??= performance.timeOrigin + performance.now();
    }).observe(document, { childList: true, subtree: true });
  });
  await page.goto(url);
  await page.waitForSelector('.line[data-revision]');
  const paint = await page.evaluate(
    () => performance.getEntriesByName('first-contentful-paint')[0]?.startTime,
  );
  return round(paint);
}

/** When the page showed the commit, on this process's clock. */
async function seenAt(page, revision) {
  await page.waitForFunction((id) => globalThis.seen[id] !== undefined, revision);
  return (await page.evaluate((id) => globalThis.seen[id], revision)) - performance.timeOrigin;
}

function summaryOf(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share) => round(sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)]);
  return { median: at(0.5), p95: at(0.95), n: sorted.length };
}

const round = (value) => Math.round(value * 10) / 10;

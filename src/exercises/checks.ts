import { z } from 'zod';
import { messageOf } from '../lib/errors.ts';
import { expectation } from './expectations.ts';
import { text } from './kinds.ts';
import { look } from './looks/all.ts';
import { show } from './looks/look.ts';
import type { Site } from './site.ts';

/** One look at the live system, what it should see, and the sentence that holds then. */
export const check = z.strictObject({
  title: text,
  look,
  expect: expectation,
  /** Where to look instead of what the look itself would say. */
  where: text.optional(),
});

export type Check = z.output<typeof check>;

export interface CheckResult {
  readonly title: string;
  readonly passed: boolean;
  readonly seen: string;
  readonly expected: string;
  /** Where a person sees it: a command or a page; with a failed check only. */
  readonly where?: string;
}

/** The checks of an exercise, all asked at once. A part that does not answer fails its check, and is what was seen. */
export function runChecks(checks: readonly Check[], site: Site): Promise<CheckResult[]> {
  return Promise.all(checks.map((each) => runCheck(each, site)));
}

async function runCheck({ title, look, expect, where }: Check, site: Site): Promise<CheckResult> {
  const place = where ?? look.where(site);
  try {
    const seen = await look.ask(site);
    const { passed, expected } = await expect.judge(seen, site);
    return { title, passed, seen: show(seen), expected, ...(passed ? {} : { where: place }) };
  } catch (error) {
    return { title, passed: false, seen: messageOf(error), expected: 'an answer', where: place };
  }
}

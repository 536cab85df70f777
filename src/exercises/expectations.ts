import { z } from 'zod';
import { oneKind, pattern, type KindTable } from './kinds.ts';
import { look } from './looks/all.ts';
import { show, type Value } from './looks/look.ts';
import type { Site } from './site.ts';

/** What a look is expected to see. */
interface Expectation {
  judge(seen: Value, site: Site): Promise<Verdict>;
}

interface Verdict {
  readonly passed: boolean;
  /** What was expected, as people read it. */
  readonly expected: string;
}

const scalar = z.union([z.string(), z.number(), z.boolean()], {
  error: 'write a text, a number or true or false',
});
const value = z.union([scalar, z.array(z.string())], { error: 'write a value, or a list of texts' });

/** An expectation whose value stands in the exercise. */
function literal<T>(
  schema: z.ZodType<T>,
  expected: (wanted: T) => string,
  holds: (seen: Value, wanted: T) => boolean,
): z.ZodType<Expectation> {
  return schema.transform((wanted) => ({
    judge: async (seen) => ({ passed: holds(seen, wanted), expected: expected(wanted) }),
  }));
}

/** An expectation that is another look: both are asked for the same moment. */
function other(expected: (wanted: string) => string, holds: (seen: Value, wanted: Value) => boolean) {
  return look.transform((wanted): Expectation => ({
    async judge(seen, site) {
      const found = await wanted.ask(site);
      const passed = seen !== undefined && found !== undefined && holds(seen, found);
      const words = found === undefined ? `something at ${wanted.where(site)}` : show(found);
      return { passed, expected: expected(words) };
    },
  }));
}

/** Lists are the same when they have the same entries, in whichever order. */
function equal(one: Value, two: Value): boolean {
  if (typeof one === 'object' || typeof two === 'object') {
    const list = (items: Value) => (typeof items === 'object' ? [...items] : [String(items)]).sort();
    return JSON.stringify(list(one)) === JSON.stringify(list(two));
  }
  return one !== undefined && two !== undefined && String(one) === String(two);
}

function textOf(seen: Value): string | undefined {
  return seen === undefined ? undefined : typeof seen === 'object' ? seen.join('\n') : String(seen);
}

const kinds: KindTable<Expectation> = {
  is: literal(value, show, equal),
  not: literal(
    value,
    (wanted) => `something else than ${show(wanted)}`,
    (seen, wanted) => seen !== undefined && !equal(seen, wanted),
  ),
  matches: literal(
    pattern,
    (wanted) => `something like ${wanted.source}`,
    (seen, wanted) => wanted.test(textOf(seen) ?? '\0'),
  ),
  lacks: literal(
    pattern,
    (wanted) => `nothing like ${wanted.source}`,
    (seen, wanted) => seen !== undefined && !wanted.test(textOf(seen) ?? ''),
  ),
  exists: literal(
    z.boolean({ error: 'write true or false' }),
    (wanted) => (wanted ? 'something there' : 'nothing there'),
    (seen, wanted) => (seen !== undefined) === wanted,
  ),
  has: literal(
    z.string(),
    (wanted) => `${wanted} among them`,
    (seen, wanted) => typeof seen === 'object' && seen.includes(wanted),
  ),
  atLeast: literal(
    z.number({ error: 'write a number' }),
    (wanted) => `at least ${wanted}`,
    (seen, wanted) => typeof seen === 'number' && seen >= wanted,
  ),
  same: other((wanted) => wanted, equal),
  differs: other(
    (wanted) => `something else than ${wanted}`,
    (seen, wanted) => !equal(seen, wanted),
  ),
  /** A commit id or digest, whole or its beginning of seven digits or more. */
  abbreviates: other(
    (wanted) => `${wanted}, or its beginning`,
    (seen, wanted) => String(seen).length >= 7 && String(wanted).startsWith(String(seen)),
  ),
};

export const expectation: z.ZodType<Expectation> = oneKind('expectation', kinds, z.strictObject({}));

import { describe, expect, test } from 'vitest';
import { expectation } from '../../../src/exercises/expectations.ts';
import type { Value } from '../../../src/exercises/looks/look.ts';
import type { Site } from '../../../src/exercises/site.ts';

/** A site whose CI server has these credentials, which is the look that `same` and `differs` are compared with. */
function siteWith(credentials: readonly string[] | undefined): Site {
  const ci = { credentials: async () => credentials };
  const endpoints = { ci: { url: 'http://ci' } };
  return { playground: { ci, endpoints } } as unknown as Site;
}

const judge = (written: unknown, seen: Value) => expectation.parse(written).judge(seen, siteWith(['git']));

describe('an expectation', () => {
  test.each<[object, Value, boolean, string]>([
    [{ is: 3 }, 3, true, '3'],
    [{ is: 3 }, '3', true, '3'],
    [{ is: 'Synced' }, 'OutOfSync', false, 'Synced'],
    [{ is: 'Synced' }, undefined, false, 'Synced'],
    [{ is: ['a', 'b'] }, ['b', 'a'], true, 'a, b'],
    [{ is: [] }, [], true, 'none'],
    [{ not: 'teal' }, 'coral', true, 'something else than teal'],
    [{ not: 'teal' }, undefined, false, 'something else than teal'],
    [{ matches: '^Revert "' }, 'Revert "Small fixes"', true, 'something like ^Revert "'],
    [{ matches: '^x' }, undefined, false, 'something like ^x'],
    [{ lacks: 'closed' }, 'Welcome', true, 'nothing like closed'],
    [{ lacks: 'closed' }, undefined, false, 'nothing like closed'],
    [{ exists: false }, undefined, true, 'nothing there'],
    [{ exists: true }, '', true, 'something there'],
    [{ has: 'Staging' }, ['Image', 'Staging'], true, 'Staging among them'],
    [{ has: 'Staging' }, 'Staging', false, 'Staging among them'],
    [{ atLeast: 1 }, 0, false, 'at least 1'],
    [{ same: { credentials: {} } }, ['git'], true, 'git'],
    [{ same: { credentials: {} } }, 'git', true, 'git'],
    [{ same: { credentials: {} } }, undefined, false, 'git'],
    [{ differs: { credentials: {} } }, ['other'], true, 'something else than git'],
  ])('%j of %j is %s', async (written, seen, passed, expected) => {
    expect(await judge(written, seen)).toEqual({ passed, expected });
  });

  test('that compares with what is not there holds for nothing, and says where it looked', async () => {
    const same = expectation.parse({ same: { credentials: {} } });
    expect(await same.judge(['git'], siteWith(undefined))).toEqual({
      passed: false,
      expected: expect.stringContaining('something at http://ci'),
    });
  });

  test('takes the beginning of an id for the id, from seven digits on', async () => {
    const head = 'ab12cd34ef567890ab12cd34ef567890ab12cd34';
    const site = {
      playground: {
        git: { findBranch: async () => ({ commit: { id: head } }) },
        config: { organization: 'playground' },
        endpoints: { git: { url: 'http://git' } },
      },
    } as unknown as Site;
    const abbreviates = expectation.parse({ abbreviates: { branch: { repository: 'storefront' } } });
    for (const [seen, passed] of [
      [head, true],
      ['ab12cd3', true],
      ['ab12', false],
      ['ffffffff', false],
      [undefined, false],
    ] as const)
      expect((await abbreviates.judge(seen, site)).passed, String(seen)).toBe(passed);
  });

  test.each([
    [{}, /name a kind of expectation: one of is, not/],
    [{ iz: 3 }, /unknown expectation "iz"; did you mean "is"\?/],
    [{ is: 3, not: 4 }, /one kind of expectation is enough/],
    [{ same: { image: {} } }, /namespace|write a text/],
    ['Synced', /as a map/],
  ])('%j is refused with what to write instead', (written, message) => {
    expect(expectation.safeParse(written).error?.issues[0]?.message).toMatch(message);
  });
});

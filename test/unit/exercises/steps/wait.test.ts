import { describe, expect, test } from 'vitest';
import type { Site } from '../../../../src/exercises/site.ts';
import { waitSteps } from '../../../../src/exercises/steps/wait.ts';

/** A playground whose branch is there after some time; `parts` are the namespaces of its parts where they are pods. */
function siteWhoseBranchComes(after: number, parts?: string[]): Site {
  const begun = performance.now();
  const git = {
    findBranch: () =>
      Promise.resolve(performance.now() - begun < after ? undefined : { commit: { id: 'abc' } }),
  };
  const playground = {
    git,
    config: { organization: 'playground' },
    endpoints: { git: { url: 'http://git' }, kubernetes: { parts } },
  };
  return { playground, files: {}, signal: new AbortController().signal } as unknown as Site;
}

const step = waitSteps.wait!.parse({
  for: 'the commit',
  look: { branch: { repository: 'storefront' } },
  expect: { is: 'abc' },
  seconds: 1,
});

describe('a step that waits', () => {
  test('gives up after its seconds where the parts are processes of this machine', async () => {
    await expect(step.run(siteWhoseBranchComes(1500))).rejects.toThrow(/the commit after 1 s/);
  });

  test('waits longer in a cluster of pods, where a build begins with the start of one', async () => {
    await expect(step.run(siteWhoseBranchComes(1500, ['jenkins']))).resolves.toBeUndefined();
  });
});

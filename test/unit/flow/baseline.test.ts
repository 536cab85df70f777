import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { forgetPulls, readBaseline } from '../../../src/flow/baseline.ts';
import type { Playground } from '../../../src/flow/playground.ts';

it('a repository that is made anew has no seeded pull requests any more, the others keep theirs', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'baseline-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const seeded = {
    ...{ version: 1, revision: 'a1', builds: {}, images: {}, objects: [] },
    repositories: {
      gitops: { references: { 'refs/heads/main': 'b2' }, pulls: [1] },
      storefront: { references: {}, pulls: [2] },
    },
  };
  await mkdir(join(folder, 'baseline'));
  await writeFile(join(folder, 'baseline', 'baseline.json'), JSON.stringify(seeded));
  const playground = { folder, config: { name: 'default' } } as Playground;

  await forgetPulls(playground, 'gitops');
  await forgetPulls(playground, 'of-somebody-else');

  expect(await readBaseline(playground)).toEqual({
    ...seeded,
    repositories: {
      ...seeded.repositories,
      gitops: { references: { 'refs/heads/main': 'b2' }, pulls: [] },
    },
  });
});

import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { HttpStatusError } from '../../../src/clients/http.ts';
import type { Build } from '../../../src/clients/jenkins.ts';
import { configSchema } from '../../../src/config/schema.ts';
import type { Playground } from '../../../src/flow/playground.ts';
import { awaitBuild } from '../../../src/flow/prove-build.ts';

/** The waits of the flow go by the clock of these tests, where they have one. */
vi.mock('node:timers/promises', () => ({
  setTimeout: (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
}));

const REVISION = 'a'.repeat(40);
const checkout = (repository: string, revision: string) => ({
  revision,
  branch: 'main',
  remoteUrls: [`http://git/playground/${repository}.git`],
});
const build = (number: number, change: Partial<Build>): Build => ({
  number,
  url: `http://ci/job/storefront/job/main/${number}/`,
  fullDisplayName: `main #${number}`,
  building: false,
  result: 'SUCCESS',
  timestamp: 0,
  duration: 1,
  queueId: number,
  checkouts: [],
  causes: [],
  parameters: {},
  artifacts: [],
  ...change,
});

/** A playground whose CI server shows these lists of builds (or fails so), one a look, the last one for ever. */
function playgroundWith(...looks: readonly (readonly Build[] | Error)[]): Playground {
  let look = 0;
  const parts = {
    config: configSchema.parse({}),
    endpoints: { git: { url: 'http://git' }, kubernetes: {}, ci: { clusterUrl: 'http://ci' } },
    git: { findBranch: async () => ({ commit: { id: REVISION } }) },
    ci: {
      builds: async () => {
        const seen = looks[Math.min(look++, looks.length - 1)];
        if (seen instanceof Error) throw seen;
        return seen;
      },
      stages: async () => [],
      console: async () => 'Obtained Jenkinsfile\nWorkflowScript: 3: Expected a symbol',
    },
  };
  return parts as unknown as Playground;
}
const context = { progress: () => undefined, signal: new AbortController().signal };

describe('the wait for the build of a commit', () => {
  const good = build(1, {
    checkouts: [checkout('pipeline-library', 'b'.repeat(40)), checkout('storefront', REVISION)],
  });

  test('ends with the build that checked out the commit, whatever else it checked out', async () => {
    await awaitBuild(playgroundWith([], [{ ...good, building: true, result: null }], [good]), context);
  });

  test('tells of a build that failed, with the end of its log', async () => {
    const failed = playgroundWith([{ ...good, result: 'FAILURE' }]);
    await expect(awaitBuild(failed, context)).rejects.toMatchObject({
      code: 'build-failed',
      message: expect.stringContaining('Expected a symbol'),
    });
  });

  test('takes a build that failed before it checked out anything for that of the commit, when it began after the wait', async () => {
    const early = build(2, { result: 'FAILURE', checkouts: [checkout('pipeline-library', 'b'.repeat(40))] });
    const older = build(1, { checkouts: [checkout('storefront', 'c'.repeat(40))] });
    await expect(awaitBuild(playgroundWith([older], [early, older]), context)).rejects.toMatchObject({
      code: 'build-failed',
    });
  });

  test('does not take one for it that was there before', async () => {
    const early = build(1, { result: 'FAILURE' });
    const next = { ...good, number: 2 };
    await awaitBuild(playgroundWith([early], [early], [early], [next, early]), context);
  });

  test('builds once more what had failed before it began, when it is asked to', async () => {
    const broken = { ...good, result: 'FAILURE' } as const;
    const second = { ...good, number: 2 };
    const playground = playgroundWith(
      [broken],
      [broken],
      [{ ...second, building: true, checkouts: [] }, broken],
      [second, broken],
    );
    const triggered: unknown[] = [];
    Object.assign(playground.ci, { trigger: async (job: unknown) => triggered.push(job) });
    await awaitBuild(playground, context, { again: true });
    expect(triggered).toEqual([['storefront', 'main']]);
  });

  test('does so only once, and says how to go on', async () => {
    const broken = { ...good, result: 'FAILURE' } as const;
    const playground = playgroundWith([broken], [{ ...broken, number: 2 }, broken]);
    Object.assign(playground.ci, { trigger: async () => 1 });
    await expect(awaitBuild(playground, context, { again: true })).rejects.toMatchObject({
      ...{ code: 'build-failed', message: expect.stringContaining('build 2') },
      hint: expect.stringContaining('gitops-playground up'),
    });
  });

  test('does not wait for one pod after the other to fail, and tells what they have failed with', async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const begun = performance.now();
    /** Each is there for five seconds out of twenty, as Jenkins makes and deletes them. */
    const list = async () => {
      const seconds = (performance.now() - begun) / 1000;
      const status = {
        containerStatuses: [
          { name: 'buildkit', state: { terminated: { exitCode: 1, message: 'no user namespaces' } } },
        ],
      };
      const name = `node-${Math.floor(seconds / 20)}`;
      return { items: seconds % 20 < 5 ? [{ metadata: { name }, status }] : [] };
    };
    const playground = playgroundWith([{ ...good, building: true, result: null }]);
    Object.assign(playground.endpoints.kubernetes, { parts: ['jenkins'] });
    Object.assign(playground, { cluster: async () => ({ list }) });
    const told: string[] = [];
    const wait = awaitBuild(playground, { ...context, progress: (line) => told.push(line) });
    const end = expect(wait).rejects.toMatchObject({
      code: 'agent-failed',
      message: expect.stringContaining(
        'its pod node-2: the container buildkit ended with 1: no user namespaces',
      ),
      hint: expect.stringContaining('gitops-playground up'),
    });
    await vi.advanceTimersByTimeAsync(70_000);
    await end;
    expect(told.join()).toContain('build 1 waits for its pod node-0: the container buildkit ended with 1');
  });

  test('goes on when the CI server was away for a moment', async () => {
    const broken = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
    const starting = new HttpStatusError('GET', 'http://ci/job/storefront', 503, {}, 'getting ready');
    await awaitBuild(playgroundWith([], broken, starting, [good]), context);
  });

  test('ends with any other refusal of the CI server', async () => {
    const refused = new HttpStatusError('GET', 'http://ci/job/storefront', 403, {}, 'no');
    await expect(awaitBuild(playgroundWith([], refused, [good]), context)).rejects.toBe(refused);
  });
});

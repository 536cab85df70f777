import { expect, test } from 'vitest';
import type { Build, Stage } from '../../../src/clients/jenkins.ts';
import { buildOf, stagesOf } from '../../../src/flow/builds.ts';

const stage = (name: string, status: Stage['status']): Stage => ({
  id: name,
  name,
  status,
  startTimeMillis: 0,
  durationMillis: 1,
  error: undefined,
});
const statuses = async (building: boolean, log: string, ...stages: Stage[]) => {
  let looks = 0;
  const ci = {
    stages: async () => stages,
    console: async () => {
      looks += 1;
      return log;
    },
  };
  const found = await stagesOf(ci, ['storefront', 'main'], { number: 3, building });
  return { looks, statuses: found.map(({ name, status }) => `${name} ${status}`) };
};

const log =
  '[Pipeline] { (Deploy)\nStage "Deploy" skipped due to earlier failure(s)\n[x] Stage "Tell" skipped due to earlier failure(s)\n';

test('stages that a failure has kept from running are not told as failed', async () => {
  const seen = await statuses(
    false,
    log,
    stage('Test', 'FAILED'),
    stage('Deploy', 'FAILED'),
    stage('Tell', 'ABORTED'),
  );
  expect(seen.statuses).toEqual(['Test FAILED', 'Deploy NOT_EXECUTED', 'Tell NOT_EXECUTED']);
});

test('stages that failed themselves stay failed, and the log is not read for one alone or while the build runs', async () => {
  const two = [stage('Test', 'FAILED'), stage('Lint', 'FAILED')];
  expect(await statuses(false, log, ...two)).toEqual({ looks: 1, statuses: ['Test FAILED', 'Lint FAILED'] });
  expect((await statuses(true, log, ...two)).looks).toBe(0);
  expect((await statuses(false, log, stage('Test', 'SUCCESS'), stage('Deploy', 'FAILED'))).looks).toBe(0);
});

test('the build of a commit is known by its log where it has checked out nothing', async () => {
  const revision = 'a'.repeat(40);
  const build = (number: number, ...checkouts: string[]) =>
    ({
      number,
      checkouts: checkouts.map((each) => ({
        revision: each,
        remoteUrls: ['http://git/playground/storefront.git'],
      })),
    }) as unknown as Build;
  const read: number[] = [];
  const ci = {
    console: async (_job: unknown, number: unknown) => {
      read.push(Number(number));
      return number === 7
        ? `Branch indexing\nObtained Jenkinsfile from ${revision}\nWorkflowScript: 3: Expected a symbol`
        : '';
    },
  };
  const find = (...builds: Build[]) =>
    buildOf(ci, ['storefront', 'main'], builds, 'playground/storefront', revision);
  expect((await find(build(8), build(7), build(6, 'b'.repeat(40))))?.number).toBe(7);
  expect(await find(build(8), build(6, 'b'.repeat(40)))).toBeUndefined();
  expect(read).toEqual([8, 7, 8]);
  expect((await find(build(8), build(5, revision)))?.number).toBe(5);
  expect(read).toHaveLength(3);
});

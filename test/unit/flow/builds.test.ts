import { expect, test } from 'vitest';
import type { Stage } from '../../../src/clients/jenkins.ts';
import { stagesOf } from '../../../src/flow/builds.ts';

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

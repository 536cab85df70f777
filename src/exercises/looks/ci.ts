import { z } from 'zod';
import { branchJob, revisionOf } from '../../clients/jenkins.ts';
import { mainBranch } from '../../flow/names.ts';
import { pattern, pick, text, type KindTable } from '../kinds.ts';
import type { Look } from './look.ts';

/** The newest build of a branch of the application: how it ended, its stages, its log, the commit that it built. */
const build = z
  .strictObject({
    branch: text.default(mainBranch),
    value: z.enum(['result', 'stages', 'log', 'commit']).default('result'),
    pattern: pattern.optional(),
  })
  .transform((look): Look => ({
    async ask({ playground: { ci, config } }) {
      const job = branchJob(config.application, look.branch);
      const newest = (await ci.builds(job, 1))?.[0];
      if (newest === undefined) return undefined;
      switch (look.value) {
        case 'result':
          return newest.building ? 'RUNNING' : (newest.result ?? undefined);
        case 'stages': {
          const stages = (await ci.stages(job, newest.number)) ?? [];
          return stages.filter(({ status }) => status === 'SUCCESS').map(({ name }) => name);
        }
        case 'log':
          return pick(await ci.console(job, newest.number), look.pattern);
        case 'commit':
          return revisionOf(newest, `${config.organization}/${config.application}`);
      }
    },
    where: ({ playground: { endpoints, config } }) =>
      `${endpoints.ci.url}/job/${config.application}/job/${encodeURIComponent(look.branch)}/`,
  }));

/** The ids of all credentials that the CI server has. */
const credentials = z.strictObject({}).transform((): Look => ({
  ask: ({ playground: { ci } }) => ci.credentials(),
  where: ({ playground: { endpoints } }) =>
    `${endpoints.ci.url}/credentials/store/system/domain/_/api/json?depth=1`,
}));

export const ciLooks: KindTable<Look> = { build, credentials };

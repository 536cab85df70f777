import { branchJob, revisionOf, type Build } from '../../../clients/jenkins.ts';
import { stagesOf } from '../../../flow/builds.ts';
import type { ApplicationBuild, BranchBuilds, BuildDocument } from '../../model/documents.ts';
import {
  choiceField,
  fieldsOf,
  found,
  numberOf,
  textField,
  type DashboardContext,
  type Parts,
  type Routes,
} from '../call.ts';
import { streamText } from '../stream.ts';

const BUILDS = 100;

/** Builds of every branch of the application, with their stages and logs. */
export function addBuilds(routes: Routes, { playground, source }: Parts): void {
  const { ci, config } = playground;
  const { application, organization } = config;
  const withRevision = (build: Build): ApplicationBuild => ({
    ...build,
    revision: revisionOf(build, `${organization}/${application}`),
  });
  const base = '/api/builds/:branch/:number';
  const placeOf = (context: DashboardContext) =>
    [
      branchJob(application, context.req.param('branch') ?? ''),
      numberOf(context.req.param('number') ?? ''),
    ] as const;

  routes.get('/api/builds', async (context) => {
    const jobs = (await ci.jobs([application])) ?? [];
    const branches = await Promise.all(
      jobs.map(async ({ branch, url }): Promise<BranchBuilds> => ({
        branch,
        url,
        builds: ((await ci.builds(branchJob(application, branch), BUILDS)) ?? []).map(withRevision),
      })),
    );
    return context.json(branches);
  });
  routes.get(base, async (context) => {
    const place = placeOf(context);
    const build = found(await ci.build(...place), 'such build');
    const [stages, inputs] = await Promise.all([
      stagesOf(ci, place[0], build),
      build.building ? ci.pendingInputs(...place).catch(() => []) : [],
    ]);
    const document: BuildDocument = { build: withRevision(build), stages, inputs };
    return context.json(document);
  });
  routes.get(`${base}/log`, async (context) => {
    const place = placeOf(context);
    found(await ci.build(...place), 'such build');
    return streamText(context, (signal) => ci.followLog(...place, signal));
  });
  routes.post(`${base}/stop`, async (context) => {
    await ci.stop(...placeOf(context));
    source.changed('builds');
    return context.json({});
  });
  routes.post(`${base}/again`, async (context) => {
    await ci.replay(...placeOf(context));
    source.changed('builds');
    return context.json({});
  });
  routes.post(`${base}/input`, async (context) => {
    const fields = await fieldsOf(context);
    await ci.answerInput(
      ...placeOf(context),
      textField(fields, 'id'),
      choiceField(fields, 'answer', ['proceed', 'abort']),
    );
    source.changed('builds');
    return context.json({});
  });
}

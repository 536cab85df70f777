import type { BuildRecord } from '../model.ts';
import { itemPath } from '../names.ts';
import type { StageReport } from '../pipeline/host.ts';
import type { Site } from './exchange.ts';

const STATUSES: Readonly<Record<StageReport['status'], string>> = {
  SUCCESS: 'SUCCESS',
  UNSTABLE: 'UNSTABLE',
  FAILURE: 'FAILED',
  ABORTED: 'ABORTED',
  NOT_BUILT: 'NOT_EXECUTED',
  IN_PROGRESS: 'IN_PROGRESS',
  PAUSED_PENDING_INPUT: 'PAUSED_PENDING_INPUT',
};

/** A build with its stages, as the Pipeline REST API plugin describes it. */
export function describeRun(site: Site, build: BuildRecord): Record<string, unknown> {
  const path = `${itemPath(build.pipeline)}${build.number}/`;
  const waiting = (site.builds.running(build.pipeline, build.number)?.inputs.pending() ?? []).length > 0;
  const status = build.result ?? (waiting ? 'PAUSED_PENDING_INPUT' : 'IN_PROGRESS');
  const duration = build.building ? Date.now() - build.timestamp : build.duration;
  return {
    _links: { self: { href: `${path}wfapi/describe` } },
    id: String(build.number),
    name: build.displayName ?? `#${build.number}`,
    status: STATUSES[status],
    startTimeMillis: build.timestamp,
    endTimeMillis: build.timestamp + duration,
    durationMillis: duration,
    queueDurationMillis: 0,
    pauseDurationMillis: 0,
    stages: build.stages.map((stage) => describeStage(stage, path, waiting)),
  };
}

function describeStage(stage: StageReport, path: string, waiting: boolean): Record<string, unknown> {
  const running = stage.status === 'IN_PROGRESS';
  return {
    _links: { self: { href: `${path}execution/node/${stage.id}/wfapi/describe` } },
    id: stage.id,
    name: stage.name,
    execNode: '',
    status: running && waiting ? 'PAUSED_PENDING_INPUT' : STATUSES[stage.status],
    startTimeMillis: stage.startTime,
    durationMillis: running ? Date.now() - stage.startTime : stage.durationMillis,
    pauseDurationMillis: 0,
    parameterDescription: null,
    ...(stage.parent === undefined ? {} : { parentNodes: [stage.parent] }),
    ...(stage.error === undefined ? {} : { error: { message: stage.error, type: 'hudson.AbortException' } }),
  };
}

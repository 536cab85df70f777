import { randomBytes } from 'node:crypto';
import { delimiter, join } from 'node:path';
import { messageOf } from '../../../lib/errors.ts';
import { leastEnvironment } from '../../../lib/process.ts';
import { buildEnvironment, fullDisplayName } from '../environment.ts';
import type { Libraries } from '../libraries.ts';
import { worse, type BuildRecord, type JobConfig, type PipelineRecord } from '../model.ts';
import { itemPath, shortName } from '../names.ts';
import type { BuildResult, PipelineHost, PipelineValue } from '../pipeline/host.ts';
import { StepFailure } from '../pipeline/host.ts';
import type { PipelineOutcome, PipelineScript } from '../pipeline/outcome.ts';
import { parseProperties } from '../properties.ts';
import type { Store } from '../store.ts';
import { allSteps } from '../steps/all.ts';
import { valueText } from '../steps/arguments.ts';
import { credentialVariables } from '../steps/credentials.ts';
import { scmValue, type GitScm } from '../steps/scm.ts';
import type { Workspaces } from '../workspace.ts';
import type { BuildServices, Root } from './services.ts';
import { COOKIE } from './processes.ts';
import type { RunningBuild } from './running.ts';

/** The pipeline language: runs a script with what a host lends it. Lends itself to tests. */
export type RunPipeline = (script: PipelineScript, host: PipelineHost) => Promise<PipelineOutcome>;

export interface RunnerParts {
  readonly store: Store;
  readonly workspaces: Workspaces;
  readonly libraries: Libraries;
  readonly runPipeline: RunPipeline;
  /** With a slash at its end. */
  readonly rootUrl: string;
  /** Further variables of every build. */
  readonly env: Readonly<Record<string, string>>;
  readonly pathEntries: readonly string[];
  /** The home folder of builds: the person's own is none of theirs. */
  readonly home: string;
}

export interface BuildPlan {
  readonly running: RunningBuild;
  readonly build: BuildRecord;
  readonly pipeline: PipelineRecord;
  readonly config: JobConfig;
  readonly script: PipelineScript;
  readonly scm: GitScm | undefined;
  readonly services: Omit<BuildServices, 'worsen'>;
}

/** Runs the pipeline of one build to its outcome; never throws. */
export async function runBuild(parts: RunnerParts, plan: BuildPlan): Promise<PipelineOutcome> {
  const { running, script } = plan;
  let marked: BuildResult = 'SUCCESS';
  const services: BuildServices = {
    ...plan.services,
    worsen: (result) => {
      marked = worse(marked, result);
    },
  };
  const outcome = await Promise.race([
    runGuarded(parts.runPipeline, script, hostOf(parts, plan, services), running),
    running.killed.then((): PipelineOutcome => ({ result: 'ABORTED' })),
  ]);
  const result = running.signal.aborted ? 'ABORTED' : worse(outcome.result, marked);
  return { ...outcome, result };
}

async function runGuarded(
  runPipeline: RunPipeline,
  script: PipelineScript,
  host: PipelineHost,
  running: RunningBuild,
): Promise<PipelineOutcome> {
  try {
    return await runPipeline(script, host);
  } catch (error) {
    if (running.signal.aborted) return { result: 'ABORTED' };
    running.log.line(`ERROR: ${messageOf(error)}`);
    const result = error instanceof StepFailure ? error.result : 'FAILURE';
    return { result, error: { kind: 'step', message: messageOf(error) } };
  }
}

function hostOf(parts: RunnerParts, plan: BuildPlan, services: BuildServices): PipelineHost {
  const { store, libraries, rootUrl } = parts;
  const { running, build, pipeline, config, scm } = plan;
  const jobUrl = `${rootUrl.replace(/\/$/, '')}${itemPath(build.pipeline)}`;
  const urls = { root: rootUrl, job: jobUrl, build: `${jobUrl}${build.number}/` };
  const log = (text: string) => {
    running.log.write(text);
  };
  const env = { ...parts.env, ...buildEnvironment(build, pipeline.head, urls) };
  const [, previous] = store.builds(build.pipeline);
  return {
    steps: allSteps(services),
    env: { ...env, ...parameterVariables(build.parameters) },
    params: build.parameters,
    build: {
      number: build.number,
      displayName: `#${build.number}`,
      fullDisplayName: fullDisplayName(build),
      projectName: shortName(build.pipeline),
      absoluteUrl: urls.build,
      startTime: build.timestamp,
      previousResult: previous?.result ?? undefined,
    },
    scm: scm === undefined ? null : scmValue(scm),
    signal: running.signal,
    afterwards: running.afterwards,
    log,
    loadLibrary: (identifier) =>
      libraries.load(
        identifier,
        config.libraries,
        (line) => {
          running.log.line(line);
        },
        running.signal,
      ),
    implicitLibraries: config.libraries.filter((library) => library.implicit).map(({ name }) => name),
    credentials: (id, context) => credentialVariables(services, id, context),
    allocateNode: (label) => allocateNode(parts, plan, services, label),
    onStage: (report) => {
      store.putStage(build.pipeline, build.number, report);
    },
    onProperties: (properties) => {
      const current = store.pipeline(build.pipeline);
      if (current !== undefined) store.putPipeline({ ...current, properties: parseProperties(properties) });
    },
  };
}

async function allocateNode(
  parts: RunnerParts,
  plan: BuildPlan,
  services: BuildServices,
  label: string | undefined,
) {
  const { running, build } = plan;
  const wanted = label?.trim() ?? '';
  if (wanted !== '' && !['any', 'built-in', 'master', 'linux', 'node'].includes(wanted)) {
    running.log.line(
      `There are no nodes with the label ‘${wanted}’ here; the built-in node takes its place.`,
    );
  }
  const workspace = await parts.workspaces.allocate(build.pipeline, running.signal, () => {
    running.log.line('Still waiting to schedule task\nWaiting for next available executor');
  });
  const root: Root = { folder: workspace.folder, temporary: workspace.temporary };
  services.roots.add(root);
  running.log.line(`Running on Jenkins in ${workspace.folder}`);
  const least = leastEnvironment({ HOME: parts.home });
  return {
    cwd: workspace.folder,
    env: {
      ...least,
      PATH: [...parts.pathEntries, least['PATH'] ?? ''].filter((entry) => entry !== '').join(delimiter),
      NODE_NAME: 'built-in',
      NODE_LABELS: 'built-in',
      EXECUTOR_NUMBER: String(workspace.executor),
      WORKSPACE: workspace.folder,
      WORKSPACE_TMP: workspace.temporary,
      [COOKIE]: services.cookie,
    },
    release: async () => {
      services.roots.delete(root);
      await workspace.release();
    },
  };
}

/** Parameters are variables of the environment as well. */
function parameterVariables(parameters: Readonly<Record<string, PipelineValue>>): Record<string, string> {
  return Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, valueText(value)]));
}

export function newCookie(build: Pick<BuildRecord, 'pipeline' | 'number'>): string {
  return `${build.pipeline}-${build.number}-${randomBytes(8).toString('hex')}`;
}

export function logFile(buildFolder: string): string {
  return join(buildFolder, 'log');
}

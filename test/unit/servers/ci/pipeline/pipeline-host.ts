import { setTimeout as wait } from 'node:timers/promises';
import {
  StepFailure,
  type LibrarySource,
  type PipelineHost,
  type PipelineValue,
  type StageReport,
  type Step,
  type StepCall,
} from '../../../../../src/servers/ci/pipeline/host.ts';
import type { PipelineOutcome } from '../../../../../src/servers/ci/pipeline/outcome.ts';
import { runPipeline } from '../../../../../src/servers/ci/pipeline/run.ts';

export interface Ran extends PipelineOutcome {
  readonly log: string;
  /** Lines of the log that are not the engine's own. */
  readonly output: string[];
  readonly stages: StageReport[];
  /** Every report of a stage, in order: `name status`. */
  readonly reports: string[];
  readonly calls: {
    readonly name: string;
    readonly args: StepCall['args'];
    readonly env: Readonly<Record<string, string>>;
  }[];
  readonly properties: Readonly<Record<string, PipelineValue>>;
}

export interface HostOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly params?: Readonly<Record<string, PipelineValue>>;
  readonly vars?: Readonly<Record<string, string>>;
  readonly classes?: Readonly<Record<string, string>>;
  readonly resources?: Readonly<Record<string, string>>;
  readonly scm?: PipelineValue;
  readonly previousResult?: PipelineHost['build']['previousResult'];
  readonly implicitLibraries?: readonly string[];
  readonly signal?: AbortSignal;
  readonly afterwards?: AbortSignal;
  /** What `sh` does with a script, instead of succeeding. */
  readonly sh?: (call: StepCall) => Promise<PipelineValue>;
  readonly steps?: readonly Step[];
  readonly file?: string;
}

function textOf(value: PipelineValue | undefined): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? null);
}

/** Runs a pipeline with steps that only remember how they were called. */
export async function run(source: string, options: HostOptions = {}): Promise<Ran> {
  const calls: Ran['calls'] = [];
  const stages = new Map<string, StageReport>();
  const reports: string[] = [];
  let log = '';
  let properties: Readonly<Record<string, PipelineValue>> = {};
  const step = (name: string, defaultArgument: string | undefined, act: Step['run']): Step => ({
    name,
    ...(defaultArgument === undefined ? {} : { defaultArgument }),
    run: async (call) => {
      calls.push({ name, args: call.args, env: call.context.env });
      return act(call);
    },
  });
  const steps = [
    step('sh', 'script', async (call) => {
      call.context.log(`+ ${textOf(call.args['script'])}\n`);
      if (options.sh !== undefined) return options.sh(call);
      if (/^exit [1-9]/.test(textOf(call.args['script'])))
        throw new StepFailure('script returned exit code 1');
      return call.args['returnStdout'] === true ? 'out\n' : call.args['returnStatus'] === true ? 0 : null;
    }),
    step('hang', undefined, async ({ context }) => {
      await wait(10_000, undefined, { signal: context.signal });
      return null;
    }),
    step('pauseFor', 'millis', async ({ args }) => {
      await wait(Number(args['millis']));
      return null;
    }),
    step('checkout', 'scm', async () => ({ GIT_COMMIT: 'c0ffee', GIT_BRANCH: 'main' })),
    step(
      'dir',
      'path',
      async ({ args, body, context }) =>
        body?.(context.with({ cwd: `${context.cwd ?? ''}/${textOf(args['path'])}` })) ?? null,
    ),
    step(
      'withCredentials',
      'bindings',
      async ({ body, context }) =>
        body?.(context.with({ env: { ...context.env, USER_NAME: 'ada' } })) ?? null,
    ),
    step('pwd', undefined, async ({ context }) => context.cwd ?? null),
    step('input', 'message', async () => 'yes'),
    step('readJSON', undefined, async () => ({
      digest: 'sha256:1',
      list: [1, 2.5, null],
      big: 5_000_000_000,
    })),
    ...(options.steps ?? []),
  ];
  const files = (entries: Readonly<Record<string, string>> = {}, folder: string) =>
    new Map(
      Object.entries(entries).map(([name, text]) => [
        name,
        { file: `${folder}/${name.replaceAll('.', '/')}.groovy`, source: text },
      ]),
    );
  const host: PipelineHost = {
    steps: new Map(steps.map((each) => [each.name, each])),
    env: { BUILD_NUMBER: '7', JOB_NAME: 'demo', ...options.env },
    params: options.params ?? {},
    build: {
      number: 7,
      displayName: '#7',
      fullDisplayName: 'demo #7',
      projectName: 'demo',
      absoluteUrl: 'http://ci/job/demo/7/',
      startTime: Date.now(),
      previousResult: options.previousResult,
    },
    scm: options.scm ?? null,
    signal: options.signal ?? new AbortController().signal,
    afterwards: options.afterwards ?? new AbortController().signal,
    log: (text) => {
      log += text;
    },
    loadLibrary: async (identifier): Promise<LibrarySource> => {
      if (identifier.startsWith('missing'))
        throw new StepFailure(`No version of library ${identifier} found`);
      return {
        name: identifier,
        version: 'main',
        vars: files(options.vars, 'vars'),
        classes: files(options.classes, 'src'),
        resource: (path) => {
          const text = options.resources?.[path];
          if (text === undefined) throw new StepFailure(`No such library resource ${path} could be found.`);
          return text;
        },
      };
    },
    implicitLibraries: options.implicitLibraries ?? [],
    allocateNode: async (label) => ({
      cwd: '/workspace',
      env: { WORKSPACE: '/workspace', NODE_NAME: label ?? 'any' },
      release: async () => undefined,
    }),
    credentials: async (id) => ({
      value: `${id}-user:${id}-password`,
      username: `${id}-user`,
      password: `${id}-password`,
    }),
    onStage: (report) => {
      stages.set(report.id, report);
      reports.push(`${report.name} ${report.status}`);
    },
    onProperties: (given) => {
      properties = given;
    },
  };
  const outcome = await runPipeline({ file: options.file ?? 'WorkflowScript', source }, host);
  const output = log.split('\n').filter((line) => line !== '' && !line.startsWith('[Pipeline]'));
  return { ...outcome, log, output, stages: [...stages.values()], reports, calls, properties };
}

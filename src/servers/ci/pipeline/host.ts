/**
 * The seam between the pipeline language (lexer, parser, interpreter, directives: it knows no disk, no process and
 * no server) and the CI server that lends it steps, libraries, a workspace and a log.
 */

/**
 * What Groovy code computes with, seen from a step: JSON-like values, closures as `body`, and opaque host objects.
 * A describable such as `usernamePassword(credentialsId: 'git', …)` arrives as a map that says its name:
 * `{ $class: 'usernamePassword', credentialsId: 'git', … }`; so does the older `[$class: 'UsernamePasswordMultiBinding', …]`.
 */
export type PipelineValue =
  null | boolean | number | string | readonly PipelineValue[] | { readonly [key: string]: PipelineValue };

/** Where a step runs: scoped by `dir`, `withEnv`, `withCredentials`, `node` and the stage around it. */
export interface StepContext {
  /** The complete environment of the step, `environment {}` and `withEnv` applied. */
  readonly env: Readonly<Record<string, string>>;
  /** Absolute working folder; undefined outside any `node` or `agent`. */
  readonly cwd: string | undefined;
  /** The names of the enclosing stages, outermost first. */
  readonly stages: readonly string[];
  /** Aborted when the build is stopped, a `timeout` has passed or a failFast sibling has failed. */
  readonly signal: AbortSignal;
  /** Writes text to the build log (secrets are masked by the host). */
  log(text: string): void;
  /** Makes the build, and the stage around it, at least this bad without failing the step, as `junit` does. */
  worsen?(result: BuildResult): void;
  /** A context for a body: what is given replaces, the rest stays. */
  with(change: Partial<Pick<StepContext, 'env' | 'cwd' | 'signal'>>): StepContext;
}

export interface StepCall {
  readonly name: string;
  /** Named arguments; a single positional argument is given under the step's `defaultArgument`. */
  readonly args: Readonly<Record<string, PipelineValue>>;
  readonly context: StepContext;
  /** The closure given to a block step, run in the context that the step chooses. */
  readonly body?: (context: StepContext) => Promise<PipelineValue>;
}

/** A step that the host lends to pipelines (`sh`, `dir`, `checkout`, …). */
export interface Step {
  readonly name: string;
  /** The name that a single unnamed argument gets: `script` for `sh`. */
  readonly defaultArgument?: string;
  run(call: StepCall): Promise<PipelineValue>;
}

export type BuildResult = 'SUCCESS' | 'UNSTABLE' | 'FAILURE' | 'NOT_BUILT' | 'ABORTED';

/** The source of a shared library at one version: `vars/NAME.groovy` by NAME, `src/…` by class name, and resources. */
export interface LibrarySource {
  readonly name: string;
  readonly version: string;
  readonly vars: ReadonlyMap<string, { readonly file: string; readonly source: string }>;
  readonly classes: ReadonlyMap<string, { readonly file: string; readonly source: string }>;
  /** @throws StepFailure when the library has no such resource. */
  resource(path: string): string;
}

export interface StageReport {
  readonly id: string;
  readonly name: string;
  readonly parent: string | undefined;
  readonly status: 'IN_PROGRESS' | BuildResult | 'PAUSED_PENDING_INPUT';
  /** Milliseconds since the epoch. */
  readonly startTime: number;
  readonly durationMillis: number;
  readonly error?: string;
}

/** What `environment { X = credentials('id') }` sets. */
interface CredentialVariables {
  /** X itself; `username` and `password` become X_USR and X_PSW. */
  readonly value: string;
  readonly username?: string;
  readonly password?: string;
}

/** What one build gives to the pipeline that it runs. */
export interface PipelineHost {
  readonly steps: ReadonlyMap<string, Step>;
  /** The environment before any directive: BUILD_NUMBER, BRANCH_NAME, JOB_NAME, … */
  readonly env: Readonly<Record<string, string>>;
  readonly params: Readonly<Record<string, PipelineValue>>;
  /** `currentBuild.number`, `.fullDisplayName`, … that the interpreter does not compute itself. */
  readonly build: {
    readonly number: number;
    readonly displayName: string;
    readonly fullDisplayName: string;
    readonly projectName: string;
    readonly absoluteUrl: string;
    readonly startTime: number;
    readonly previousResult: BuildResult | undefined;
  };
  /** What `checkout scm` checks out; opaque to the language. */
  readonly scm: PipelineValue;
  readonly signal: AbortSignal;
  /** Ends what a build that was stopped still does, its `post` sections; aborted when it is stopped once more. */
  readonly afterwards: AbortSignal;
  log(text: string): void;
  /** `@Library('name@version')`, `library 'name@version'` and implicit libraries (those first, before parsing). */
  loadLibrary(identifier: string): Promise<LibrarySource>;
  readonly implicitLibraries: readonly string[];
  /** Gives a workspace to `agent`/`node`; `release` ends its use. `label` is what the pipeline asked for. */
  allocateNode(label: string | undefined): Promise<{
    readonly cwd: string;
    readonly env: Readonly<Record<string, string>>;
    release(): Promise<void>;
  }>;
  /**
   * For `environment { X = credentials('id') }`: looks the credential up, masks it in the log from now on, and puts it
   * where it must be for file credentials. Without it the helper is refused.
   */
  credentials?(id: string, context: StepContext): Promise<CredentialVariables>;
  /** For `agent { docker … }` and the like: the name of the engine that can, told in the refusal. Default `k3d`. */
  readonly containerEngine?: string;
  /** Called at every change of a stage. */
  onStage(report: StageReport): void;
  /** `options {}` and `properties([...])` that concern the server: buildDiscarder, disableConcurrentBuilds, parameters, triggers. */
  onProperties(properties: Readonly<Record<string, PipelineValue>>): void;
}

/** A step that failed in the way pipelines know: `sh` with a non-zero exit, `error`, a missing file. Caught by try/catch and catchError. */
export class StepFailure extends Error {
  /** What the build becomes when nothing catches this. */
  readonly result: BuildResult;

  constructor(message: string, result: BuildResult = 'FAILURE') {
    super(message);
    this.name = 'StepFailure';
    this.result = result;
  }
}

import type { BuildResult, PipelineValue, StageReport } from './pipeline/host.ts';

/** Where the pipelines of a multibranch job come from. */
export interface SourceConfig {
  readonly kind: 'gitea' | 'git';
  /** Clone URL. */
  readonly remote: string;
  readonly credentialsId: string | undefined;
  /** Of a Gitea source: whose commit statuses are reported. */
  readonly gitea:
    { readonly serverUrl: string; readonly owner: string; readonly repository: string } | undefined;
  readonly branches: boolean;
  readonly pullRequests: boolean;
}

export interface LibraryConfig {
  readonly name: string;
  readonly remote: string;
  readonly credentialsId: string | undefined;
  readonly defaultVersion: string;
  readonly implicit: boolean;
  readonly allowVersionOverride: boolean;
}

interface CommonConfig {
  readonly displayName: string | undefined;
  readonly description: string;
  readonly disabled: boolean;
  readonly libraries: readonly LibraryConfig[];
}

export interface MultibranchConfig extends CommonConfig {
  readonly kind: 'multibranch';
  readonly source: SourceConfig;
  readonly scriptPath: string;
  /** Milliseconds. */
  readonly scanInterval: number;
}

/** A pipeline job whose script stands in its own configuration. */
interface PipelineConfig extends CommonConfig {
  readonly kind: 'pipeline';
  readonly script: string;
  readonly parameters: readonly ParameterDefinition[];
}

export type JobConfig = MultibranchConfig | PipelineConfig;

/** A top-level job. */
export interface JobRecord {
  readonly name: string;
  readonly configXml: string;
}

export interface ParameterDefinition {
  readonly name: string;
  readonly type: string;
  readonly description: string;
  readonly defaultValue: PipelineValue;
  readonly choices?: readonly string[];
}

/** What the pipeline itself asks for by `options {}`, `parameters {}` and `properties([...])`. */
export interface PipelineProperties {
  readonly disableConcurrentBuilds: boolean;
  readonly abortPrevious: boolean;
  readonly buildsToKeep: number | undefined;
  readonly daysToKeep: number | undefined;
  readonly parameters: readonly ParameterDefinition[];
}

/** The head that a branch job builds. */
export interface Head {
  /** Name of the branch, or `PR-<n>`. */
  readonly name: string;
  readonly ref: string;
  readonly revision: string;
  readonly pullRequest?: {
    readonly number: number;
    readonly title: string;
    readonly author: string;
    readonly source: string;
    readonly target: string;
    readonly url: string;
  };
}

/** Something that can be built: the job of a branch, or a pipeline job. */
export interface PipelineRecord {
  /** Names from the top, encoded, joined by `/`: `storefront/feature%2Fx`. */
  readonly fullName: string;
  /** The multibranch job that it belongs to; undefined for a pipeline job. */
  readonly multibranch: string | undefined;
  readonly head: Head | undefined;
  /** The branch is gone, or has lost its Jenkinsfile; builds are kept. */
  readonly retired: boolean;
  readonly disabled: boolean;
  readonly nextNumber: number;
  readonly properties: PipelineProperties;
}

export interface Cause {
  readonly kind: 'user' | 'branch-indexing' | 'branch-event' | 'replay' | 'rebuild' | 'restart' | 'upstream';
  readonly description: string;
  readonly userId?: string;
}

export interface QueueItem {
  readonly id: number;
  readonly pipeline: string;
  /** The head when it was queued; undefined for pipeline jobs. */
  readonly revision: string | undefined;
  readonly causes: readonly Cause[];
  readonly parameters: Readonly<Record<string, PipelineValue>>;
  /** Milliseconds since the epoch. */
  readonly since: number;
  /** A replayed pipeline text. */
  readonly script?: string;
}

export interface TestCounts {
  readonly total: number;
  readonly failed: number;
  readonly skipped: number;
}

export interface BuildRecord {
  readonly pipeline: string;
  readonly number: number;
  readonly queueId: number;
  readonly timestamp: number;
  readonly duration: number;
  readonly building: boolean;
  readonly result: BuildResult | null;
  readonly displayName?: string;
  readonly description?: string;
  readonly causes: readonly Cause[];
  readonly parameters: Readonly<Record<string, PipelineValue>>;
  readonly checkouts: readonly {
    readonly remote: string;
    readonly revision: string;
    readonly branch: string;
  }[];
  /** The revision that the build is about, whether checked out or not. */
  readonly revision: string | undefined;
  readonly artifacts: readonly { readonly path: string; readonly size: number }[];
  readonly stages: readonly StageReport[];
  readonly tests?: TestCounts;
  readonly replayed?: boolean;
}

export const noProperties: PipelineProperties = {
  disableConcurrentBuilds: false,
  abortPrevious: false,
  buildsToKeep: undefined,
  daysToKeep: undefined,
  parameters: [],
};

/** Jenkins's severity: a build only ever gets worse. */
const SEVERITY: readonly BuildResult[] = ['SUCCESS', 'UNSTABLE', 'FAILURE', 'NOT_BUILT', 'ABORTED'];

export function worse(one: BuildResult, other: BuildResult): BuildResult {
  return SEVERITY.indexOf(one) >= SEVERITY.indexOf(other) ? one : other;
}

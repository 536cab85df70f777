import type { BuildResult } from './host.ts';

/** A Jenkinsfile; Jenkins calls the file `WorkflowScript`. */
export interface PipelineScript {
  readonly file: string;
  readonly source: string;
}

/** Why a build ended as it did. */
export interface PipelineError {
  readonly kind: 'syntax' | 'step' | 'script' | 'interrupted';
  /** One line or more for the person; the log has already been told. */
  readonly message: string;
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
}

export interface PipelineOutcome {
  readonly result: BuildResult;
  readonly error?: PipelineError;
  /** What the script made of `currentBuild.displayName` and `.description`. */
  readonly displayName?: string;
  readonly description?: string;
}

import type { KubeObject } from '../../clients/kubernetes.ts';

/** An Application of the GitOps operator, as far as the flow reads it (argoproj.io/v1alpha1). */
export interface Application extends KubeObject {
  readonly spec: {
    /** Absent where there are several. */
    readonly source?: ApplicationSource;
    readonly sources?: readonly ApplicationSource[];
    readonly destination: { readonly namespace?: string };
  };
  readonly status?: {
    readonly sync?: { readonly status?: string; readonly revision?: string };
    readonly health?: { readonly status?: string; readonly message?: string };
    readonly resources?: readonly ApplicationResource[];
    readonly conditions?: readonly { readonly type: string; readonly message: string }[];
    readonly history?: readonly {
      readonly revision: string;
      readonly deployedAt: string;
      readonly deployStartedAt?: string;
    }[];
    readonly operationState?: {
      readonly phase: string;
      readonly message?: string;
      readonly startedAt?: string;
      readonly finishedAt?: string;
    };
  };
}

interface ApplicationSource {
  readonly repoURL: string;
  /** A folder of a Git repository; a source without one is a chart. */
  readonly path?: string;
  readonly targetRevision?: string;
}

interface ApplicationResource {
  readonly health?: { readonly status?: string; readonly message?: string };
  readonly group?: string;
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
}

export const applicationType = { apiVersion: 'argoproj.io/v1alpha1', kind: 'Application' } as const;

/** What the server answers to the page. Where a part's own document says it well, it is passed on as it is. */
import type { ResourceNode } from '../../clients/argocd-rest.ts';
import type { Application } from '../../clients/argocd-types.ts';
import type { CommitStatus, Delivery } from '../../clients/gitea-types.ts';
import type { GitComment, GitCommit, GitPull, GitReview } from '../../clients/git-server-types.ts';
import type { Build, PendingInput, Stage } from '../../clients/jenkins.ts';
import type { Descriptor, ImageConfig } from '../../clients/oci.ts';
import type { DiffLine } from '../../lib/diff.ts';

export interface Overview {
  readonly name: string;
  readonly engine: string;
  readonly username: string;
  readonly organization: string;
  readonly application: string;
  readonly operatorNamespace: string;
  readonly hasExercises: boolean;
  /** First pages of the parts that have pages. */
  readonly pages: { readonly git: string; readonly ci: string; readonly operator: string };
  readonly registry: string;
  readonly ingressPort: number;
}

export interface RepositoryDocument {
  readonly name: string;
  readonly role: string;
  readonly description: string;
  readonly cloneUrl: string;
  readonly webUrl: string;
  readonly defaultBranch: string;
  readonly newest: GitCommit | undefined;
  readonly openPulls: number;
}

export interface FolderDocument {
  readonly kind: 'folder';
  readonly path: string;
  readonly entries: readonly {
    readonly name: string;
    readonly path: string;
    readonly type: string;
    readonly size: number;
  }[];
}

export interface FileDocument {
  readonly kind: 'file';
  readonly path: string;
  readonly size: number;
  readonly webUrl: string;
  /** Absent where it is no text, or too large to be shown. */
  readonly text?: string;
}

export interface CommitDocument {
  readonly commit: GitCommit;
  readonly diff: string;
  readonly statuses: readonly CommitStatus[];
}

export interface PullDocument {
  readonly pull: GitPull;
  readonly diff: string;
  readonly comments: readonly GitComment[];
  readonly reviews: readonly GitReview[];
}

export interface HookDocument {
  readonly id: number;
  readonly url: string;
  readonly active: boolean;
  readonly events: readonly string[];
  readonly webUrl: string;
  /** Absent where the Git server shows them on its own page alone. */
  readonly deliveries: readonly Delivery[] | undefined;
}

/** A build, and the commit of the application that it was for; undefined until it is checked out. */
export interface ApplicationBuild extends Build {
  readonly revision: string | undefined;
}

export interface BranchBuilds {
  readonly branch: string;
  readonly url: string;
  readonly builds: readonly ApplicationBuild[];
}

export interface BuildDocument {
  readonly build: ApplicationBuild;
  readonly stages: readonly Stage[];
  readonly inputs: readonly PendingInput[];
}

export interface ImageRepository {
  readonly name: string;
  readonly tags: readonly string[];
}

interface ImageCommon {
  readonly digest: string;
  readonly mediaType: string;
  /** Of the manifest, in bytes. */
  readonly size: number;
}

export type ImageDocument =
  | (ImageCommon & { readonly kind: 'index'; readonly manifests: readonly Descriptor[] })
  | (ImageCommon & {
      readonly kind: 'image';
      readonly layers: readonly Descriptor[];
      readonly config: ImageConfig;
    });

export interface ManagedDocument {
  readonly group: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  /** From the live object to the desired one. */
  readonly lines: readonly DiffLine[];
}

export interface ApplicationDocument {
  readonly application: Application;
  readonly isAutomated: boolean;
  readonly webUrl: string;
  readonly tree: readonly ResourceNode[];
  readonly managed: readonly ManagedDocument[];
  /** Why tree and differences are missing. */
  readonly problem?: string;
}

export interface ObjectDocument {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace: string;
  readonly createdAt: string;
}

export interface WorkloadDocument extends ObjectDocument {
  readonly wanted: number;
  readonly ready: number;
  readonly images: readonly string[];
}

export interface PodDocument extends ObjectDocument {
  readonly state: string;
  readonly ready: number;
  readonly wanted: number;
  readonly restarts: number;
  readonly containers: readonly { readonly name: string; readonly image: string }[];
  readonly node: string;
  readonly address: string;
  readonly message?: string;
}

export interface EventDocument {
  readonly at: string;
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  readonly count: number;
  readonly about: { readonly kind: string; readonly name: string; readonly namespace: string };
}

export interface ClusterDocument {
  readonly workloads: readonly WorkloadDocument[];
  readonly others: readonly ObjectDocument[];
  readonly pods: readonly PodDocument[];
  readonly events: readonly EventDocument[];
}

export interface ObjectDetails {
  readonly yaml: string;
  readonly events: readonly EventDocument[];
}

export interface PodDetails extends ObjectDetails {
  readonly pod: PodDocument;
}

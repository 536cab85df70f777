/**
 * The objects of SCM-Manager's REST API v2 and of its review and webhook plugins, as far as this project reads and writes
 * them, after the data transfer objects of scm-manager 3.11, scm-review-plugin 3.16 and scm-webhook-plugin 3.2.
 */

/** A collection in HAL (application/hal+json): the items stand below a name of their own. */
export interface Collection<Name extends string, Item> {
  readonly page?: number;
  readonly pageTotal?: number;
  readonly _embedded?: Readonly<Partial<Record<Name, readonly Item[]>>>;
}

export interface ScmRepository {
  readonly namespace: string;
  readonly name: string;
  readonly type: string;
  readonly description?: string;
}

export interface ScmUser {
  readonly name: string;
  readonly displayName: string;
}

interface Person {
  readonly name: string;
  readonly mail?: string;
}

export interface ScmBranch {
  readonly name: string;
  readonly revision: string;
  readonly defaultBranch?: boolean;
}

/** The revision is that of the commit, also for an annotated tag. */
export interface ScmTag {
  readonly name: string;
  readonly revision: string;
}

export interface Changeset {
  readonly id: string;
  readonly author: Person;
  /** ISO 8601. */
  readonly date: string;
  readonly description: string;
  readonly _embedded?: { readonly parents?: readonly { readonly id: string }[] };
}

export interface ScmPull {
  readonly id: string;
  readonly title: string;
  readonly description?: string;
  readonly author?: { readonly id: string };
  /** Who merged or rejected it. */
  readonly reviser?: { readonly id: string } | null;
  readonly reviewer?: readonly { readonly id: string; readonly approved: boolean }[];
  readonly source: string;
  readonly target: string;
  readonly status: 'OPEN' | 'MERGED' | 'REJECTED' | 'DRAFT';
  readonly creationDate: string;
  readonly lastModified?: string | null;
  readonly closeDate?: string | null;
  /** Of a pull request that is closed; before, it is that of the branch. */
  readonly sourceRevision?: string | null;
  /** Of the target before the merge; of a pull request that is closed. */
  readonly targetRevision?: string | null;
}

/** Whether a pull request could be merged now, and what speaks against it (an open task for example). */
export interface MergeCheck {
  readonly hasConflicts: boolean;
  readonly mergeObstacles?: readonly unknown[] | null;
}

export interface ScmComment {
  readonly id: string;
  readonly comment: string;
  readonly author?: { readonly id: string };
  /** ISO 8601. */
  readonly date: string;
  /** Noted by the plugin itself. */
  readonly systemComment?: boolean;
  readonly type?: 'COMMENT' | 'TASK_TODO' | 'TASK_DONE';
  readonly _embedded?: { readonly replies?: readonly ScmComment[] };
}

/** The global configuration; what is not named here is sent back as it came. */
export interface ScmConfiguration {
  readonly namespaceStrategy: string;
}

export interface ScmPlugin {
  readonly name: string;
  readonly version: string;
}

/** One webhook; SimpleWebHook calls an address, whose pattern may name the repository and its commits. */
export interface ScmWebhook {
  readonly name: string;
  readonly configuration: {
    readonly urlPattern: string;
    readonly executeOnEveryCommit: boolean;
    readonly sendCommitData: boolean;
    readonly method: 'AUTO' | 'GET' | 'POST' | 'PUT';
    readonly headers: readonly unknown[];
  };
}

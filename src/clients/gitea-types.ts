/**
 * The objects of the Gitea v1 REST API, as far as this project reads and writes them. The real product sends
 * more fields; those named here are there in every version from 1.21 on.
 */

export interface GiteaUser {
  readonly id: number;
  readonly login: string;
  readonly full_name: string;
  readonly email: string;
  readonly is_admin?: boolean;
}

export interface AccessToken {
  readonly id: number;
  readonly name: string;
  /** The token itself, in the answer that creates it and never again. */
  readonly sha1: string;
  readonly token_last_eight: string;
  readonly scopes?: readonly string[];
}

export interface Organization {
  readonly id: number;
  readonly name: string;
  readonly full_name: string;
  readonly description: string;
}

export type RepositoryPermission = 'read' | 'write' | 'admin';

export interface Repository {
  readonly id: number;
  readonly name: string;
  readonly full_name: string;
  readonly owner: GiteaUser;
  readonly description: string;
  readonly private: boolean;
  readonly empty: boolean;
  readonly default_branch: string;
  readonly html_url: string;
  readonly clone_url: string;
  readonly created_at: string;
  readonly updated_at: string;
  readonly permissions?: { readonly admin: boolean; readonly push: boolean; readonly pull: boolean };
}

interface Identity {
  readonly name: string;
  readonly email: string;
}

/** A commit as branches and webhooks show it. */
export interface PayloadCommit {
  readonly id: string;
  readonly message: string;
  readonly url: string;
  readonly timestamp: string;
  readonly author: Identity & { readonly username?: string };
  readonly committer: Identity & { readonly username?: string };
  readonly added?: readonly string[] | null;
  readonly removed?: readonly string[] | null;
  readonly modified?: readonly string[] | null;
}

export interface Branch {
  readonly name: string;
  readonly commit: PayloadCommit;
  readonly protected: boolean;
}

export interface Commit {
  readonly sha: string;
  readonly html_url: string;
  readonly created: string;
  readonly commit: {
    readonly message: string;
    readonly author: Identity & { readonly date: string };
    readonly committer: Identity & { readonly date: string };
    readonly tree: { readonly sha: string };
  };
  readonly parents: readonly { readonly sha: string }[];
  readonly files?: readonly { readonly filename: string; readonly status?: string }[];
}

export interface Contents {
  readonly name: string;
  readonly path: string;
  readonly type: 'file' | 'dir' | 'symlink' | 'submodule';
  /** Of the blob or tree. */
  readonly sha: string;
  readonly size: number;
  readonly encoding: 'base64' | null;
  readonly content: string | null;
  readonly html_url: string;
}

/** One change of `changeFiles`; `content` is base64, `sha` the blob that is replaced or removed. */
export type FileOperation =
  | { readonly operation: 'create'; readonly path: string; readonly content: string }
  | {
      readonly operation: 'update';
      readonly path: string;
      readonly content: string;
      readonly sha: string;
      readonly from_path?: string;
    }
  | { readonly operation: 'delete'; readonly path: string; readonly sha: string };

/** What every change of files takes beside the files. */
export interface CommitOptions {
  readonly message?: string;
  readonly branch?: string;
  /** Made from `branch`, and committed to in its place. */
  readonly new_branch?: string;
  readonly author?: Identity;
  readonly committer?: Identity;
}

export interface FileCommit {
  readonly sha: string;
  readonly html_url: string;
  readonly message: string;
}

export type CommitStatusState = 'pending' | 'success' | 'error' | 'failure' | 'warning';

export interface CommitStatus {
  readonly id: number;
  readonly status: CommitStatusState;
  readonly context: string;
  readonly description: string;
  readonly target_url: string;
  readonly creator?: GiteaUser | null;
  readonly created_at: string;
  readonly updated_at: string;
}

export interface CreateStatus {
  readonly state: CommitStatusState;
  readonly context?: string;
  readonly description?: string;
  readonly target_url?: string;
}

export interface CombinedStatus {
  /** Of a commit without any status: empty up to Gitea 1.25, `pending` from 1.26 on. */
  readonly state: CommitStatusState | '';
  readonly sha: string;
  readonly total_count: number;
  readonly statuses: readonly CommitStatus[] | null;
}

interface PullRequestBranch {
  /** Name of the branch, also when it is deleted. */
  readonly label: string;
  /** Name of the branch; `refs/pull/<number>/head` when it is deleted. */
  readonly ref: string;
  readonly sha: string;
  readonly repo: Repository | null;
}

export interface PullRequest {
  readonly id: number;
  readonly number: number;
  readonly state: 'open' | 'closed';
  readonly title: string;
  readonly body: string;
  readonly user: GiteaUser;
  readonly html_url: string;
  readonly diff_url: string;
  readonly comments: number;
  readonly mergeable: boolean;
  readonly merged: boolean;
  readonly merged_at: string | null;
  readonly merged_by: GiteaUser | null;
  readonly merge_commit_sha: string | null;
  readonly merge_base: string;
  readonly head: PullRequestBranch;
  readonly base: PullRequestBranch;
  readonly created_at: string;
  readonly updated_at: string;
  readonly closed_at: string | null;
}

export interface ChangedFile {
  readonly filename: string;
  readonly previous_filename?: string;
  readonly status: string;
  readonly additions: number;
  readonly deletions: number;
  readonly changes: number;
}

export interface Comment {
  readonly id: number;
  readonly body: string;
  readonly user: GiteaUser;
  readonly html_url: string;
  readonly created_at: string;
  readonly updated_at: string;
}

/** What a reviewer says, as it is sent. */
export type ReviewVerdict = 'APPROVED' | 'REQUEST_CHANGES' | 'COMMENT';

export interface Review {
  readonly id: number;
  readonly user: GiteaUser;
  readonly state: ReviewVerdict | 'PENDING' | 'REQUEST_REVIEW';
  readonly body: string;
  readonly commit_id: string;
  readonly submitted_at: string;
}

type MergeStyle = 'merge' | 'squash' | 'rebase' | 'rebase-merge' | 'fast-forward-only';

export interface MergeOptions {
  readonly Do: MergeStyle;
  readonly MergeTitleField?: string;
  readonly MergeMessageField?: string;
  /** The merge is refused when the head has moved on. */
  readonly head_commit_id?: string;
  readonly delete_branch_after_merge?: boolean;
}

export interface Hook {
  readonly id: number;
  readonly type: string;
  readonly active: boolean;
  readonly events: readonly string[];
  readonly config: Readonly<Record<string, string>>;
  readonly branch_filter?: string;
}

export interface CreateHook {
  readonly type: 'gitea' | 'gogs';
  readonly config: {
    readonly url: string;
    readonly content_type: 'json' | 'form';
    readonly secret?: string;
    /** POST unless told. */
    readonly http_method?: 'post' | 'get';
  };
  readonly events: readonly string[];
  readonly active: boolean;
  readonly branch_filter?: string;
}

/** An event that was sent to a hook, and what came of it. Only the embedded Git server has an API for them. */
export interface Delivery {
  readonly id: number;
  readonly uuid: string;
  readonly event: string;
  readonly event_type: string;
  readonly created_at: string;
  readonly state: 'pending' | 'delivered' | 'failed';
  readonly payload: unknown;
  readonly attempts: readonly {
    readonly at: string;
    readonly duration_ms: number;
    /** Null when there was no answer. */
    readonly status: number | null;
    readonly answer: string;
  }[];
}

export interface Reference {
  readonly ref: string;
  readonly object: { readonly sha: string; readonly type: string };
}

export interface Tag {
  readonly name: string;
  readonly message: string;
  /** Of the tag object, or of the commit for a lightweight tag. */
  readonly id: string;
  readonly commit: { readonly sha: string };
}

/** A pull request that is asked for: from a branch, `head`, to another one. */
export interface NewPull {
  readonly head: string;
  readonly base: string;
  readonly title: string;
  readonly body?: string;
}

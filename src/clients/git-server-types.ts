import type * as Gitea from './gitea-types.ts';

/** What of Gitea's objects every Git server tells; the words are Gitea's. */

type User = Pick<Gitea.GiteaUser, 'login'>;

export type GitRepository = Pick<Gitea.Repository, 'name' | 'clone_url' | 'html_url' | 'description'> & {
  readonly owner: User;
  /** Told of a repository that was asked for by its name. */
  readonly empty?: boolean;
  /** The same. */
  readonly default_branch?: string;
};

export type GitBranch = Pick<Gitea.Branch, 'name'> & {
  readonly commit: Pick<Gitea.PayloadCommit, 'id' | 'message' | 'timestamp' | 'author'>;
};

export type GitCommit = Pick<Gitea.Commit, 'sha' | 'html_url' | 'parents'> & {
  readonly commit: Pick<Gitea.Commit['commit'], 'message' | 'author' | 'committer'>;
};

export type GitContents = Pick<
  Gitea.Contents,
  'name' | 'path' | 'type' | 'sha' | 'size' | 'encoding' | 'content' | 'html_url'
>;

export type GitPull = Pick<
  Gitea.PullRequest,
  | 'number'
  | 'state'
  | 'title'
  | 'body'
  | 'html_url'
  | 'merged'
  | 'merged_at'
  | 'merge_commit_sha'
  | 'created_at'
  | 'updated_at'
  | 'closed_at'
> & {
  readonly user: User;
  readonly head: Pick<Gitea.PullRequest['head'], 'label' | 'ref' | 'sha'>;
  readonly base: Pick<Gitea.PullRequest['base'], 'label' | 'ref' | 'sha'>;
  readonly merged_by: User | null;
  /** How many there are; a list of pull requests may say 0 where only `findPull` knows. */
  readonly comments: number;
  /** Whether nothing is in the way; a list may say no where only `findPull` knows. */
  readonly mergeable: boolean;
};

export type GitComment = Pick<Gitea.Comment, 'id' | 'body' | 'created_at'> & { readonly user: User };

export type GitReview = Pick<Gitea.Review, 'id' | 'state' | 'body' | 'submitted_at'> & {
  readonly user: User;
};

export type GitHook = Pick<Gitea.Hook, 'id' | 'active' | 'config' | 'events'>;

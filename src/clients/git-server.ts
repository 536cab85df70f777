import { createGitea } from './gitea.ts';
import type * as Gitea from './gitea-types.ts';
import type {
  GitBranch,
  GitComment,
  GitCommit,
  GitContents,
  GitHook,
  GitPull,
  GitRepository,
  GitReview,
} from './git-server-types.ts';
import { createScmManager, type ScmManagerSettings } from './scm-manager.ts';

export type * from './git-server-types.ts';

type Page = { readonly page?: number; readonly limit?: number };

/**
 * What the playground needs of a Git server beside git itself. Gitea's client is one, as it stands; SCM-Manager's is another.
 * The words are Gitea's: an organization is SCM-Manager's namespace, a state and a merge are called as Gitea calls them.
 */
export interface GitServer {
  /** The server keeps every pull request for good, so that only a new repository is without them. */
  readonly keepsPulls?: true;

  version(): Promise<string>;
  findUser(name: string): Promise<Pick<Gitea.GiteaUser, 'login'> | undefined>;
  createUser(user: {
    readonly username: string;
    readonly password: string;
    readonly email: string;
    readonly full_name?: string;
  }): Promise<unknown>;
  findOrganization(name: string): Promise<Pick<Gitea.Organization, 'name'> | undefined>;
  createOrganization(name: string): Promise<unknown>;

  findRepository(owner: string, name: string): Promise<GitRepository | undefined>;
  createRepository(
    organization: string,
    repository: {
      readonly name: string;
      readonly description?: string;
      readonly default_branch?: string;
      /** With a first commit. */
      readonly auto_init?: boolean;
    },
  ): Promise<unknown>;
  /** All that there are, unless a page is asked for. */
  searchRepositories(text?: string, page?: { readonly limit?: number }): Promise<GitRepository[]>;
  deleteRepository(owner: string, name: string): Promise<void>;
  setCollaborator(
    owner: string,
    name: string,
    user: string,
    permission: Gitea.RepositoryPermission,
  ): Promise<void>;

  listBranches(owner: string, name: string): Promise<GitBranch[]>;
  findBranch(
    owner: string,
    name: string,
    branch: string,
  ): Promise<{ readonly name: string; readonly commit: { readonly id: string } } | undefined>;
  createBranch(owner: string, name: string, branch: string, from: string): Promise<unknown>;
  deleteBranch(owner: string, name: string, branch: string): Promise<void>;
  listTags(
    owner: string,
    name: string,
  ): Promise<{ readonly name: string; readonly commit: { readonly sha: string } }[]>;
  listReferences(owner: string, name: string, prefix?: string): Promise<Gitea.Reference[]>;

  /** Newest first; `sha` is a branch, a tag or a commit. */
  listCommits(
    owner: string,
    name: string,
    options?: Page & { readonly sha?: string; readonly path?: string },
  ): Promise<GitCommit[]>;
  findCommit(owner: string, name: string, sha: string): Promise<GitCommit | undefined>;
  /** What a commit changed, as `git diff` prints it. */
  commitDiff(owner: string, name: string, sha: string): Promise<string>;
  combinedStatus(owner: string, name: string, ref: string): Promise<Gitea.CombinedStatus>;

  /** A file; where the path is that of a folder, the list of its entries. */
  findFile(owner: string, name: string, path: string, ref?: string): Promise<GitContents | undefined>;
  /** The entries of a folder; where the path is that of a file, the file. */
  listFolder(owner: string, name: string, path: string, ref?: string): Promise<GitContents[]>;
  readFile(owner: string, name: string, path: string, ref?: string): Promise<Buffer>;
  /** Several files in one commit. */
  changeFiles(
    owner: string,
    name: string,
    files: readonly Gitea.FileOperation[],
    options?: Omit<Gitea.CommitOptions, 'new_branch'>,
  ): Promise<{ readonly commit: { readonly sha: string } }>;
  /** `sha` is the blob that is replaced; 409 or 422 when another one is there. */
  updateFile(
    owner: string,
    name: string,
    path: string,
    content: string | Uint8Array,
    sha: string,
    options?: Omit<Gitea.CommitOptions, 'new_branch'>,
  ): Promise<{ readonly commit: { readonly sha: string } }>;

  createPull(owner: string, name: string, request: Gitea.NewPull): Promise<unknown>;
  listPulls(owner: string, name: string, state?: 'open' | 'closed' | 'all'): Promise<GitPull[]>;
  /** The newest ones, open or not; at most 50. */
  recentPulls(owner: string, name: string, limit: number): Promise<GitPull[]>;
  findPull(owner: string, name: string, number: number): Promise<GitPull | undefined>;
  editPull(
    owner: string,
    name: string,
    number: number,
    change: { readonly title?: string; readonly body?: string; readonly state?: 'open' | 'closed' },
  ): Promise<unknown>;
  listPullFiles(owner: string, name: string, number: number): Promise<{ readonly filename: string }[]>;
  pullDiff(owner: string, name: string, number: number): Promise<string>;
  mergePull(owner: string, name: string, number: number, options: Gitea.MergeOptions): Promise<void>;
  deletePull(owner: string, name: string, number: number): Promise<void>;

  listComments(owner: string, name: string, number: number): Promise<GitComment[]>;
  createComment(owner: string, name: string, number: number, body: string): Promise<unknown>;
  listReviews(owner: string, name: string, number: number): Promise<GitReview[]>;
  createReview(
    owner: string,
    name: string,
    number: number,
    review: { readonly event: Gitea.ReviewVerdict; readonly body: string },
  ): Promise<unknown>;

  listHooks(owner: string, name: string): Promise<GitHook[]>;
  createHook(owner: string, name: string, hook: Gitea.CreateHook): Promise<unknown>;
  /** `config` is laid over what the hook has. */
  editHook(
    owner: string,
    name: string,
    id: number,
    change: { readonly config?: Readonly<Record<string, string>>; readonly active?: boolean },
  ): Promise<unknown>;
  deleteHook(owner: string, name: string, id: number): Promise<void>;
  /** What was sent to a hook, newest first; undefined on a server that does not tell. */
  findDeliveries(
    owner: string,
    name: string,
    id: number,
    limit: number,
  ): Promise<Gitea.Delivery[] | undefined>;
}

export type GitServerName = 'gitea' | 'scm-manager';

/** The part of an address that stands before `owner/name.git`. */
export function repositoryRoot(server: GitServerName, url: string): string {
  return server === 'gitea' ? url : `${url}/repo`;
}

/** The client of the Git server that a playground has. */
export function connectGitServer(server: GitServerName, endpoint: ScmManagerSettings): GitServer {
  return server === 'gitea' ? createGitea({ url: endpoint.url, auth: endpoint }) : createScmManager(endpoint);
}

import { PlaygroundError } from '../lib/errors.ts';
import { createGitea, type GiteaClient } from './gitea.ts';
import type * as Gitea from './gitea-types.ts';
import { createScmManager } from './scm-manager.ts';

/** A repository, as far as the flow looks at it. */
export type GitRepository = Pick<Gitea.Repository, 'name' | 'clone_url' | 'html_url'> & {
  readonly owner: Pick<Gitea.GiteaUser, 'login'>;
};

export type GitCommit = Pick<Gitea.Commit, 'sha'> & {
  readonly commit: Pick<Gitea.Commit['commit'], 'message' | 'author' | 'committer'>;
};

export type GitPull = Pick<
  Gitea.PullRequest,
  'number' | 'state' | 'title' | 'html_url' | 'merged' | 'merged_at' | 'merge_commit_sha' | 'created_at'
> & {
  readonly user: Pick<Gitea.GiteaUser, 'login'>;
  readonly head: Pick<Gitea.PullRequest['head'], 'label' | 'ref' | 'sha'>;
};

/**
 * What the flow needs of a Git server beside git itself. Gitea's client is one, as it stands; SCM-Manager's is another. The
 * words are Gitea's: an organization is SCM-Manager's namespace, a state and a merge are called as Gitea calls them.
 */
export interface GitServer {
  /** The server keeps every pull request for good, so that only a new repository is without them. */
  readonly keepsPulls?: true;

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

  findBranch(
    owner: string,
    name: string,
    branch: string,
  ): Promise<{ readonly name: string; readonly commit: { readonly id: string } } | undefined>;
  listReferences(owner: string, name: string): Promise<Gitea.Reference[]>;
  listCommits(
    owner: string,
    name: string,
    options?: { readonly sha?: string; readonly path?: string; readonly limit?: number },
  ): Promise<GitCommit[]>;

  listPulls(owner: string, name: string, state?: 'open' | 'closed' | 'all'): Promise<GitPull[]>;
  mergePull(owner: string, name: string, number: number, options: Gitea.MergeOptions): Promise<void>;
  deletePull(owner: string, name: string, number: number): Promise<void>;

  listHooks(owner: string, name: string): Promise<Pick<Gitea.Hook, 'id' | 'active' | 'config'>[]>;
  createHook(owner: string, name: string, hook: Gitea.CreateHook): Promise<unknown>;
  deleteHook(owner: string, name: string, id: number): Promise<void>;
}

export type GitServerName = 'gitea' | 'scm-manager';

/** The part of an address that stands before `owner/name.git`. */
export function repositoryRoot(server: GitServerName, url: string): string {
  return server === 'gitea' ? url : `${url}/repo`;
}

/** The client of the Git server that a playground has. */
export function connectGitServer(
  server: GitServerName,
  endpoint: { readonly url: string; readonly username: string; readonly password: string },
): GiteaClient {
  if (server === 'gitea') return createGitea({ url: endpoint.url, auth: endpoint });
  return withRefusals(createScmManager(endpoint), 'SCM-Manager');
}

/**
 * A Git server in the place of Gitea: it does what the flow needs, and refuses every other call of Gitea's API by name.
 * Callers that want more than the flow get an error that a person understands, not a missing function.
 */
function withRefusals(server: GitServer, product: string): GiteaClient {
  const refuse = (call: string) => async () => {
    throw new PlaygroundError({
      code: 'git-server-cannot',
      message: `${product} is the Git server of this playground, and there is no "${call}" for it`,
      hint: 'for this, make a playground with Gitea: --git-server gitea',
    });
  };
  return new Proxy(server, {
    get(target, name: string | symbol): unknown {
      // A promise asks for `then`; whoever inspects an object asks for symbols.
      if (typeof name === 'symbol' || name === 'then' || name === 'keepsPulls' || name in target)
        return Reflect.get(target, name);
      return refuse(name);
    },
  }) as unknown as GiteaClient;
}

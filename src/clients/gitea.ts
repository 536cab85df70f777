import { setTimeout as delay } from 'node:timers/promises';
import { basicAuthorization } from '../lib/http/auth.ts';
import { createHttp, hasStatus, type Http, type HttpMethod } from './http.ts';
import type * as Gitea from './gitea-types.ts';

export type * from './gitea-types.ts';

export interface GiteaSettings {
  /** Of the server, without `/api/v1`. */
  readonly url: string;
  readonly auth?:
    { readonly username: string; readonly password: string } | { readonly token: string } | undefined;
  readonly ca?: string;
}

interface Page {
  /** From 1. */
  readonly page?: number;
  readonly limit?: number;
}

export type GiteaClient = ReturnType<typeof createGitea>;

/**
 * The Gitea v1 REST API, for the real product and for every server that speaks it. Calls throw HttpStatusError
 * when the server refuses; a `find…` gives undefined where the server says 404.
 */
export function createGitea(settings: GiteaSettings) {
  const { url, auth, ca } = settings;
  const http = createHttp({
    baseUrl: `${url.replace(/\/+$/, '')}/api/v1`,
    ...(auth === undefined
      ? {}
      : {
          authorization:
            'token' in auth ? `token ${auth.token}` : basicAuthorization(auth.username, auth.password),
        }),
    ...(ca === undefined ? {} : { ca }),
  });
  return { http, ...server(http), ...repositories(http), ...git(http), ...pulls(http), ...hooks(http) };
}

/** A path of encoded segments, with the slashes of file paths and branch names kept. */
function at(strings: TemplateStringsArray, ...values: (string | number)[]): string {
  const path = String.raw({ raw: strings }, ...values.map((value) => encodePath(String(value))));
  return path.replace(/\/$/, '');
}

function encodePath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}

async function orUndefined<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (hasStatus(error, 404)) return undefined;
    throw error;
  }
}

/** All pages of a list. A server may have smaller pages than are asked for (`MAX_RESPONSE_ITEMS`); it tells the total. */
async function all<T>(
  http: Http,
  path: string,
  query: Record<string, string | undefined> = {},
  itemsOf: (body: unknown) => T[] | null = (body) => body as T[] | null,
): Promise<T[]> {
  const limit = 50;
  const items: T[] = [];
  for (let page = 1; ; page += 1) {
    const response = await http.request('GET', path, { query: { ...query, page, limit } });
    const batch = itemsOf(response.json()) ?? [];
    const total = Number(response.headers['x-total-count'] ?? Number.NaN);
    items.push(...batch);
    if (batch.length === 0 || items.length >= total || (Number.isNaN(total) && batch.length < limit))
      return items;
  }
}

/** How long a server may take to look for conflicts, and between two tries, in milliseconds. */
const CHECK_LIMIT = 10_000;
const CHECK_INTERVAL = 200;

async function whenChecked(merge: () => Promise<void>): Promise<void> {
  for (let waited = 0; ; waited += CHECK_INTERVAL) {
    try {
      return await merge();
    } catch (error) {
      const later = hasStatus(error, 405) && /try again later/i.test(error.body);
      if (!later || waited >= CHECK_LIMIT) throw error;
      await delay(CHECK_INTERVAL);
    }
  }
}

async function send(http: Http, method: HttpMethod, path: string, json?: unknown): Promise<void> {
  await http.request(method, path, json === undefined ? {} : { json });
}

function server(http: Http) {
  return {
    version: async () => (await http.json<{ version: string }>('GET', 'version')).version,

    currentUser: () => http.json<Gitea.GiteaUser>('GET', 'user'),
    findUser: (name: string) => orUndefined(http.json<Gitea.GiteaUser>('GET', at`users/${name}`)),
    /** Needs a site administrator. */
    createUser: (user: {
      readonly username: string;
      readonly password: string;
      readonly email: string;
      readonly full_name?: string;
    }) =>
      http.json<Gitea.GiteaUser>('POST', 'admin/users', { json: { ...user, must_change_password: false } }),

    listTokens: (user: string) => all<Omit<Gitea.AccessToken, 'sha1'>>(http, at`users/${user}/tokens`),
    /** Needs the user's password (no token). */
    createToken: (user: string, name: string, scopes: readonly string[] = ['all']) =>
      http.json<Gitea.AccessToken>('POST', at`users/${user}/tokens`, { json: { name, scopes } }),
    deleteToken: (user: string, name: string) => send(http, 'DELETE', at`users/${user}/tokens/${name}`),

    findOrganization: (name: string) => orUndefined(http.json<Gitea.Organization>('GET', at`orgs/${name}`)),
    createOrganization: (name: string, description = '') =>
      http.json<Gitea.Organization>('POST', 'orgs', { json: { username: name, description } }),
    deleteOrganization: (name: string) => send(http, 'DELETE', at`orgs/${name}`),
  };
}

function repositories(http: Http) {
  type Found = { readonly data: Gitea.Repository[] };
  return {
    findRepository: (owner: string, name: string) =>
      orUndefined(http.json<Gitea.Repository>('GET', at`repos/${owner}/${name}`)),
    createRepository: (
      org: string,
      repository: {
        readonly name: string;
        readonly description?: string;
        readonly private?: boolean;
        readonly auto_init?: boolean;
        readonly default_branch?: string;
      },
    ) => http.json<Gitea.Repository>('POST', at`orgs/${org}/repos`, { json: repository }),
    /** All that there are, unless a page is asked for. */
    searchRepositories: async (text = '', page?: Page) =>
      page === undefined
        ? all<Gitea.Repository>(http, 'repos/search', { q: text }, (body) => (body as Found).data)
        : (await http.json<Found>('GET', 'repos/search', { query: { q: text, ...page } })).data,
    editRepository: (
      owner: string,
      name: string,
      change: { readonly default_branch?: string; readonly description?: string; readonly private?: boolean },
    ) => http.json<Gitea.Repository>('PATCH', at`repos/${owner}/${name}`, { json: change }),
    deleteRepository: (owner: string, name: string) => send(http, 'DELETE', at`repos/${owner}/${name}`),
    setCollaborator: (owner: string, name: string, user: string, permission: Gitea.RepositoryPermission) =>
      send(http, 'PUT', at`repos/${owner}/${name}/collaborators/${user}`, { permission }),

    listBranches: (owner: string, name: string) =>
      all<Gitea.Branch>(http, at`repos/${owner}/${name}/branches`),
    findBranch: (owner: string, name: string, branch: string) =>
      orUndefined(http.json<Gitea.Branch>('GET', at`repos/${owner}/${name}/branches/${branch}`)),
    createBranch: (owner: string, name: string, branch: string, from: string) =>
      http.json<Gitea.Branch>('POST', at`repos/${owner}/${name}/branches`, {
        json: { new_branch_name: branch, old_ref_name: from },
      }),
    deleteBranch: (owner: string, name: string, branch: string) =>
      send(http, 'DELETE', at`repos/${owner}/${name}/branches/${branch}`),
    listTags: (owner: string, name: string) => all<Gitea.Tag>(http, at`repos/${owner}/${name}/tags`),
    createTag: (owner: string, name: string, tag: string, target: string, message = '') =>
      http.json<Gitea.Tag>('POST', at`repos/${owner}/${name}/tags`, {
        json: { tag_name: tag, target, message },
      }),
    deleteTag: (owner: string, name: string, tag: string) =>
      send(http, 'DELETE', at`repos/${owner}/${name}/tags/${tag}`),
    /** `prefix` is `heads`, `tags/v1`, …; empty for every reference. */
    listReferences: async (owner: string, name: string, prefix = '') =>
      (await orUndefined(
        http.json<Gitea.Reference[]>('GET', at`repos/${owner}/${name}/git/refs/${prefix}`),
      )) ?? [],
  };
}

function git(http: Http) {
  const contents = (owner: string, name: string, path: string) =>
    at`repos/${owner}/${name}/contents/${path.replace(/^\/+/, '')}`;
  type Changed = { readonly commit: Gitea.FileCommit };
  return {
    /** Newest first; `sha` is a branch, a tag or a commit. */
    listCommits: (
      owner: string,
      name: string,
      options: Page & { readonly sha?: string; readonly path?: string } = {},
    ) => http.json<Gitea.Commit[]>('GET', at`repos/${owner}/${name}/commits`, { query: { ...options } }),
    findCommit: (owner: string, name: string, sha: string) =>
      orUndefined(http.json<Gitea.Commit>('GET', at`repos/${owner}/${name}/git/commits/${sha}`)),

    /** What a commit changed, as `git diff` prints it. */
    commitDiff: async (owner: string, name: string, sha: string) =>
      (await http.request('GET', at`repos/${owner}/${name}/git/commits/${`${sha}.diff`}`)).text(),

    findFile: (owner: string, name: string, path: string, ref?: string) =>
      orUndefined(http.json<Gitea.Contents>('GET', contents(owner, name, path), { query: { ref } })),
    listFolder: (owner: string, name: string, path: string, ref?: string) =>
      http.json<Gitea.Contents[]>('GET', contents(owner, name, path), { query: { ref } }),
    /** The file as it is. */
    readFile: async (owner: string, name: string, path: string, ref?: string) =>
      (await http.request('GET', at`repos/${owner}/${name}/raw/${path}`, { query: { ref } })).body,
    createFile: (
      owner: string,
      name: string,
      path: string,
      content: string | Uint8Array,
      options: Gitea.CommitOptions = {},
    ) =>
      http.json<Changed & { readonly content: Gitea.Contents }>('POST', contents(owner, name, path), {
        json: { ...options, content: base64(content) },
      }),
    /** `sha` is the blob that is replaced; 422 when another one is there. */
    updateFile: (
      owner: string,
      name: string,
      path: string,
      content: string | Uint8Array,
      sha: string,
      options: Gitea.CommitOptions = {},
    ) =>
      http.json<Changed & { readonly content: Gitea.Contents }>('PUT', contents(owner, name, path), {
        json: { ...options, content: base64(content), sha },
      }),
    deleteFile: (owner: string, name: string, path: string, sha: string, options: Gitea.CommitOptions = {}) =>
      http.json<Changed>('DELETE', contents(owner, name, path), { json: { ...options, sha } }),
    /** Several files in one commit. */
    changeFiles: (
      owner: string,
      name: string,
      files: readonly Gitea.FileOperation[],
      options: Gitea.CommitOptions = {},
    ) =>
      http.json<Changed & { readonly files: readonly (Gitea.Contents | null)[] }>(
        'POST',
        at`repos/${owner}/${name}/contents`,
        { json: { ...options, files } },
      ),

    createStatus: (owner: string, name: string, sha: string, status: Gitea.CreateStatus) =>
      http.json<Gitea.CommitStatus>('POST', at`repos/${owner}/${name}/statuses/${sha}`, { json: status }),
    /** Newest first: by their ids, as Gitea leaves those of one second in any order. */
    listStatuses: async (owner: string, name: string, sha: string) =>
      (await all<Gitea.CommitStatus>(http, at`repos/${owner}/${name}/statuses/${sha}`)).sort(
        (one, other) => other.id - one.id,
      ),
    combinedStatus: (owner: string, name: string, ref: string) =>
      http.json<Gitea.CombinedStatus>('GET', at`repos/${owner}/${name}/commits/${ref}/status`),
  };
}

function pulls(http: Http) {
  const pull = (owner: string, name: string, number: number) => at`repos/${owner}/${name}/pulls/${number}`;
  const issue = (owner: string, name: string, number: number) => at`repos/${owner}/${name}/issues/${number}`;
  return {
    createPull: (
      owner: string,
      name: string,
      request: {
        readonly head: string;
        readonly base: string;
        readonly title: string;
        readonly body?: string;
      },
    ) => http.json<Gitea.PullRequest>('POST', at`repos/${owner}/${name}/pulls`, { json: request }),
    /** All pages. */
    listPulls: (owner: string, name: string, state: 'open' | 'closed' | 'all' = 'open') =>
      all<Gitea.PullRequest>(http, at`repos/${owner}/${name}/pulls`, { state }),
    /** The newest ones, open or not; at most 50. */
    recentPulls: (owner: string, name: string, limit: number) =>
      http.json<Gitea.PullRequest[]>('GET', at`repos/${owner}/${name}/pulls`, {
        query: { state: 'all', limit },
      }),
    findPull: (owner: string, name: string, number: number) =>
      orUndefined(http.json<Gitea.PullRequest>('GET', pull(owner, name, number))),
    editPull: (
      owner: string,
      name: string,
      number: number,
      change: { readonly title?: string; readonly body?: string; readonly state?: 'open' | 'closed' },
    ) => http.json<Gitea.PullRequest>('PATCH', pull(owner, name, number), { json: change }),
    listPullFiles: (owner: string, name: string, number: number) =>
      all<Gitea.ChangedFile>(http, `${pull(owner, name, number)}/files`),
    listPullCommits: (owner: string, name: string, number: number) =>
      all<Gitea.Commit>(http, `${pull(owner, name, number)}/commits`),
    pullDiff: async (owner: string, name: string, number: number) =>
      (await http.request('GET', `${pull(owner, name, number)}.diff`)).text(),
    /**
     * 405 when it cannot be merged (conflicts, closed), 409 when the head or base has moved meanwhile. Gitea looks for
     * conflicts in the background and answers "try again later" until it knows, and with the same words when there are some.
     */
    mergePull: (owner: string, name: string, number: number, options: Gitea.MergeOptions) =>
      whenChecked(() => send(http, 'POST', `${pull(owner, name, number)}/merge`, options)),
    /** Removes a pull request with its comments; needs an administrator of the repository. */
    deletePull: (owner: string, name: string, number: number) =>
      send(http, 'DELETE', issue(owner, name, number)),

    listComments: (owner: string, name: string, number: number) =>
      http.json<Gitea.Comment[]>('GET', `${issue(owner, name, number)}/comments`),
    createComment: (owner: string, name: string, number: number, body: string) =>
      http.json<Gitea.Comment>('POST', `${issue(owner, name, number)}/comments`, { json: { body } }),

    listReviews: (owner: string, name: string, number: number) =>
      all<Gitea.Review>(http, `${pull(owner, name, number)}/reviews`),
    /** 422 when somebody approves, or asks for changes of, their own pull request. */
    createReview: (
      owner: string,
      name: string,
      number: number,
      review: { readonly event: Gitea.ReviewVerdict; readonly body: string },
    ) => http.json<Gitea.Review>('POST', `${pull(owner, name, number)}/reviews`, { json: review }),
  };
}

function hooks(http: Http) {
  return {
    listHooks: (owner: string, name: string) => all<Gitea.Hook>(http, at`repos/${owner}/${name}/hooks`),
    createHook: (owner: string, name: string, hook: Gitea.CreateHook) =>
      http.json<Gitea.Hook>('POST', at`repos/${owner}/${name}/hooks`, { json: hook }),
    /** `config` is laid over what the hook has. */
    editHook: (
      owner: string,
      name: string,
      id: number,
      change: { readonly config?: Readonly<Record<string, string>>; readonly active?: boolean },
    ) => http.json<Gitea.Hook>('PATCH', at`repos/${owner}/${name}/hooks/${id}`, { json: change }),
    deleteHook: (owner: string, name: string, id: number) =>
      send(http, 'DELETE', at`repos/${owner}/${name}/hooks/${id}`),
    /**
     * What was sent to a hook, newest first; undefined on a server that does not tell, as Gitea: it shows them on its
     * page of the hook alone.
     */
    findDeliveries: (owner: string, name: string, id: number, limit: number) =>
      orUndefined(
        http.json<Gitea.Delivery[]>('GET', at`repos/${owner}/${name}/hooks/${id}/deliveries`, {
          query: { limit },
        }),
      ),
    /** Sends a push event with the newest commit. */
    testHook: (owner: string, name: string, id: number) =>
      send(http, 'POST', at`repos/${owner}/${name}/hooks/${id}/tests`),
  };
}

function base64(content: string | Uint8Array): string {
  return (typeof content === 'string' ? Buffer.from(content) : Buffer.from(content)).toString('base64');
}

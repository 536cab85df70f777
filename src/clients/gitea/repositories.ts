import type * as Gitea from '../gitea-types.ts';
import { type Http, orUndefined } from '../http.ts';
import { all, at, send, type Page } from './calls.ts';

interface Found {
  readonly data: Gitea.Repository[];
}

/** Repositories, who may use them, their branches and tags. */
export function repositories(http: Http) {
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

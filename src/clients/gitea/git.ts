import type * as Gitea from '../gitea-types.ts';
import { type Http, orUndefined } from '../http.ts';
import { all, at, base64, type Page } from './calls.ts';

/** Commits with their statuses, and files. */
export function git(http: Http) {
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

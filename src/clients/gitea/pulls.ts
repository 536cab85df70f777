import type * as Gitea from '../gitea-types.ts';
import { type Http, orUndefined } from '../http.ts';
import { all, at, send, whenChecked } from './calls.ts';

/** Pull requests, comments and reviews. */
export function pulls(http: Http) {
  const pull = (owner: string, name: string, number: number) => at`repos/${owner}/${name}/pulls/${number}`;
  const issue = (owner: string, name: string, number: number) => at`repos/${owner}/${name}/issues/${number}`;
  return {
    createPull: (owner: string, name: string, request: Gitea.NewPull) =>
      http.json<Gitea.PullRequest>('POST', at`repos/${owner}/${name}/pulls`, { json: request }),
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

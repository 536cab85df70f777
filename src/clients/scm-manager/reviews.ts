import type { GitComment, GitReview, GitServer } from '../git-server.ts';
import type { Http } from '../http.ts';
import type * as Scm from '../scm-manager-types.ts';
import { at, embedded } from './calls.ts';

type Call = readonly [owner: string, name: string, number: number];

const pathOf = (...[owner, name, number]: Call) => at`pull-requests/${owner}/${name}/${number}`;

/** What people have said, in its order; not what the plugin itself notes, as a merge. */
export async function commentsOf(http: Http, ...call: Call): Promise<Scm.ScmComment[]> {
  const found = await embedded<Scm.ScmComment>(http, `${pathOf(...call)}/comments/`, 'pullRequestComments');
  return found
    .filter(({ systemComment }) => systemComment !== true)
    .flatMap((comment) => [comment, ...(comment._embedded?.replies ?? [])]);
}

/**
 * Comments and reviews. An approval is SCM-Manager's own; who asks for changes leaves an open task, the product's word for it.
 * Whether one may merge with open tasks is a rule of the server, and unless somebody sets it one may.
 */
export function reviews(
  http: Http,
): Pick<GitServer, 'listComments' | 'createComment' | 'listReviews' | 'createReview'> {
  const isTask = ({ type }: Scm.ScmComment) => type === 'TASK_TODO' || type === 'TASK_DONE';
  const userOf = ({ author }: Scm.ScmComment) => ({ login: author?.id ?? '' });
  const say = (call: Call, comment: string, type: 'COMMENT' | 'TASK_TODO') =>
    http.request('POST', `${pathOf(...call)}/comments/`, { json: { comment, type } });

  return {
    listComments: async (...call) =>
      (await commentsOf(http, ...call)).flatMap((comment, index): GitComment[] =>
        isTask(comment)
          ? []
          : [{ id: index + 1, body: comment.comment, user: userOf(comment), created_at: comment.date }],
      ),
    createComment: async (owner, name, number, body) =>
      void (await say([owner, name, number], body, 'COMMENT')),
    /** An approval has no time of its own: it stands last, at the time of the last change. */
    listReviews: async (...call) => {
      const [pull, said] = await Promise.all([
        http.json<Scm.ScmPull>('GET', pathOf(...call)),
        commentsOf(http, ...call),
      ]);
      const tasks = said.flatMap((comment, index): GitReview[] => {
        if (!isTask(comment)) return [];
        const state = comment.type === 'TASK_TODO' ? 'REQUEST_CHANGES' : 'COMMENT';
        const body = comment.comment;
        return [{ id: index + 1, user: userOf(comment), state, body, submitted_at: comment.date }];
      });
      const approvals = (pull.reviewer ?? [])
        .filter(({ approved }) => approved)
        .map(({ id: login }, index): GitReview => ({
          ...{ id: said.length + index + 1, user: { login }, state: 'APPROVED', body: '' },
          submitted_at: pull.lastModified ?? pull.creationDate,
        }));
      return [...tasks, ...approvals];
    },
    createReview: async (owner, name, number, { event, body }) => {
      const call = [owner, name, number] as const;
      if (event === 'APPROVED') await http.request('POST', `${pathOf(...call)}/approve`);
      if (body !== '') await say(call, body, event === 'REQUEST_CHANGES' ? 'TASK_TODO' : 'COMMENT');
    },
  };
}

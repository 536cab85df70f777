import type {
  CommentRecord,
  PullRecord,
  RefUpdate,
  RepositoryRecord,
  UserRecord,
} from '../metadata/model.ts';
import type { CommitEntry } from '../repository/commits.ts';
import { NO_SHA } from '../repository/refs.ts';
import type { Service } from '../service.ts';
import { commentView, payloadCommitView, repositoryUrl, repositoryView, userView } from '../views.ts';

/** The bodies of webhooks, with the fields of Gitea's `modules/structs/hook.go`. */

interface About {
  readonly repository: RepositoryRecord;
  readonly sender: UserRecord;
}

export function pushPayload(
  service: Service,
  { repository, sender }: About,
  update: RefUpdate,
  history: {
    /** Newest first. */
    readonly commits: readonly CommitEntry[];
    readonly total: number;
    readonly head: CommitEntry | undefined;
  },
) {
  const { ref, before, after } = update;
  const url = repositoryUrl(service, repository);
  return {
    ref,
    before,
    after,
    compare_url: before === NO_SHA ? `${url}/commit/${after}` : `${url}/compare/${before}...${after}`,
    commits: history.commits.map((commit) => payloadCommitView(service, repository, commit, true)),
    total_commits: history.total,
    head_commit: history.head ? payloadCommitView(service, repository, history.head, true) : null,
    repository: repositoryView(service, repository, { access: 'admin', empty: false }),
    pusher: userView(service, sender),
    sender: userView(service, sender),
  };
}

export function refPayload(service: Service, { repository, sender }: About, update: RefUpdate) {
  const deleted = update.after === NO_SHA;
  return {
    ...(deleted ? { pusher_type: 'user' } : { sha: update.after }),
    ref: update.ref.replace(/^refs\/(heads|tags)\//, ''),
    ref_type: update.ref.startsWith('refs/tags/') ? 'tag' : 'branch',
    repository: repositoryView(service, repository, { access: 'admin', empty: false }),
    sender: userView(service, sender),
  };
}

export type PullAction = 'opened' | 'closed' | 'reopened' | 'edited' | 'synchronized' | 'reviewed';

export function pullPayload(
  service: Service,
  { repository, sender }: About,
  action: PullAction,
  pull: PullRecord,
  pullView: unknown,
  review: { readonly type: string; readonly content: string } | null = null,
) {
  return {
    action,
    number: pull.number,
    pull_request: pullView,
    requested_reviewer: null,
    repository: repositoryView(service, repository, { access: 'admin', empty: false }),
    sender: userView(service, sender),
    commit_id: '',
    review,
  };
}

export function commentPayload(
  service: Service,
  { repository, sender }: About,
  issue: unknown,
  comment: CommentRecord,
) {
  return {
    action: 'created',
    issue,
    comment: commentView(service, repository, comment),
    repository: repositoryView(service, repository, { access: 'admin', empty: false }),
    sender: userView(service, sender),
    is_pull: true,
  };
}

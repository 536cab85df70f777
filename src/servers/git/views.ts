import type { PayloadCommit } from '../../clients/gitea-types.ts';
import type {
  Access,
  CommentRecord,
  PullRecord,
  ReviewRecord,
  HookRecord,
  OrganizationRecord,
  RepositoryRecord,
  StatusRecord,
  UserRecord,
} from './metadata/model.ts';
import type { CommitEntry, Person } from './repository/commits.ts';
import { userById, type Service } from './service.ts';

/** The records as the Gitea API shows them. Fields without a meaning here have the value that Gitea gives to "none". */

export const NO_TIME = '0001-01-01T00:00:00Z';

/** What is said of every commit's signature: none is looked at here. */
export const UNSIGNED = {
  verified: false,
  reason: 'gpg.error.not_signed_commit',
  signature: '',
  signer: null,
  payload: '',
};

export function userView(service: Service, user: UserRecord) {
  return {
    id: user.id,
    login: user.login,
    login_name: '',
    source_id: 0,
    full_name: user.fullName,
    email: user.email,
    avatar_url: '',
    html_url: `${service.publicUrl}/${user.login}`,
    language: '',
    is_admin: user.admin,
    last_login: NO_TIME,
    created: user.created,
    restricted: false,
    active: true,
    prohibit_login: false,
    location: '',
    website: '',
    description: '',
    visibility: 'public',
    followers_count: 0,
    following_count: 0,
    starred_repos_count: 0,
    username: user.login,
  };
}

export function organizationView(organization: OrganizationRecord) {
  return {
    id: organization.id,
    name: organization.name,
    full_name: organization.fullName,
    email: '',
    avatar_url: '',
    description: organization.description,
    website: '',
    location: '',
    visibility: 'public',
    repo_admin_change_team_access: true,
    username: organization.name,
  };
}

/** Repositories show their owner as a user, also where it is an organization. */
function ownerView(service: Service, owner: string) {
  const organization = service.accounts.findOrganization(owner);
  if (organization === undefined) {
    return userView(service, service.accounts.findUser(owner) ?? userById(service, -1));
  }
  return userView(service, {
    id: organization.id,
    login: organization.name,
    fullName: organization.fullName,
    email: '',
    admin: false,
    created: NO_TIME,
  });
}

export function repositoryUrl(service: Service, { owner, name }: RepositoryRecord): string {
  return `${service.publicUrl}/${owner}/${name}`;
}

export function apiUrl(service: Service, { owner, name }: RepositoryRecord): string {
  return `${service.publicUrl}/api/v1/repos/${owner}/${name}`;
}

/** @param empty whether there is no branch yet */
export function repositoryView(
  service: Service,
  repository: RepositoryRecord,
  { access, empty }: { readonly access: Access | undefined; readonly empty: boolean },
) {
  const url = repositoryUrl(service, repository);
  const openPulls = service.store.filter(
    'pulls',
    (pull) => pull.repositoryId === repository.id && pull.state === 'open',
  );
  return {
    id: repository.id,
    owner: ownerView(service, repository.owner),
    name: repository.name,
    full_name: `${repository.owner}/${repository.name}`,
    description: repository.description,
    empty,
    private: repository.private,
    fork: false,
    template: false,
    parent: null,
    mirror: false,
    size: 0,
    language: '',
    languages_url: `${apiUrl(service, repository)}/languages`,
    html_url: url,
    url: apiUrl(service, repository),
    link: '',
    ssh_url: '',
    clone_url: `${url}.git`,
    original_url: '',
    website: '',
    stars_count: 0,
    forks_count: 0,
    watchers_count: 0,
    open_issues_count: 0,
    open_pr_counter: openPulls.length,
    release_counter: 0,
    default_branch: repository.defaultBranch,
    archived: false,
    created_at: repository.created,
    updated_at: repository.updated,
    archived_at: NO_TIME,
    permissions: {
      admin: access === 'admin',
      push: access === 'admin' || access === 'write',
      pull: access !== undefined,
    },
    has_issues: false,
    has_wiki: false,
    has_pull_requests: true,
    has_projects: false,
    has_releases: false,
    has_packages: false,
    has_actions: false,
    ignore_whitespace_conflicts: false,
    allow_merge_commits: true,
    allow_rebase: true,
    allow_rebase_explicit: true,
    allow_squash_merge: true,
    allow_fast_forward_only_merge: true,
    allow_rebase_update: false,
    default_delete_branch_after_merge: false,
    default_merge_style: 'merge',
    default_allow_maintainer_edit: false,
    avatar_url: '',
    internal: false,
    mirror_interval: '',
    object_format_name: 'sha1',
    mirror_updated: NO_TIME,
    topics: [],
    licenses: null,
  };
}

function payloadPerson(service: Service, { name, email }: Person) {
  return { name, email, username: service.accounts.findUserByEmail(email)?.login ?? '' };
}

/** A commit as branches and push events show it. `files` only where they were asked for. */
export function payloadCommitView(
  service: Service,
  repository: RepositoryRecord,
  commit: CommitEntry,
  files = false,
): PayloadCommit & Record<string, unknown> {
  const paths = (status: 'added' | 'removed' | 'modified') =>
    files ? commit.files.filter((file) => file.status === status).map(({ path }) => path) : null;
  return {
    id: commit.sha,
    message: commit.message,
    url: `${repositoryUrl(service, repository)}/commit/${commit.sha}`,
    author: payloadPerson(service, commit.author),
    committer: payloadPerson(service, commit.committer),
    verification: UNSIGNED,
    timestamp: commit.committer.date,
    added: paths('added'),
    removed: paths('removed'),
    modified: paths('modified'),
  };
}

export function branchView(
  service: Service,
  repository: RepositoryRecord,
  name: string,
  commit: CommitEntry,
) {
  return {
    name,
    commit: payloadCommitView(service, repository, commit),
    protected: false,
    required_approvals: 0,
    enable_status_check: false,
    status_check_contexts: [],
    user_can_push: true,
    user_can_merge: true,
    effective_branch_protection_name: '',
  };
}

export function commitView(service: Service, repository: RepositoryRecord, commit: CommitEntry) {
  const api = apiUrl(service, repository);
  const known = (person: Person) => {
    const user = service.accounts.findUserByEmail(person.email);
    return user === undefined ? null : userView(service, user);
  };
  const additions = commit.files.reduce((sum, file) => sum + file.additions, 0);
  const deletions = commit.files.reduce((sum, file) => sum + file.deletions, 0);
  return {
    url: `${api}/git/commits/${commit.sha}`,
    sha: commit.sha,
    created: commit.committer.date,
    html_url: `${repositoryUrl(service, repository)}/commit/${commit.sha}`,
    commit: {
      url: `${api}/git/commits/${commit.sha}`,
      author: commit.author,
      committer: commit.committer,
      message: commit.message,
      tree: { url: `${api}/git/trees/${commit.tree}`, sha: commit.tree, created: commit.committer.date },
      verification: UNSIGNED,
    },
    author: known(commit.author),
    committer: known(commit.committer),
    parents: commit.parents.map((sha) => ({ url: `${api}/git/commits/${sha}`, sha, created: NO_TIME })),
    files: commit.files.map(({ path, status }) => ({ filename: path, status })),
    stats: { total: additions + deletions, additions, deletions },
  };
}

export function statusView(service: Service, repository: RepositoryRecord, status: StatusRecord) {
  return {
    id: status.id,
    status: status.state,
    target_url: status.targetUrl,
    description: status.description,
    url: `${apiUrl(service, repository)}/statuses/${status.sha}`,
    context: status.context,
    creator: userView(service, userById(service, status.creatorId)),
    created_at: status.created,
    updated_at: status.created,
  };
}

export function commentView(service: Service, repository: RepositoryRecord, comment: CommentRecord) {
  const pull = `${repositoryUrl(service, repository)}/pulls/${comment.number}`;
  return {
    id: comment.id,
    html_url: `${pull}#issuecomment-${comment.id}`,
    pull_request_url: pull,
    issue_url: '',
    user: userView(service, userById(service, comment.userId)),
    original_author: '',
    original_author_id: 0,
    body: comment.body,
    assets: [],
    created_at: comment.created,
    updated_at: comment.updated,
  };
}

export function reviewView(
  service: Service,
  repository: RepositoryRecord,
  review: ReviewRecord,
  { headSha }: PullRecord,
) {
  const pull = `${repositoryUrl(service, repository)}/pulls/${review.number}`;
  return {
    id: review.id,
    user: userView(service, userById(service, review.userId)),
    team: null,
    state: review.verdict,
    body: review.body,
    commit_id: review.sha,
    stale: review.sha !== headSha,
    official: false,
    dismissed: false,
    comments_count: 0,
    submitted_at: review.submitted,
    updated_at: review.submitted,
    html_url: `${pull}#issuecomment-${review.id}`,
    pull_request_url: pull,
  };
}

/** The secret stays here, as with Gitea. */
export function hookView(hook: HookRecord) {
  return {
    id: hook.id,
    type: hook.type,
    branch_filter: hook.branchFilter,
    config: { content_type: hook.contentType, url: hook.url },
    events: hook.events,
    authorization_header: hook.authorizationHeader,
    active: hook.active,
    updated_at: hook.updated,
    created_at: hook.created,
  };
}

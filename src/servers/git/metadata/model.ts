/** What the server keeps beside the repositories themselves. Times are ISO 8601. */

export type Access = 'read' | 'write' | 'admin';

export interface UserRecord {
  readonly id: number;
  readonly login: string;
  readonly email: string;
  readonly fullName: string;
  readonly admin: boolean;
  /** As `passwords.ts` writes it; absent for the administrator, whose password comes with the options. */
  readonly password?: string;
  readonly created: string;
}

export interface TokenRecord {
  readonly id: number;
  readonly userId: number;
  readonly name: string;
  /** SHA-256 of the token, hexadecimal. */
  readonly hash: string;
  readonly lastEight: string;
  readonly scopes: readonly string[];
}

export interface OrganizationRecord {
  readonly id: number;
  readonly name: string;
  readonly fullName: string;
  readonly description: string;
  /** The user who made it and who administers its repositories. */
  readonly ownerId: number;
}

export interface RepositoryRecord {
  readonly id: number;
  /** Login of a user or name of an organization. */
  readonly owner: string;
  readonly name: string;
  readonly description: string;
  readonly private: boolean;
  readonly defaultBranch: string;
  readonly created: string;
  readonly updated: string;
  /** By user id. */
  readonly collaborators: Readonly<Record<string, Access>>;
  /** The highest number that a pull request got so far. */
  readonly lastNumber: number;
}

export interface PullRecord {
  readonly id: number;
  readonly repositoryId: number;
  readonly number: number;
  readonly authorId: number;
  readonly title: string;
  readonly body: string;
  readonly head: string;
  readonly base: string;
  readonly state: 'open' | 'closed';
  /** The commit of the head branch; stays when the branch is gone. */
  readonly headSha: string;
  /** The commit of the base branch while open; at the end, the one that it was merged into or closed at. */
  readonly baseSha: string;
  readonly created: string;
  readonly updated: string;
  readonly closed?: string;
  readonly merged?: { readonly at: string; readonly by: number; readonly sha: string };
}

export interface CommentRecord {
  readonly id: number;
  readonly repositoryId: number;
  readonly number: number;
  readonly userId: number;
  readonly body: string;
  readonly created: string;
  readonly updated: string;
}

export interface ReviewRecord {
  readonly id: number;
  readonly repositoryId: number;
  readonly number: number;
  readonly userId: number;
  readonly verdict: 'APPROVED' | 'REQUEST_CHANGES' | 'COMMENT';
  readonly body: string;
  /** The head of the pull request that was looked at. */
  readonly sha: string;
  readonly submitted: string;
}

export interface StatusRecord {
  readonly id: number;
  readonly repositoryId: number;
  readonly sha: string;
  readonly state: 'pending' | 'success' | 'error' | 'failure' | 'warning';
  readonly context: string;
  readonly description: string;
  readonly targetUrl: string;
  readonly creatorId: number;
  readonly created: string;
}

export interface HookRecord {
  readonly id: number;
  readonly repositoryId: number;
  readonly type: 'gitea' | 'gogs';
  readonly url: string;
  readonly contentType: 'json' | 'form';
  readonly secret: string;
  readonly authorizationHeader: string;
  readonly branchFilter: string;
  readonly events: readonly string[];
  readonly active: boolean;
  readonly created: string;
  readonly updated: string;
}

/** One event on its way to one hook. It never changes; what came of it are its attempts. */
export interface DeliveryRecord {
  readonly id: number;
  readonly uuid: string;
  readonly hookId: number;
  readonly repositoryId: number;
  /** `push`, as in X-Gitea-Event. */
  readonly event: string;
  /** `pull_request_sync`, as in X-Gitea-Event-Type. */
  readonly eventType: string;
  readonly created: string;
  /** The JSON text that is signed and sent. */
  readonly payload: string;
}

export interface AttemptRecord {
  readonly id: number;
  readonly deliveryId: number;
  readonly at: string;
  readonly milliseconds: number;
  /** Absent when there was no answer. */
  readonly status?: number;
  /** The beginning of the answer's body, or what went wrong. */
  readonly answer: string;
  /** Whether nothing more is tried: accepted, refused for good, or given up. */
  readonly last: boolean;
}

export interface RefUpdate {
  readonly ref: string;
  /** Forty zeros where the reference was, or is, not there. */
  readonly before: string;
  readonly after: string;
}

/** A push whose consequences (pull requests, webhooks) are not recorded yet; read again after a crash. */
export interface PushRecord {
  readonly id: number;
  readonly repositoryId: number;
  readonly userId: number;
  readonly updates: readonly RefUpdate[];
}

/** Every table by its name, as it stands in the journal. */
export interface Tables {
  users: UserRecord;
  tokens: TokenRecord;
  organizations: OrganizationRecord;
  repositories: RepositoryRecord;
  pulls: PullRecord;
  comments: CommentRecord;
  reviews: ReviewRecord;
  statuses: StatusRecord;
  hooks: HookRecord;
  deliveries: DeliveryRecord;
  attempts: AttemptRecord;
  pushes: PushRecord;
}

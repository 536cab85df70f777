/** What the dashboard has seen of the live system. The reducer makes the map of it, and looks at nothing else. */

export interface CommitSeen {
  readonly revision: string;
  readonly subject: string;
  readonly author: string;
  readonly branch: string;
  /** When it was pushed as far as that is known, else when it was made; ISO 8601. */
  readonly at: string;
}

export interface BuildSeen {
  readonly branch: string;
  readonly number: number;
  readonly revision: string;
  readonly building: boolean;
  readonly result: string | null;
  /** Milliseconds since the epoch, and milliseconds. */
  readonly started: number;
  readonly duration: number;
  readonly stages: readonly StageSeen[];
}

interface StageSeen {
  readonly name: string;
  readonly status: string;
  readonly started: number;
  readonly duration: number;
  readonly error?: string;
}

/** A commit of the GitOps repository that makes a stage run a revision of the application. */
export interface DeliverySeen {
  readonly stage: string;
  readonly revision: string;
  readonly commit: string;
  readonly at: string;
}

export interface PullSeen {
  readonly number: number;
  readonly title: string;
  readonly head: string;
  readonly state: 'open' | 'closed' | 'merged';
  readonly createdAt: string;
  readonly endedAt?: string;
  readonly mergeCommit?: string;
}

export interface ApplicationSeen {
  readonly name: string;
  readonly stage: string;
  readonly sync: string;
  readonly health: string;
  readonly message?: string;
  readonly operation?: {
    readonly phase: string;
    readonly revision: string;
    readonly startedAt: string;
    readonly message?: string;
  };
  readonly history: readonly {
    readonly revision: string;
    readonly deployedAt: string;
    readonly startedAt?: string;
  }[];
}

/** What a stage runs now. `since` is when all its pods were ready. */
export interface RunningSeen {
  readonly stage: string;
  readonly revision: string;
  readonly image: string;
  readonly ready: number;
  readonly wanted: number;
  readonly since?: string;
}

export type Part = 'git' | 'ci' | 'registry' | 'operator' | 'cluster';

export type Observation =
  /** Commits of the application; `complete` when there are no others. */
  | { readonly type: 'commits'; readonly commits: readonly CommitSeen[]; readonly complete: boolean }
  | { readonly type: 'builds'; readonly builds: readonly BuildSeen[]; readonly complete: boolean }
  /** The revisions of the application that have an image. */
  | { readonly type: 'images'; readonly revisions: readonly string[] }
  | { readonly type: 'image'; readonly revision: string; readonly at: string }
  | { readonly type: 'deliveries'; readonly deliveries: readonly DeliverySeen[]; readonly complete: boolean }
  | { readonly type: 'pulls'; readonly pulls: readonly PullSeen[]; readonly complete: boolean }
  | { readonly type: 'application'; readonly application: ApplicationSeen }
  | { readonly type: 'application-gone'; readonly name: string }
  | { readonly type: 'running'; readonly running: RunningSeen }
  | { readonly type: 'stopped'; readonly stage: string }
  | { readonly type: 'pods'; readonly ready: number; readonly all: number }
  | { readonly type: 'parts'; readonly down: Readonly<Partial<Record<Part, string>>> };

import type { Application, ApplicationStatus, AppProject, Operation } from '../../clients/argocd-types.ts';
import type { Log } from '../../lib/log.ts';
import type { ClusterAccess } from './cluster.ts';
import type { Comparer } from './comparison.ts';
import type { EventRecorder } from './events.ts';
import type { LiveObjects } from './live.ts';
import type { Repositories } from './repository/repositories.ts';
import type { Comparison } from './status.ts';

/** How much a look at an Application takes into account; each level includes the ones before it. */
export type Level = 'live' | 'git' | 'hard';
export const LEVELS: readonly Level[] = ['live', 'git', 'hard'];

/** What the controller knows of an Application. */
export interface Entry {
  app: Application;
  level: Level | undefined;
  working: Promise<void> | undefined;
  operation:
    { readonly ending: AbortController; readonly done: Promise<void>; waiting?: () => void } | undefined;
  timer: NodeJS.Timeout | undefined;
  comparison: Comparison | undefined;
  /** Failures in a row of the reconciliation itself (an API that does not answer). */
  failures: number;
}

export interface ControllerParts {
  readonly cluster: ClusterAccess;
  readonly live: LiveObjects;
  readonly repositories: Repositories;
  readonly comparer: Comparer;
  readonly events: EventRecorder;
  readonly namespace: string;
  readonly log: Log;
}

/** What an operation needs of the controller that looks after its Application. */
export interface Keeper {
  isClosed(): boolean;
  project(name: string): AppProject | undefined;
  /** Asks for a look, at once or after some milliseconds. */
  request(entry: Entry, level: Level): void;
  later(entry: Entry, level: Level, delay: number): void;
  /** Writes the differences to what the cluster has; nothing when there are none. */
  write(
    entry: Entry,
    status: ApplicationStatus,
    options?: { asked?: boolean; operation?: Operation | null },
  ): Promise<void>;
}

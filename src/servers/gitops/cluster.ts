import type { Manifest } from './objects.ts';

/** A kind as the API serves it. */
export interface Kind {
  readonly apiVersion: string;
  readonly kind: string;
  /** The plural name in URLs. */
  readonly resource: string;
  readonly namespaced: boolean;
}

/** The Kubernetes API said no; `status` is the HTTP status. */
export class ClusterError extends Error {
  readonly status: number;

  constructor(status: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ClusterError';
    this.status = status;
  }
}

export interface ApplyOptions {
  readonly dryRun?: boolean;
  /** False lets fields pass that the schema does not know. */
  readonly validate?: boolean;
}

export type Propagation = 'Background' | 'Foreground' | 'Orphan';

/** Told what is there, and then every change; `replaced` comes again after a lost watch. */
export interface Follower {
  replaced(objects: Manifest[]): void;
  changed(type: 'ADDED' | 'MODIFIED' | 'DELETED', object: Manifest): void;
}

/** What the controller asks of a cluster; the one implementation speaks to the API over HTTP. */
export interface ClusterAccess {
  /** Looks a kind up, and asks the API again when it is not known yet. */
  kind(apiVersion: string, kind: string): Promise<Kind | undefined>;
  /** Lists and watches a kind in all namespaces until closed; resolves when the first list is there. */
  follow(kind: Kind, follower: Follower): Promise<{ close(): void }>;
  get(kind: Kind, namespace: string, name: string): Promise<Manifest | undefined>;
  /** Server-side apply with force, as the field manager `argocd-controller`. */
  apply(kind: Kind, object: Manifest, options?: ApplyOptions): Promise<Manifest>;
  create(kind: Kind, object: Manifest): Promise<Manifest>;
  replace(kind: Kind, object: Manifest): Promise<Manifest>;
  /** JSON merge patch; undefined when the object is gone. */
  patch(kind: Kind, namespace: string, name: string, patch: unknown): Promise<Manifest | undefined>;
  /** Deletes; gone already is fine. */
  remove(kind: Kind, namespace: string, name: string, propagation: Propagation): Promise<void>;
}

/** The field manager of everything that is deployed. */
export const FIELD_MANAGER = 'argocd-controller';

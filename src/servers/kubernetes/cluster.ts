import type { Duplex, Readable, Writable } from 'node:stream';

/** Metadata that every object carries (Kubernetes API conventions, "Metadata"). */
export interface ObjectMeta {
  name: string;
  namespace?: string;
  generateName?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  deletionGracePeriodSeconds?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  finalizers?: string[];
  ownerReferences?: OwnerReference[];
  managedFields?: unknown[];
}

export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

/** Any object of the API. Controllers narrow `spec` and `status` with the types of kubernetes-types. */
export interface KubernetesObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  spec?: unknown;
  status?: unknown;
  [field: string]: unknown;
}

/** A kind by the group and the plural name that stand in URLs: `{ group: 'apps', resource: 'deployments' }`. */
export interface ResourceType {
  /** The empty string is the core group. */
  readonly group: string;
  readonly resource: string;
}

export interface ChangeEvent<T extends KubernetesObject = KubernetesObject> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: T;
  /** The object before the change, absent for ADDED. */
  readonly previous?: T;
}

export interface ListFilter {
  readonly namespace?: string;
  /** Equality labels; every one has to match. */
  readonly labels?: Readonly<Record<string, string>>;
}

export interface DeleteOptions {
  readonly propagationPolicy?: 'Background' | 'Foreground' | 'Orphan';
  readonly gracePeriodSeconds?: number;
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
}

/**
 * The API without its socket: what controllers, the kubelet and the proxies use. Every call goes through the
 * same defaulting, validation and storage as a request over HTTP, and is synchronous: when it returns, the
 * change is in the journal and its event has been queued to every subscriber (events are delivered in order, in
 * a later microtask, never re-entrantly). Objects given out are frozen: change a `structuredClone`.
 * Refused calls throw the API's own error (`ApiError`, rendered as a `Status`).
 */
export interface Cluster {
  get<T extends KubernetesObject>(
    type: ResourceType,
    namespace: string | undefined,
    name: string,
  ): T | undefined;
  list<T extends KubernetesObject>(type: ResourceType, filter?: ListFilter): T[];
  create<T extends KubernetesObject>(type: ResourceType, object: T): T;
  /** Replaces the object; a stale `resourceVersion` is a conflict, an absent one is not checked. An unchanged object makes no event. */
  update<T extends KubernetesObject>(type: ResourceType, object: T, subresource?: 'status'): T;
  /** Deletes, or marks for deletion where finalizers or a pod's grace period hold it. Gone already is fine: undefined. */
  delete(
    type: ResourceType,
    namespace: string | undefined,
    name: string,
    options?: DeleteOptions,
  ): KubernetesObject | undefined;
  /** Gives every present object as ADDED (queued), then every change. The returned function ends it. */
  subscribe<T extends KubernetesObject>(
    type: ResourceType,
    listener: (event: ChangeEvent<T>) => void,
  ): () => void;
  /** Subscribes to every type, also to those that are registered later. */
  subscribeAll(listener: (type: ResourceType, event: ChangeEvent) => void): () => void;
  /** Every type that is served now, custom ones included. */
  types(): readonly (ResourceType & {
    readonly version: string;
    readonly kind: string;
    readonly namespaced: boolean;
  })[];
}

export interface LogOptions {
  readonly container?: string;
  readonly follow?: boolean;
  readonly previous?: boolean;
  readonly timestamps?: boolean;
  readonly tailLines?: number;
  readonly sinceSeconds?: number;
  readonly limitBytes?: number;
}

/** What the API server asks of the machine that runs a pod (the kubelet), for the pod subresources. */
export interface NodeAgent {
  /** The container's log as text. Throws `ApiError` when there is no such container or it has not started. */
  logs(namespace: string, pod: string, options: LogOptions): Readable;
  /** A byte stream to a port of the pod. */
  connect(namespace: string, pod: string, port: number): Promise<Duplex>;
  /** Runs a program beside the container, with its environment and working directory. */
  exec(
    namespace: string,
    pod: string,
    options: { readonly container?: string; readonly command: readonly string[] },
  ): Promise<ExecSession>;
}

export interface ExecSession {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Resolves with the exit code. */
  readonly exited: Promise<number>;
  kill(): void;
}

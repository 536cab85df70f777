import { randomUUID } from 'node:crypto';
import { applyDefaults } from '../admission/defaults.ts';
import { nameSuffix } from '../admission/names.ts';
import { validate } from '../admission/validate.ts';
import type {
  ChangeEvent,
  Cluster,
  DeleteOptions,
  KubernetesObject,
  ListFilter,
  ResourceType,
} from '../cluster.ts';
import { CustomKinds } from '../customresources/custom-kinds.ts';
import { admitCustom } from '../customresources/admit.ts';
import { ApiError, alreadyExists, badRequest, conflict, forbidden, modified, notFound } from '../errors.ts';
import { apiVersionOf, typeKey, type Kind } from '../kinds.ts';
import { KindRegistry } from '../registry.ts';
import { asObject, cloneJson, equalJson } from './json.ts';
import { checkPreconditions, desired, mayGo, mergeUpdate, podGrace, resetStatus } from './lifecycle.ts';
import { EventQueue } from './event-queue.ts';
import { Store, keyFor, type Change } from './store.ts';

export interface ClusterOptions {
  /** The folder of the journal, created when missing. */
  readonly dataDir: string;
  /** How many changes a watch may lag behind; 256 unless told. */
  readonly windowSize?: number;
  /** The present, for tests. */
  readonly now?: () => Date;
}

/** What a write may ask for beyond the seam's calls. */
export interface WriteOptions {
  /** Checks and answers as if, but stores nothing. */
  readonly dryRun?: boolean;
  /** Records who owns which field: gets the live object and the admitted one, which it may change. */
  readonly track?: (live: KubernetesObject | undefined, next: KubernetesObject) => void;
}

/** Looks at, completes or refuses an object before it is validated, to allocate addresses for example. */
export interface AdmissionHook {
  readonly type: ResourceType;
  /** May change `next`. Throws `ApiError` to refuse. */
  admit(next: KubernetesObject, previous: KubernetesObject | undefined): void;
}

/** The cluster with what the HTTP API needs beside the seam. */
export interface ClusterStore extends Cluster {
  readonly kinds: KindRegistry;
  create<T extends KubernetesObject>(type: ResourceType, object: T, options?: WriteOptions): T;
  update<T extends KubernetesObject>(
    type: ResourceType,
    object: T,
    subresource?: 'status',
    options?: WriteOptions,
  ): T;
  delete(
    type: ResourceType,
    namespace: string | undefined,
    name: string,
    options?: DeleteOptions & WriteOptions,
  ): KubernetesObject | undefined;
  /** The revision of the last change. */
  revision(): number;
  /** The kept changes after a revision; undefined when it is too old. */
  changesSince(revision: number): readonly Change[] | undefined;
  /** Called inside every change; must return at once. */
  onChange(listener: (change: Change) => void): () => void;
  /** Adds a hook that runs after defaulting. */
  admission(hook: AdmissionHook): void;
  close(): void;
}

/** Opens the cluster's state from its folder, or an empty one. */
export function createCluster(options: ClusterOptions): ClusterStore {
  return new StoredCluster(options);
}

const NAMESPACES: ResourceType = { group: '', resource: 'namespaces' };
/** Namespaces that cannot be deleted. */
const PERMANENT = ['default', 'kube-system', 'kube-public', 'kube-node-lease'];

class StoredCluster implements ClusterStore {
  readonly kinds = new KindRegistry();
  readonly #store: Store;
  readonly #now: () => Date;
  readonly #hooks: AdmissionHook[] = [];
  readonly #queue = new EventQueue();
  readonly #custom: CustomKinds;

  constructor({ dataDir, windowSize, now = () => new Date() }: ClusterOptions) {
    this.#store = new Store({ dataDir, ...(windowSize === undefined ? {} : { windowSize }) });
    this.#now = now;
    this.#custom = new CustomKinds(this.kinds);
    for (const definition of this.#store.list(CustomKinds.TYPE)) this.#custom.establish(definition);
  }

  get<T extends KubernetesObject>(
    type: ResourceType,
    namespace: string | undefined,
    name: string,
  ): T | undefined {
    const kind = this.#kind(type);
    return this.#store.get(type, keyFor(kind.namespaced ? namespace : undefined, name)) as T | undefined;
  }

  list<T extends KubernetesObject>(type: ResourceType, filter: ListFilter = {}): T[] {
    const labels = Object.entries(filter.labels ?? {});
    return this.#store
      .list(type)
      .filter(
        ({ metadata }) =>
          (filter.namespace === undefined || metadata.namespace === filter.namespace) &&
          labels.every(([key, value]) => metadata.labels?.[key] === value),
      ) as T[];
  }

  create<T extends KubernetesObject>(type: ResourceType, object: T, options: WriteOptions = {}): T {
    const kind = this.#kind(type);
    const next = this.#prepare(kind, object);
    const { metadata } = next;
    if (typeof metadata.name === 'string' && metadata.name !== '') {
      if (this.#live(kind, next) !== undefined) throw alreadyExists(type, metadata.name);
    } else if (typeof metadata.generateName === 'string' && metadata.generateName !== '') {
      do metadata.name = `${metadata.generateName.slice(0, 58)}${nameSuffix()}`;
      while (this.#live(kind, next) !== undefined);
    }
    if (kind.namespaced) this.#requireNamespace(kind, next);
    metadata.uid = randomUUID();
    metadata.creationTimestamp = this.#timestamp();
    delete metadata.resourceVersion;
    delete metadata.deletionTimestamp;
    delete metadata.deletionGracePeriodSeconds;
    if (kind.generation === true) metadata.generation = 1;
    else delete metadata.generation;
    resetStatus(kind, next);
    this.#admit(kind, next, undefined);
    options.track?.(undefined, next);
    if (options.dryRun === true) return next as unknown as T;
    const stored = this.#store.put(type, next);
    this.#custom.afterChange(type, stored, this);
    return stored as T;
  }

  update<T extends KubernetesObject>(
    type: ResourceType,
    object: T,
    subresource?: 'status',
    options: WriteOptions = {},
  ): T {
    const kind = this.#kind(type);
    const given = this.#prepare(kind, object);
    const { name } = given.metadata;
    const live = this.#live(kind, given);
    if (live === undefined) throw notFound(type, name);
    const { resourceVersion, uid } = given.metadata;
    if (uid !== undefined && uid !== '' && uid !== live.metadata.uid) {
      throw conflict(
        type,
        name,
        `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${live.metadata.uid ?? ''}`,
      );
    }
    if (
      resourceVersion !== undefined &&
      resourceVersion !== '' &&
      resourceVersion !== live.metadata.resourceVersion
    ) {
      throw modified(type, name);
    }
    const next = mergeUpdate(kind, live, given, subresource);
    if (subresource === undefined) this.#admit(kind, next, live);
    else if (kind.custom !== undefined) admitCustom(kind, next, live);
    if (kind.generation === true && !equalJson(desired(kind, next), desired(kind, live))) {
      next.metadata.generation = (live.metadata.generation ?? 0) + 1;
    }
    options.track?.(live, next);
    if (options.dryRun === true) return next as unknown as T;
    if (equalJson(next, live)) return live as T;
    if (mayGo(next)) return this.#remove(type, next) as T;
    const stored = this.#store.put(type, next);
    this.#custom.afterChange(type, stored, this);
    return stored as T;
  }

  delete(
    type: ResourceType,
    namespace: string | undefined,
    name: string,
    options: DeleteOptions & WriteOptions = {},
  ): KubernetesObject | undefined {
    const kind = this.#kind(type);
    const live = this.#store.get(type, keyFor(kind.namespaced ? namespace : undefined, name));
    if (live === undefined) return undefined;
    checkPreconditions(type, live, options);
    if (typeKey(type) === '/namespaces' && PERMANENT.includes(name)) {
      throw forbidden(type, name, 'this namespace may not be deleted');
    }
    const next = cloneJson(live);
    this.#markDeleted(kind, next, options);
    if (options.dryRun === true) return next;
    if (mayGo(next)) return this.#remove(type, next);
    if (equalJson(next, live)) return live;
    const stored = this.#store.put(type, next);
    this.#custom.afterChange(type, stored, this);
    return this.#store.get(type, keyFor(kind.namespaced ? namespace : undefined, name)) ?? stored;
  }

  subscribe<T extends KubernetesObject>(
    type: ResourceType,
    listener: (event: ChangeEvent<T>) => void,
  ): () => void {
    const key = typeKey(type);
    const deliver = listener as (event: ChangeEvent) => void;
    const subscription = this.#queue.add();
    for (const object of this.#store.list(type)) subscription.push(() => deliver({ type: 'ADDED', object }));
    const end = this.#store.onChange((change) => {
      if (typeKey(change.type) === key) subscription.push(() => deliver(change.event));
    });
    return () => {
      end();
      subscription.end();
    };
  }

  subscribeAll(listener: (type: ResourceType, event: ChangeEvent) => void): () => void {
    const subscription = this.#queue.add();
    for (const kind of this.kinds.all()) {
      const { group, resource } = kind;
      for (const object of this.#store.list(kind)) {
        subscription.push(() => listener({ group, resource }, { type: 'ADDED', object }));
      }
    }
    const end = this.#store.onChange((change) => {
      subscription.push(() => listener(change.type, change.event));
    });
    return () => {
      end();
      subscription.end();
    };
  }

  types(): readonly Kind[] {
    return this.kinds.all();
  }

  revision(): number {
    return this.#store.revision;
  }

  changesSince(revision: number): readonly Change[] | undefined {
    return this.#store.changesSince(revision);
  }

  onChange(listener: (change: Change) => void): () => void {
    return this.#store.onChange(listener);
  }

  admission(hook: AdmissionHook): void {
    this.#hooks.push(hook);
  }

  close(): void {
    this.#queue.close();
    this.#store.close();
  }

  #kind(type: ResourceType): Kind {
    const kind = this.kinds.find(type);
    if (kind === undefined) {
      throw new ApiError('NotFound', 'the server could not find the requested resource');
    }
    return kind;
  }

  #live(kind: Kind, object: KubernetesObject): KubernetesObject | undefined {
    return this.#store.get(kind, keyFor(object.metadata.namespace, object.metadata.name));
  }

  /** A private copy in the stored version, with the fields that identify it in order. */
  #prepare(kind: Kind, object: KubernetesObject): KubernetesObject {
    const { apiVersion: _version, kind: _kind, metadata, ...rest } = cloneJson(object);
    const meta = asObject(metadata) as unknown as KubernetesObject['metadata'];
    if (kind.namespaced) {
      if (meta.namespace === undefined || meta.namespace === '') {
        throw badRequest('an empty namespace may not be set during creation');
      }
    } else delete meta.namespace;
    return { apiVersion: apiVersionOf(kind), kind: kind.kind, metadata: meta, ...rest };
  }

  #requireNamespace(kind: Kind, { metadata }: KubernetesObject): void {
    const { namespace = '' } = metadata;
    const found = this.#store.get(NAMESPACES, keyFor(undefined, namespace));
    if (found === undefined) throw notFound(NAMESPACES, namespace);
    if (found.metadata.deletionTimestamp !== undefined) {
      const why = `unable to create new content in namespace ${namespace} because it is being terminated`;
      const { message, details } = forbidden(kind, metadata.name, why);
      const cause = {
        reason: 'NamespaceTerminating',
        message: `namespace ${namespace} is being terminated`,
        field: 'metadata.namespace',
      };
      throw new ApiError('Forbidden', message, { ...details, causes: [cause] });
    }
  }

  #admit(kind: Kind, next: KubernetesObject, previous: KubernetesObject | undefined): void {
    if (kind.custom === undefined) applyDefaults(kind, next);
    for (const hook of this.#hooks) if (typeKey(hook.type) === typeKey(kind)) hook.admit(next, previous);
    validate(kind, next, previous);
    if (kind.custom !== undefined) admitCustom(kind, next, previous);
    if (typeKey(kind) === typeKey(CustomKinds.TYPE)) this.#custom.admit(next, previous, this.#timestamp());
  }

  #markDeleted(kind: Kind, next: KubernetesObject, options: DeleteOptions): void {
    const { metadata } = next;
    const grace = typeKey(kind) === '/pods' ? podGrace(next, options.gracePeriodSeconds) : 0;
    const finalizers = new Set(metadata.finalizers);
    if (options.propagationPolicy === 'Foreground') finalizers.add('foregroundDeletion');
    if (options.propagationPolicy === 'Orphan') finalizers.add('orphan');
    if (metadata.deletionTimestamp === undefined) {
      metadata.deletionTimestamp = this.#timestamp(grace);
      metadata.deletionGracePeriodSeconds = grace;
      // As in Kubernetes, deletion counts as a change of what is desired.
      if (metadata.generation !== undefined) metadata.generation += 1;
      if (finalizers.size > 0) metadata.finalizers = [...finalizers];
    } else if (grace < (metadata.deletionGracePeriodSeconds ?? 0)) {
      metadata.deletionTimestamp = this.#timestamp(grace);
      metadata.deletionGracePeriodSeconds = grace;
    }
    if (typeKey(kind) === '/namespaces') next.status = { ...asObject(next.status), phase: 'Terminating' };
    if (typeKey(kind) === typeKey(CustomKinds.TYPE)) this.#custom.markDeleted(next, this.#timestamp());
  }

  #remove(type: ResourceType, object: KubernetesObject): KubernetesObject {
    const last = this.#store.remove(type, object);
    this.#custom.afterRemoval(type, last, this);
    return last;
  }

  /** RFC 3339 in seconds, as Kubernetes writes times. */
  #timestamp(later = 0): string {
    return new Date(this.#now().getTime() + later * 1000).toISOString().replace(/\.\d+Z$/, 'Z');
  }
}

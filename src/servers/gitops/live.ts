import type { ClusterAccess, Follower, Kind } from './cluster.ts';
import { groupOf, keyOf, keyText, type Manifest, type ResourceKey } from './objects.ts';
import { ownerOf } from './tracking.ts';

type Listener = (current: Manifest | undefined, previous: Manifest | undefined) => void;

interface Followed {
  readonly kind: Kind;
  readonly ready: Promise<void>;
  close?: () => void;
}

/**
 * The live objects of every kind in use, kept current by watches: comparing and healing ask the API nothing.
 * Kinds are followed from the first time that somebody needs them.
 */
export class LiveObjects {
  readonly #cluster: ClusterAccess;
  readonly #followed = new Map<string, Followed>();
  readonly #objects = new Map<string, Manifest>();
  readonly #listeners = new Set<Listener>();
  #waiting: (() => void)[] = [];
  #closed = false;

  constructor(cluster: ClusterAccess) {
    this.#cluster = cluster;
  }

  onChange(listener: Listener): void {
    this.#listeners.add(listener);
  }

  /** Follows a kind; resolves when its objects are there, with undefined when the API does not know it. */
  async need(apiVersion: string, name: string): Promise<Kind | undefined> {
    const id = `${groupOf(apiVersion)}/${name}`;
    const known = this.#followed.get(id);
    if (known !== undefined) {
      await known.ready;
      // Objects of another version of the same kind are followed in the version that came first.
      return known.kind.apiVersion === apiVersion ? known.kind : { ...known.kind, apiVersion };
    }
    const kind = await this.#cluster.kind(apiVersion, name);
    if (kind === undefined || this.#closed) return undefined;
    const again = this.#followed.get(id);
    if (again === undefined) this.#follow(id, kind);
    await this.#followed.get(id)?.ready;
    return kind;
  }

  /** A kind that is followed already. */
  kind(apiVersion: string, name: string): Kind | undefined {
    const known = this.#followed.get(`${groupOf(apiVersion)}/${name}`)?.kind;
    return known === undefined ? undefined : { ...known, apiVersion };
  }

  get(key: ResourceKey): Manifest | undefined {
    return this.#objects.get(keyText(key));
  }

  /** Every live object of a kind. */
  list(group: string, kind: string): Manifest[] {
    const prefix = `${group}/${kind}/`;
    return [...this.#objects].filter(([id]) => id.startsWith(prefix)).map(([, object]) => object);
  }

  /** Every live object that belongs to an Application by its tracking id. */
  ownedBy(application: string): Manifest[] {
    return [...this.#objects.values()].filter((object) => ownerOf(object) === application);
  }

  /** Every live object whose owner references name a uid. */
  childrenOf(uid: string): Manifest[] {
    return [...this.#objects.values()].filter((object) =>
      (object.metadata.ownerReferences ?? []).some((owner) => owner.uid === uid),
    );
  }

  /** Takes over an answer of the API before its event arrives, unless something newer is there already. */
  put(object: Manifest): void {
    const id = keyText(keyOf(object));
    const before = this.#objects.get(id);
    if (!this.#followed.has(`${groupOf(object.apiVersion)}/${object.kind}`)) return;
    if (before !== undefined && !isNewer(object, before)) return;
    this.#objects.set(id, slim(object));
  }

  /** Resolves at the next change of any object, or when the signal ends the wait. */
  async nextChange(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    await new Promise<void>((resolve) => {
      const done = () => {
        signal.removeEventListener('abort', done);
        resolve();
      };
      signal.addEventListener('abort', done, { once: true });
      this.#waiting.push(done);
    });
  }

  close(): void {
    this.#closed = true;
    for (const { close } of this.#followed.values()) close?.();
    this.#wake();
  }

  #follow(id: string, kind: Kind): void {
    const gone = () => {
      if (this.#followed.get(id) === followed) this.#followed.delete(id);
      for (const object of this.list(groupOf(kind.apiVersion), kind.kind)) this.#change('DELETED', object);
    };
    const changed: Follower = (type, object) => {
      this.#change(type, object);
    };
    const ready = this.#cluster.follow(kind, changed, gone).then((following) => {
      followed.close = () => {
        following.close();
      };
      if (this.#closed) following.close();
    });
    const followed: Followed = { kind, ready };
    this.#followed.set(id, followed);
    ready.catch(() => {
      if (this.#followed.get(id) === followed) this.#followed.delete(id);
    });
  }

  #change(type: 'ADDED' | 'MODIFIED' | 'DELETED', object: Manifest): void {
    const id = keyText(keyOf(object));
    const previous = this.#objects.get(id);
    if (type === 'DELETED') {
      if (previous !== undefined && isNewer(previous, object)) return;
      this.#objects.delete(id);
    } else {
      if (previous !== undefined && isNewer(previous, object)) return;
      this.#objects.set(id, slim(object));
    }
    const current = this.#objects.get(id);
    for (const listener of this.#listeners) listener(current, previous);
    this.#wake();
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

/** Managed fields are large, and nothing here reads them. */
function slim(object: Manifest): Manifest {
  const { managedFields: _managed, ...metadata } = object.metadata as Manifest['metadata'] & {
    managedFields?: unknown;
  };
  return { ...object, metadata };
}

/** Whether the left object is a later state than the right one; resource versions of one kind count upwards. */
function isNewer(left: Manifest, right: Manifest): boolean {
  if (left.metadata.uid !== right.metadata.uid) {
    return (left.metadata.creationTimestamp ?? '') > (right.metadata.creationTimestamp ?? '');
  }
  return Number(left.metadata.resourceVersion ?? 0) > Number(right.metadata.resourceVersion ?? 0);
}

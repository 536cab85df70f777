import {
  ClusterError,
  type ClusterAccess,
  type Follower,
  type Kind,
} from '../../../../../src/servers/gitops/cluster.ts';
import {
  groupOf,
  isRecord,
  keyOf,
  keyText,
  type Manifest,
} from '../../../../../src/servers/gitops/objects.ts';

const KINDS: readonly (readonly [string, string, string, boolean])[] = [
  ['v1', 'Namespace', 'namespaces', false],
  ['apiextensions.k8s.io/v1', 'CustomResourceDefinition', 'customresourcedefinitions', false],
  ['v1', 'Secret', 'secrets', true],
  ['v1', 'ConfigMap', 'configmaps', true],
  ['v1', 'Service', 'services', true],
  ['v1', 'Event', 'events', true],
  ['apps/v1', 'Deployment', 'deployments', true],
  ['batch/v1', 'Job', 'jobs', true],
  ['argoproj.io/v1alpha1', 'Application', 'applications', true],
  ['argoproj.io/v1alpha1', 'AppProject', 'appprojects', true],
];

/**
 * A cluster in memory, just real enough for the controller's own logic: apply merges, nothing runs. What a real
 * API server does is the business of the tests that start one.
 */
export class FakeCluster implements ClusterAccess {
  readonly objects = new Map<string, Manifest>();
  readonly calls: string[] = [];
  readonly #followers = new Map<string, Set<Follower>>();
  #revision = 0;
  /** Refuses applies of objects for which it gives a reason. */
  refuse: (object: Manifest) => string | undefined = () => undefined;

  async kind(apiVersion: string, kind: string): Promise<Kind | undefined> {
    const entry = KINDS.find((each) => each[0] === apiVersion && each[1] === kind);
    return entry && { apiVersion, kind, resource: entry[2], namespaced: entry[3] };
  }

  async follow(kind: Kind, follower: Follower): Promise<{ close(): void }> {
    const id = `${groupOf(kind.apiVersion)}/${kind.kind}`;
    const followers = this.#followers.get(id) ?? new Set();
    this.#followers.set(id, followers);
    followers.add(follower);
    for (const object of this.objects.values()) {
      if (object.kind === kind.kind && object.apiVersion === kind.apiVersion) follower('ADDED', object);
    }
    return { close: () => followers.delete(follower) };
  }

  async get(kind: Kind, namespace: string, name: string): Promise<Manifest | undefined> {
    return this.objects.get(
      keyText({
        group: groupOf(kind.apiVersion),
        kind: kind.kind,
        namespace: kind.namespaced ? namespace : '',
        name,
      }),
    );
  }

  async apply(_kind: Kind, object: Manifest, { dryRun = false } = {}): Promise<Manifest> {
    this.calls.push(`${dryRun ? 'dry-run' : 'apply'} ${object.kind}/${object.metadata.name}`);
    const reason = this.refuse(object);
    if (reason !== undefined) throw new ClusterError(422, reason);
    const id = keyText(keyOf(object));
    const before = this.objects.get(id);
    const namespace = object.metadata.namespace;
    if (
      namespace !== undefined &&
      !this.objects.has(keyText({ group: '', kind: 'Namespace', namespace: '', name: namespace }))
    ) {
      throw new ClusterError(404, `namespaces "${namespace}" not found`);
    }
    const merged = (before === undefined ? object : merge(before, object)) as Manifest;
    return dryRun ? structuredClone(merged) : this.#store(merged);
  }

  create(kind: Kind, object: Manifest): Promise<Manifest> {
    return this.apply(kind, object);
  }

  async replace(_kind: Kind, object: Manifest): Promise<Manifest> {
    return this.#store(object);
  }

  async patch(kind: Kind, namespace: string, name: string, patch: unknown): Promise<Manifest | undefined> {
    this.calls.push(`patch ${kind.kind}/${name}`);
    const before = await this.get(kind, namespace, name);
    if (before === undefined) return undefined;
    const after = merge(before, patch) as Manifest;
    if (after.metadata.deletionTimestamp !== undefined && (after.metadata.finalizers ?? []).length === 0) {
      this.#drop(before);
      return after;
    }
    return this.#store(after);
  }

  async remove(kind: Kind, namespace: string, name: string): Promise<void> {
    this.calls.push(`remove ${kind.kind}/${name}`);
    const before = await this.get(kind, namespace, name);
    if (before === undefined) return;
    if ((before.metadata.finalizers ?? []).length > 0) {
      this.#store({ ...before, metadata: { ...before.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } });
    } else this.#drop(before);
  }

  /** Puts an object in, as another client would. */
  put(object: unknown): Manifest {
    return this.#store(object as Manifest);
  }

  find(apiVersion: string, kind: string, namespace: string, name: string): Manifest | undefined {
    return this.objects.get(keyText({ group: groupOf(apiVersion), kind, namespace, name }));
  }

  #store(object: Manifest): Manifest {
    const id = keyText(keyOf(object));
    const before = this.objects.get(id);
    this.#revision += 1;
    const stored = structuredClone({
      ...object,
      metadata: {
        ...object.metadata,
        uid: before?.metadata.uid ?? `uid-${this.#revision}`,
        creationTimestamp: before?.metadata.creationTimestamp ?? '2026-01-01T00:00:00Z',
        resourceVersion: String(this.#revision),
      },
    }) as Manifest;
    this.objects.set(id, stored);
    this.#tell(before === undefined ? 'ADDED' : 'MODIFIED', stored);
    return stored;
  }

  #drop(object: Manifest): void {
    this.#revision += 1;
    this.objects.delete(keyText(keyOf(object)));
    this.#tell('DELETED', {
      ...object,
      metadata: { ...object.metadata, resourceVersion: String(this.#revision) },
    });
  }

  #tell(type: 'ADDED' | 'MODIFIED' | 'DELETED', object: Manifest): void {
    const followers = this.#followers.get(`${groupOf(object.apiVersion)}/${object.kind}`) ?? [];
    setImmediate(() => {
      for (const follower of followers) follower(type, structuredClone(object));
    });
  }
}

function merge(before: unknown, patch: unknown): unknown {
  if (!isRecord(patch)) return patch;
  const result: Record<string, unknown> = isRecord(before) ? { ...before } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name];
    else result[name] = merge(result[name], value);
  }
  return result;
}

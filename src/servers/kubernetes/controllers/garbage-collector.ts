import type { KubernetesObject, OwnerReference, ResourceType } from '../cluster.ts';
import type { ControllerContext, Stop } from './controller.ts';
import { stopAll } from './controller.ts';
import { WorkQueue } from './work-queue.ts';

const FOREGROUND = 'foregroundDeletion';
const ORPHAN = 'orphan';

/** What the collector remembers of an object: where it is and who owns it. */
interface Known {
  readonly type: ResourceType;
  readonly namespace: string | undefined;
  readonly name: string;
  readonly owners: readonly OwnerReference[];
}

/**
 * Deletes what has lost its last owner, and carries out the foreground and orphan propagation policies
 * (Kubernetes documentation, "Garbage Collection").
 */
export function startGarbageCollector(context: ControllerContext): Stop {
  const { cluster, clock, log } = context;
  const known = new Map<string, Known>();
  const dependents = new Map<string, Set<string>>();
  const queue = new WorkQueue({ name: 'garbage collector', clock, log, reconcile });

  function remember(uid: string, type: ResourceType, { metadata }: KubernetesObject): void {
    forget(uid);
    const owners = metadata.ownerReferences ?? [];
    known.set(uid, { type, namespace: metadata.namespace, name: metadata.name, owners });
    for (const owner of owners) {
      const set = dependents.get(owner.uid) ?? new Set();
      dependents.set(owner.uid, set.add(uid));
    }
  }

  function forget(uid: string): void {
    for (const owner of known.get(uid)?.owners ?? []) {
      const set = dependents.get(owner.uid);
      set?.delete(uid);
      if (set?.size === 0) dependents.delete(owner.uid);
    }
    known.delete(uid);
  }

  function live(uid: string): KubernetesObject | undefined {
    const entry = known.get(uid);
    if (entry === undefined) return undefined;
    const object = cluster.get(entry.type, entry.namespace, entry.name);
    return object?.metadata.uid === uid ? object : undefined;
  }

  function reconcile(uid: string): void {
    const entry = known.get(uid);
    const object = live(uid);
    if (entry === undefined || object === undefined) return;
    const { deletionTimestamp, finalizers = [] } = object.metadata;
    if (deletionTimestamp !== undefined) {
      if (finalizers.includes(ORPHAN)) orphan(uid, entry, object);
      else if (finalizers.includes(FOREGROUND)) foreground(uid, entry, object);
      return;
    }
    collect(uid, entry, object);
  }

  /** Deletes an object none of whose owners is left. */
  function collect(uid: string, entry: Known, object: KubernetesObject): void {
    if (entry.owners.length === 0) return;
    const states = entry.owners.map((owner) => live(owner.uid));
    const waited = states.some(
      (owner) =>
        owner?.metadata.deletionTimestamp !== undefined &&
        owner.metadata.finalizers?.includes(FOREGROUND) === true,
    );
    const solid = states.some(
      (owner) =>
        owner !== undefined &&
        !(
          owner.metadata.finalizers?.includes(FOREGROUND) === true &&
          owner.metadata.deletionTimestamp !== undefined
        ),
    );
    if (solid) return;
    // A dependent of something that is deleted in the foreground has its own dependents deleted first, too.
    const policy = waited && dependents.has(uid) ? 'Foreground' : 'Background';
    cluster.delete(entry.type, entry.namespace, entry.name, {
      propagationPolicy: policy,
      preconditions: { uid: object.metadata.uid ?? uid },
    });
  }

  function foreground(uid: string, entry: Known, object: KubernetesObject): void {
    const children = [...(dependents.get(uid) ?? [])];
    for (const child of children) queue.add(child);
    const blocking = children.some((child) =>
      known.get(child)?.owners.some((owner) => owner.uid === uid && owner.blockOwnerDeletion === true),
    );
    if (!blocking) dropFinalizer(entry, object, FOREGROUND);
  }

  function orphan(uid: string, entry: Known, object: KubernetesObject): void {
    for (const child of dependents.get(uid) ?? []) {
      const childEntry = known.get(child);
      const dependent = live(child);
      if (childEntry === undefined || dependent === undefined) continue;
      const owners = (dependent.metadata.ownerReferences ?? []).filter((owner) => owner.uid !== uid);
      cluster.update(childEntry.type, {
        ...dependent,
        metadata: { ...dependent.metadata, ownerReferences: owners },
      });
    }
    dropFinalizer(entry, object, ORPHAN);
  }

  function dropFinalizer(entry: Known, object: KubernetesObject, finalizer: string): void {
    const finalizers = (object.metadata.finalizers ?? []).filter((other) => other !== finalizer);
    cluster.update(entry.type, { ...object, metadata: { ...object.metadata, finalizers } });
  }

  const stop = cluster.subscribeAll((type, { type: change, object }) => {
    const uid = object.metadata.uid ?? '';
    if (change === 'DELETED') {
      const { owners = [] } = known.get(uid) ?? {};
      forget(uid);
      for (const child of dependents.get(uid) ?? []) queue.add(child);
      for (const owner of owners) queue.add(owner.uid);
      return;
    }
    remember(uid, type, object);
    if (object.metadata.ownerReferences !== undefined || object.metadata.deletionTimestamp !== undefined)
      queue.add(uid);
  });
  return stopAll([
    stop,
    () => {
      queue.stop();
    },
  ]);
}

import type { DeleteOptions, KubernetesObject, ResourceType } from '../cluster.ts';
import { conflict } from '../errors.ts';
import { typeKey, type Kind } from '../kinds.ts';
import { asArray, asObject, cloneJson } from './json.ts';

/** @throws ApiError `Conflict` when the object is not the one that the caller means. */
export function checkPreconditions(type: ResourceType, live: KubernetesObject, options: DeleteOptions): void {
  const { uid, resourceVersion } = options.preconditions ?? {};
  const { name } = live.metadata;
  if (uid !== undefined && uid !== live.metadata.uid) {
    throw conflict(
      type,
      name,
      `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${live.metadata.uid ?? ''}`,
    );
  }
  if (resourceVersion !== undefined && resourceVersion !== live.metadata.resourceVersion) {
    throw conflict(
      type,
      name,
      `Precondition failed: ResourceVersion in precondition: ${resourceVersion}, ResourceVersion in object meta: ${live.metadata.resourceVersion ?? ''}`,
    );
  }
}

/** Seconds that a pod gets to end: none when it never ran or has ended already. */
export function podGrace(pod: KubernetesObject, asked: number | undefined): number {
  const spec = asObject(pod.spec);
  const { phase } = asObject(pod.status);
  if (
    typeof spec.nodeName !== 'string' ||
    spec.nodeName === '' ||
    phase === 'Succeeded' ||
    phase === 'Failed'
  )
    return 0;
  const own = spec.terminationGracePeriodSeconds;
  return Math.max(0, asked ?? (typeof own === 'number' ? own : 30));
}

/** Whether nothing holds a deleted object any longer. */
export function mayGo(object: KubernetesObject): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds = 0, finalizers = [] } = object.metadata;
  if (deletionTimestamp === undefined || finalizers.length > 0 || deletionGracePeriodSeconds > 0)
    return false;
  return object.kind !== 'Namespace' || asArray(asObject(object.spec).finalizers).length === 0;
}

/** Fields that only the server sets, and the half of the object that the other kind of update writes, stay as they are. */
export function mergeUpdate(
  kind: Kind,
  live: KubernetesObject,
  given: KubernetesObject,
  subresource: 'status' | undefined,
): KubernetesObject {
  const separate = kind.subresources?.includes('status') === true;
  if (subresource === 'status') {
    const next = cloneJson(live);
    if (given.status === undefined) delete next.status;
    else next.status = given.status;
    if (given.metadata.managedFields !== undefined)
      next.metadata.managedFields = given.metadata.managedFields;
    return next;
  }
  const next = given;
  if (separate) {
    if (live.status === undefined) delete next.status;
    else next.status = cloneJson(live.status);
  }
  const { metadata } = next;
  const server = live.metadata;
  const kept = {
    uid: server.uid,
    resourceVersion: server.resourceVersion,
    creationTimestamp: server.creationTimestamp,
    generation: server.generation,
    generateName: metadata.generateName ?? server.generateName,
    deletionTimestamp: server.deletionTimestamp,
    deletionGracePeriodSeconds: server.deletionGracePeriodSeconds,
    managedFields: metadata.managedFields ?? cloneJson(server.managedFields),
  };
  next.metadata = cloneJson({ ...metadata, ...kept });
  return next;
}

/** What the generation counts: everything but metadata and, where it is separate, the status. */
export function desired(kind: Kind, object: KubernetesObject): Record<string, unknown> {
  const { metadata: _metadata, status, ...rest } = object;
  return kind.subresources?.includes('status') === true ? rest : { ...rest, status };
}

/** Gives a new object the status that its kind begins with. */
export function resetStatus(kind: Kind, object: KubernetesObject): void {
  if (typeKey(kind) === '/nodes') return;
  if (kind.subresources?.includes('status') === true) delete object.status;
  if (typeKey(kind) === '/namespaces') {
    object.spec = { finalizers: ['kubernetes'] };
    object.status = { phase: 'Active' };
  }
  if (typeKey(kind) === '/pods') object.status = { phase: 'Pending', qosClass: qualityOfService(object) };
  if (typeKey(kind) === '/services' || typeKey(kind) === 'networking.k8s.io/ingresses') {
    object.status = { loadBalancer: {} };
  }
}

function qualityOfService(pod: KubernetesObject): string {
  const containers = asArray(asObject(pod.spec).containers).map((container) =>
    asObject(asObject(container).resources),
  );
  const amounts = (part: string) => containers.map((resources) => asObject(resources[part]));
  if ([...amounts('limits'), ...amounts('requests')].every((part) => Object.keys(part).length === 0)) {
    return 'BestEffort';
  }
  const guaranteed = containers.every((resources) =>
    ['cpu', 'memory'].every((name) => {
      const limit = asObject(resources.limits)[name];
      return limit !== undefined && (asObject(resources.requests)[name] ?? limit) === limit;
    }),
  );
  return guaranteed ? 'Guaranteed' : 'Burstable';
}

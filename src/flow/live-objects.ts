import { isDeepStrictEqual } from 'node:util';
import type { KubeMetadata, KubeObject, KubernetesClient } from '../clients/kubernetes.ts';

/** What controllers and the node write for themselves, and write again when it is gone. */
// Pods and ReplicaSets are left out by their owners.
const volatileKinds = new Set(['Event', 'EndpointSlice', 'Endpoints', 'Lease', 'Node', 'ComponentStatus']);
/** Wishes that the flow or a person notes for the operator. */
const refreshWishes = new Set(['argocd.argoproj.io/refresh', 'reconcile.fluxcd.io/requestedAt']);
const madeByCluster = new Set(['kube-root-ca.crt', 'default', 'kubernetes']);

/** Every object that a person, the flow or the operator made, without the fields that the API server and controllers write. */
export async function liveObjects(cluster: KubernetesClient): Promise<KubeObject[]> {
  const types = (await cluster.resources(true)).filter(
    ({ kind, apiVersion, verbs }) =>
      verbs.includes('list') && !(volatileKinds.has(kind) && isBuiltIn(apiVersion)),
  );
  const lists = await Promise.all(types.map(async (type) => (await cluster.list(type)).items));
  return lists
    .flat()
    .filter(({ metadata }) => !isOwned(metadata) && !isSystem(metadata))
    .map(intent);
}

/** Names one object among all. */
function keyOf({ apiVersion, kind, metadata }: KubeObject): string {
  return [apiVersion.replace(/\/.*/, '/'), kind, metadata.namespace ?? '', metadata.name].join(' ');
}

/**
 * Brings the cluster's objects back to these: deletes what was not there, creates what is missing, and replaces what was changed.
 */
export async function restoreObjects(cluster: KubernetesClient, kept: readonly KubeObject[]): Promise<void> {
  const wanted = new Map(kept.map((object) => [keyOf(object), object]));
  const present = new Set<string>();
  await Promise.all(
    (await liveObjects(cluster)).map(async (object) => {
      const key = keyOf(object);
      const before = wanted.get(key);
      present.add(key);
      const { apiVersion, kind, metadata } = object;
      if (before === undefined) await cluster.delete({ apiVersion, kind, ...metadata });
      else if (!isDeepStrictEqual(before, object)) await replace(cluster, before);
    }),
  );
  // Namespaces and definitions come first: the others need them.
  const rank = ({ kind }: KubeObject) =>
    kind === 'Namespace' ? 0 : kind === 'CustomResourceDefinition' ? 1 : 2;
  const missing = kept.filter((object) => !present.has(keyOf(object))).sort((a, b) => rank(a) - rank(b));
  for (const object of missing)
    await cluster.apply(object, { fieldManager: 'gitops-playground', force: true });
}

/** Replaces an object, keeping the status that controllers have written beside it. */
async function replace(cluster: KubernetesClient, wanted: KubeObject): Promise<void> {
  const { apiVersion, kind, metadata } = wanted;
  const live = await cluster.find({ apiVersion, kind, ...metadata });
  if (live === undefined) return;
  const { resourceVersion, uid } = live.metadata;
  const next = { ...wanted, metadata: { ...metadata, resourceVersion, uid } };
  await cluster.update(live.status === undefined ? next : { ...next, status: live.status });
}

function isBuiltIn(apiVersion: string): boolean {
  const group = apiVersion.replace(/\/.*/, '');
  return !group.includes('.') || group.endsWith('.k8s.io');
}

function isOwned({ ownerReferences = [] }: KubeMetadata): boolean {
  return ownerReferences.length > 0;
}

function isSystem({ name, namespace = '' }: KubeMetadata): boolean {
  return (
    namespace.startsWith('kube-') ||
    name.startsWith('system:') ||
    name.startsWith('kube-') ||
    madeByCluster.has(name)
  );
}

/** The object as somebody wanted it: without status, versions and what controllers note on it. */
function intent(object: KubeObject): KubeObject {
  const {
    status: _status,
    operation: _operation,
    ...rest
  } = structuredClone(object) as KubeObject & { metadata: { managedFields?: unknown } };
  const {
    uid: _uid,
    resourceVersion: _version,
    generation: _generation,
    creationTimestamp: _created,
    managedFields: _fields,
    ...metadata
  } = rest.metadata;
  const annotations = Object.entries(metadata.annotations ?? {}).filter(
    ([key]) => !key.startsWith('deployment.kubernetes.io/') && !refreshWishes.has(key),
  );
  if (annotations.length > 0) metadata.annotations = Object.fromEntries(annotations);
  else delete metadata.annotations;
  return { ...rest, metadata };
}

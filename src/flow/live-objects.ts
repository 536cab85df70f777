import { isDeepStrictEqual } from 'node:util';
import {
  hasReason,
  type KubeMetadata,
  type KubeObject,
  type KubernetesClient,
} from '../clients/kubernetes.ts';

/** What controllers and the node write for themselves, and write again when it is gone. */
// Pods and ReplicaSets are left out by their owners.
const volatileKinds = new Set(['Event', 'EndpointSlice', 'Endpoints', 'Lease', 'Node', 'ComponentStatus']);
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

/**
 * Where an object stands in the order of creation: the others need namespaces and definitions, and an Application makes the
 * operator create what is still missing, in its own way.
 */
function rank({ kind }: KubeObject): number {
  return ['Namespace', 'CustomResourceDefinition'].includes(kind) ? 0 : kind === 'Application' ? 2 : 1;
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
  const missing = kept.filter((object) => !present.has(keyOf(object))).sort((a, b) => rank(a) - rank(b));
  for (const object of missing) await create(cluster, object);
}

/** How often an object is replaced anew when somebody else writes at the same time. */
const ATTEMPTS = 10;

/**
 * Replaces an object, keeping the status that controllers have written beside it. One that was made anew meanwhile, and so
 * differs where it cannot be changed (a selector, the port of a Service that another one holds now), is deleted and made again.
 */
async function replace(cluster: KubernetesClient, wanted: KubeObject): Promise<void> {
  const { apiVersion, kind, metadata } = wanted;
  const ref = { apiVersion, kind, ...metadata };
  for (let attempt = 1; ; attempt += 1) {
    const live = await cluster.find(ref);
    try {
      if (live === undefined) {
        await create(cluster, wanted);
        return;
      }
      const { resourceVersion, uid } = live.metadata;
      const next = { ...wanted, metadata: { ...metadata, resourceVersion, uid } };
      await cluster.update(live.status === undefined ? next : { ...next, status: live.status });
      return;
    } catch (error) {
      const passing = hasReason(error, 'Conflict') || hasReason(error, 'Invalid');
      if (!passing || attempt === ATTEMPTS) throw error;
      if (hasReason(error, 'Invalid')) await cluster.delete(ref);
    }
  }
}

async function create(cluster: KubernetesClient, object: KubeObject): Promise<void> {
  await cluster.apply(object, { fieldManager: 'gitops-playground', force: true });
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
    ([key]) => !key.startsWith('deployment.kubernetes.io/') && key !== 'argocd.argoproj.io/refresh',
  );
  if (annotations.length > 0) metadata.annotations = Object.fromEntries(annotations);
  else delete metadata.annotations;
  return { ...rest, metadata, ...(rest.kind === 'Service' ? { spec: withoutAddress(rest.spec) } : {}) };
}

/** A Service without the address that the cluster has chosen, which cannot be changed and belongs to nobody's intent. */
function withoutAddress(spec: unknown): unknown {
  const { clusterIP, clusterIPs, ...rest } = spec as { clusterIP?: string; clusterIPs?: string[] };
  return clusterIP === 'None' ? { clusterIP, clusterIPs, ...rest } : rest;
}

import { isDeepStrictEqual } from 'node:util';
import {
  hasReason,
  type KubeMetadata,
  type KubeObject,
  type KubernetesClient,
} from '../clients/kubernetes.ts';
import type { Endpoints } from '../engines/engine.ts';
import { trackingAnnotation } from '../config/names.ts';
import { addonApplication, stages } from './names.ts';

/** What controllers and the node write for themselves, and write again when it is gone. */
// Pods and ReplicaSets are left out by their owners.
const volatileKinds = new Set(['Event', 'EndpointSlice', 'Endpoints', 'Lease', 'Node', 'ComponentStatus']);
/** Wishes that the flow or a person notes for the operator. */
const refreshWishes = new Set(['argocd.argoproj.io/refresh', 'reconcile.fluxcd.io/requestedAt']);
/** What somebody has to be able to do with objects of a kind, so that they can be brought back; metrics can only be read. */
const neededVerbs = ['list', 'create', 'update', 'delete'];
const madeByCluster = new Set(['kube-root-ca.crt', 'default', 'kubernetes']);

/** Groups of the kinds by which operators are told what to deploy. */
const operatorGroups = ['argoproj.io', 'toolkit.fluxcd.io'];

/**
 * Every object that a person, the flow or the operator made, without the fields that the API server and controllers write.
 * What comes with add-ons is left out: it arrives at its own time, and the operator keeps it as Git says.
 * Where the parts of the playground are pods of the same cluster, only the stages, what the operator is told, and
 * namespaces are looked at: everything else there belongs to the parts, or to others.
 */
export async function liveObjects(cluster: KubernetesClient, place: Place): Promise<KubeObject[]> {
  const types = (await cluster.resources(true)).filter(
    ({ kind, apiVersion, verbs }) =>
      neededVerbs.every((verb) => verbs.includes(verb)) &&
      !(volatileKinds.has(kind) && isBuiltIn(apiVersion)),
  );
  const lists = await Promise.all(
    types.flatMap((type) =>
      scopesOf(type, place).map(async (selection) => (await cluster.list(type, selection)).items),
    ),
  );
  return lists
    .flat()
    .filter(({ metadata }) => !isOwned(metadata) && !isSystem(metadata) && !isOfAddon(metadata))
    .filter((object) => isOurs(object, place))
    .map(intent);
}

type Place = Endpoints['kubernetes'];
type Selection = { readonly namespace?: string };

/** Where objects of a kind are looked for. */
function scopesOf(
  { kind, apiVersion, namespaced }: { kind: string; apiVersion: string; namespaced: boolean },
  { parts = [] }: Place,
): Selection[] {
  if (parts.length === 0) return [{}];
  if (!namespaced) return kind === 'Namespace' && apiVersion === 'v1' ? [{}] : [];
  const told = operatorGroups.some((group) => groupOf(apiVersion).endsWith(group)) ? parts : [];
  return [...stages, ...told].map((namespace) => ({ namespace }));
}

/** In a cluster that others use too, their namespaces are no matter of ours. */
function isOurs({ kind, metadata }: KubeObject, { shared = false }: Place): boolean {
  return !shared || kind !== 'Namespace' || stages.some((stage) => stage === metadata.name);
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
export async function restoreObjects(
  cluster: KubernetesClient,
  place: Place,
  kept: readonly KubeObject[],
): Promise<void> {
  // A state that an earlier version has kept may hold them.
  const own = kept.filter(({ metadata }) => !isOfAddon(metadata));
  const wanted = new Map(own.map((object) => [keyOf(object), object]));
  const present = new Set<string>();
  await Promise.all(
    (await liveObjects(cluster, place)).map(async (object) => {
      const key = keyOf(object);
      const before = wanted.get(key);
      present.add(key);
      const { apiVersion, kind, metadata } = object;
      if (before === undefined) await cluster.delete({ apiVersion, kind, ...metadata });
      else if (!isDeepStrictEqual(before, object)) await replace(cluster, before);
    }),
  );
  const missing = own.filter((object) => !present.has(keyOf(object))).sort((a, b) => rank(a) - rank(b));
  for (const object of missing) await create(cluster, object);
}

/** Kept objects, with those that an Application brings from Git as they are now. */
export function withNewest(
  kept: readonly KubeObject[],
  now: readonly KubeObject[],
  application: string,
): KubeObject[] {
  const newest = now.filter(({ metadata }) => isOf(application, metadata));
  const renewed = new Set(newest.map(keyOf));
  return [...kept.filter((object) => !renewed.has(keyOf(object))), ...newest];
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

function groupOf(apiVersion: string): string {
  return apiVersion.replace(/\/.*/, '');
}

function isBuiltIn(apiVersion: string): boolean {
  const group = groupOf(apiVersion);
  return !group.includes('.') || group.endsWith('.k8s.io');
}

function isOwned({ ownerReferences = [] }: KubeMetadata): boolean {
  return ownerReferences.length > 0;
}

function isOfAddon({ annotations }: KubeMetadata): boolean {
  return annotations?.[trackingAnnotation]?.startsWith(addonApplication('')) === true;
}

/** Whether the Application of that name has brought it from Git. */
function isOf(application: string, { annotations }: KubeMetadata): boolean {
  return annotations?.[trackingAnnotation]?.startsWith(`${application}:`) === true;
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
  return { ...rest, metadata, ...(rest.kind === 'Service' ? { spec: withoutAddress(rest.spec) } : {}) };
}

/** A Service without the address that the cluster has chosen, which cannot be changed and belongs to nobody's intent. */
function withoutAddress(spec: unknown): unknown {
  const { clusterIP, clusterIPs, ...rest } = spec as { clusterIP?: string; clusterIPs?: string[] };
  return clusterIP === 'None' ? { clusterIP, clusterIPs, ...rest } : rest;
}

import { hasReason, type KubeObject, type KubernetesClient, type TypeRef } from '../../clients/kubernetes.ts';
import { nameLabel } from '../../config/names.ts';
import { messageOf } from '../../lib/errors.ts';
import type { Component } from '../components/component.ts';
import { removeRelease, type HelmAccess } from '../components/helm.ts';
import { deleteUses, letGo } from './addon-objects.ts';
import { kindsOfApplications, removeApplications } from './applications.ts';
import { destinationsOf, isMadeByOperator, ownNamespaces } from './destinations.ts';
import { awaitGone } from './gone.ts';
import { removeFluxObjects } from './flux-objects.ts';

const NAMESPACE_LIMIT_MS = 180_000;
/** Until a kind is gone; its objects go first. */
const KIND_LIMIT_MS = 60_000;
const kindType = { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition' } as const;

/**
 * What controllers of add-ons make by themselves in a namespace that stays, by the kind that comes with them. When that kind came
 * with the playground, nobody else can have made such objects.
 */
const madeByControllers: Readonly<Record<string, TypeRef & { namespace: string; labelSelector: string }>> = {
  // The keys with which Sealed Secrets opens what was sealed.
  'sealedsecrets.bitnami.com': {
    apiVersion: 'v1',
    kind: 'Secret',
    namespace: 'kube-system',
    labelSelector: 'sealedsecrets.bitnami.com/sealed-secrets-key',
  },
};

type Report = (message: string) => void;

/**
 * Removes from a cluster what a playground has made, and nothing else: what its operator has deployed, by deleting what tells
 * it to; the releases; every object with its label; and the kinds that came with add-ons.
 * @returns what could not be removed, with the reason.
 */
export async function removeFromCluster(
  cluster: KubernetesClient,
  helm: HelmAccess | undefined,
  name: string,
  components: readonly Component[],
  progress: Report,
): Promise<string[]> {
  const left: string[] = [];
  const attempt = async (what: string, work: () => Promise<unknown>) => {
    await work().catch((error: unknown) => left.push(`${what}: ${messageOf(error)}`));
  };
  const labelSelector = `${nameLabel}=${name}`;
  const namespaces = await ownNamespaces(cluster, name);
  const added = await namespacesOfOperator(cluster, namespaces).catch((error: unknown) => {
    left.push(`namespaces that the operator has made: ${messageOf(error)}`);
    return [];
  });

  const kinds = await kindsOfOperator(cluster, namespaces).catch((error: unknown) => {
    left.push(`kinds that came with add-ons: ${messageOf(error)}`);
    return [];
  });

  await attempt('what people have made with add-ons', () => deleteUses(cluster, kinds));
  progress('removing what the operator has deployed');
  for (const namespace of namespaces) {
    await attempt(`applications in ${namespace}`, () => removeApplications(cluster, namespace));
    await attempt(`what Flux knows in ${namespace}`, () => removeFluxObjects(cluster, namespace));
  }
  await attempt('what is left of add-ons', () => letGo(cluster, kinds));
  if (helm !== undefined) {
    for (const { chart, namespace, title } of [...components].reverse()) {
      if (chart === undefined || !namespaces.includes(namespace)) continue;
      progress(`removing ${title}`);
      await attempt(`release ${chart.release}`, () => removeRelease(helm, chart.release, namespace));
    }
  }
  progress('removing namespaces');
  for (const namespace of [...namespaces, ...added]) {
    await attempt(`namespace ${namespace}`, () =>
      cluster.delete({ apiVersion: 'v1', kind: 'Namespace', name: namespace }),
    );
  }
  await attempt('namespaces', () =>
    awaitGone(cluster, { apiVersion: 'v1', kind: 'Namespace' }, { labelSelector }, NAMESPACE_LIMIT_MS),
  );
  for (const name of added) {
    const fieldSelector = `metadata.name=${name}`;
    await attempt(`namespace ${name}`, () =>
      awaitGone(cluster, { apiVersion: 'v1', kind: 'Namespace' }, { fieldSelector }, NAMESPACE_LIMIT_MS),
    );
  }
  progress('removing objects of the whole cluster');
  for (const name of kinds) {
    await attempt(`kind ${name}`, () => cluster.delete({ ...kindType, name }));
    const { apiVersion, kind, ...selection } = madeByControllers[name] ?? {};
    if (apiVersion !== undefined && kind !== undefined)
      await attempt(`${kind} of ${name}`, () => cluster.deleteCollection({ apiVersion, kind }, selection));
  }
  for (const name of kinds) {
    const fieldSelector = `metadata.name=${name}`;
    await attempt(`kind ${name}`, () => awaitGone(cluster, kindType, { fieldSelector }, KIND_LIMIT_MS));
  }
  left.push(...(await removeClusterWide(cluster, labelSelector)));
  return left;
}

/** Namespaces of stages that people have added, which carry no label of ours: those that our operator itself has made. */
async function namespacesOfOperator(
  cluster: KubernetesClient,
  namespaces: readonly string[],
): Promise<string[]> {
  const made: string[] = [];
  for (const name of await destinationsOf(cluster, namespaces)) {
    const ref = { apiVersion: 'v1', kind: 'Namespace', name };
    if (!namespaces.includes(name) && (await isMadeByOperator(cluster, ref))) made.push(name);
  }
  return made;
}

/** The kinds that came with charts of Applications, and were not there before. Argo CD itself deletes no kind, ever. */
async function kindsOfOperator(cluster: KubernetesClient, namespaces: readonly string[]): Promise<string[]> {
  const made: string[] = [];
  for (const name of await kindsOfApplications(cluster, namespaces)) {
    if (await isMadeByOperator(cluster, { ...kindType, name })) made.push(name);
  }
  return made;
}

/** Deletes what belongs to no namespace and carries the label: roles, webhooks, kinds. */
async function removeClusterWide(cluster: KubernetesClient, labelSelector: string): Promise<string[]> {
  const left: string[] = [];
  const types = (await cluster.resources(true)).filter(
    ({ namespaced, verbs, kind }) =>
      !namespaced && kind !== 'Namespace' && verbs.includes('list') && verbs.includes('delete'),
  );
  for (const { apiVersion, kind } of types) {
    const objects = await cluster
      .list<KubeObject>({ apiVersion, kind }, { labelSelector })
      .catch((error: unknown) => {
        if (!hasReason(error, 'NotFound', 'MethodNotAllowed', 'Forbidden'))
          left.push(`${kind}: ${messageOf(error)}`);
        return { items: [] };
      });
    for (const { metadata } of objects.items) {
      await cluster
        .delete({ apiVersion, kind, name: metadata.name })
        .catch((error: unknown) => left.push(`${kind} ${metadata.name}: ${messageOf(error)}`));
    }
  }
  return left;
}

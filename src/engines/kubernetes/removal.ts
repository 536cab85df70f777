import {
  hasReason,
  type KubeObject,
  type KubernetesClient,
  type ObjectRef,
} from '../../clients/kubernetes.ts';
import { messageOf } from '../../lib/errors.ts';
import { WaitTimeout, waitFor, type Look } from '../../lib/wait.ts';
import type { Component } from '../components/component.ts';
import { nameLabel } from '../components/endpoints.ts';
import { removeRelease, type HelmAccess } from '../components/helm.ts';
import { destinationsOf, isMadeByOperator, ownNamespaces } from './destinations.ts';

const CASCADE_LIMIT_MS = 120_000;
const NAMESPACE_LIMIT_MS = 180_000;
const applicationType = { apiVersion: 'argoproj.io/v1alpha1', kind: 'Application' } as const;

type Report = (message: string) => void;

/**
 * Removes from a cluster what a playground has made, and nothing else: what its operator has deployed, by deleting the
 * Applications; the releases; and every object with its label.
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

  progress('removing what the operator has deployed');
  for (const namespace of namespaces) {
    await attempt(`applications in ${namespace}`, () => removeApplications(cluster, namespace));
  }
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
    if (!namespaces.includes(name) && (await isMadeByOperator(cluster, name))) made.push(name);
  }
  return made;
}

interface Application extends KubeObject {
  readonly spec?: { readonly destination?: { readonly namespace?: string } };
}

/**
 * Deletes Applications and waits until their finalizers have taken away what they had deployed. Those that tell the operator
 * itself what to do go before, without their finalizers: what they have brought are the other Applications, which they would
 * make anew, and the project, without which Argo CD takes away nothing.
 */
async function removeApplications(cluster: KubernetesClient, namespace: string): Promise<void> {
  const served = (await cluster.resources(true)).some(({ kind }) => kind === applicationType.kind);
  if (!served) return;
  const { items } = await cluster.list<Application>(applicationType, { namespace });
  if (items.length === 0) return;
  const refOf = ({ metadata: { name } }: KubeObject) => ({ ...applicationType, namespace, name });
  const telling = items.filter(({ spec }) => spec?.destination?.namespace === namespace);
  for (const application of telling) {
    await withoutFinalizers(cluster, refOf(application));
    await cluster.delete(refOf(application));
  }
  for (const application of items.filter((candidate) => !telling.includes(candidate)))
    await cluster.delete(refOf(application));
  try {
    await awaitGone(cluster, applicationType, { namespace }, CASCADE_LIMIT_MS);
  } catch (error) {
    if (!(error instanceof WaitTimeout)) throw error;
    // An operator that does not run takes nothing away; its finalizers would hold the namespace for ever.
    for (const application of (await cluster.list(applicationType, { namespace })).items)
      await withoutFinalizers(cluster, refOf(application));
  }
}

async function withoutFinalizers(cluster: KubernetesClient, ref: ObjectRef): Promise<void> {
  await cluster.patch(ref, 'merge', { metadata: { finalizers: null } });
}

async function awaitGone(
  cluster: KubernetesClient,
  type: { readonly apiVersion: string; readonly kind: string },
  selection: {
    readonly namespace?: string;
    readonly labelSelector?: string;
    readonly fieldSelector?: string;
  },
  limit: number,
): Promise<void> {
  const look = async (): Promise<Look<undefined>> => {
    const { items } = await cluster.list(type, selection);
    if (items.length === 0) return { done: true, value: undefined };
    return { done: false, seen: items.map(({ metadata }) => metadata.name).join(', ') };
  };
  await waitFor(look, { what: `every ${type.kind} to be gone`, limit, interval: 500 });
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

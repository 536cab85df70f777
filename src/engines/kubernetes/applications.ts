import type { KubeObject, KubernetesClient, ObjectRef } from '../../clients/kubernetes.ts';
import { addonLabel } from '../../config/names.ts';
import { WaitTimeout } from '../../lib/wait.ts';
import { awaitGone, withoutFinalizers } from './gone.ts';

/** Until the finalizers of Applications have taken away what they had deployed. */
const CASCADE_LIMIT_MS = 120_000;
const applicationType = { apiVersion: 'argoproj.io/v1alpha1', kind: 'Application' } as const;

/** An Application of Argo CD, as far as its removal reads it. */
interface Application extends KubeObject {
  readonly spec?: { readonly destination?: { readonly namespace?: string } };
  /** A sync that is asked for or runs. */
  readonly operation?: unknown;
  readonly status?: {
    readonly operationState?: { readonly phase?: string };
    readonly resources?: readonly { readonly kind: string; readonly name: string }[];
  };
}

/**
 * Deletes Applications and waits until their finalizers have taken away what they had deployed. Those that tell the operator
 * itself what to do go before, without their finalizers: what they have brought are the other Applications, which they would
 * make anew, and the project, without which Argo CD takes away nothing. Add-ons that run beside the operator are none of those.
 */
export async function removeApplications(cluster: KubernetesClient, namespace: string): Promise<void> {
  const items = await applicationsIn(cluster, namespace);
  if (items.length === 0) return;
  const refOf = ({ metadata: { name } }: KubeObject) => ({ ...applicationType, namespace, name });
  const telling = items.filter(
    ({ metadata, spec }) =>
      spec?.destination?.namespace === namespace && metadata.labels?.[addonLabel] === undefined,
  );
  for (const application of telling) {
    await withoutFinalizers(cluster, refOf(application));
    await cluster.delete(refOf(application));
  }
  for (const application of items.filter((candidate) => !telling.includes(candidate))) {
    await endSync(cluster, refOf(application), application);
    await cluster.delete(refOf(application));
  }
  try {
    await awaitGone(cluster, applicationType, { namespace }, CASCADE_LIMIT_MS);
  } catch (error) {
    if (!(error instanceof WaitTimeout)) throw error;
    // An operator that does not run takes nothing away; its finalizers would hold the namespace for ever.
    for (const application of (await cluster.list(applicationType, { namespace })).items)
      await withoutFinalizers(cluster, refOf(application));
  }
}

/** Ends a sync, as Argo CD's own API does: it deletes nothing before, and one that waits for a pod may wait for ever. */
async function endSync(cluster: KubernetesClient, ref: ObjectRef, application: Application): Promise<void> {
  const { operation, status } = application;
  if (operation === undefined || status?.operationState?.phase !== 'Running') return;
  await cluster.patch(ref, 'merge', { status: { operationState: { phase: 'Terminating' } } });
}

/** Names of the CustomResourceDefinitions that Applications of these namespaces keep equal to their sources. */
export async function kindsOfApplications(
  cluster: KubernetesClient,
  namespaces: readonly string[],
): Promise<string[]> {
  const names = new Set<string>();
  for (const namespace of namespaces) {
    for (const { status } of await applicationsIn(cluster, namespace)) {
      for (const { kind, name } of status?.resources ?? [])
        if (kind === 'CustomResourceDefinition') names.add(name);
    }
  }
  return [...names].sort();
}

/** The Applications of a namespace; none where the cluster does not know the kind. */
async function applicationsIn(cluster: KubernetesClient, namespace: string): Promise<readonly Application[]> {
  const served = (await cluster.resources(true)).some(({ kind }) => kind === applicationType.kind);
  return served ? (await cluster.list<Application>(applicationType, { namespace })).items : [];
}

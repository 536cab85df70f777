import {
  listIfServed,
  type KubeObject,
  type KubernetesClient,
  type ObjectRef,
} from '../../clients/kubernetes.ts';
import { nameLabel } from '../../config/names.ts';

/** What an operator is told to deliver, as far as it says where to: Argo CD's Application, Flux' Kustomization. */
interface Delivery extends KubeObject {
  readonly spec?: {
    readonly destination?: { readonly namespace?: string };
    readonly targetNamespace?: string;
  };
}

const deliveryTypes = [
  { apiVersion: 'argoproj.io/v1alpha1', kind: 'Application' },
  { apiVersion: 'kustomize.toolkit.fluxcd.io/v1', kind: 'Kustomization' },
] as const;

/** The namespaces that were made for a playground, by their label. */
export async function ownNamespaces(cluster: KubernetesClient, name: string): Promise<string[]> {
  const labelSelector = `${nameLabel}=${name}`;
  const { items } = await cluster.list({ apiVersion: 'v1', kind: 'Namespace' }, { labelSelector });
  return items.map(({ metadata }) => metadata.name);
}

/** The namespaces that the operator in one of these namespaces delivers to: the stages, and those that people have added. */
export async function destinationsOf(
  cluster: KubernetesClient,
  namespaces: readonly string[],
): Promise<string[]> {
  const found = await Promise.all(
    deliveryTypes.flatMap((type) =>
      namespaces.map(async (namespace) => listIfServed<Delivery>(cluster, type, { namespace })),
    ),
  );
  const names = found.flatMap((items) =>
    items.map(({ spec }) => spec?.destination?.namespace ?? spec?.targetNamespace ?? ''),
  );
  return [...new Set(names)].filter((name) => name !== '').sort();
}

interface Managed extends KubeObject {
  readonly metadata: KubeObject['metadata'] & {
    readonly managedFields?: readonly { readonly manager?: string; readonly time?: string }[];
  };
}

/**
 * Milliseconds between the times that the API server notes of one request: that of the fields, and that of the creation. They are whole
 * seconds, and a large kind takes its time.
 */
const SAME_REQUEST_MS = 5000;

/** Whether Argo CD has made a namespace (`CreateNamespace=true`) or a kind, and nobody else before it. */
export async function isMadeByOperator(cluster: KubernetesClient, ref: ObjectRef): Promise<boolean> {
  const object = await cluster.find<Managed>(ref);
  const { creationTimestamp = '', managedFields = [] } = object?.metadata ?? {};
  const created = Date.parse(creationTimestamp);
  return managedFields.some(
    ({ manager, time = '' }) =>
      manager === 'argocd-controller' && Math.abs(Date.parse(time) - created) <= SAME_REQUEST_MS,
  );
}

import { KubernetesError, type KubeObject, type KubernetesClient } from '../../src/clients/kubernetes.ts';

interface Selection {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}
interface Named {
  readonly kind: string;
  readonly name: string;
}

const served = ['Namespace', 'Application'];
const applicationKind = { apiVersion: 'argoproj.io/v1alpha1', kind: 'Application' };
const time = '2026-11-26T01:22:52Z';

/** A Namespace, as it is told by whom it was made. */
export function namespaceOf(name: string, labels: Record<string, string>, manager: string): KubeObject {
  const managedFields = [{ manager, time }];
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name, labels, creationTimestamp: time, managedFields } as KubeObject['metadata'],
  };
}

/** An Application of Argo CD that delivers to a namespace. */
export function applicationTo(destination: string): KubeObject {
  return {
    ...applicationKind,
    metadata: {
      name: `storefront-${destination}`,
      namespace: 'argocd',
      finalizers: ['resources-finalizer.argocd.argoproj.io'],
    },
    spec: { destination: { namespace: destination } },
  };
}

function fits({ metadata }: KubeObject, selection: Selection): boolean {
  const { namespace, labelSelector, fieldSelector } = selection;
  const labels = Object.entries(metadata.labels ?? {}).map(([key, value]) => `${key}=${value}`);
  return (
    (namespace === undefined || metadata.namespace === namespace) &&
    (labelSelector === undefined || labels.includes(labelSelector)) &&
    (fieldSelector === undefined || fieldSelector === `metadata.name=${metadata.name}`)
  );
}

/**
 * A cluster of these namespaces and Applications alone, which are gone as soon as they are deleted.
 * @param deleted is told of each deletion.
 */
export function clusterOf(
  objects: KubeObject[],
  deleted: (object: KubeObject) => void = () => undefined,
): KubernetesClient {
  const indexOf = ({ kind, name }: Named) =>
    objects.findIndex((object) => object.kind === kind && object.metadata.name === name);
  return {
    resources: () => Promise.resolve([{ ...applicationKind, namespaced: true, verbs: ['list'] }]),
    list: ({ kind }: { kind: string }, selection: Selection) =>
      served.includes(kind)
        ? Promise.resolve({
            items: objects.filter((object) => object.kind === kind && fits(object, selection)),
          })
        : Promise.reject(new KubernetesError(404, 'NotFound', `no kind ${kind}`)),
    find: (ref: Named) => Promise.resolve(objects[indexOf(ref)]),
    patch: (ref: Named, _type: string, { metadata }: { metadata: Partial<KubeObject['metadata']> }) => {
      const found = objects[indexOf(ref)]!;
      const { labels, ...others } = metadata;
      Object.assign(found.metadata, others);
      Object.assign(found.metadata.labels ?? {}, labels);
      return Promise.resolve(found);
    },
    delete: (ref: Named) => {
      const [gone] = objects.splice(indexOf(ref), 1);
      if (gone !== undefined) deleted(gone);
      return Promise.resolve(true);
    },
  } as unknown as KubernetesClient;
}

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

const applicationKind = { apiVersion: 'argoproj.io/v1alpha1', kind: 'Application' };
const namespaced = [
  applicationKind,
  { apiVersion: 'kustomize.toolkit.fluxcd.io/v1', kind: 'Kustomization' },
  { apiVersion: 'source.toolkit.fluxcd.io/v1', kind: 'GitRepository' },
  { apiVersion: 'notification.toolkit.fluxcd.io/v1', kind: 'Receiver' },
].map((type) => ({
  ...type,
  group: type.apiVersion.replace(/\/.*/, ''),
  namespaced: true,
  verbs: ['delete'],
}));
const served = ['Namespace', 'CustomResourceDefinition', 'Secret', ...namespaced.map(({ kind }) => kind)];
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

/** A kind, as it is told by whom it was made. */
export function kindOf(name: string, manager: string): KubeObject {
  const managedFields = [{ manager, time }];
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name, creationTimestamp: time, managedFields } as KubeObject['metadata'],
  };
}

/** An object of Flux in its own namespace. */
export function fluxObject(kind: string, name: string, spec: object = {}): KubeObject {
  const apiVersion = namespaced.find((type) => type.kind === kind)?.apiVersion ?? '';
  return { apiVersion, kind, metadata: { name, namespace: 'flux-system' }, spec };
}

/** An Application of Argo CD that delivers to a namespace. */
export function applicationTo(destination: string, more: Partial<KubeObject> = {}): KubeObject {
  return {
    ...applicationKind,
    ...more,
    metadata: {
      name: `storefront-${destination}`,
      namespace: 'argocd',
      finalizers: ['resources-finalizer.argocd.argoproj.io'],
      ...more.metadata,
    },
    spec: { destination: { namespace: destination } },
  };
}

function fits({ metadata }: KubeObject, selection: Selection): boolean {
  const { namespace, labelSelector, fieldSelector } = selection;
  const labels = Object.entries(metadata.labels ?? {}).flatMap(([key, value]) => [key, `${key}=${value}`]);
  return (
    (namespace === undefined || metadata.namespace === namespace) &&
    (labelSelector === undefined || labels.includes(labelSelector)) &&
    (fieldSelector === undefined || fieldSelector === `metadata.name=${metadata.name}`)
  );
}

/**
 * A cluster of these objects alone, which are gone as soon as they are deleted.
 * @param deleted is told of each deletion.
 */
export function clusterOf(
  objects: KubeObject[],
  deleted: (object: KubeObject) => void = () => undefined,
): KubernetesClient {
  const indexOf = ({ kind, name }: Named) =>
    objects.findIndex((object) => object.kind === kind && object.metadata.name === name);
  return {
    resources: () => Promise.resolve(namespaced),
    list: ({ kind }: { kind: string }, selection: Selection) =>
      served.includes(kind)
        ? Promise.resolve({
            items: objects.filter((object) => object.kind === kind && fits(object, selection)),
          })
        : Promise.reject(new KubernetesError(404, 'NotFound', `no kind ${kind}`)),
    find: (ref: Named) => Promise.resolve(objects[indexOf(ref)]),
    patch: (ref: Named, _type: string, { metadata, ...rest }: Partial<KubeObject>) => {
      const found = objects[indexOf(ref)]!;
      Object.assign(found, rest);
      const { labels, ...others } = metadata ?? {};
      Object.assign(found.metadata, others);
      Object.assign(found.metadata.labels ?? {}, labels);
      return Promise.resolve(found);
    },
    deleteCollection: ({ kind }: { kind: string }, selection: Selection) => {
      const gone = objects.filter((object) => object.kind === kind && fits(object, selection));
      for (const object of gone) objects.splice(objects.indexOf(object), 1);
      return Promise.resolve();
    },
    delete: (ref: Named) => {
      const [gone] = objects.splice(indexOf(ref), 1);
      if (gone !== undefined) deleted(gone);
      return Promise.resolve(true);
    },
  } as unknown as KubernetesClient;
}

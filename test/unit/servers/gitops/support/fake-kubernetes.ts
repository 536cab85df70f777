import {
  KubernetesError,
  type KubernetesClient,
  type KubeObject,
  type ObjectRef,
  type TypeRef,
} from '../../../../../src/clients/kubernetes.ts';
import { ClusterError, type Kind } from '../../../../../src/servers/gitops/cluster.ts';
import type { Manifest } from '../../../../../src/servers/gitops/objects.ts';
import type { FakeCluster } from './fake-cluster.ts';

/** The cluster in memory behind the calls of the Kubernetes client that the GitOps server makes. */
export function fakeKubernetes(cluster: FakeCluster): KubernetesClient {
  const kindOf = async ({ apiVersion, kind }: TypeRef): Promise<Kind> => {
    const found = await cluster.kind(apiVersion, kind);
    if (found === undefined) throw new KubernetesError(404, 'NotFound', `no kind ${kind}`);
    return found;
  };
  const ask = async <T>(answer: Promise<Manifest | undefined>): Promise<T> => {
    try {
      const object = await answer;
      if (object === undefined) throw new KubernetesError(404, 'NotFound', 'not found');
      return structuredClone(object) as T;
    } catch (error) {
      if (error instanceof ClusterError) throw new KubernetesError(error.status, 'Invalid', error.message);
      throw error;
    }
  };
  const at = async (ref: ObjectRef) => [await kindOf(ref), ref.namespace ?? '', ref.name] as const;
  const partial = {
    http: undefined,
    server: 'memory',
    namespace: 'default',
    resource: async (type: TypeRef) => ({
      ...(await kindOf(type)),
      group: '',
      version: '',
      verbs: [],
      subresources: [],
    }),
    find: async (ref: ObjectRef) => {
      const object = await cluster.get(...(await at(ref)));
      return object && structuredClone(object);
    },
    list: async (type: TypeRef) => ({
      items: [...cluster.objects.values()].filter(({ kind }) => kind === type.kind),
      resourceVersion: '0',
    }),
    apply: async (object: Manifest, settings: { dryRun?: boolean }) =>
      ask(cluster.apply(await kindOf(object), object, { dryRun: settings.dryRun === true })),
    create: async (object: Manifest) => ask(cluster.create(await kindOf(object), object)),
    update: async (object: Manifest) => ask(cluster.replace(await kindOf(object), object)),
    patch: async (ref: ObjectRef, _type: string, patch: unknown) =>
      ask(cluster.patch(...(await at(ref)), patch)),
    delete: async (ref: ObjectRef) => {
      await cluster.remove(...(await at(ref)));
      return true;
    },
    async *follow(type: TypeRef, { signal }: { signal?: AbortSignal } = {}) {
      const events: object[] = [];
      let wake = () => undefined as void;
      const following = await cluster.follow(await kindOf(type), (event, object) => {
        events.push({ type: event, object });
        wake();
      });
      events.push({ type: 'SYNCED' });
      signal?.addEventListener('abort', () => {
        following.close();
        wake();
      });
      while (signal?.aborted !== true) {
        const event = events.shift();
        if (event !== undefined) yield event;
        else await new Promise<void>((resolve) => (wake = resolve));
      }
    },
  };
  return partial as unknown as KubernetesClient & { items: KubeObject[] };
}

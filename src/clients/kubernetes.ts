import type { Readable } from 'node:stream';
import { createHttp, type Http, type HttpMethod, type HttpRequest } from './http.ts';
import { loadKubeconfig, type ClusterAccess, type KubeconfigSource } from './kubeconfig.ts';
import { Discovery, type ApiResource, type TypeRef } from './kubernetes-discovery.ts';
import { explained, hasReason } from './kubernetes-error.ts';
import {
  follow,
  watchFrom,
  type FollowEvent,
  type WatchEvent,
  type WatchSource,
} from './kubernetes-watch.ts';

export { KubernetesError, hasReason } from './kubernetes-error.ts';
export type { TypeRef } from './kubernetes-discovery.ts';
export type { FollowEvent, WatchEvent } from './kubernetes-watch.ts';

export interface KubeMetadata {
  name: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  finalizers?: string[];
  ownerReferences?: { apiVersion: string; kind: string; name: string; uid: string; controller?: boolean }[];
}

/** Any object of the API. */
export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: KubeMetadata;
  [field: string]: unknown;
}

/** Names one object. */
export interface ObjectRef extends TypeRef {
  /** Left out for objects of the cluster. */
  readonly namespace?: string;
  readonly name: string;
}

interface Selection {
  /** All namespaces unless told. */
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly signal?: AbortSignal;
}

interface KubeList<T extends KubeObject> {
  readonly items: T[];
  /** Where a watch goes on. */
  readonly resourceVersion: string;
}

interface WriteSettings {
  readonly fieldManager?: string;
  readonly dryRun?: boolean;
  readonly fieldValidation?: 'Strict' | 'Warn' | 'Ignore';
  readonly subresource?: string;
  readonly signal?: AbortSignal;
}

interface ApplySettings extends WriteSettings {
  readonly fieldManager: string;
  /** Takes fields over that other managers own, instead of failing with `Conflict`. */
  readonly force?: boolean;
}

type PatchType = 'json' | 'merge' | 'strategic';

interface DeleteSettings {
  readonly propagationPolicy?: 'Background' | 'Foreground' | 'Orphan';
  readonly gracePeriodSeconds?: number;
  readonly uid?: string;
  readonly dryRun?: boolean;
}

interface PodLogSettings {
  readonly container?: string;
  readonly follow?: boolean;
  readonly previous?: boolean;
  readonly timestamps?: boolean;
  readonly tailLines?: number;
  readonly sinceSeconds?: number;
  readonly limitBytes?: number;
  readonly signal?: AbortSignal;
}

/** The Kubernetes API, of any cluster. Refused calls throw `KubernetesError` with the Status' reason. */
export interface KubernetesClient {
  readonly server: string;
  /** The namespace of the kubeconfig's context. */
  readonly namespace: string;
  /** For whatever has no call of its own (`/version`, `/readyz`, …). */
  readonly http: Http;
  version(): Promise<{ readonly gitVersion: string }>;
  /** Every kind that is served; `refresh` asks again. */
  resources(refresh?: boolean): Promise<readonly ApiResource[]>;
  /** Where a kind is served. @throws KubernetesError `NotFound` when it is not. */
  resource(type: TypeRef): Promise<ApiResource>;
  /** @throws KubernetesError `NotFound` */
  get<T extends KubeObject>(ref: ObjectRef): Promise<T>;
  /** The same, undefined when there is no such object or no such kind. */
  find<T extends KubeObject>(ref: ObjectRef): Promise<T | undefined>;
  list<T extends KubeObject>(type: TypeRef, selection?: Selection): Promise<KubeList<T>>;
  create<T extends KubeObject>(object: T, settings?: WriteSettings): Promise<T>;
  /** Replaces the object (PUT). */
  update<T extends KubeObject>(object: T, settings?: WriteSettings): Promise<T>;
  patch<T extends KubeObject>(
    ref: ObjectRef,
    type: PatchType,
    patch: unknown,
    settings?: WriteSettings,
  ): Promise<T>;
  /** Server-side apply. */
  apply<T extends KubeObject>(object: T, settings: ApplySettings): Promise<T>;
  /** Whether there was something to delete. It may still be there while finalizers or a grace period hold it. */
  delete(ref: ObjectRef, settings?: DeleteSettings): Promise<boolean>;
  deleteCollection(type: TypeRef, selection: Selection, settings?: DeleteSettings): Promise<void>;
  /** Every change after `resourceVersion`; reconnects. @throws KubernetesError `Expired` when it is too old. */
  watch<T extends KubeObject>(
    type: TypeRef,
    selection: Selection & { readonly resourceVersion: string },
  ): AsyncGenerator<WatchEvent<T>>;
  /** All objects, then `SYNCED`, then every change, until the signal is aborted; reconnects and lists again by itself. */
  follow<T extends KubeObject>(type: TypeRef, selection?: Selection): AsyncGenerator<FollowEvent<T>>;
  logs(namespace: string, pod: string, settings?: PodLogSettings): Promise<Readable>;
}

/** A client for the cluster of a kubeconfig. */
export async function connectKubernetes(source: KubeconfigSource = {}): Promise<KubernetesClient> {
  return createKubernetesClient(await loadKubeconfig(source));
}

const PATCH_TYPES: Readonly<Record<PatchType | 'apply', string>> = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
};

/** A client for a cluster whose address and credentials are known. */
export function createKubernetesClient(
  access: Pick<ClusterAccess, 'http'> & { readonly namespace?: string },
): KubernetesClient {
  const http = createHttp(access.http);
  const discovery = new Discovery(http);

  async function call<T>(method: HttpMethod, path: string, options?: HttpRequest): Promise<T> {
    try {
      return await http.json<T>(method, path, options);
    } catch (error) {
      throw explained(error);
    }
  }

  async function open(path: string, options: HttpRequest): Promise<Readable> {
    try {
      return (await http.stream('GET', path, options)).body;
    } catch (error) {
      throw explained(error);
    }
  }

  async function collectionPath(type: TypeRef, namespace: string | undefined): Promise<string> {
    const { group, version, resource, namespaced } = await discovery.find(type);
    const root = group === '' ? `api/${version}` : `apis/${group}/${version}`;
    return namespaced && namespace !== undefined
      ? `${root}/namespaces/${encodeURIComponent(namespace)}/${resource}`
      : `${root}/${resource}`;
  }

  async function objectPath(ref: ObjectRef, subresource?: string): Promise<string> {
    const { namespaced } = await discovery.find(ref);
    const namespace = namespaced ? (ref.namespace ?? access.namespace ?? 'default') : undefined;
    const path = `${await collectionPath(ref, namespace)}/${encodeURIComponent(ref.name)}`;
    return subresource === undefined ? path : `${path}/${subresource}`;
  }

  function refOf({ apiVersion, kind, metadata }: KubeObject): ObjectRef {
    const { name, namespace } = metadata;
    return { apiVersion, kind, name, ...(namespace === undefined ? {} : { namespace }) };
  }

  function sourceOf<T extends KubeObject>(type: TypeRef, selection: Selection): WatchSource<T> {
    const { labelSelector, fieldSelector, namespace } = selection;
    return {
      list: async () => client.list<T>(type, selection),
      async open(resourceVersion, signal) {
        const query = {
          watch: true,
          allowWatchBookmarks: true,
          resourceVersion,
          labelSelector,
          fieldSelector,
        };
        return open(await collectionPath(type, namespace), {
          query,
          ...(signal === undefined ? {} : { signal }),
        });
      },
    };
  }

  const client: KubernetesClient = {
    server: http.baseUrl,
    namespace: access.namespace ?? 'default',
    http,
    version: () => call('GET', 'version'),
    resources: (refresh) => discovery.all(refresh),
    resource: (type) => discovery.find(type),
    get: async (ref) => call('GET', await objectPath(ref)),
    async find(ref) {
      try {
        return await call('GET', await objectPath(ref));
      } catch (error) {
        if (hasReason(error, 'NotFound')) return undefined;
        throw error;
      }
    },
    async list<T extends KubeObject>(type: TypeRef, selection: Selection = {}) {
      const { namespace, labelSelector, fieldSelector, signal } = selection;
      const path = await collectionPath(type, namespace);
      const items: T[] = [];
      let resourceVersion = '';
      let next: string | undefined;
      do {
        const page = await call<{
          items: T[] | null;
          metadata: { resourceVersion?: string; continue?: string };
        }>('GET', path, {
          query: { labelSelector, fieldSelector, limit: 500, continue: next },
          ...(signal === undefined ? {} : { signal }),
        });
        // Items of a list leave their type out.
        for (const item of page.items ?? [])
          items.push({ ...item, apiVersion: type.apiVersion, kind: type.kind });
        resourceVersion = page.metadata.resourceVersion ?? '';
        next = page.metadata.continue === '' ? undefined : page.metadata.continue;
      } while (next !== undefined);
      return { items, resourceVersion };
    },
    async create<T extends KubeObject>(object: T, settings: WriteSettings = {}) {
      const { namespaced } = await discovery.find(object);
      const namespace = namespaced ? (object.metadata.namespace ?? client.namespace) : undefined;
      return call<T>('POST', await collectionPath(object, namespace), { json: object, ...writing(settings) });
    },
    async update<T extends KubeObject>(object: T, settings: WriteSettings = {}) {
      const path = await objectPath(refOf(object), settings.subresource);
      return call<T>('PUT', path, { json: object, ...writing(settings) });
    },
    async patch<T extends KubeObject>(
      ref: ObjectRef,
      type: PatchType,
      patch: unknown,
      settings: WriteSettings = {},
    ) {
      return call<T>('PATCH', await objectPath(ref, settings.subresource), {
        body: JSON.stringify(patch),
        ...writing(settings, PATCH_TYPES[type]),
      });
    },
    async apply<T extends KubeObject>(object: T, settings: ApplySettings) {
      const options = writing(settings, PATCH_TYPES.apply);
      return call<T>('PATCH', await objectPath(refOf(object), settings.subresource), {
        ...options,
        body: JSON.stringify(object),
        query: { ...options.query, force: settings.force },
      });
    },
    async delete(ref, settings = {}) {
      try {
        await call('DELETE', await objectPath(ref), { json: deleteOptions(settings) });
        return true;
      } catch (error) {
        if (hasReason(error, 'NotFound')) return false;
        throw error;
      }
    },
    async deleteCollection(type, { namespace, labelSelector, fieldSelector }, settings = {}) {
      await call('DELETE', await collectionPath(type, namespace), {
        query: { labelSelector, fieldSelector },
        json: deleteOptions(settings),
      });
    },
    watch(type, { resourceVersion, ...selection }) {
      return watchFrom(sourceOf(type, selection), resourceVersion, selection.signal);
    },
    follow: (type, selection = {}) => follow(sourceOf(type, selection), selection.signal),
    async logs(namespace, pod, { signal, ...query } = {}) {
      const path = await objectPath({ apiVersion: 'v1', kind: 'Pod', namespace, name: pod }, 'log');
      return open(path, { query: { ...query }, ...(signal === undefined ? {} : { signal }) });
    },
  };
  return client;
}

/** All objects of a kind that not every cluster serves: none where it does not. */
export async function listIfServed<T extends KubeObject>(
  cluster: Pick<KubernetesClient, 'list'>,
  type: TypeRef,
  selection?: Selection,
): Promise<readonly T[]> {
  try {
    return (await cluster.list<T>(type, selection)).items;
  } catch (error) {
    if (hasReason(error, 'NotFound')) return [];
    throw error;
  }
}

/** Changes what stands in an object's metadata (RFC 7396); one that is gone meanwhile needs no change. */
export async function patchMetadata(
  cluster: Pick<KubernetesClient, 'patch'>,
  ref: ObjectRef,
  metadata: object,
): Promise<void> {
  try {
    await cluster.patch(ref, 'merge', { metadata });
  } catch (error) {
    if (!hasReason(error, 'NotFound')) throw error;
  }
}

function writing(
  { fieldManager, dryRun, fieldValidation, signal }: WriteSettings,
  contentType?: string,
): HttpRequest {
  return {
    query: { fieldManager, fieldValidation, dryRun: dryRun === true ? 'All' : undefined },
    ...(contentType === undefined ? {} : { headers: { 'content-type': contentType } }),
    ...(signal === undefined ? {} : { signal }),
  };
}

function deleteOptions({ propagationPolicy, gracePeriodSeconds, uid, dryRun }: DeleteSettings): object {
  return {
    apiVersion: 'v1',
    kind: 'DeleteOptions',
    propagationPolicy,
    gracePeriodSeconds,
    ...(uid === undefined ? {} : { preconditions: { uid } }),
    ...(dryRun === true ? { dryRun: ['All'] } : {}),
  };
}

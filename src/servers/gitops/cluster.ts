import {
  hasReason,
  KubernetesError,
  type KubeObject,
  type KubernetesClient,
} from '../../clients/kubernetes.ts';
import { messageOf } from '../../lib/errors.ts';
import type { Manifest } from './objects.ts';

/** A kind as the API serves it. */
export interface Kind {
  readonly apiVersion: string;
  readonly kind: string;
  /** The plural name in URLs. */
  readonly resource: string;
  readonly namespaced: boolean;
}

/** The Kubernetes API said no; `status` is the HTTP status. */
export class ClusterError extends Error {
  readonly status: number;

  constructor(status: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ClusterError';
    this.status = status;
  }
}

interface ApplyOptions {
  readonly dryRun?: boolean;
  /** False lets fields pass that the schema does not know. */
  readonly validate?: boolean;
}

export type Propagation = 'Background' | 'Foreground' | 'Orphan';

/** Told what is there, and then every change. */
export type Follower = (type: 'ADDED' | 'MODIFIED' | 'DELETED', object: Manifest) => void;

/** What the controller asks of a cluster; the one implementation speaks to the API over HTTP. */
export interface ClusterAccess {
  /** Looks a kind up, and asks the API again when it is not known yet. */
  kind(apiVersion: string, kind: string): Promise<Kind | undefined>;
  /**
   * Lists and watches a kind in all namespaces until closed; resolves when the first list is there.
   * @param ended called when the API serves the kind no more.
   */
  follow(kind: Kind, follower: Follower, ended: () => void): Promise<{ close(): void }>;
  get(kind: Kind, namespace: string, name: string): Promise<Manifest | undefined>;
  /** Server-side apply with force, as the field manager `argocd-controller`. */
  apply(kind: Kind, object: Manifest, options?: ApplyOptions): Promise<Manifest>;
  create(kind: Kind, object: Manifest): Promise<Manifest>;
  replace(kind: Kind, object: Manifest): Promise<Manifest>;
  /** JSON merge patch; undefined when the object is gone. @throws ClusterError 409 when it names a stale resourceVersion. */
  patch(kind: Kind, namespace: string, name: string, patch: unknown): Promise<Manifest | undefined>;
  /** Deletes; gone already is fine. */
  remove(kind: Kind, namespace: string, name: string, propagation: Propagation): Promise<void>;
}

/** The field manager of everything that is deployed. */
const FIELD_MANAGER = 'argocd-controller';

/** The cluster behind a Kubernetes client. */
export function accessCluster(client: KubernetesClient): ClusterAccess {
  const ask = async <T>(call: () => Promise<T>): Promise<T> => {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof KubernetesError)) throw error;
      throw new ClusterError(error.code, messageOf(error), { cause: error });
    }
  };
  const ref = ({ apiVersion, kind, namespaced }: Kind, namespace: string, name: string) => ({
    apiVersion,
    kind,
    name,
    ...(namespaced ? { namespace } : {}),
  });
  return {
    async kind(apiVersion, kind) {
      try {
        const { resource, namespaced } = await client.resource({ apiVersion, kind });
        return { apiVersion, kind, resource, namespaced };
      } catch (error) {
        if (hasReason(error, 'NotFound')) return undefined;
        throw error;
      }
    },
    follow: ({ apiVersion, kind }, follower, ended) =>
      followKind(client, { apiVersion, kind }, follower, ended),
    get: (kind, namespace, name) => ask(() => client.find(ref(kind, namespace, name))),
    apply: (_kind, object, { dryRun = false, validate = true } = {}) =>
      ask(() =>
        client.apply(object, {
          fieldManager: FIELD_MANAGER,
          force: true,
          dryRun,
          fieldValidation: validate ? 'Strict' : 'Ignore',
        }),
      ),
    create: (_kind, object) => ask(() => client.create(object, { fieldManager: FIELD_MANAGER })),
    replace: (_kind, object) => ask(() => client.update(object, { fieldManager: FIELD_MANAGER })),
    patch: (kind, namespace, name, patch) =>
      ask(async () => {
        try {
          const settings = { fieldManager: FIELD_MANAGER };
          return await client.patch<Manifest & KubeObject>(
            ref(kind, namespace, name),
            'merge',
            patch,
            settings,
          );
        } catch (error) {
          if (hasReason(error, 'NotFound')) return undefined;
          throw error;
        }
      }),
    remove: (kind, namespace, name, propagationPolicy) =>
      ask(async () => {
        await client.delete(ref(kind, namespace, name), { propagationPolicy });
      }),
  };
}

async function followKind(
  client: KubernetesClient,
  type: Pick<Kind, 'apiVersion' | 'kind'>,
  follower: Follower,
  ended: () => void,
): Promise<{ close(): void }> {
  const ending = new AbortController();
  await new Promise<void>((resolve, reject) => {
    const read = async () => {
      for await (const event of client.follow<Manifest & KubeObject>(type, { signal: ending.signal })) {
        if (event.type === 'SYNCED') resolve();
        else follower(event.type, event.object);
      }
    };
    read().then(resolve, (error: unknown) => {
      reject(error instanceof Error ? error : new Error(String(error)));
      ended();
    });
  });
  return {
    close: () => {
      ending.abort();
    },
  };
}

import { createHttp, hasStatus } from './http.ts';
import type { HealthStatus } from './argocd-types.ts';

export interface ArgocdRestSettings {
  readonly url: string;
  readonly username?: string;
  readonly password?: string;
}

/** A live object of an Application, or one that its controllers made below it (`ResourceNode`). */
export interface ResourceNode {
  readonly group?: string;
  readonly version: string;
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
  readonly uid?: string;
  readonly createdAt?: string;
  readonly parentRefs?: readonly { readonly uid?: string }[];
  readonly images?: readonly string[];
  readonly health?: HealthStatus;
}

/** Desired and live state of a resource as JSON texts, `null` where there is none (`ResourceDiff`). */
export interface ManagedResource {
  readonly group?: string;
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
  readonly targetState?: string;
  readonly normalizedLiveState?: string;
  readonly predictedLiveState?: string;
}

/** The REST API of Argo CD, for what its resources in the cluster do not tell. Calls throw HttpStatusError. */
export function createArgocdRest({ url, username, password }: ArgocdRestSettings) {
  const http = createHttp({ baseUrl: url });
  let session: Promise<string> | undefined;

  const login = async (): Promise<string> => {
    if (username === undefined) return '';
    const json = { username, password: password ?? '' };
    return (await http.json<{ token: string }>('POST', 'api/v1/session', { json })).token;
  };
  const get = async <T>(path: string): Promise<T> => {
    const held = (session ??= login());
    const ask = async (token: string) =>
      http.json<T>(
        'GET',
        `api/v1/${path}`,
        token === '' ? {} : { headers: { authorization: `Bearer ${token}` } },
      );
    try {
      return await ask(await held);
    } catch (error) {
      if (session === held) session = undefined;
      // A session ends, for example when the server was started again.
      if (!hasStatus(error, 401) || username === undefined) throw error;
      return ask(await (session ??= login()));
    }
  };
  const of = (application: string) => `applications/${encodeURIComponent(application)}`;
  return {
    async resourceTree(application: string): Promise<readonly ResourceNode[]> {
      return (await get<{ nodes?: ResourceNode[] | null }>(`${of(application)}/resource-tree`)).nodes ?? [];
    },
    async managedResources(application: string): Promise<readonly ManagedResource[]> {
      const { items } = await get<{ items?: ManagedResource[] | null }>(
        `${of(application)}/managed-resources`,
      );
      return items ?? [];
    },
  };
}

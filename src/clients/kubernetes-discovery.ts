import type { Http } from './http.ts';
import { KubernetesError } from './kubernetes-error.ts';

/** A kind as objects name it. */
export interface TypeRef {
  readonly apiVersion: string;
  readonly kind: string;
}

/** A kind as URLs name it. */
export interface ApiResource extends TypeRef {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
  readonly subresources: readonly string[];
}

interface DiscoveryList {
  readonly items?: readonly {
    readonly metadata?: { readonly name?: string };
    readonly versions?: readonly {
      readonly version: string;
      readonly resources?: readonly {
        readonly resource: string;
        readonly responseKind?: { readonly kind?: string };
        readonly scope: 'Cluster' | 'Namespaced';
        readonly verbs?: readonly string[];
        readonly subresources?: readonly { readonly subresource: string }[];
      }[];
    }[];
  }[];
}

const AGGREGATED =
  'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList';

/** Finds the URLs of kinds; asks the server once, and again when a kind is new. */
export class Discovery {
  readonly #http: Http;
  #known: Promise<ApiResource[]> | undefined;

  constructor(http: Http) {
    this.#http = http;
  }

  /** Every kind that the server serves, in the versions that it serves. */
  async all(refresh = false): Promise<readonly ApiResource[]> {
    if (refresh) this.#known = undefined;
    this.#known ??= this.#ask();
    try {
      return await this.#known;
    } catch (error) {
      this.#known = undefined;
      throw error;
    }
  }

  /** @throws KubernetesError `NotFound` when the server does not know the kind, not even when asked anew. */
  async find({ apiVersion, kind }: TypeRef): Promise<ApiResource> {
    const common = wellKnown(apiVersion, kind);
    if (common !== undefined) return common;
    const fits = (candidate: ApiResource) => candidate.apiVersion === apiVersion && candidate.kind === kind;
    const found = (await this.all()).find(fits) ?? (await this.all(true)).find(fits);
    if (found === undefined) {
      throw new KubernetesError(
        404,
        'NotFound',
        `the cluster has no kind "${kind}" in version "${apiVersion}"`,
      );
    }
    return found;
  }

  async #ask(): Promise<ApiResource[]> {
    const lists = await Promise.all(
      ['api', 'apis'].map((path) =>
        this.#http.json<DiscoveryList>('GET', path, { headers: { accept: AGGREGATED } }),
      ),
    );
    return lists.flatMap(resourcesOf);
  }
}

function resourcesOf(list: DiscoveryList): ApiResource[] {
  return (list.items ?? []).flatMap((item) =>
    (item.versions ?? []).flatMap(({ version, resources = [] }) =>
      resources.map((entry): ApiResource => {
        const group = item.metadata?.name ?? '';
        return {
          apiVersion: group === '' ? version : `${group}/${version}`,
          kind: entry.responseKind?.kind ?? '',
          group,
          version,
          resource: entry.resource,
          namespaced: entry.scope === 'Namespaced',
          verbs: entry.verbs ?? [],
          subresources: entry.subresources?.map((sub) => sub.subresource) ?? [],
        };
      }),
    ),
  );
}

/** Kinds that every cluster has at the same place: no need to ask. A `!` marks those outside namespaces. */
const WELL_KNOWN: Readonly<Record<string, string>> = {
  'v1/Namespace': '!namespaces',
  'v1/Node': '!nodes',
  'v1/Pod': 'pods',
  'v1/Service': 'services',
  'v1/ConfigMap': 'configmaps',
  'v1/Secret': 'secrets',
  'v1/ServiceAccount': 'serviceaccounts',
  'v1/Event': 'events',
  'apps/v1/Deployment': 'deployments',
  'apps/v1/ReplicaSet': 'replicasets',
  'batch/v1/Job': 'jobs',
  'networking.k8s.io/v1/Ingress': 'ingresses',
  'coordination.k8s.io/v1/Lease': 'leases',
  'apiextensions.k8s.io/v1/CustomResourceDefinition': '!customresourcedefinitions',
};

function wellKnown(apiVersion: string, kind: string): ApiResource | undefined {
  const entry = WELL_KNOWN[`${apiVersion}/${kind}`];
  if (entry === undefined) return undefined;
  const slash = apiVersion.indexOf('/');
  return {
    apiVersion,
    kind,
    group: slash < 0 ? '' : apiVersion.slice(0, slash),
    version: apiVersion.slice(slash + 1),
    resource: entry.replace('!', ''),
    namespaced: !entry.startsWith('!'),
    verbs: ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'],
    subresources: [],
  };
}

import { VIRTUAL_RESOURCES, type VirtualResource } from '../api/virtual.ts';
import { apiVersionOf, type Kind, type Subresource } from '../kinds.ts';
import { servedVersions, type KindRegistry } from '../registry.ts';

const VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];
const SUBRESOURCE_VERBS = ['get', 'patch', 'update'];

/** A resource of one version, as every form of discovery tells it. */
interface Entry {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly kind: string;
  readonly singular: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly subresources: readonly SubEntry[];
}

interface SubEntry {
  readonly name: string;
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly verbs: readonly string[];
}

/** Tells what is served, in the aggregated form (v2) and in the older one, a document a group and version. */
export class Discovery {
  readonly #kinds: KindRegistry;
  #entries: Entry[] = [];
  #generation = -1;

  constructor(kinds: KindRegistry) {
    this.#kinds = kinds;
  }

  /** `APIGroupDiscoveryList` of `/api` (the core group) or `/apis` (all others). */
  aggregated(core: boolean, version: 'v2' | 'v2beta1'): object {
    return {
      kind: 'APIGroupDiscoveryList',
      apiVersion: `apidiscovery.k8s.io/${version}`,
      metadata: {},
      items: this.#groups()
        .filter(({ name }) => (name === '') === core)
        .map(({ name, versions }) => ({
          metadata: name === '' ? { creationTimestamp: null } : { name, creationTimestamp: null },
          versions: versions.map((one) => ({
            version: one,
            freshness: 'Current',
            resources: this.#of(name, one).map(aggregatedResource),
          })),
        })),
    };
  }

  /** `APIGroupList` of `/apis`. */
  groups(): object {
    const groups = this.#groups().filter(({ name }) => name !== '');
    return {
      kind: 'APIGroupList',
      apiVersion: 'v1',
      groups: groups.map(({ name, versions }) => groupBody(name, versions)),
    };
  }

  /** `APIGroup` of `/apis/GROUP`, undefined when there is no such group. */
  group(name: string): object | undefined {
    const found = this.#groups().find((candidate) => candidate.name === name && name !== '');
    return found === undefined
      ? undefined
      : { kind: 'APIGroup', apiVersion: 'v1', ...groupBody(name, found.versions) };
  }

  /** `APIResourceList` of a group and version, undefined when it is not served. */
  resources(group: string, version: string): object | undefined {
    const entries = this.#of(group, version);
    if (entries.length === 0) return undefined;
    return {
      kind: 'APIResourceList',
      apiVersion: 'v1',
      groupVersion: apiVersionOf({ group, version }),
      resources: entries.flatMap(legacyResources),
    };
  }

  /** `apps/v1`, … all that are served, the core group first. */
  groupVersions(): { group: string; version: string }[] {
    return this.#groups().flatMap(({ name, versions }) =>
      versions.map((version) => ({ group: name, version })),
    );
  }

  #of(group: string, version: string): Entry[] {
    return this.#all().filter((entry) => entry.group === group && entry.version === version);
  }

  #groups(): { name: string; versions: string[] }[] {
    const groups = new Map<string, string[]>();
    for (const { group, version } of this.#all()) {
      const versions = groups.get(group) ?? [];
      if (!versions.includes(version)) versions.push(version);
      groups.set(group, versions);
    }
    return [...groups].map(([name, versions]) => ({ name, versions }));
  }

  #all(): Entry[] {
    if (this.#generation !== this.#kinds.generation) {
      this.#generation = this.#kinds.generation;
      this.#entries = [...this.#kinds.all().flatMap(entriesOf), ...VIRTUAL_RESOURCES.map(virtualEntry)];
    }
    return this.#entries;
  }
}

function entriesOf(kind: Kind): Entry[] {
  return servedVersions(kind).map((version) => {
    const own = kind.custom?.versions.find((candidate) => candidate.name === version);
    const subresources = own?.subresources ?? kind.subresources ?? [];
    return {
      group: kind.group,
      version,
      resource: kind.resource,
      kind: kind.kind,
      singular: kind.singular,
      namespaced: kind.namespaced,
      verbs: VERBS,
      shortNames: kind.shortNames ?? [],
      categories: kind.categories ?? [],
      subresources: [
        ...subresources.map((name) => subresourceEntry(kind, version, name)),
        ...(kind.custom === undefined ? (EXTRA_SUBRESOURCES[`${kind.group}/${kind.resource}`] ?? []) : []),
      ],
    };
  });
}

function subresourceEntry(kind: Kind, version: string, name: Subresource): SubEntry {
  const own = { group: kind.group, version, kind: kind.kind };
  const scale = { group: 'autoscaling', version: 'v1', kind: 'Scale' };
  return { name, verbs: SUBRESOURCE_VERBS, ...(name === 'scale' ? scale : own) };
}

const EXTRA_SUBRESOURCES: Readonly<Record<string, readonly SubEntry[]>> = {
  '/namespaces': [{ name: 'finalize', group: '', version: 'v1', kind: 'Namespace', verbs: ['update'] }],
  '/pods': [
    { name: 'binding', group: '', version: 'v1', kind: 'Binding', verbs: ['create'] },
    { name: 'eviction', group: 'policy', version: 'v1', kind: 'Eviction', verbs: ['create'] },
    { name: 'exec', group: '', version: 'v1', kind: 'PodExecOptions', verbs: ['create', 'get'] },
    { name: 'log', group: '', version: 'v1', kind: 'Pod', verbs: ['get'] },
    {
      name: 'portforward',
      group: '',
      version: 'v1',
      kind: 'PodPortForwardOptions',
      verbs: ['create', 'get'],
    },
  ],
  '/serviceaccounts': [
    { name: 'token', group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest', verbs: ['create'] },
  ],
};

function virtualEntry({ verbs, ...resource }: VirtualResource): Entry {
  return { ...resource, verbs, shortNames: [], categories: [], subresources: [] };
}

function groupBody(name: string, versions: readonly string[]): object {
  const list = versions.map((version) => ({ groupVersion: `${name}/${version}`, version }));
  return { name, versions: list, preferredVersion: list[0] };
}

function aggregatedResource(entry: Entry): object {
  const {
    group,
    version,
    kind,
    resource,
    singular,
    namespaced,
    verbs,
    shortNames,
    categories,
    subresources,
  } = entry;
  return {
    resource,
    responseKind: { group, version, kind },
    scope: namespaced ? 'Namespaced' : 'Cluster',
    singularResource: singular,
    verbs,
    ...(shortNames.length === 0 ? {} : { shortNames }),
    ...(categories.length === 0 ? {} : { categories }),
    ...(subresources.length === 0
      ? {}
      : {
          subresources: subresources.map((sub) => ({
            subresource: sub.name,
            responseKind: { group: sub.group, version: sub.version, kind: sub.kind },
            verbs: sub.verbs,
          })),
        }),
  };
}

function legacyResources(entry: Entry): object[] {
  const { resource, singular, namespaced, kind, verbs, shortNames, categories } = entry;
  return [
    {
      name: resource,
      singularName: singular,
      namespaced,
      kind,
      verbs,
      ...(shortNames.length === 0 ? {} : { shortNames }),
      ...(categories.length === 0 ? {} : { categories }),
    },
    ...entry.subresources.map((sub) => ({
      name: `${resource}/${sub.name}`,
      singularName: '',
      namespaced,
      kind: sub.kind,
      verbs: sub.verbs,
      ...(sub.group === entry.group ? {} : { group: sub.group, version: sub.version }),
    })),
  ];
}

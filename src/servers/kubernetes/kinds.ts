import type { ResourceType } from './cluster.ts';
import type { Schema } from './schemas/schema.ts';

export type Subresource = 'status' | 'scale';

/** All that the server knows about a kind: the one table behind routes, discovery, validation and storage. */
export interface Kind extends ResourceType {
  readonly version: string;
  readonly kind: string;
  readonly singular: string;
  readonly namespaced: boolean;
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  readonly subresources?: readonly Subresource[];
  /** Whether `metadata.generation` counts the changes of the desired state. */
  readonly generation?: boolean;
  /** Names are DNS-1123 subdomains unless told otherwise (API reference, "Names"). */
  readonly names?: 'label' | 'service' | 'path';
  /** Present on kinds that a CustomResourceDefinition brought. */
  readonly custom?: CustomKind;
}

interface CustomKind {
  /** The served versions, the preferred one first. `Kind.version` is the one that is stored. */
  readonly versions: readonly CustomVersion[];
  readonly listKind: string;
}

export interface CustomVersion {
  readonly name: string;
  readonly schema: Schema;
  readonly subresources: readonly Subresource[];
  readonly scale?: ScalePaths;
  readonly columns: readonly PrinterColumn[];
  /** Shown as a Warning header to whoever uses the version. */
  readonly deprecationWarning?: string;
}

/** Where a custom kind keeps what its scale subresource shows: JSON paths such as `.spec.replicas`. */
export interface ScalePaths {
  readonly specReplicasPath: string;
  readonly statusReplicasPath: string;
  readonly labelSelectorPath?: string;
}

/** An `additionalPrinterColumns` entry of a CustomResourceDefinition. */
export interface PrinterColumn {
  readonly name: string;
  readonly type: string;
  readonly format?: string;
  readonly description?: string;
  readonly priority?: number;
  readonly jsonPath: string;
}

const ALL = ['all'];

/** The built-in kinds. A kind without a controller in this server is left out rather than stored and ignored. */
export const BUILT_IN: readonly Kind[] = [
  core('namespaces', 'Namespace', {
    namespaced: false,
    shortNames: ['ns'],
    subresources: ['status'],
    names: 'label',
  }),
  core('nodes', 'Node', { namespaced: false, shortNames: ['no'], subresources: ['status'] }),
  core('pods', 'Pod', { shortNames: ['po'], categories: ALL, subresources: ['status'], generation: true }),
  core('services', 'Service', {
    shortNames: ['svc'],
    categories: ALL,
    subresources: ['status'],
    names: 'service',
  }),
  core('configmaps', 'ConfigMap', { shortNames: ['cm'] }),
  core('secrets', 'Secret', {}),
  core('serviceaccounts', 'ServiceAccount', { shortNames: ['sa'] }),
  core('events', 'Event', { shortNames: ['ev'] }),
  of('apps', 'v1', 'deployments', 'Deployment', {
    shortNames: ['deploy'],
    categories: ALL,
    subresources: ['status', 'scale'],
    generation: true,
  }),
  of('apps', 'v1', 'replicasets', 'ReplicaSet', {
    shortNames: ['rs'],
    categories: ALL,
    subresources: ['status', 'scale'],
    generation: true,
  }),
  of('batch', 'v1', 'jobs', 'Job', { categories: ALL, subresources: ['status'], generation: true }),
  of('discovery.k8s.io', 'v1', 'endpointslices', 'EndpointSlice', { generation: true }),
  of('networking.k8s.io', 'v1', 'ingresses', 'Ingress', {
    singular: 'ingress',
    shortNames: ['ing'],
    subresources: ['status'],
    generation: true,
  }),
  of('networking.k8s.io', 'v1', 'ingressclasses', 'IngressClass', {
    singular: 'ingressclass',
    namespaced: false,
    generation: true,
  }),
  of('networking.k8s.io', 'v1', 'networkpolicies', 'NetworkPolicy', {
    singular: 'networkpolicy',
    shortNames: ['netpol'],
    generation: true,
  }),
  of('rbac.authorization.k8s.io', 'v1', 'roles', 'Role', { names: 'path' }),
  of('rbac.authorization.k8s.io', 'v1', 'rolebindings', 'RoleBinding', { names: 'path' }),
  of('rbac.authorization.k8s.io', 'v1', 'clusterroles', 'ClusterRole', { namespaced: false, names: 'path' }),
  of('rbac.authorization.k8s.io', 'v1', 'clusterrolebindings', 'ClusterRoleBinding', {
    namespaced: false,
    names: 'path',
  }),
  of('coordination.k8s.io', 'v1', 'leases', 'Lease', {}),
  of('apiextensions.k8s.io', 'v1', 'customresourcedefinitions', 'CustomResourceDefinition', {
    namespaced: false,
    shortNames: ['crd', 'crds'],
    categories: ['api-extensions'],
    subresources: ['status'],
    generation: true,
  }),
];

type Details = Partial<Omit<Kind, 'group' | 'version' | 'resource' | 'kind'>>;

function core(resource: string, kind: string, details: Details): Kind {
  return of('', 'v1', resource, kind, details);
}

function of(group: string, version: string, resource: string, kind: string, details: Details): Kind {
  return { group, version, resource, kind, singular: kind.toLowerCase(), namespaced: true, ...details };
}

/** `apps/deployments`: how tables and maps are keyed by type. */
export function typeKey({ group, resource }: ResourceType): string {
  return `${group}/${resource}`;
}

/** `apps/v1`, or `v1` in the core group. */
export function apiVersionOf({ group, version }: { group: string; version: string }): string {
  return group === '' ? version : `${group}/${version}`;
}

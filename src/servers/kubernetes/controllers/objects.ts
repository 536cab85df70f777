import type {
  ConfigMap as ConfigMapFields,
  EventSource,
  NamespaceSpec,
  NamespaceStatus,
  NodeSpec,
  NodeStatus,
  ObjectReference,
  PodSpec,
  PodStatus,
  Secret as SecretFields,
  ServiceSpec,
  ServiceStatus,
} from 'kubernetes-types/core/v1';
import type {
  DeploymentSpec,
  DeploymentStatus,
  ReplicaSetSpec,
  ReplicaSetStatus,
} from 'kubernetes-types/apps/v1';
import type { JobSpec, JobStatus } from 'kubernetes-types/batch/v1';
import type { Endpoint, EndpointPort } from 'kubernetes-types/discovery/v1';
import type { IngressSpec, IngressStatus } from 'kubernetes-types/networking/v1';
import type { LeaseSpec } from 'kubernetes-types/coordination/v1';
import type { KubernetesObject, ResourceType } from '../cluster.ts';

/** The types that controllers and the kubelet work with, by the names in their URLs. */
export const types = {
  namespaces: { group: '', resource: 'namespaces' },
  nodes: { group: '', resource: 'nodes' },
  pods: { group: '', resource: 'pods' },
  services: { group: '', resource: 'services' },
  configMaps: { group: '', resource: 'configmaps' },
  secrets: { group: '', resource: 'secrets' },
  serviceAccounts: { group: '', resource: 'serviceaccounts' },
  events: { group: '', resource: 'events' },
  deployments: { group: 'apps', resource: 'deployments' },
  replicaSets: { group: 'apps', resource: 'replicasets' },
  jobs: { group: 'batch', resource: 'jobs' },
  endpointSlices: { group: 'discovery.k8s.io', resource: 'endpointslices' },
  ingresses: { group: 'networking.k8s.io', resource: 'ingresses' },
  leases: { group: 'coordination.k8s.io', resource: 'leases' },
} as const satisfies Record<string, ResourceType>;

export interface Pod extends KubernetesObject {
  spec: PodSpec;
  status?: PodStatus;
}

export interface ReplicaSet extends KubernetesObject {
  spec: ReplicaSetSpec;
  status?: ReplicaSetStatus;
}

export interface Deployment extends KubernetesObject {
  spec: DeploymentSpec;
  status?: DeploymentStatus;
}

export interface Job extends KubernetesObject {
  spec: JobSpec;
  status?: JobStatus;
}

export interface Service extends KubernetesObject {
  spec: ServiceSpec;
  status?: ServiceStatus;
}

export interface EndpointSlice extends KubernetesObject {
  addressType: 'IPv4';
  endpoints: Endpoint[];
  ports?: EndpointPort[];
}

export interface Ingress extends KubernetesObject {
  spec: IngressSpec;
  status?: IngressStatus;
}

export interface Namespace extends KubernetesObject {
  spec: NamespaceSpec;
  status?: NamespaceStatus;
}

export interface Node extends KubernetesObject {
  spec?: NodeSpec;
  status?: NodeStatus;
}

export interface Lease extends KubernetesObject {
  spec: LeaseSpec;
}

export interface ConfigMap extends KubernetesObject {
  data?: ConfigMapFields['data'];
  binaryData?: ConfigMapFields['binaryData'];
}

export interface Secret extends KubernetesObject {
  data?: SecretFields['data'];
}

export interface EventObject extends KubernetesObject {
  involvedObject: ObjectReference;
  reason: string;
  message: string;
  type: 'Normal' | 'Warning';
  count: number;
  firstTimestamp: string;
  lastTimestamp: string;
  source: EventSource;
  reportingComponent: string;
  reportingInstance: string;
}

/** `namespace/name`, the key under which a work queue knows an object. */
export function keyOf({ metadata }: KubernetesObject): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}

export function splitKey(key: string): { namespace: string; name: string } {
  const slash = key.indexOf('/');
  return { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}

import type { KubeObject } from '../../../clients/kubernetes.ts';
import type { EventDocument, ObjectDocument, PodDocument, WorkloadDocument } from '../../model/documents.ts';

export interface Workload extends KubeObject {
  readonly spec: {
    readonly replicas?: number;
    readonly completions?: number;
    readonly template?: { readonly spec: { readonly containers: readonly { readonly image: string }[] } };
  };
  readonly status?: {
    readonly readyReplicas?: number;
    readonly numberReady?: number;
    readonly desiredNumberScheduled?: number;
    readonly succeeded?: number;
  };
}

interface ContainerStatus {
  readonly name: string;
  readonly ready: boolean;
  readonly restartCount: number;
  readonly state?: Readonly<
    Record<string, { readonly reason?: string; readonly message?: string } | undefined>
  >;
}

export interface Pod extends KubeObject {
  readonly spec: {
    readonly nodeName?: string;
    readonly containers: readonly { readonly name: string; readonly image: string }[];
  };
  readonly status?: {
    readonly phase?: string;
    readonly podIP?: string;
    readonly message?: string;
    readonly reason?: string;
    readonly containerStatuses?: readonly ContainerStatus[];
  };
}

export interface KubeEvent extends KubeObject {
  readonly type?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly count?: number;
  readonly lastTimestamp?: string | null;
  readonly eventTime?: string | null;
  readonly involvedObject: { readonly kind?: string; readonly namespace?: string; readonly name?: string };
}

export function objectOf({ apiVersion, kind, metadata }: KubeObject): ObjectDocument {
  const { name, namespace = '', creationTimestamp = '' } = metadata;
  return { apiVersion, kind, name, namespace, createdAt: creationTimestamp };
}

export function workloadOf(object: Workload): WorkloadDocument {
  const { spec, status = {} } = object;
  return {
    ...objectOf(object),
    wanted: status.desiredNumberScheduled ?? spec.replicas ?? spec.completions ?? 1,
    ready: status.readyReplicas ?? status.numberReady ?? status.succeeded ?? 0,
    images: spec.template?.spec.containers.map(({ image }) => image) ?? [],
  };
}

/** With the state that `kubectl get pods` shows: the reason of a container that does not run, before the phase. */
export function podOf(object: Pod): PodDocument {
  const { spec, status = {}, metadata } = object;
  const containers = status.containerStatuses ?? [];
  const waiting = containers
    .map(({ state }) => state?.waiting ?? state?.terminated)
    .find((state) => state?.reason !== undefined);
  const message = waiting?.message ?? status.message;
  return {
    ...objectOf(object),
    state:
      metadata.deletionTimestamp === undefined
        ? (waiting?.reason ?? status.reason ?? status.phase ?? 'Unknown')
        : 'Terminating',
    ready: containers.filter(({ ready }) => ready).length,
    wanted: spec.containers.length,
    restarts: containers.reduce((sum, { restartCount }) => sum + restartCount, 0),
    containers: spec.containers.map(({ name, image }) => ({ name, image })),
    node: spec.nodeName ?? '',
    address: status.podIP ?? '',
    ...(message === undefined ? {} : { message }),
  };
}

export function eventOf(event: KubeEvent): EventDocument {
  const { involvedObject, metadata, type = 'Normal', reason = '', message = '', count = 1 } = event;
  const { kind = '', name = '', namespace = '' } = involvedObject;
  return {
    at: event.lastTimestamp ?? event.eventTime ?? metadata.creationTimestamp ?? '',
    type,
    reason,
    message,
    count,
    about: { kind, name, namespace },
  };
}

import type { KubeObject, TypeRef } from './kubernetes.ts';

/** The fields of Kubernetes' own kinds that the playground reads (Kubernetes API reference, core/v1, apps/v1 and batch/v1). */

export const podType = { apiVersion: 'v1', kind: 'Pod' } as const satisfies TypeRef;
export const eventType = { apiVersion: 'v1', kind: 'Event' } as const satisfies TypeRef;
export const serviceType = { apiVersion: 'v1', kind: 'Service' } as const satisfies TypeRef;
export const deploymentType = { apiVersion: 'apps/v1', kind: 'Deployment' } as const satisfies TypeRef;

/** One of the things that a controller says about its object: `status` is `True`, `False` or `Unknown`. */
export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
  readonly lastTransitionTime?: string;
  readonly lastUpdateTime?: string;
}

interface Container {
  readonly name: string;
  readonly image: string;
  readonly ports?: readonly { readonly name?: string; readonly containerPort: number }[];
}

/** What a container is at: one of the three states is there. */
export interface ContainerStatus {
  readonly name: string;
  readonly ready: boolean;
  readonly restartCount: number;
  readonly state?: {
    readonly waiting?: { readonly reason?: string; readonly message?: string };
    readonly running?: { readonly startedAt?: string };
    readonly terminated?: { readonly exitCode?: number; readonly reason?: string; readonly message?: string };
  };
}

export interface Pod extends KubeObject {
  readonly spec: { readonly nodeName?: string; readonly containers: readonly Container[] };
  readonly status?: {
    readonly phase?: string;
    readonly reason?: string;
    readonly message?: string;
    readonly podIP?: string;
    readonly conditions?: readonly Condition[];
    readonly initContainerStatuses?: readonly ContainerStatus[];
    readonly containerStatuses?: readonly ContainerStatus[];
  };
}

/** What has happened to an object, told by whoever did it. */
export interface KubeEvent extends KubeObject {
  readonly involvedObject: { readonly kind?: string; readonly namespace?: string; readonly name?: string };
  readonly type?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly count?: number;
  readonly lastTimestamp?: string | null;
  readonly eventTime?: string | null;
}

/** Deployment, StatefulSet, DaemonSet or Job: each fills the fields of its kind. */
export interface Workload extends KubeObject {
  readonly spec: {
    readonly replicas?: number;
    readonly completions?: number;
    readonly template: { readonly spec: { readonly containers: readonly Container[] } };
  };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly replicas?: number;
    readonly updatedReplicas?: number;
    readonly readyReplicas?: number;
    readonly availableReplicas?: number;
    readonly desiredNumberScheduled?: number;
    readonly numberReady?: number;
    readonly succeeded?: number;
    readonly conditions?: readonly Condition[];
  };
}

export interface Service extends KubeObject {
  readonly spec: {
    readonly type?: string;
    readonly selector?: Readonly<Record<string, string>>;
    readonly ports?: readonly {
      readonly name?: string;
      readonly port: number;
      /** Number or name; that of the Service unless told. */
      readonly targetPort?: number | string;
      /** Of every node, for those of type NodePort and LoadBalancer. */
      readonly nodePort?: number;
    }[];
  };
}

/** Makes Jobs at the times of its schedule. */
export interface CronJob extends KubeObject {
  readonly spec: { readonly jobTemplate: { readonly spec: Workload['spec'] } };
}

/** What is said of one thing, if anything is. */
export function conditionOf(
  conditions: readonly Condition[] | undefined,
  type: string,
): Condition | undefined {
  return conditions?.find((condition) => condition.type === type);
}

/** Whether a pod may get requests. */
export function isReady({ status }: Pod): boolean {
  return conditionOf(status?.conditions, 'Ready')?.status === 'True';
}

/** That a pod has no node, and why, in the scheduler's words; undefined when it has one, or nobody has looked yet. */
export function whyUnscheduled({ status }: Pod): string | undefined {
  const told = conditionOf(status?.conditions, 'PodScheduled');
  return told?.status === 'False' ? `has no node: ${told.message ?? 'unschedulable'}` : undefined;
}

/** A reason with the message that explains it, as far as there is one. */
export function wordsOf(reason: string, message: string | undefined): string {
  return message === undefined ? reason : `${reason}: ${message}`;
}

/** What is told of a pod's containers, those first that run before the others. */
export function containerStatusesOf({ status = {} }: Pod): readonly ContainerStatus[] {
  return [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])];
}

/** When something happened to an object, or was told last, as it stands in the event; empty when it is not told. */
export function eventTimeOf({ lastTimestamp, eventTime, metadata }: KubeEvent): string {
  return lastTimestamp ?? eventTime ?? metadata.creationTimestamp ?? '';
}

import type { KubeObject } from '../../../clients/kubernetes.ts';
import {
  eventTimeOf,
  type CronJob,
  type KubeEvent,
  type Pod,
  type Workload,
} from '../../../clients/kubernetes-objects.ts';
import type { EventDocument, ObjectDocument, PodDocument, WorkloadDocument } from '../../model/documents.ts';

export function objectOf({ apiVersion, kind, metadata }: KubeObject): ObjectDocument {
  const { name, namespace = '', creationTimestamp = '' } = metadata;
  return { apiVersion, kind, name, namespace, createdAt: creationTimestamp };
}

export function workloadOf(object: Workload | CronJob): WorkloadDocument {
  const { spec, status = {} } = isCronJob(object) ? { spec: object.spec.jobTemplate.spec } : object;
  return {
    ...objectOf(object),
    wanted: status.desiredNumberScheduled ?? spec.replicas ?? spec.completions ?? 1,
    ready: status.readyReplicas ?? status.numberReady ?? status.succeeded ?? 0,
    images: spec.template.spec.containers.map(({ image }) => image),
  };
}

function isCronJob(object: Workload | CronJob): object is CronJob {
  return object.kind === 'CronJob';
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
  const { involvedObject, type = 'Normal', reason = '', message = '', count = 1 } = event;
  const { kind = '', name = '', namespace = '' } = involvedObject;
  return {
    at: eventTimeOf(event),
    type,
    reason,
    message,
    count,
    about: { kind, name, namespace },
  };
}

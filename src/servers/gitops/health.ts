import type { HealthStatus, HealthStatusCode } from '../../clients/argocd-types.ts';
import { annotationList, at, groupOf, isRecord, type Manifest } from './objects.ts';

/** From best to worst; an Application is as healthy as its worst resource. */
const ORDER: readonly HealthStatusCode[] = [
  'Healthy',
  'Suspended',
  'Progressing',
  'Missing',
  'Degraded',
  'Unknown',
];

export function isWorse(current: HealthStatusCode, other: HealthStatusCode): boolean {
  return ORDER.indexOf(other) > ORDER.indexOf(current);
}

/** The table of kinds whose health is known; every other kind has none, and counts as done when it exists. */
const ASSESSORS: Readonly<Record<string, (object: Manifest) => HealthStatus>> = {
  'apps/Deployment': deploymentHealth,
  'apps/ReplicaSet': replicaSetHealth,
  'apps/StatefulSet': statefulSetHealth,
  'apps/DaemonSet': daemonSetHealth,
  '/Pod': podHealth,
  '/Service': serviceHealth,
  '/PersistentVolumeClaim': claimHealth,
  'networking.k8s.io/Ingress': ingressHealth,
  'batch/Job': jobHealth,
  'apiextensions.k8s.io/CustomResourceDefinition': definitionHealth,
};

/** The health of a live object; undefined for kinds that have none (ConfigMap, Namespace, Role, …). */
export function healthOf(live: Manifest): HealthStatus | undefined {
  if (live.metadata.deletionTimestamp !== undefined) {
    return { status: 'Progressing', message: 'Pending deletion' };
  }
  return ASSESSORS[`${groupOf(live.apiVersion)}/${live.kind}`]?.(live);
}

function deploymentHealth(object: Manifest): HealthStatus {
  if (at(object.spec, 'paused') === true) return { status: 'Suspended', message: 'Deployment is paused' };
  if (isBehind(object)) return progressing('the newest spec has not been observed yet');
  if (condition(object, 'Progressing')?.['reason'] === 'ProgressDeadlineExceeded') {
    return {
      status: 'Degraded',
      message: `Deployment "${object.metadata.name}" exceeded its progress deadline`,
    };
  }
  const wanted = count(object.spec, 'replicas', 1);
  const updated = count(object.status, 'updatedReplicas');
  const all = count(object.status, 'replicas');
  const available = count(object.status, 'availableReplicas');
  if (updated < wanted) return progressing(`${updated} of ${wanted} new replicas have been updated`);
  if (all > updated) return progressing(`${all - updated} old replicas are pending termination`);
  if (available < updated) return progressing(`${available} of ${updated} updated replicas are available`);
  return { status: 'Healthy' };
}

function replicaSetHealth(object: Manifest): HealthStatus {
  if (isBehind(object)) return progressing('the newest spec has not been observed yet');
  const failure = condition(object, 'ReplicaFailure');
  if (failure?.['status'] === 'True') return { status: 'Degraded', ...messageIn(failure) };
  const wanted = count(object.spec, 'replicas', 1);
  const available = count(object.status, 'availableReplicas');
  return available < wanted
    ? progressing(`${available} of ${wanted} replicas are available`)
    : { status: 'Healthy' };
}

function statefulSetHealth(object: Manifest): HealthStatus {
  if (count(object.status, 'observedGeneration') === 0 || isBehind(object)) {
    return progressing('the newest spec has not been observed yet');
  }
  const wanted = count(object.spec, 'replicas', 1);
  const ready = count(object.status, 'readyReplicas');
  if (ready < wanted) return progressing(`${wanted - ready} pods are not ready`);
  if (at(object.spec, 'updateStrategy', 'type') === 'OnDelete') return { status: 'Healthy' };
  return at(object.status, 'updateRevision') === at(object.status, 'currentRevision')
    ? { status: 'Healthy' }
    : progressing(`${count(object.status, 'updatedReplicas')} of ${wanted} pods are updated`);
}

function daemonSetHealth(object: Manifest): HealthStatus {
  if (isBehind(object)) return progressing('the newest spec has not been observed yet');
  const wanted = count(object.status, 'desiredNumberScheduled');
  const updated = count(object.status, 'updatedNumberScheduled');
  const available = count(object.status, 'numberAvailable');
  if (at(object.spec, 'updateStrategy', 'type') === 'OnDelete') return { status: 'Healthy' };
  if (updated < wanted) return progressing(`${updated} of ${wanted} pods are updated`);
  if (available < wanted) return progressing(`${available} of ${wanted} pods are available`);
  return { status: 'Healthy' };
}

/** Waiting reasons that do not pass by waiting: `ErrImagePull`, `CreateContainerConfigError`, `CrashLoopBackOff`. */
const STUCK = /^Err|Error$|BackOff$/;

function podHealth(pod: Manifest): HealthStatus {
  const phase = at(pod.status, 'phase');
  const message = at(pod.status, 'message');
  const told = typeof message === 'string' && message !== '' ? { message } : {};
  const containers = records(at(pod.status, 'containerStatuses'));
  const restarts = (at(pod.spec, 'restartPolicy') ?? 'Always') === 'Always';
  if (restarts) {
    const stuck = containers
      .map((container) => at(container, 'state', 'waiting'))
      .filter((waiting) => STUCK.test(text(at(waiting, 'reason'))));
    if (stuck.length > 0) {
      return { status: 'Degraded', message: stuck.map((waiting) => text(at(waiting, 'message'))).join(', ') };
    }
  }
  switch (phase) {
    case 'Pending':
      return { status: 'Progressing', ...told };
    case 'Succeeded':
      return { status: 'Healthy', ...told };
    case 'Failed':
      return { status: 'Degraded', message: text(message) || exitMessage(pod) };
    case 'Running':
      if (!restarts) return { status: 'Progressing', ...told };
      if (condition(pod, 'Ready')?.['status'] === 'True') return { status: 'Healthy', ...told };
      return containers.some((container) => at(container, 'lastState', 'terminated') !== undefined)
        ? { status: 'Degraded', ...told }
        : { status: 'Progressing', ...told };
    default:
      return { status: 'Unknown', ...told };
  }
}

function exitMessage(pod: Manifest): string {
  const containers = [
    ...records(at(pod.status, 'initContainerStatuses')),
    ...records(at(pod.status, 'containerStatuses')),
  ];
  for (const container of containers) {
    const ended = at(container, 'state', 'terminated');
    const message = text(at(ended, 'message'));
    if (message !== '') return message;
    const code = count(ended, 'exitCode');
    if (code !== 0) return `container "${text(container['name'])}" failed with exit code ${code}`;
  }
  return '';
}

function serviceHealth(service: Manifest): HealthStatus {
  const waits =
    at(service.spec, 'type') === 'LoadBalancer' &&
    records(at(service.status, 'loadBalancer', 'ingress')).length === 0;
  return { status: waits ? 'Progressing' : 'Healthy' };
}

function ingressHealth(ingress: Manifest): HealthStatus {
  return {
    status: records(at(ingress.status, 'loadBalancer', 'ingress')).length > 0 ? 'Healthy' : 'Progressing',
  };
}

function claimHealth(claim: Manifest): HealthStatus {
  switch (at(claim.status, 'phase')) {
    case 'Lost':
      return { status: 'Degraded' };
    case 'Pending':
      return { status: 'Progressing' };
    case 'Bound':
      return { status: 'Healthy' };
    default:
      return { status: 'Unknown' };
  }
}

function jobHealth(job: Manifest): HealthStatus {
  const failed = condition(job, 'Failed');
  if (failed?.['status'] === 'True') return { status: 'Degraded', ...messageIn(failed) };
  const suspended = condition(job, 'Suspended');
  if (suspended?.['status'] === 'True') return { status: 'Suspended', ...messageIn(suspended) };
  const complete = condition(job, 'Complete');
  return complete?.['status'] === 'True'
    ? { status: 'Healthy', ...messageIn(complete) }
    : { status: 'Progressing' };
}

function definitionHealth(definition: Manifest): HealthStatus {
  const refused = condition(definition, 'NamesAccepted');
  if (refused?.['status'] === 'False') return { status: 'Degraded', ...messageIn(refused) };
  const broken = condition(definition, 'NonStructuralSchema');
  if (broken?.['status'] === 'True') return { status: 'Degraded', ...messageIn(broken) };
  const established = condition(definition, 'Established');
  if (established?.['status'] === 'True') return { status: 'Healthy', ...messageIn(established) };
  return established === undefined || established['reason'] === 'Installing'
    ? progressing('the definition is being installed')
    : { status: 'Degraded', ...messageIn(established) };
}

/** Whether an object takes no part in the health of its Application. */
export function ignoresHealth(object: Manifest): boolean {
  return annotationList(object, 'argocd.argoproj.io/ignore-healthcheck').includes('true');
}

function isBehind(object: Manifest): boolean {
  return count(object.metadata, 'generation') > count(object.status, 'observedGeneration');
}

function condition(object: Manifest, type: string): Record<string, unknown> | undefined {
  return records(at(object.status, 'conditions')).find((entry) => entry['type'] === type);
}

function messageIn(entry: Record<string, unknown>): { message?: string } {
  const message = text(entry['message']);
  return message === '' ? {} : { message };
}

function progressing(what: string): HealthStatus {
  return { status: 'Progressing', message: `Waiting for rollout to finish: ${what}` };
}

function count(value: unknown, field: string, otherwise = 0): number {
  const number = at(value, field);
  return typeof number === 'number' ? number : otherwise;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function records(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

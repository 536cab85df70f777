import { isDeepStrictEqual } from 'node:util';
import type { Endpoint, EndpointPort } from 'kubernetes-types/discovery/v1';
import type { ServicePort } from 'kubernetes-types/core/v1';
import type { ControllerContext, Stop } from './controller.ts';
import { stopAll } from './controller.ts';
import { keyOf, splitKey, types, type EndpointSlice, type Pod, type Service } from './objects.ts';
import { controllerReference, generatedName } from './ownership.ts';
import { isFinished, isReady } from './pod-state.ts';
import { matchesLabels } from './selectors.ts';
import { WorkQueue } from './work-queue.ts';

export const SERVICE_NAME = 'kubernetes.io/service-name';
const MANAGED_BY = 'endpointslice.kubernetes.io/managed-by';
const MANAGER = 'endpointslice-controller.k8s.io';
/**
 * On a machine with one loopback address a pod cannot have its ports to itself. The kubelet then notes here which
 * ports it really has (`{"8080":41327}`), and slices carry those.
 */
export const HOST_PORTS = 'kubelet.process/host-ports';

/** Keeps the EndpointSlices of each Service with a selector: which addresses serve it, and which of them are ready. */
export function startEndpointSliceController(context: ControllerContext): Stop {
  const { cluster, clock, log } = context;
  const queue = new WorkQueue({
    name: 'endpointslices',
    clock,
    log,
    reconcile: (key) => {
      reconcile(context, key);
    },
  });
  return stopAll([
    cluster.subscribe<Service>(types.services, ({ object }) => {
      queue.add(keyOf(object));
    }),
    cluster.subscribe<EndpointSlice>(types.endpointSlices, ({ type, object }) => {
      const service = object.metadata.labels?.[SERVICE_NAME];
      if (type === 'DELETED' && service !== undefined)
        queue.add(`${object.metadata.namespace ?? ''}/${service}`);
    }),
    cluster.subscribe<Pod>(types.pods, ({ object, previous }) => {
      const { namespace = '' } = object.metadata;
      for (const service of cluster.list<Service>(types.services, { namespace })) {
        if (selects(service, object) || (previous !== undefined && selects(service, previous))) {
          queue.add(keyOf(service));
        }
      }
    }),
    () => {
      queue.stop();
    },
  ]);
}

function selects({ spec }: Service, pod: Pod): boolean {
  return (
    spec.selector !== undefined &&
    Object.keys(spec.selector).length > 0 &&
    matchesLabels(spec.selector, pod.metadata.labels)
  );
}

interface Group {
  readonly ports: EndpointPort[];
  readonly endpoints: Endpoint[];
}

function reconcile({ cluster }: ControllerContext, key: string): void {
  const { namespace, name } = splitKey(key);
  const service = cluster.get<Service>(types.services, namespace, name);
  if (service === undefined || service.metadata.deletionTimestamp !== undefined) return;
  if (service.spec.type === 'ExternalName' || service.spec.selector === undefined) return;
  const existing = cluster
    .list<EndpointSlice>(types.endpointSlices, { namespace, labels: { [SERVICE_NAME]: name } })
    .filter((slice) => slice.metadata.labels?.[MANAGED_BY] === MANAGER);
  const pods = cluster.list<Pod>(types.pods, { namespace }).filter((pod) => selects(service, pod));
  const groups = groupByPorts(service, pods);
  groups.forEach((group, i) => {
    const slice = existing[i];
    if (slice === undefined) {
      cluster.create<EndpointSlice>(types.endpointSlices, newSlice(service, group));
    } else if (!isDeepStrictEqual([slice.ports ?? [], slice.endpoints], [group.ports, group.endpoints])) {
      cluster.update<EndpointSlice>(types.endpointSlices, { ...slice, ...group });
    }
  });
  for (const surplus of existing.slice(groups.length)) {
    cluster.delete(types.endpointSlices, namespace, surplus.metadata.name);
  }
}

function newSlice(service: Service, group: Group): EndpointSlice {
  const generateName = `${service.metadata.name}-`;
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: generatedName(generateName),
      generateName,
      namespace: service.metadata.namespace ?? '',
      labels: {
        ...service.metadata.labels,
        [SERVICE_NAME]: service.metadata.name,
        [MANAGED_BY]: MANAGER,
        ...(service.spec.clusterIP === 'None' ? { 'service.kubernetes.io/headless': '' } : {}),
      },
      ownerReferences: [controllerReference(service)],
    },
    addressType: 'IPv4',
    ...group,
  };
}

/** Pods whose target ports have the same numbers share a slice; a Service without pods has one empty slice. */
function groupByPorts(service: Service, pods: readonly Pod[]): Group[] {
  const groups = new Map<string, Group>();
  for (const pod of pods) {
    const address = pod.status?.podIP;
    if (address === undefined || isFinished(pod)) continue;
    const ports = (service.spec.ports ?? []).flatMap((port) => targetPort(port, pod));
    const key = JSON.stringify(ports);
    const group = groups.get(key) ?? { ports, endpoints: [] };
    group.endpoints.push(endpoint(service, pod, address));
    groups.set(key, group);
  }
  if (groups.size === 0) return [{ ports: [], endpoints: [] }];
  return [...groups.values()];
}

function endpoint(service: Service, pod: Pod, address: string): Endpoint {
  const terminating = pod.metadata.deletionTimestamp !== undefined;
  const serving = isReady(pod);
  const ready = service.spec.publishNotReadyAddresses === true || (serving && !terminating);
  const { name, namespace, uid } = pod.metadata;
  return {
    addresses: [address],
    conditions: { ready, serving, terminating },
    ...(pod.spec.nodeName === undefined ? {} : { nodeName: pod.spec.nodeName }),
    targetRef: {
      kind: 'Pod',
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(uid === undefined ? {} : { uid }),
    },
  };
}

/** A pod's port for a port of the Service; none when the pod has no port of that name. */
function targetPort(
  { name = '', port, targetPort: target = port, protocol = 'TCP' }: ServicePort,
  pod: Pod,
): EndpointPort[] {
  const number =
    typeof target === 'number'
      ? target
      : pod.spec.containers
          .flatMap(({ ports = [] }) => ports)
          .find((entry) => entry.name === target && (entry.protocol ?? 'TCP') === protocol)?.containerPort;
  if (number === undefined) return [];
  return [{ name, port: hostPort(pod, number), protocol }];
}

/** The port at which a container port of the pod can be reached at the pod's address. */
function hostPort(pod: Pod, containerPort: number): number {
  const noted = pod.metadata.annotations?.[HOST_PORTS];
  if (noted === undefined) return containerPort;
  return (JSON.parse(noted) as Record<string, number>)[String(containerPort)] ?? containerPort;
}

import type { ContainerState, ContainerStatus, PodCondition, PodStatus } from 'kubernetes-types/core/v1';
import { timestamp } from '../controllers/clock.ts';
import type { Pod } from '../controllers/objects.ts';

/** What the kubelet knows of one container, in the API's own words. */
export interface ContainerView {
  readonly name: string;
  readonly image: string;
  readonly imageID: string;
  readonly containerID: string | undefined;
  readonly state: ContainerState;
  readonly lastState: ContainerState;
  readonly restartCount: number;
  readonly started: boolean;
  readonly ready: boolean;
}

export interface PodView {
  readonly initContainers: readonly ContainerView[];
  readonly containers: readonly ContainerView[];
  readonly address: string | undefined;
  readonly hostAddress: string;
  readonly startTime: number;
  /** The pod's volumes are there. */
  readonly mounted: boolean;
  /** Ended by the kubelet itself. */
  readonly failure?: { readonly reason: string; readonly message: string };
}

/** The status that a kubelet writes for a pod (kubelet_pods.go, generateAPIPodStatus and getPhase). */
export function podStatus(pod: Pod, view: PodView, now: number): PodStatus {
  const restartPolicy = pod.spec.restartPolicy ?? 'Always';
  const phase = view.failure ? 'Failed' : phaseOf(view, restartPolicy);
  const finished = phase === 'Succeeded' || phase === 'Failed';
  const time = timestamp(now);
  const before = pod.status?.conditions ?? [];
  const initialized = view.initContainers.every(({ state }) => state.terminated?.exitCode === 0);
  const unready = view.containers.filter(({ ready }) => !ready).map(({ name }) => name);
  const uninitialized = view.initContainers
    .filter(({ state }) => state.terminated?.exitCode !== 0)
    .map(({ name }) => name);
  const notReady =
    phase === 'Succeeded'
      ? { reason: 'PodCompleted' }
      : phase === 'Failed'
        ? { reason: 'PodFailed' }
        : unready.length > 0
          ? {
              reason: 'ContainersNotReady',
              message: `containers with unready status: [${unready.join(' ')}]`,
            }
          : undefined;
  const conditions: PodCondition[] = [
    condition('PodReadyToStartContainers', view.mounted && !finished),
    condition(
      'Initialized',
      initialized,
      initialized
        ? phase === 'Succeeded'
          ? { reason: 'PodCompleted' }
          : undefined
        : {
            reason: 'ContainersNotInitialized',
            message: `containers with incomplete status: [${uninitialized.join(' ')}]`,
          },
    ),
    condition('Ready', notReady === undefined, notReady),
    condition('ContainersReady', notReady === undefined, notReady),
  ];
  const scheduled = before.find(({ type }) => type === 'PodScheduled');
  if (scheduled) conditions.push(scheduled);

  function condition(
    type: string,
    holds: boolean,
    why: { reason?: string; message?: string } = {},
  ): PodCondition {
    const status = holds ? 'True' : 'False';
    const old = before.find((other) => other.type === type);
    return {
      type,
      status,
      ...why,
      lastTransitionTime: old?.status === status ? (old.lastTransitionTime ?? time) : time,
    };
  }

  const { qosClass } = pod.status ?? {};
  return {
    phase,
    conditions,
    ...view.failure,
    hostIP: view.hostAddress,
    hostIPs: [{ ip: view.hostAddress }],
    ...(view.address === undefined ? {} : { podIP: view.address, podIPs: [{ ip: view.address }] }),
    startTime: timestamp(view.startTime),
    ...(view.initContainers.length === 0
      ? {}
      : { initContainerStatuses: view.initContainers.map(containerStatus) }),
    containerStatuses: view.containers.map(containerStatus),
    ...(qosClass === undefined ? {} : { qosClass }),
  };
}

function containerStatus(view: ContainerView): ContainerStatus {
  const { name, state, lastState, ready, restartCount, image, imageID, containerID, started } = view;
  return {
    name,
    state,
    lastState,
    ready,
    restartCount,
    image,
    imageID,
    ...(containerID === undefined ? {} : { containerID }),
    started,
  };
}

function phaseOf({ initContainers, containers }: PodView, restartPolicy: string): string {
  for (const { state, lastState } of initContainers) {
    const end = state.terminated ?? (state.waiting ? lastState.terminated : undefined);
    if (state.terminated?.exitCode === 0) continue;
    return end !== undefined && end.exitCode !== 0 && restartPolicy === 'Never' && state.terminated
      ? 'Failed'
      : 'Pending';
  }
  const ends = containers.map(
    ({ state, lastState }) => state.terminated ?? (state.waiting ? lastState.terminated : undefined),
  );
  const running = containers.some(({ state }) => state.running !== undefined);
  const neverStarted = containers.some(
    ({ state }, i) => state.running === undefined && ends[i] === undefined,
  );
  if (neverStarted) return 'Pending';
  if (running) return 'Running';
  if (restartPolicy === 'Always') return 'Running';
  const failed = ends.some((end) => (end?.exitCode ?? 0) !== 0);
  if (!failed) return 'Succeeded';
  return restartPolicy === 'Never' ? 'Failed' : 'Running';
}

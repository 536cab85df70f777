import { createHttp } from '../../clients/http.ts';
import type { KubernetesClient } from '../../clients/kubernetes.ts';
import { podType, type Pod, type Workload as WorkloadObject } from '../../clients/kubernetes-objects.ts';
import { messageOf } from '../../lib/errors.ts';
import type { TaskContext } from '../../lib/task.ts';
import { WaitTimeout, waitFor, type Look } from '../../lib/wait.ts';
import { explainBlocked } from './blocked.ts';
import type { Component, Workload } from './component.ts';
import { podsIn } from './pods-now.ts';
import { isBackingOff, lost, summaryOf, worstOf } from './pods.ts';

const LIMIT_SECONDS = 300;
const LOOK_MS = 1000;

/** As `kubectl rollout status` sees it: the controller has seen the newest version, and all replicas are of it and ready. */
export function isComplete({ kind, metadata, spec, status = {} }: WorkloadObject): boolean {
  if (kind === 'Job') return (status.succeeded ?? 0) >= (spec.completions ?? 1);
  if ((status.observedGeneration ?? 0) < (metadata.generation ?? 0)) return false;
  if (kind === 'DaemonSet') {
    const wanted = status.desiredNumberScheduled ?? 0;
    return wanted > 0 && (status.numberReady ?? 0) >= wanted;
  }
  const wanted = spec.replicas ?? 1;
  return (status.readyReplicas ?? 0) >= wanted && (status.updatedReplicas ?? wanted) >= wanted;
}

/** Whether all workloads of a component are there and complete. */
export async function hasAllWorkloads(cluster: KubernetesClient, component: Component): Promise<boolean> {
  const complete = await Promise.all(
    component.ready.workloads.map(async (workload) => {
      const object = await cluster.find<WorkloadObject>(refOf(workload, component));
      return object !== undefined && isComplete(object);
    }),
  );
  return complete.every(Boolean);
}

function refOf({ kind, name, namespace }: Workload, component: Component) {
  const apiVersion = kind === 'Job' ? 'batch/v1' : 'apps/v1';
  return { apiVersion, kind, name, namespace: namespace ?? component.namespace };
}

/** Why a component's Service does not answer as it should, or undefined when it does. */
export async function answers(url: string | undefined, { ready }: Component): Promise<string | undefined> {
  if (url === undefined || ready.path === undefined) return undefined;
  try {
    const http = createHttp({ baseUrl: url, timeout: 5000 });
    const { status } = await http.request('GET', ready.path, { accept: 'any', follow: false });
    return status < 400 ? undefined : `${url}${ready.path} answers ${status}`;
  } catch (error) {
    return `${url}${ready.path} does not answer: ${messageOf(error)}`;
  }
}

/**
 * Deletes the pods of a component that an earlier attempt has left waiting longer and longer, or that their StatefulSet would wait for
 * whatever it is told anew: what held them up may be mended by now. Their controllers make new ones.
 */
export async function renewBlocked(cluster: KubernetesClient, { namespace }: Component): Promise<void> {
  const { items } = await cluster.list<Pod>(podType, { namespace });
  const stuck = items.filter(isBackingOff);
  await Promise.all(
    stuck.map(({ metadata }) => cluster.delete({ ...podType, name: metadata.name, namespace })),
  );
}

/** What a pod does that is being deleted says nothing of how the component will be. */
function isWanted({ metadata }: Pod): boolean {
  return metadata.deletionTimestamp === undefined;
}

/**
 * Waits until a component works, telling what its pods do.
 * @param url where its Service is reached from the laptop, if it is.
 * @throws PlaygroundError `component-blocked` with the blocked pod's events and the end of its log, or what is known of the reason.
 */
export async function awaitReady(
  cluster: KubernetesClient,
  component: Component,
  url: string | undefined,
  { progress, signal }: TaskContext,
): Promise<void> {
  const { namespace, ready, title } = component;
  const wantedPods = () => podsIn(cluster, namespace, isWanted);
  const look = async (): Promise<Look<undefined>> => {
    const [{ pods, events, news }, complete] = await Promise.all([
      wantedPods(),
      hasAllWorkloads(cluster, component),
    ]);
    const hopeless = lost(pods);
    if (hopeless !== undefined)
      throw await explainBlocked(cluster, component, hopeless.news, events, `${title} cannot start`);
    const missing = complete ? await answers(url, component) : summaryOf(news);
    if (missing === undefined) return { done: true, value: undefined };
    progress(missing);
    return { done: false, seen: missing };
  };
  const limit = (ready.limit ?? LIMIT_SECONDS) * 1000;
  try {
    await waitFor(look, { what: title, limit, interval: LOOK_MS, signal });
  } catch (error) {
    if (!(error instanceof WaitTimeout)) throw error;
    const { events, news } = await wantedPods();
    throw await explainBlocked(cluster, component, worstOf(news), events, messageOf(error));
  }
}

import { createHash } from 'node:crypto';
import type { KubeObject, KubernetesClient } from '../../clients/kubernetes.ts';
import { createHttp } from '../../clients/http.ts';
import { nameLabel } from '../../config/names.ts';
import { commandFor } from '../../lib/command-line.ts';
import { PlaygroundError, messageOf } from '../../lib/errors.ts';
import type { Task, TaskContext } from '../../lib/task.ts';
import { WaitTimeout, waitFor, type Look } from '../../lib/wait.ts';
import { explainBlocked } from './blocked.ts';
import { requireChart } from './charts.ts';
import type { Component, ComponentSettings, Workload } from './component.ts';
import { releaseObjects, upgradeRelease, type HelmAccess } from './helm.ts';
import { chartPin } from './pins.ts';
import { withNewsOfHooks } from './hooks.ts';
import { lost, newsOf, summaryOf, worstOf, type Pod, type PodEvent } from './pods.ts';
import { clusterFolders } from './state.ts';

/** What components are installed with. */
export interface Installation {
  readonly cluster: KubernetesClient;
  readonly helm: HelmAccess;
  readonly settings: ComponentSettings;
  /** The component's Service as the laptop reaches it; undefined for those that nobody reaches from there. */
  readonly urlOf: (component: Component) => string | undefined;
}

const fieldManager = 'gitops-playground';
/** On a component's namespace: what it was last installed from, so that a repeated `up` leaves it alone. */
const installedAnnotation = 'gitops-playground.io/installed';
const LIMIT_SECONDS = 300;
const LOOK_MS = 1000;

/**
 * The installation as tasks: a component begins when those that it needs are ready, all others run side by side.
 * @param needs ids of tasks that come before all of them.
 * @param installation what is there once those are done.
 */
export function installTasks(
  components: readonly Component[],
  needs: readonly string[],
  installation: () => Installation,
): Task[] {
  return components.map((component) => ({
    id: taskId(component),
    title: `Install ${component.title}`,
    needs: [...needs, ...component.needs.map((id) => `install-${id}`)],
    check: () => isInstalled(installation(), component),
    apply: (context) => install(installation(), component, context),
  }));
}

/** The id of the task that installs a component; `git` alone is one of the flow's. */
function taskId({ id }: Component): string {
  return `install-${id}`;
}

/** Whether a component is there as it would be installed now, and all its workloads are complete. */
async function isInstalled(
  { cluster, settings, urlOf }: Installation,
  component: Component,
): Promise<boolean> {
  const namespace = await cluster.find({ apiVersion: 'v1', kind: 'Namespace', name: component.namespace });
  if (namespace?.metadata.annotations?.[installedAnnotation] !== fingerprint(component, settings))
    return false;
  const complete = await Promise.all(
    component.ready.workloads.map(async (workload) => {
      const object = await cluster.find<WorkloadObject>(refOf(workload, component));
      return object !== undefined && isComplete(object);
    }),
  );
  return complete.every(Boolean) && (await answers(urlOf(component), component)) === undefined;
}

async function install(
  installation: Installation,
  component: Component,
  context: TaskContext,
): Promise<void> {
  const { cluster, helm, settings } = installation;
  const { chart, namespace } = component;
  const { progress, signal } = context;
  await ensureNamespace(cluster, namespace, settings.labels, component.title);
  await applyAll(cluster, component.before?.(settings) ?? [], component, settings);
  if (chart !== undefined) {
    const file = await requireChart(chart.name, progress, signal);
    progress(`installing the chart ${String(chart.name)} ${chartPin(chart.name).version}`);
    const release = {
      release: chart.release,
      namespace,
      chart: file,
      values: chart.values(settings),
      valuesFile: clusterFolders(settings.config.name).values(chart.release),
      labels: settings.labels,
    };
    await withNewsOfHooks(cluster, component, context, (ended) => upgradeRelease(helm, release, ended));
    await labelRelease(installation, chart.release, namespace, signal);
  }
  await applyAll(cluster, component.manifests?.(settings) ?? [], component, settings);
  await awaitReady(installation, component, context);
  const annotations = { [installedAnnotation]: fingerprint(component, settings) };
  const ref = { apiVersion: 'v1', kind: 'Namespace', name: namespace };
  await cluster.patch(ref, 'merge', { metadata: { annotations } });
}

/** A hash of all that a component is installed from: settings that change, and versions, bring it up to date. */
function fingerprint(component: Component, settings: ComponentSettings): string {
  const { chart, before, manifests } = component;
  const content = {
    chart: chart === undefined ? null : [chart.release, chartPin(chart.name).version, chart.values(settings)],
    before: before?.(settings) ?? [],
    manifests: manifests?.(settings) ?? [],
  };
  return createHash('sha256').update(JSON.stringify(content)).digest('hex').slice(0, 32);
}

/**
 * Makes a namespace with the playground's labels, for what a person calls `content`.
 * @throws PlaygroundError `namespace-taken` when there is one of this name that this playground has not made.
 */
export async function ensureNamespace(
  cluster: KubernetesClient,
  name: string,
  labels: Readonly<Record<string, string>>,
  content: string,
): Promise<void> {
  const present = await cluster.find({ apiVersion: 'v1', kind: 'Namespace', name });
  if (present !== undefined) {
    const own = Object.entries(labels).every(([key, value]) => present.metadata.labels?.[key] === value);
    if (own) return;
    const other = present.metadata.labels?.[nameLabel];
    if (other !== undefined) {
      throw new PlaygroundError({
        code: 'namespace-taken',
        message: `the cluster has the playground "${other}" already, and there is room for one in each cluster`,
        hint: `if it is yours, go on with it: ${commandFor('up', other)}; else choose another cluster with --context, a virtual one for example`,
      });
    }
    throw new PlaygroundError({
      code: 'namespace-taken',
      message: `the cluster has a namespace "${name}" already, which this playground has not made`,
      hint: `${content} would go there: remove that namespace, or choose another cluster with --context`,
    });
  }
  await cluster.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: { ...labels } } });
}

async function applyAll(
  cluster: KubernetesClient,
  objects: readonly KubeObject[],
  { namespace }: Component,
  { labels }: ComponentSettings,
): Promise<void> {
  for (const object of objects) {
    const { namespaced } = await cluster.resource(object);
    const { metadata } = object;
    const labelled: KubeObject = {
      ...object,
      metadata: {
        ...metadata,
        ...(namespaced ? { namespace: metadata.namespace ?? namespace } : {}),
        labels: { ...metadata.labels, ...labels },
      },
    };
    await cluster.apply(labelled, { fieldManager, force: true });
  }
}

/** Charts have no common way to label what they bring, so it is done afterwards. */
async function labelRelease(
  { cluster, helm, settings }: Installation,
  release: string,
  namespace: string,
  signal: AbortSignal,
): Promise<void> {
  await cluster.resources(true);
  for (const { apiVersion, kind, metadata } of await releaseObjects(helm, release, namespace, signal)) {
    const ref = { apiVersion, kind, name: metadata.name, namespace: metadata.namespace ?? namespace };
    await cluster.patch(ref, 'merge', { metadata: { labels: settings.labels } });
  }
}

interface WorkloadObject extends KubeObject {
  readonly spec?: { readonly replicas?: number; readonly completions?: number };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly replicas?: number;
    readonly readyReplicas?: number;
    readonly updatedReplicas?: number;
    readonly desiredNumberScheduled?: number;
    readonly numberReady?: number;
    readonly succeeded?: number;
  };
}

function refOf({ kind, name, namespace }: Workload, component: Component) {
  const apiVersion = kind === 'Job' ? 'batch/v1' : 'apps/v1';
  return { apiVersion, kind, name, namespace: namespace ?? component.namespace };
}

/** As `kubectl rollout status` sees it: the controller has seen the newest version, and all replicas are of it and ready. */
export function isComplete({ kind, metadata, spec = {}, status = {} }: WorkloadObject): boolean {
  if (kind === 'Job') return (status.succeeded ?? 0) >= (spec.completions ?? 1);
  if ((status.observedGeneration ?? 0) < (metadata.generation ?? 0)) return false;
  if (kind === 'DaemonSet') {
    const wanted = status.desiredNumberScheduled ?? 0;
    return wanted > 0 && (status.numberReady ?? 0) >= wanted;
  }
  const wanted = spec.replicas ?? 1;
  return (status.readyReplicas ?? 0) >= wanted && (status.updatedReplicas ?? wanted) >= wanted;
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
 * Waits until a component works, telling what its pods do.
 * @throws PlaygroundError `component-blocked` with the blocked pod's events and the end of its log, or what is known of the reason.
 */
async function awaitReady(
  installation: Installation,
  component: Component,
  context: TaskContext,
): Promise<void> {
  const { cluster, urlOf } = installation;
  const { namespace, ready } = component;
  const { progress, signal } = context;
  const look = async (): Promise<Look<undefined>> => {
    const [pods, events, workloads] = await Promise.all([
      cluster.list<Pod>({ apiVersion: 'v1', kind: 'Pod' }, { namespace }),
      cluster.list<PodEvent>({ apiVersion: 'v1', kind: 'Event' }, { namespace }),
      Promise.all(
        ready.workloads.map((workload) => cluster.find<WorkloadObject>(refOf(workload, component))),
      ),
    ]);
    const hopeless = lost(pods.items);
    if (hopeless !== undefined) {
      throw await explainBlocked(
        cluster,
        component,
        hopeless.news,
        events.items,
        `${component.title} cannot start`,
      );
    }
    const waiting = ready.workloads.filter((_workload, index) => {
      const object = workloads[index];
      return object === undefined || !isComplete(object);
    });
    const news = pods.items.map((pod) => newsOf(pod, events.items));
    const missing = waiting.length > 0 ? summaryOf(news) : await answers(urlOf(component), component);
    if (missing === undefined) return { done: true, value: undefined };
    progress(missing);
    return { done: false, seen: missing };
  };
  const limit = (ready.limit ?? LIMIT_SECONDS) * 1000;
  try {
    await waitFor(look, { what: component.title, limit, interval: LOOK_MS, signal });
  } catch (error) {
    if (!(error instanceof WaitTimeout)) throw error;
    const [pods, events] = await Promise.all([
      cluster.list<Pod>({ apiVersion: 'v1', kind: 'Pod' }, { namespace }),
      cluster.list<PodEvent>({ apiVersion: 'v1', kind: 'Event' }, { namespace }),
    ]);
    const news = pods.items.map((pod) => newsOf(pod, events.items));
    throw await explainBlocked(cluster, component, worstOf(news), events.items, messageOf(error));
  }
}

import { createHash } from 'node:crypto';
import type { KubeObject, KubernetesClient } from '../../clients/kubernetes.ts';
import { nameLabel } from '../../config/names.ts';
import { commandFor } from '../../lib/command-line.ts';
import { PlaygroundError } from '../../lib/errors.ts';
import type { Task, TaskContext } from '../../lib/task.ts';
import { requireChart } from './charts.ts';
import type { Component, ComponentSettings } from './component.ts';
import { releaseObjects, upgradeRelease, type HelmAccess } from './helm.ts';
import { chartPin } from './pins.ts';
import { withNewsOfHooks } from './hooks.ts';
import { answers, awaitReady, hasAllWorkloads, renewBlocked } from './ready.ts';
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
  const complete = await hasAllWorkloads(cluster, component);
  return complete && (await answers(urlOf(component), component)) === undefined;
}

async function install(
  installation: Installation,
  component: Component,
  context: TaskContext,
): Promise<void> {
  const { cluster, helm, settings, urlOf } = installation;
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
  await renewBlocked(cluster, component);
  await awaitReady(cluster, component, urlOf(component), context);
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

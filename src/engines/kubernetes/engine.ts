import { rm } from 'node:fs/promises';
import { extractContext } from '../../clients/kubeconfig.ts';
import { connectKubernetes, type KubernetesClient } from '../../clients/kubernetes.ts';
import type { Config } from '../../config/schema.ts';
import { PlaygroundError, messageOf } from '../../lib/errors.ts';
import { ensurePrivateDir, writeFileAtomic } from '../../lib/fs.ts';
import { chooseRow, portNames } from '../../lib/ports.ts';
import { everyTime, type Task } from '../../lib/task.ts';
import { waitFor, type Look } from '../../lib/wait.ts';
import { componentsOf } from '../components/catalog.ts';
import {
  isCompanionRunning,
  startCompanion,
  stopCompanion,
  type CompanionWork,
} from '../components/companion.ts';
import { clusterEndpoints, componentSettings, laptopUrl, type Platform } from '../components/endpoints.ts';
import { installTasks, type Installation } from '../components/install.ts';
import { answers } from '../components/ready.ts';
import { podLogs } from '../components/pod-logs.ts';
import {
  clusterFolders,
  currentClusterState,
  isInstalledFor,
  noteInstalled,
  readClusterState,
  writeClusterState,
  type ClusterState,
} from '../components/state.ts';
import { judgeDownloads } from '../components/downloads-preflight.ts';
import { requireTool, type Tool } from '../components/tools.ts';
import type { Engine } from '../engine.ts';
import { forwardAll } from './forwarding.ts';
import { judgeCluster } from './preflight.ts';
import { takeRegistryPort } from './registry-port.ts';
import { removeFromCluster } from './removal.ts';
import { ensureStage } from './stages.ts';

/** The namespaces of the stages, which the engine makes itself: so they carry the label by which `down` finds them. */
const stages = ['staging', 'production'] as const;

/** The registry's port is a NodePort of the cluster as well, by which its nodes pull; so it lies in the range of those. */
const REGISTRY_PORTS = { start: 30_500, end: 32_000, step: portNames.length, length: portNames.length };

/** Milliseconds until every part has to answer through the forwarded ports. */
const ANSWER_LIMIT_MS = 60_000;

function platformOf(context: string): Platform {
  return { id: 'kubernetes', context };
}

/** The engine that installs the same parts into a cluster that is there already. */
export const kubernetesEngine: Engine = {
  id: 'kubernetes',

  async preflight(config) {
    // Once all is installed, nothing is fetched any more.
    const pending = config !== undefined && !isInstalledFor(config, await readClusterState(config.name));
    const [findings, downloads] = await Promise.all([
      judgeCluster(config),
      pending ? judgeDownloads(config, ['helm']) : undefined,
    ]);
    return downloads === undefined ? findings : [...findings, downloads];
  },

  steps,

  async up(config, progress, signal) {
    const state = await requireState(config.name);
    progress('carrying ports of this machine to the cluster');
    await startCompanion(config.name, signal);
    for (const component of componentsOf(config)) {
      if (component.service === undefined || !(component.id in state.ports)) continue;
      const look = async (): Promise<Look<undefined>> => {
        const silence = await answers(laptopUrl(component, state.ports), component);
        return silence === undefined ? { done: true, value: undefined } : { done: false, seen: silence };
      };
      await waitFor(look, { what: component.title, limit: ANSWER_LIMIT_MS, interval: 250, signal });
    }
    await noteInstalled(state);
    return clusterEndpoints(state, platformOf(await contextOf(state)));
  },

  async keptConfig(name) {
    return (await readClusterState(name))?.config;
  },

  async state(name) {
    const state = await readClusterState(name);
    if (state === undefined) return { state: 'absent' };
    const endpoints = clusterEndpoints(state, platformOf(await contextOf(state)));
    return { state: (await isCompanionRunning(name)) ? 'running' : 'stopped', endpoints };
  },

  stop: stopCompanion,

  async down(name, progress) {
    await stopCompanion(name);
    const state = await requireState(name);
    const { kubeconfig, folder } = clusterFolders(name);
    if (state.cluster !== 'none') {
      const context = await contextOf(state);
      const cluster = await connectKubernetes({ file: kubeconfig, context });
      const helm = { helm: await requireTool('helm', progress), kubeconfig, context };
      const left = await removeFromCluster(cluster, helm, name, componentsOf(state.config), progress).catch(
        (error: unknown) => [messageOf(error)],
      );
      if (left.length > 0) throw incomplete(name, left);
    }
    progress('removing files');
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  },

  async *logs(name, component, follow, signal) {
    const state = await requireState(name);
    yield* podLogs(state, await contextOf(state), component, follow, signal);
  },
};

/** What the companion of a playground does here: it carries the ports, and serves the dashboard. */
export async function companionWork(state: ClusterState): Promise<CompanionWork> {
  return {
    endpoints: clusterEndpoints(state, platformOf(await contextOf(state))),
    forward: (report) => forwardAll(state, stages, report),
  };
}

function steps(config: Config): Task[] {
  const { name } = config;
  const found: { state?: ClusterState; helm?: Tool; cluster?: KubernetesClient; context?: string } = {};
  const known = () => {
    const { state, cluster, context } = found;
    if (state === undefined || cluster === undefined || context === undefined)
      throw new Error('a task ran before the cluster was known');
    return { state, cluster, context, settings: componentSettings(state, platformOf(context)) };
  };
  const installation = (): Installation => {
    const { helm } = found;
    const { cluster, context, settings } = known();
    if (helm === undefined) throw new Error('a task ran before helm was found');
    return {
      cluster,
      helm: { helm, kubeconfig: clusterFolders(name).kubeconfig, context },
      settings,
      // Ports are carried once all is installed; until then the pods' own word has to do.
      urlOf: () => undefined,
    };
  };
  return [
    everyTime('cluster', `Look at the cluster of the context ${config.context ?? 'in use'}`, [], async () => {
      const state = await currentClusterState('kubernetes', config, async () => ({
        ports: await chooseRow(REGISTRY_PORTS, config.port, name),
        reserved: [],
      }));
      const { folder, kubeconfig } = clusterFolders(name);
      await ensurePrivateDir(folder);
      if (state.cluster === 'none') {
        // From now on the person may switch contexts as they like.
        const source = config.context === undefined ? {} : { context: config.context };
        await writeFileAtomic(kubeconfig, (await extractContext(source)).text);
      }
      found.state = { ...state, cluster: 'complete' };
      await writeClusterState(found.state);
      found.context = await contextOf(found.state);
      found.cluster = await connectKubernetes({ file: kubeconfig });
    }),
    everyTime('tools', 'Find helm, or fetch it', [], async ({ progress, signal }) => {
      found.helm = await requireTool('helm', progress, signal);
    }),
    everyTime('stages', 'Make the namespaces of the stages', ['cluster'], async () => {
      const { cluster } = known();
      for (const stage of stages) await ensureStage(cluster, stage, name);
    }),
    everyTime('registry-port', 'Take a port of the nodes for the registry', ['cluster'], async () => {
      const { cluster, settings, state } = known();
      const port = await takeRegistryPort(cluster, settings, state.installed);
      found.state = { ...state, ports: { ...state.ports, registry: port } };
      await writeClusterState(found.state);
    }),
    ...installTasks(componentsOf(config), ['cluster', 'tools', 'stages', 'registry-port'], installation),
  ];
}

/** The one context of the playground's own kubeconfig; the one that is asked for until there is that. */
async function contextOf({ config }: ClusterState): Promise<string> {
  const { kubeconfig } = clusterFolders(config.name);
  try {
    return (await extractContext({ file: kubeconfig })).context;
  } catch (error) {
    if (error instanceof PlaygroundError && error.code === 'kubeconfig-missing') return config.context ?? '';
    throw error;
  }
}

function incomplete(name: string, left: readonly string[]): PlaygroundError {
  return new PlaygroundError({
    code: 'down-incomplete',
    message: `not everything of "${name}" could be removed:\n  ${left.join('\n  ')}`,
    hint: `see what holds it, then repeat: gitops-playground down --name ${name}`,
  });
}

async function requireState(name: string): Promise<ClusterState> {
  const state = await readClusterState(name);
  if (state === undefined) throw new Error(`there is no playground "${name}"`);
  return state;
}

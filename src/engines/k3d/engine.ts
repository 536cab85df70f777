import { rm } from 'node:fs/promises';
import type Docker from 'dockerode';
import { neededMemory } from '../../config/profiles.ts';
import { configSchema, type Config } from '../../config/schema.ts';
import { PlaygroundError } from '../../lib/errors.ts';
import type { Component, Engine, Finding, Progress } from '../engine.ts';
import {
  isCompanionRunning,
  startCompanion,
  stopCompanion,
  type CompanionWork,
} from '../components/companion.ts';
import { clusterEndpoints, componentSettings } from '../components/endpoints.ts';
import { podLogs } from '../components/pod-logs.ts';
import {
  clusterFolders,
  isInstalled,
  isInstalledFor,
  noteInstalled,
  readClusterState,
  type ClusterState,
} from '../components/state.ts';
import { requireTool, toolInCache, toolOnPath } from '../components/tools.ts';
import { componentsOf } from '../components/catalog.ts';
import { judgeDownloads } from '../components/downloads-preflight.ts';
import { chartPin, toolNames, toolPin } from '../components/pins.ts';
import { podImages } from './bundle-content.ts';
import { lookAtNodes, removeAll, stopCluster } from './cluster.ts';
import { connectDocker, knock, requireDocker } from './docker.ts';
import { judgeImages } from './images-preflight.ts';
import {
  judgeDisk,
  judgeFacts,
  judgeInotify,
  judgeKnock,
  judgeNames,
  judgeProxies,
  readFacts,
} from './preflight.ts';
import { containerLog } from './container-log.ts';
import { choosePorts, clusterSteps } from './steps.ts';
import { dockerNames, platformOf } from './names.ts';
import { exampleState } from '../components/example.ts';

/** The engine that runs the real products: k3s in Docker by k3d, and every part by its chart. */
export const k3dEngine: Engine = {
  id: 'k3d',

  async preflight(config) {
    const found = await knock(undefined, 5000);
    if (found.state !== 'answers') return [judgeKnock(found)];
    return lookAround(await connectDocker(found.host), config);
  },

  steps: clusterSteps,

  async up(config, progress, signal) {
    const state = await requireState(config.name);
    progress('starting the dashboard');
    await startCompanion(config.name, signal);
    await noteInstalled(state);
    return clusterEndpoints(state, platformOf(config.name));
  },

  async keptConfig(name) {
    return (await readClusterState(name))?.config;
  },

  async state(name) {
    const state = await readClusterState(name);
    if (state === undefined) return { state: 'absent' };
    const endpoints = clusterEndpoints(state, platformOf(name));
    return { state: (await isRunning(name)) ? 'running' : 'stopped', endpoints };
  },

  async stop(name) {
    await stopCompanion(name);
    const { docker, host } = await requireDocker();
    await stopCluster({ docker, host, k3d: await requireTool('k3d') }, name);
  },

  async down(name, progress, tell) {
    await stopCompanion(name);
    if (await madeNothing(name)) tell?.(`no cluster of "${name}" was ever made, so Docker was not needed`);
    else await removeFromDocker(name, progress);
    progress('removing files');
    await rm(clusterFolders(name).folder, { recursive: true, force: true, maxRetries: 5 });
  },

  async *logs(name, component, follow, signal) {
    const state = await requireState(name);
    if (component === 'registry') {
      const { docker } = await requireDocker();
      yield* containerLog(docker, dockerNames(name).registry, follow, signal);
    } else {
      yield* podLogs(
        state,
        platformOf(name).context,
        component satisfies Component | undefined,
        follow,
        signal,
      );
    }
  },
};

/** What the companion of a playground does here: the dashboard alone, as every port is Docker's. */
export function companionWork(state: ClusterState): Promise<CompanionWork> {
  return Promise.resolve({ endpoints: clusterEndpoints(state, platformOf(state.config.name)) });
}

/** Everything about the Docker engine and this machine, asked side by side. */
export async function lookAround(docker: Docker, config: Config | undefined): Promise<Finding[]> {
  const facts = await readFacts(docker);
  const kept = config === undefined ? undefined : await readClusterState(config.name);
  const references =
    config === undefined
      ? []
      : podImages(config, componentSettings(kept ?? exampleState(config), platformOf(config.name)));
  // Once all is installed, images and ports are the playground's own.
  const pending = !isInstalled(kept);
  const [disk, inotify, names, images, downloads, ports, tools] = await Promise.all([
    judgeDisk(facts),
    judgeInotify(),
    judgeNames(),
    pending ? judgeImages(docker, references, facts.mirrors, config?.bundle) : undefined,
    config === undefined || isInstalledFor(config, kept) ? undefined : judgeDownloads(config, toolNames),
    kept === undefined ? judgePorts(config) : undefined,
    Promise.all(toolNames.map((name) => judgeTool(name, config?.bundle !== undefined))),
  ]);
  const pins = judgePins(config);
  return [
    ...judgeFacts(facts, neededMemory(config ?? configSchema.parse({}), 'k3d')),
    disk,
    inotify,
    judgeProxies(facts),
    names,
    ...tools,
    images,
    downloads,
    pins,
    ports,
  ].filter((finding) => finding !== undefined);
}

/** Charts whose publisher's sum was not at hand are taken on trust in HTTPS; that is said, not hidden. */
function judgePins(config: Config | undefined): Finding | undefined {
  if (config === undefined) return undefined;
  const charts = componentsOf(config).flatMap(({ chart }) => (chart === undefined ? [] : [chart.name]));
  const loose = charts.filter((name) => chartPin(name).sha256 === null);
  if (loose.length === 0) return { title: 'Charts', level: 'ok', detail: 'are pinned by their SHA-256' };
  return {
    title: 'Charts',
    level: 'warn',
    detail: `${loose.join(', ')} are pinned by version alone, without a SHA-256: HTTPS has to be trusted`,
    mend: 'bring charts that you have checked in a bundle: bundle save FILE, then up --bundle FILE',
  };
}

async function judgePorts(config: Config | undefined): Promise<Finding> {
  const title = 'Ports';
  try {
    const { reserved } = await choosePorts(config?.port, config?.name);
    return { title, level: 'ok', detail: `${reserved[0] ?? 0} to ${reserved.at(-1) ?? 0} are free` };
  } catch (error) {
    if (!(error instanceof PlaygroundError)) throw error;
    return {
      title,
      level: 'fail',
      detail: error.message,
      ...(error.hint === undefined ? {} : { mend: error.hint }),
    };
  }
}

async function judgeTool(name: (typeof toolNames)[number], bundled: boolean): Promise<Finding> {
  const { version: pinned, range } = toolPin(name);
  const { tool, version } = await toolOnPath(name);
  if (tool !== undefined)
    return { title: name, level: 'ok', detail: `version ${tool.version}, from the PATH` };
  const cached = await toolInCache(name);
  const other = version === undefined ? '' : `; version ${version} on the PATH is outside ${range}`;
  if (cached !== undefined)
    return { title: name, level: 'ok', detail: `version ${pinned}, fetched before${other}` };
  const source = bundled ? 'taken from the bundle' : 'fetched once';
  return { title: name, level: 'ok', detail: `version ${pinned} will be ${source}${other}` };
}

/** Whether Docker does not answer and was never asked to make anything: then it has nothing that could be removed. */
async function madeNothing(name: string): Promise<boolean> {
  // A state that cannot be read says nothing of what was made.
  const state = await readClusterState(name).catch(() => undefined);
  return state?.cluster === 'none' && (await knock(undefined, 5000)).state !== 'answers';
}

async function removeFromDocker(name: string, progress: Progress): Promise<void> {
  const { docker } = await requireDocker();
  const left = await removeAll(docker, name, progress);
  if (left.length === 0) return;
  throw new PlaygroundError({
    code: 'down-incomplete',
    message: `not everything of "${name}" could be removed:\n  ${left.join('\n  ')}`,
    hint: `see what holds it (docker ps), then repeat: gitops-playground down --name ${name}`,
  });
}

async function isRunning(name: string): Promise<boolean> {
  const found = await knock(undefined, 5000);
  if (found.state !== 'answers') return false;
  const nodes = await lookAtNodes(await connectDocker(found.host), name);
  return nodes.state === 'running' && (await isCompanionRunning(name));
}

async function requireState(name: string): Promise<ClusterState> {
  const state = await readClusterState(name);
  if (state === undefined) throw new Error(`there is no playground "${name}"`);
  return state;
}

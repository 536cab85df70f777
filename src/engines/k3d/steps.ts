import type Docker from 'dockerode';
import { connectKubernetes, type KubernetesClient } from '../../clients/kubernetes.ts';
import { registryAliasHost } from '../../config/names.ts';
import type { Config } from '../../config/schema.ts';
import { chooseRow } from '../../lib/ports.ts';
import { everyTime, type Task, type TaskContext } from '../../lib/task.ts';
import { parseImageReference } from '../../clients/image-reference.ts';
import { componentsOf } from '../components/catalog.ts';
import { componentSettings, laptopUrl } from '../components/endpoints.ts';
import { installTasks, type Installation } from '../components/install.ts';
import { imagePin } from '../components/pins.ts';
import {
  clusterFolders,
  currentClusterState,
  isInstalled,
  isInstalledFor,
  writeClusterState,
  type ClusterState,
} from '../components/state.ts';
import { requireTool, type Tool } from '../components/tools.ts';
import { podImages } from './bundle-content.ts';
import { fillRegistry, openBundle, type OpenBundle } from './bundle-open.ts';
import { ROW_LENGTH } from './cluster-config.ts';
import {
  createCluster,
  ensureNetwork,
  ensureRegistry,
  lookAtNodes,
  nodeProxy,
  removeNodes,
  restartCluster,
  type ClusterTools,
} from './cluster.ts';
import { requireDocker } from './docker.ts';
import type { DockerHost } from './docker-host.ts';
import { ensureImage, nodeImages, presentReference } from './images.ts';
import { platformOf } from './names.ts';
import { prepull } from './prepull.ts';

/** Rows of ports for playgrounds in k3d; each has room for the NodePorts of workloads. */
const ROWS = { start: 8400, end: 20_000, step: ROW_LENGTH, length: ROW_LENGTH };

/** Registries from which the images of add-ons come. A bundle may bring further ones. */
const addonRegistries = ['ghcr.io', 'quay.io', 'registry.k8s.io', 'xpkg.crossplane.io'] as const;

/** What the tasks find out, each for those after it. */
interface Found {
  docker?: Docker;
  host?: DockerHost;
  k3d?: Tool;
  helm?: Tool;
  state?: ClusterState;
  images: Map<string, string>;
  cluster?: KubernetesClient;
  bundle?: OpenBundle;
}

/** The ports of a new playground: those of the parts, and those that its workloads get. */
export async function choosePorts(first: number | undefined, name?: string) {
  const ports = await chooseRow(ROWS, first, name);
  const reserved = Array.from({ length: ROW_LENGTH }, (_, offset) => ports.dashboard + offset);
  return { ports, reserved };
}

/**
 * Everything that has to be there before the flow begins: tools and images side by side, the registry, the cluster, and
 * then all parts side by side.
 */
export function clusterSteps(config: Config): Task[] {
  const { name } = config;
  const found: Found = { images: new Map() };
  const tools = (): ClusterTools => {
    const { docker, host, k3d } = found;
    if (docker === undefined || host === undefined || k3d === undefined)
      throw new Error('a task ran too early');
    return { docker, host, k3d };
  };
  const state = (): ClusterState => {
    if (found.state === undefined) throw new Error('a task ran before the state was read');
    return found.state;
  };
  const keep = async (change: Partial<ClusterState>) => {
    found.state = { ...state(), ...change };
    await writeClusterState(found.state);
  };
  const image = (wanted: (typeof nodeImages)[number]) => found.images.get(wanted) ?? imagePin(wanted);
  const installation = (): Installation => {
    const { cluster, helm } = found;
    if (cluster === undefined || helm === undefined) throw new Error('a task ran before the cluster was up');
    const platform = platformOf(name);
    const { ports } = state();
    return {
      cluster,
      helm: { helm, kubeconfig: clusterFolders(name).kubeconfig, context: platform.context },
      settings: componentSettings(state(), platform),
      urlOf: (component) =>
        component.service === undefined ? undefined : urlOnLaptop(component.id, component, ports),
    };
  };
  const fromBundle = config.bundle !== undefined;

  const tasks: Task[] = [
    {
      id: 'docker',
      title: 'Look at Docker, and choose ports',
      needs: [],
      async check() {
        Object.assign(found, await requireDocker());
        found.state = await currentClusterState('k3d', config, () => choosePorts(config.port, name));
        return true;
      },
      apply: () => Promise.resolve(),
    },
    ...(fromBundle ? [bundleTask(config, config.bundle ?? '', found, state)] : []),
    everyTime(
      'tools',
      'Find k3d and helm, or fetch them',
      ['docker', ...(fromBundle ? ['bundle'] : [])],
      async ({ progress, signal }) => {
        [found.k3d, found.helm] = await Promise.all([
          requireTool('k3d', progress, signal),
          requireTool('helm', progress, signal),
        ]);
      },
    ),
    {
      id: 'images',
      title: 'Pull the images of the nodes',
      needs: ['docker', ...(fromBundle ? ['bundle'] : [])],
      async check() {
        const docker = found.docker;
        if (docker === undefined) return false;
        for (const wanted of nodeImages) {
          const reference = await presentReference(docker, wanted);
          if (reference !== undefined) found.images.set(wanted, reference);
        }
        return found.images.size === nodeImages.length;
      },
      async apply({ progress, signal }) {
        const docker = found.docker;
        if (docker === undefined) return;
        await Promise.all(
          nodeImages.map(async (wanted) => {
            found.images.set(wanted, await ensureImage(docker, wanted, progress, signal));
          }),
        );
      },
    },
    everyTime('registry-container', 'Start the registry', ['tools', 'images'], async () => {
      const { docker } = tools();
      // From here on there is something in Docker that `down` has to remove.
      if (state().cluster === 'none') await keep({ cluster: 'creating' });
      await ensureNetwork(docker, name);
      await ensureRegistry(docker, name, { image: image('registry'), port: state().ports.registry });
    }),
    {
      id: 'cluster',
      title: 'Start the cluster',
      // Its first pods need images: what it does not find there it asks the internet for, and then waits longer and longer.
      needs: [fromBundle ? 'bundle-images' : 'registry-container'],
      async check() {
        const nodes = await lookAtNodes(tools().docker, name);
        const { cluster, nodeStartedAt } = state();
        if (nodes.state !== 'running' || cluster !== 'complete' || nodes.startedAt !== nodeStartedAt)
          return false;
        await connect(found, name);
        return true;
      },
      apply: (context) => startCluster(context),
    },
    {
      id: 'pulls',
      title: 'Let the node pull the images of the parts',
      needs: ['cluster'],
      check: () => Promise.resolve(isInstalled(state())),
      apply: (context) => prepull(tools().docker, name, podImages(config, installation().settings), context),
    },
  ];
  if (fromBundle) tasks.push(bundleImagesTask(config, found, state));

  async function startCluster({ progress, signal }: TaskContext): Promise<void> {
    const nodes = await lookAtNodes(tools().docker, name);
    if (nodes.state !== 'absent' && state().cluster === 'complete') {
      await restartCluster(tools(), name, nodes, progress, signal);
    } else {
      // What an interrupted creation has left cannot be trusted.
      if (nodes.state !== 'absent') {
        progress('removing what an interrupted start has left');
        await removeNodes(tools().docker, name);
      }
      await keep({ cluster: 'creating', installed: false, addons: [] });
      const settings = componentSettings(state(), platformOf(name));
      await createCluster(
        tools(),
        {
          name,
          ports: state().ports,
          image: image('k3s'),
          mirrored: mirroredHosts([
            ...podImages(config, settings),
            ...(found.bundle?.index.images.map(({ reference }) => reference) ?? []),
          ]),
          env: nodeProxy(name),
        },
        { loadBalancer: image('k3d-proxy'), helper: image('k3d-tools') },
        progress,
        signal,
      );
    }
    const { startedAt } = await lookAtNodes(tools().docker, name);
    await keep({ cluster: 'complete', ...(startedAt === undefined ? {} : { nodeStartedAt: startedAt }) });
    await connect(found, name);
  }

  const before = ['cluster', 'tools'];
  return [...tasks, ...installTasks(componentsOf(config), before, installation)];
}

function urlOnLaptop(
  id: string,
  component: Parameters<typeof laptopUrl>[0],
  ports: ClusterState['ports'],
): string | undefined {
  return id in ports ? laptopUrl(component, ports) : undefined;
}

async function connect(found: Found, name: string): Promise<void> {
  found.cluster = await connectKubernetes({
    file: clusterFolders(name).kubeconfig,
    context: platformOf(name).context,
  });
}

/**
 * The registries whose images the playground's own registry may hold: those of images that are known, the well-known ones of add-ons,
 * and itself by the name that Crossplane calls it, as it takes packages from there that nodes run.
 */
function mirroredHosts(references: readonly string[]): string[] {
  const hosts = references.map((text) => parseImageReference(text).registry);
  return [...new Set(['docker.io', ...addonRegistries, registryAliasHost, ...hosts])].sort();
}

function bundleTask(config: Config, file: string, found: Found, state: () => ClusterState): Task {
  return {
    id: 'bundle',
    title: 'Unpack the bundle',
    needs: ['docker'],
    check: () => Promise.resolve(isInstalledFor(config, state())),
    async apply({ progress }) {
      if (found.docker === undefined) throw new Error('a task ran before Docker was found');
      found.bundle = await openBundle(config, file, found.docker, progress);
    },
  };
}

function bundleImagesTask(config: Config, found: Found, state: () => ClusterState): Task {
  return {
    id: 'bundle-images',
    title: "Push the bundle's images and charts to the registry",
    needs: ['bundle', 'registry-container'],
    check: () => Promise.resolve(found.bundle === undefined),
    async apply({ progress, signal }) {
      if (found.bundle === undefined) return;
      await fillRegistry(config, found.bundle, `127.0.0.1:${state().ports.registry}`, progress, signal);
    },
  };
}

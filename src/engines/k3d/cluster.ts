import type Docker from 'dockerode';
import { rm } from 'node:fs/promises';
import { Registry } from '../../clients/registry.ts';
import { registryAlias } from '../../config/names.ts';
import { PlaygroundError, messageOf } from '../../lib/errors.ts';
import { writeFileAtomic } from '../../lib/fs.ts';
import { leastEnvironment, run } from '../../lib/process.ts';
import { proxyFor } from '../../lib/proxy.ts';
import { waitFor, type Look } from '../../lib/wait.ts';
import { failureIn } from '../components/failures.ts';
import { registryEnvironment } from '../components/registry.ts';
import { clusterFolders } from '../components/state.ts';
import type { Tool } from '../components/tools.ts';
import { clusterConfig, type ClusterSettings } from './cluster-config.ts';
import { explainDocker, isMissing } from './docker.ts';
import { dockerEnvironment, type DockerHost } from './docker-host.ts';
import { dockerNames, labelsOf, playgroundLabel } from './names.ts';
import { nodeTroubles } from './node-words.ts';

/** What a cluster is made and kept with. */
export interface ClusterTools {
  readonly docker: Docker;
  readonly host: DockerHost;
  readonly k3d: Tool;
}

/** What the Docker engine says of a playground's nodes. */
export interface NodeState {
  readonly state: 'absent' | 'stopped' | 'running';
  /** When the first server was started, as the Docker engine writes it. */
  readonly startedAt?: string;
}

/** Milliseconds in which the registry has to answer after its start. */
const REGISTRY_LIMIT_MS = 30_000;

type Report = (message: string) => void;

/** The labels that k3d gives to what belongs to a cluster. */
const k3dCluster = (cluster: string) => `k3d.cluster=${cluster}`;

/** Looks at the nodes of a playground; changes nothing. */
export async function lookAtNodes(docker: Docker, name: string): Promise<NodeState> {
  const { cluster } = dockerNames(name);
  try {
    const nodes = await docker.listContainers({ all: true, filters: { label: [k3dCluster(cluster)] } });
    const server = nodes.find(({ Labels }) => Labels['k3d.role'] === 'server');
    if (server === undefined) return { state: 'absent' };
    const needed = nodes.filter(({ Labels }) =>
      ['server', 'loadbalancer'].includes(Labels['k3d.role'] ?? ''),
    );
    const { State } = await docker.getContainer(server.Id).inspect();
    const running = needed.length > 1 && needed.every((node) => node.State === 'running');
    return { state: running ? 'running' : 'stopped', startedAt: State.StartedAt };
  } catch (error) {
    throw explainDocker(error, 'looking at the nodes');
  }
}

/** The network that nodes and registry share, with the playground's labels. */
export async function ensureNetwork(docker: Docker, name: string): Promise<void> {
  const { network } = dockerNames(name);
  try {
    await docker.getNetwork(network).inspect();
  } catch (error) {
    if (!isMissing(error)) throw explainDocker(error, `looking for the network ${network}`);
    try {
      await docker.createNetwork({ Name: network, Driver: 'bridge', Labels: labelsOf(name) });
    } catch (refusal) {
      throw explainDocker(refusal, `creating the network ${network}`);
    }
  }
}

/**
 * The registry of a playground: a container beside the nodes, bound to loopback, whose content lies in a volume.
 * One that was stopped is started again.
 */
export async function ensureRegistry(
  docker: Docker,
  name: string,
  { image, port }: { readonly image: string; readonly port: number },
): Promise<void> {
  const { registry, registryVolume, network } = dockerNames(name);
  const container = docker.getContainer(registry);
  try {
    const { State } = await container.inspect();
    if (!State.Running) await container.start();
    await awaitRegistry(port);
    return;
  } catch (error) {
    if (!isMissing(error)) throw explainDocker(error, `starting the registry ${registry}`);
  }
  try {
    await docker.createVolume({ Name: registryVolume, Labels: labelsOf(name) });
    const created = await docker.createContainer({
      name: registry,
      Image: image,
      Labels: labelsOf(name),
      Env: Object.entries(registryEnvironment).map(([key, value]) => `${key}=${value}`),
      ExposedPorts: { '5000/tcp': {} },
      HostConfig: {
        PortBindings: { '5000/tcp': [{ HostIp: '127.0.0.1', HostPort: String(port) }] },
        Mounts: [{ Type: 'volume', Source: registryVolume, Target: '/var/lib/registry' }],
        RestartPolicy: { Name: 'unless-stopped' },
        NetworkMode: network,
      },
      NetworkingConfig: { EndpointsConfig: { [network]: { Aliases: [registryAlias] } } },
    });
    await created.start();
    await awaitRegistry(port);
  } catch (error) {
    // A container that could not take its port would be found by the next `up`, and started with that port again.
    await container.remove({ force: true }).catch(() => undefined);
    throw explainDocker(error, `starting the registry ${registry}`);
  }
}

/** A container that has started does not listen yet. */
async function awaitRegistry(port: number): Promise<void> {
  const registry = new Registry({ host: `localhost:${port}` });
  const look = () =>
    registry.ping().then(
      (): Look<undefined> => ({ done: true, value: undefined }),
      (error: unknown): Look<undefined> => ({ done: false, seen: messageOf(error) }),
    );
  try {
    await waitFor(look, { what: 'the registry to answer', limit: REGISTRY_LIMIT_MS });
  } finally {
    registry.close();
  }
}

/**
 * Creates the cluster by k3d from a configuration file, and writes its kubeconfig into the playground's folder; the user's
 * own is not touched.
 * @throws PlaygroundError `cluster-failed`, or what is known of the reason; nothing of the cluster is left then.
 */
export async function createCluster(
  tools: ClusterTools,
  settings: ClusterSettings,
  images: { readonly loadBalancer: string; readonly helper: string },
  progress: Report,
  signal: AbortSignal,
): Promise<void> {
  const { clusterConfig: file } = clusterFolders(settings.name);
  const { cluster } = dockerNames(settings.name);
  await writeFileAtomic(file, clusterConfig(settings));
  const env = { K3D_IMAGE_LOADBALANCER: images.loadBalancer, K3D_IMAGE_TOOLS: images.helper };
  try {
    // Without going back by itself, so that a node that has not come up can be asked why.
    await runK3d(tools, ['cluster', 'create', '--config', file, '--no-rollback'], {
      name: settings.name,
      env,
      progress,
      signal,
    });
  } catch (error) {
    if (signal.aborted) throw error;
    const troubles = await nodeTroubles(tools.docker, settings.name);
    await removeNodes(tools.docker, settings.name).catch(() => undefined);
    throw withTroubles(error, troubles);
  }
  await writeKubeconfig(tools, settings.name, signal);
  progress(`the cluster ${cluster} runs`);
}

/** k3d knows that a node has not come up; why, the node alone says. */
function withTroubles(error: unknown, troubles: readonly string[]): unknown {
  if (!(error instanceof PlaygroundError) || troubles.length === 0) return error;
  const { code, message, hint, cause } = error;
  const words = troubles.map((line) => `\n  node: ${line}`).join('');
  return new PlaygroundError({ code, message: `${message}${words}`, hint, cause });
}

/**
 * Starts the nodes again. After a reboot Docker may have started them by itself, without the records by which names of
 * containers are found in the cluster: stopping and starting by k3d writes those anew.
 */
export async function restartCluster(
  tools: ClusterTools,
  name: string,
  nodes: NodeState,
  progress: Report,
  signal: AbortSignal,
): Promise<void> {
  const { cluster } = dockerNames(name);
  if (nodes.state === 'running') {
    progress('stopping the nodes that Docker has started by itself');
    await runK3d(tools, ['cluster', 'stop', cluster], { name, progress, signal });
  }
  progress('starting the nodes');
  await runK3d(tools, ['cluster', 'start', cluster, '--wait', '--timeout', '300s'], {
    name,
    progress,
    signal,
  });
  await writeKubeconfig(tools, name, signal);
}

export async function stopCluster(tools: ClusterTools, name: string): Promise<void> {
  const { cluster, registry } = dockerNames(name);
  await runK3d(tools, ['cluster', 'stop', cluster], { name });
  await tools.docker
    .getContainer(registry)
    .stop()
    .catch(() => undefined);
}

async function writeKubeconfig(tools: ClusterTools, name: string, signal: AbortSignal): Promise<void> {
  const { cluster } = dockerNames(name);
  const text = await runK3d(tools, ['kubeconfig', 'get', cluster], { name, signal });
  await writeFileAtomic(clusterFolders(name).kubeconfig, text);
}

interface K3dRun {
  readonly name: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly progress?: Report;
  readonly signal?: AbortSignal;
}

/** Runs k3d against the Docker engine that we talk to; gives what it wrote to standard output. */
async function runK3d(
  { k3d, host }: ClusterTools,
  args: readonly string[],
  options: K3dRun,
): Promise<string> {
  const { name, env = {}, progress, signal } = options;
  const said: string[] = [];
  const { stdout, exitCode } = await run(k3d.file, args, {
    env: leastEnvironment({
      ...dockerEnvironment(host),
      ...env,
      // Whatever k3d may write to a kubeconfig, it is not the user's.
      KUBECONFIG: clusterFolders(name).kubeconfig,
      NO_COLOR: '1',
    }),
    onLine: (line) => {
      const text = plain(line);
      said.push(text);
      if (/^INFO/.test(text)) progress?.(text.replace(/^INFO\[\d+\]\s*/, ''));
    },
    ...(signal === undefined ? {} : { signal }),
  });
  if (exitCode === 0) return stdout;
  signal?.throwIfAborted();
  const errors = said
    .filter((line) => /^(ERRO|FATA)/.test(line))
    .map((line) => line.replace(/^\w+\[\d+\]\s*/, ''));
  const reason = errors[0] ?? said.at(-1) ?? `it ended with ${exitCode}`;
  const failure = failureIn(errors.join(' '));
  throw new PlaygroundError({
    code: failure?.code ?? 'cluster-failed',
    message: `k3d ${args[0] ?? ''} ${args[1] ?? ''} failed: ${reason}`,
    hint: failure?.hint ?? 'see `gitops-playground doctor`; repeating `up` begins the cluster anew',
  });
}

const COLOURS = /\u001b\[[0-9;]*m/g;

function plain(line: string): string {
  return line.replaceAll(COLOURS, '').trim();
}

/** The proxy of this shell for the nodes' containerd; what is inside the cluster and on this machine is excepted. */
export function nodeProxy(
  name: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Record<string, string> {
  const proxy = proxyFor('https://registry-1.docker.io', env);
  // A proxy on this machine's loopback is not there for a node.
  if (proxy === undefined || /\/\/(localhost|127\.|\[::1\])/.test(proxy)) return {};
  const except = [
    'localhost',
    '127.0.0.0/8',
    '10.0.0.0/8',
    '172.16.0.0/12',
    '192.168.0.0/16',
    '.svc',
    '.cluster.local',
  ];
  const own = [dockerNames(name).registry, env.NO_PROXY ?? env.no_proxy ?? ''].filter(
    (entry) => entry !== '',
  );
  return { HTTP_PROXY: proxy, HTTPS_PROXY: proxy, NO_PROXY: [...except, ...own].join(',') };
}

/** Removes the nodes of a playground and what k3d made for them, but not the registry and the network. */
export async function removeNodes(docker: Docker, name: string): Promise<string[]> {
  const { cluster } = dockerNames(name);
  const left = await removeContainers(docker, [k3dCluster(cluster)]);
  left.push(...(await removeVolumes(docker, [k3dCluster(cluster)])));
  await rm(clusterFolders(name).kubeconfig, { force: true });
  return left;
}

/**
 * Removes everything in the Docker engine that carries the playground's labels or those of its cluster.
 * @returns what could not be removed, with the reason.
 */
export async function removeAll(docker: Docker, name: string, progress: Report): Promise<string[]> {
  const own = `${playgroundLabel}=${name}`;
  progress('removing the nodes');
  const left = await removeNodes(docker, name);
  progress('removing the registry, volumes and the network');
  left.push(...(await removeContainers(docker, [own])));
  left.push(...(await removeVolumes(docker, [own])));
  try {
    const networks = await docker.listNetworks({ filters: { label: [own] } });
    for (const { Id, Name, Labels } of networks) {
      // An engine that does not know the filter answers with every network.
      if (Labels?.[playgroundLabel] !== name) continue;
      await docker
        .getNetwork(Id)
        .remove()
        .catch((error: unknown) => left.push(leftover('network', Name, error)));
    }
  } catch (error) {
    throw explainDocker(error, 'removing the network');
  }
  return left;
}

async function removeContainers(docker: Docker, label: string[]): Promise<string[]> {
  const left: string[] = [];
  try {
    for (const { Id, Names } of await docker.listContainers({ all: true, filters: { label } })) {
      await docker
        .getContainer(Id)
        // Anonymous volumes, in which nodes keep their state, go with their container.
        .remove({ force: true, v: true })
        .catch((error: unknown) => {
          if (!isMissing(error)) left.push(leftover('container', Names[0]?.slice(1) ?? Id, error));
        });
    }
  } catch (error) {
    throw explainDocker(error, 'removing containers');
  }
  return left;
}

async function removeVolumes(docker: Docker, label: string[]): Promise<string[]> {
  const left: string[] = [];
  try {
    for (const { Name } of (await docker.listVolumes({ filters: { label } })).Volumes) {
      await docker
        .getVolume(Name)
        .remove()
        .catch((error: unknown) => left.push(leftover('volume', Name, error)));
    }
  } catch (error) {
    throw explainDocker(error, 'removing volumes');
  }
  return left;
}

function leftover(kind: string, name: string, error: unknown): string {
  const reason = error instanceof Error ? error.message : String(error);
  return `${kind} ${name}: ${reason}`;
}

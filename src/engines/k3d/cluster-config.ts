import { stringify } from 'yaml';
import type { Ports } from '../../lib/ports.ts';
import { dockerNames, labelsOf } from './names.ts';

/** What the configuration file of a cluster is made of. */
export interface ClusterSettings {
  readonly name: string;
  readonly ports: Ports;
  /** As the Docker engine has it: by digest, or by tag where it came out of a bundle. */
  readonly image: string;
  /** Hosts of registries whose images the playground's own registry may have as well. */
  readonly mirrored: readonly string[];
  /** Environment of the nodes, for a proxy. */
  readonly env: Readonly<Record<string, string>>;
}

/** So many ports from the first one are the playground's: seven parts, and NodePorts of workloads. */
export const ROW_LENGTH = 30;
/** The parts that are Services in the cluster, whose NodePort is the laptop's port. */
const nodePortParts = ['git', 'ci', 'gitops'] as const;

/** Every port of the row that is a NodePort, from the first to the last, as k3d's port mappings have it. */
function nodePortMappings(ports: Ports): string[] {
  const local = (range: string) => `127.0.0.1:${range}:${range}`;
  const first = Math.max(...Object.values(ports)) + 1;
  const last = ports.dashboard + ROW_LENGTH - 1;
  return [...nodePortParts.map((part) => local(String(ports[part]))), local(`${first}-${last}`)];
}

/**
 * The configuration file of `k3d cluster create` (k3d.io/v1alpha5). Every port is bound to loopback; the range of the
 * NodePorts is the playground's row of ports, so that a Service has the same port in the cluster and on the laptop.
 */
export function clusterConfig(settings: ClusterSettings): string {
  const { name, ports, image, env } = settings;
  const { cluster, network } = dockerNames(name);
  const servers = ['server:*'];
  const k3s = [
    `--service-node-port-range=${ports.dashboard}-${ports.dashboard + ROW_LENGTH - 1}`,
    '--tls-san=127.0.0.1',
    // Percentages of a large disk are many gigabytes: pods would be evicted from a machine that has room.
    '--kubelet-arg=eviction-hard=memory.available<100Mi,imagefs.available<1%,nodefs.available<1%',
    '--kubelet-arg=eviction-minimum-reclaim=imagefs.available=1%,nodefs.available=1%',
    // From 1.35 on a kubelet refuses hosts with cgroups of version 1 unless it is told otherwise, and works on them as ever.
    '--kubelet-arg=fail-cgroupv1=false',
    // Pulls of different images side by side.
    '--kubelet-arg=serialize-image-pulls=false',
  ];
  return stringify(
    {
      apiVersion: 'k3d.io/v1alpha5',
      kind: 'Simple',
      metadata: { name: cluster },
      servers: 1,
      agents: 0,
      image,
      network,
      kubeAPI: { host: '127.0.0.1', hostIP: '127.0.0.1', hostPort: String(ports.kubernetes) },
      ports: [
        { port: `127.0.0.1:${ports.ingress}:80`, nodeFilters: ['loadbalancer'] },
        ...nodePortMappings(ports).map((port) => ({ port, nodeFilters: ['server:0:direct'] })),
      ],
      ...(Object.keys(env).length === 0
        ? {}
        : {
            env: Object.entries(env).map(([key, value]) => ({
              envVar: `${key}=${value}`,
              nodeFilters: servers,
            })),
          }),
      registries: { config: registriesConfig(settings) },
      options: {
        k3d: { wait: true, timeout: '300s' },
        k3s: { extraArgs: k3s.map((arg) => ({ arg, nodeFilters: servers })) },
        kubeconfig: { updateDefaultKubeconfig: false, switchCurrentContext: false },
        runtime: {
          labels: Object.entries(labelsOf(name)).map(([key, value]) => ({
            label: `${key}=${value}`,
            nodeFilters: ['all'],
          })),
        },
      },
    },
    { lineWidth: 0, aliasDuplicateObjects: false },
  );
}

/**
 * The configuration of the nodes' containerd (k3s registries.yaml): the name by which image references call the playground's
 * registry, and public registries, of whose images it may hold copies from a bundle. What it has not is pulled from there.
 */
function registriesConfig({
  name,
  ports,
  mirrored,
}: Pick<ClusterSettings, 'name' | 'ports' | 'mirrored'>): string {
  const endpoint = [`http://${dockerNames(name).registry}:5000`];
  const hosts = [`localhost:${ports.registry}`, `127.0.0.1:${ports.registry}`, ...mirrored];
  return stringify(
    { mirrors: Object.fromEntries(hosts.map((host) => [host, { endpoint }])) },
    { aliasDuplicateObjects: false },
  );
}

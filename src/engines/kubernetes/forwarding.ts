import { forwardPort, type ForwardTarget } from '../../clients/kubernetes-forward.ts';
import { loadKubeconfig } from '../../clients/kubeconfig.ts';
import { createKubernetesClient, type KubernetesClient } from '../../clients/kubernetes.ts';
import { serviceType, type Service } from '../../clients/kubernetes-objects.ts';
import { messageOf } from '../../lib/errors.ts';
import { componentsOf } from '../components/catalog.ts';
import { clusterFolders, type ClusterState } from '../components/state.ts';
import { CarriedPorts } from './carried-ports.ts';
import { destinationsOf } from './destinations.ts';
import { adopt } from './stages.ts';

/** How often Services are looked at whose NodePort may have to be carried, in milliseconds. */
const LOOK_MS = 3000;

/** Where ingress controllers usually are; the first one that is there gets the ingress port. */
const ingressControllers: readonly ForwardTarget[] = [
  { namespace: 'kube-system', service: 'traefik', port: 80 },
  { namespace: 'traefik', service: 'traefik', port: 80 },
  { namespace: 'ingress-nginx', service: 'ingress-nginx-controller', port: 80 },
];

/**
 * Carries ports of the laptop's loopback to the cluster: those of the parts, that of the ingress, and for every Service
 * with a NodePort in the stages, and wherever else the operator delivers to, the same number: so that addresses are the
 * same as on a cluster of this machine. Namespaces that the operator makes there get the playground's label meanwhile.
 */
export async function forwardAll(
  state: ClusterState,
  stages: readonly string[],
  report: (message: string) => void,
): Promise<{ close(): Promise<void> }> {
  const access = await loadKubeconfig({ file: clusterFolders(state.config.name).kubeconfig });
  const client = createKubernetesClient(access);
  const ports = new CarriedPorts((port, target) => forwardPort(access, client, port, target, report), report);
  const parts = componentsOf(state.config);
  const operators = parts.filter(({ id }) => id === 'gitops').map(({ namespace }) => namespace);
  for (const { id, namespace, service } of parts) {
    const port = (state.ports as Readonly<Record<string, number>>)[id];
    if (service !== undefined && port !== undefined) {
      await ports.carry(port, { namespace, service: service.name, port: service.port });
    }
  }
  const look = async () => {
    const ingress = await findIngress(client);
    if (ingress !== undefined) await ports.carry(state.ports.ingress, ingress);
    const delivered = await destinationsOf(client, operators);
    await adopt(client, delivered, state.config.name);
    const wanted = new Set<number>(Object.values(state.ports));
    for (const namespace of new Set([...stages, ...delivered])) {
      const { items } = await client.list<Service>(serviceType, { namespace });
      for (const { metadata, spec } of items) {
        for (const { port, nodePort } of spec.ports ?? []) {
          if (nodePort === undefined) continue;
          wanted.add(nodePort);
          await ports.carry(nodePort, { namespace, service: metadata.name, port });
        }
      }
    }
    await ports.keepOnly(wanted);
  };
  const looking = setInterval(() => {
    look().catch((error: unknown) => {
      report(`the cluster cannot be asked for its Services: ${messageOf(error)}`);
    });
  }, LOOK_MS);
  return {
    async close() {
      clearInterval(looking);
      await ports.close();
    },
  };
}

async function findIngress(client: KubernetesClient): Promise<ForwardTarget | undefined> {
  for (const target of ingressControllers) {
    const ref = { ...serviceType, namespace: target.namespace, name: target.service };
    if ((await client.find(ref)) !== undefined) return target;
  }
  return undefined;
}

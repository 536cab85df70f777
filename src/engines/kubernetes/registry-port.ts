import { hasReason, type KubernetesClient } from '../../clients/kubernetes.ts';
import { serviceType, type Service } from '../../clients/kubernetes-objects.ts';
import { commandFor } from '../../lib/command-line.ts';
import { PlaygroundError } from '../../lib/errors.ts';
import { isFree } from '../../lib/ports.ts';
import type { ComponentSettings } from '../components/component.ts';
import { ensureNamespace } from '../components/install.ts';
import { nodeService, registry } from '../components/registry.ts';

/** So many ports of the cluster are tried when programs of this machine have them. */
const TRIES = 5;

/**
 * The port by which the nodes know the registry, and this machine with them: the one that is asked for where the cluster has it, else
 * whichever it gives. On virtual clusters (vcluster) the nodes are their host's, and so are the ports: of all those that share it,
 * one alone gets what all ask for. That a Service is created, and not applied, matters there: only then the host hears which port is asked for.
 * @param settled whether images are named by the present port already.
 * @throws PlaygroundError `port-in-use` when what the cluster gives is taken here; `registry-port-changed`.
 */
export async function takeRegistryPort(
  cluster: KubernetesClient,
  settings: ComponentSettings,
  settled: boolean,
): Promise<number> {
  const { config, labels, ports } = settings;
  const { namespace, title } = registry;
  const ref = { ...serviceType, namespace, name: nodeService().metadata.name };
  await ensureNamespace(cluster, namespace, labels, title);
  const taken: number[] = [];
  for (let left = TRIES; left > 0; left -= 1) {
    const present =
      (await cluster.find<Service>(ref)) ?? (await createService(cluster, settings, taken.length === 0));
    const given = present.spec.ports?.[0]?.nodePort ?? ports.registry;
    if (given === ports.registry) return given;
    if (settled) {
      throw new PlaygroundError({
        code: 'registry-port-changed',
        message: `the cluster gives the registry the port ${given} of its nodes, but images are named by ${ports.registry}, which it had before`,
        hint: `begin anew: ${commandFor('down', config.name)}, then up`,
      });
    }
    if (await isFree(given)) return given;
    taken.push(given);
    await cluster.delete(ref);
  }
  throw new PlaygroundError({
    code: 'port-in-use',
    message: `the cluster gives the registry ports of its nodes that programs of this machine have: ${taken.join(', ')}`,
    hint: 'repeat `up`: it gives another one each time',
  });
}

/** With the port that is asked for, or with any when that is not to be had: another Service has it, or it is not in the cluster's range. */
async function createService(
  cluster: KubernetesClient,
  { labels, ports }: ComponentSettings,
  asked: boolean,
): Promise<Service> {
  const create = ({ metadata, ...service }: Service) =>
    cluster.create<Service>({ ...service, metadata: { ...metadata, namespace: registry.namespace, labels } });
  if (asked) {
    try {
      return await create(nodeService(ports.registry));
    } catch (error) {
      if (!hasReason(error, 'Invalid')) throw error;
    }
  }
  return create(nodeService());
}

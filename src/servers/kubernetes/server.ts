import { join } from 'node:path';
import { ensurePrivateDir, readFileIfExists, writeFileAtomic } from '../../lib/fs.ts';
import type { Log } from '../../lib/log.ts';
import { randomSecret } from '../../lib/secrets.ts';
import { startApiServer } from './api/server.ts';
import type { Cluster } from './cluster.ts';
import type { Kubelet, KubeletOptions } from './kubelet/kubelet.ts';
import { createCluster } from './storage/cluster-store.ts';
import { carryRevision, compactStore } from './storage/store.ts';
import { startWorkloads } from './workloads.ts';

export interface KubernetesOptions {
  /** The cluster's own folder; created. One process at a time may use it. */
  readonly dataDir: string;
  /** Port of the API server; 0 takes any free one. */
  readonly port: number;
  /** Port of the ingress; 0 takes any free one. */
  readonly ingressPort: number;
  readonly log: Log;
  /** The administrator's token; a random one is made and kept unless told. */
  readonly token?: string;
  /** The name of the cluster in kubeconfigs, of their context, and of its node; `playground` unless told. */
  readonly clusterName?: string;
  /** The first three numbers of the pods' loopback addresses; 127.44.1 unless told. Clusters side by side need different ones. */
  readonly podNetwork?: string;
  /** The same for Services; 127.45.1 unless told. */
  readonly serviceNetwork?: string;
  /** Credentials for the registry of an image, by its host; none unless told. */
  readonly registryCredentials?: KubeletOptions['credentials'];
  /** Starts the node without its container runtime, as `node.suspend` leaves it. */
  readonly nodeSuspended?: boolean;
}

export interface KubernetesServer {
  readonly url: string;
  readonly port: number;
  readonly ingressPort: number;
  /** PEM of the authority that signed the API server's certificate. */
  readonly caCertificate: string;
  readonly token: string;
  /** The API without its socket. */
  readonly cluster: Cluster;
  /** The node's container runtime, which can be taken away for a while. */
  readonly node: Pick<Kubelet, 'suspend' | 'resume'>;
  /** The text of the administrator's kubeconfig. It holds the token: keep it 0600. */
  kubeconfig(options?: { readonly namespace?: string }): string;
  /** A token that a program uses in place of the administrator's; `lifetime` in seconds. */
  serviceAccountToken(namespace: string, name: string, lifetime?: number): string;
  /**
   * Ends every process, listener and timer. A later start on the same folder goes on with the same pods.
   * @param grace milliseconds that containers get to end; a second unless told.
   */
  close(grace?: number): Promise<void>;
}

/** The version of Kubernetes whose API this is. */
const VERSION = 'v1.32.4';

/**
 * Starts a cluster of one node: API server, controllers, and a kubelet that runs pods as processes of this machine.
 * @throws PlaygroundError when a port cannot be had or a network is no loopback network; JournalCorrupt.
 */
export async function startKubernetes(options: KubernetesOptions): Promise<KubernetesServer> {
  const { dataDir, log, clusterName: name = 'playground' } = options;
  await ensurePrivateDir(dataDir);
  const token = options.token ?? (await keptToken(join(dataDir, 'token')));
  const cluster = createCluster({ dataDir: join(dataDir, 'store') });
  try {
    // Before the API answers, so that no Service gets in without its addresses.
    const workloads = await startWorkloads({
      cluster,
      dataDir: join(dataDir, 'node'),
      log,
      ingressPort: options.ingressPort,
      podNetwork: options.podNetwork ?? '127.44.1',
      serviceNetwork: options.serviceNetwork ?? '127.45.1',
      nodeName: name,
      version: VERSION,
      nodeSuspended: options.nodeSuspended === true,
      ...(options.registryCredentials === undefined ? {} : { credentials: options.registryCredentials }),
    });
    try {
      const api = await startApiServer({
        cluster,
        dataDir: join(dataDir, 'api'),
        port: options.port,
        log,
        tokens: [{ token, user: 'admin', groups: ['system:masters'] }],
        nodeAgent: workloads.node,
      });
      return {
        url: api.url,
        port: api.port,
        ingressPort: workloads.ingressPort,
        caCertificate: api.ca,
        token,
        cluster,
        node: workloads.node,
        kubeconfig: (wishes = {}) => api.kubeconfig({ name, token, ...wishes }),
        serviceAccountToken: (...account) => api.serviceAccountToken(...account),
        async close(grace) {
          await workloads.close(grace);
          await api.close();
          cluster.close();
        },
      };
    } catch (error) {
      await workloads.close();
      throw error;
    }
  } catch (error) {
    cluster.close();
    throw error;
  }
}

/**
 * Prepares the folder of a cluster that will be started in place of another one's, at the same address: clients that have watched
 * the other one notice that they have to list again. Neither of the two may run.
 */
export function succeed(from: string, to: string): void {
  carryRevision(join(from, 'store'), join(to, 'store'));
}

/** Makes the folder of a cluster that does not run as small as what is in the cluster. */
export function compact(dataDir: string): void {
  compactStore(join(dataDir, 'store'));
}

async function keptToken(file: string): Promise<string> {
  const kept = (await readFileIfExists(file))?.trim();
  if (kept !== undefined && kept !== '') return kept;
  const token = randomSecret(32);
  await writeFileAtomic(file, token);
  return token;
}

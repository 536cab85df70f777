import type { Log } from '../../lib/log.ts';
import { systemClock, type Clock } from './controllers/clock.ts';
import { createEventRecorder } from './controllers/events.ts';
import { startControllers } from './controllers/index.ts';
import { startIngress } from './ingress/server.ts';
import { canListenAt } from './kubelet/addresses.ts';
import { startKubelet, type Kubelet, type KubeletOptions } from './kubelet/kubelet.ts';
import { createServiceAllocator } from './services/allocation.ts';
import { Backends } from './services/backends.ts';
import { startServiceProxy } from './services/proxy.ts';
import type { ClusterStore } from './storage/cluster-store.ts';

export interface WorkloadsOptions {
  readonly cluster: ClusterStore;
  /** The folder of images, pods and logs; created. */
  readonly dataDir: string;
  readonly log: Log;
  /** 0 takes any free port. */
  readonly ingressPort: number;
  /** The first three numbers of the loopback addresses of pods and of Services: `127.44.7`. */
  readonly podNetwork: string;
  readonly serviceNetwork: string;
  readonly nodeName: string;
  readonly version: string;
  readonly clock?: Clock;
  /** Credentials for a registry's host; none unless told. */
  readonly credentials?: KubeletOptions['credentials'];
  /** Starts the node without its container runtime. */
  readonly nodeSuspended?: boolean;
}

export interface Workloads {
  readonly node: Kubelet;
  readonly ingressPort: number;
  /** Ends every process and listener; on the same folder it all goes on. `grace` is that of the containers, in milliseconds. */
  close(grace?: number): Promise<void>;
}

/** Starts what makes a cluster of a store: the controllers, the node, the Services and the ingress. */
export async function startWorkloads(options: WorkloadsOptions): Promise<Workloads> {
  const { cluster, log, podNetwork, serviceNetwork, clock = systemClock } = options;
  const events = createEventRecorder(cluster, clock, log, options.nodeName);
  const context = { cluster, clock, log, events };
  const allocator = await createServiceAllocator(cluster, serviceNetwork);
  cluster.admission(allocator);
  const backends = new Backends(cluster);
  const ownAddresses = await canListenAt(`${serviceNetwork}.2`);
  const proxy = startServiceProxy({ cluster, backends, events, log, ownAddresses });
  const ends: ((grace?: number) => Promise<void> | void)[] = [
    () => {
      events.stop();
      allocator.close();
    },
    () => proxy.close(),
  ];
  const close = async (grace?: number) => {
    for (const end of ends.toReversed()) await end(grace);
  };
  try {
    const ingress = await startIngress({ cluster, backends, port: options.ingressPort });
    ends.push(() => ingress.close());
    const kubelet = await startKubelet({
      ...context,
      dataDir: options.dataDir,
      nodeName: options.nodeName,
      podNetwork,
      version: options.version,
      redirects: proxy,
      suspended: options.nodeSuspended === true,
      ...(options.credentials === undefined ? {} : { credentials: options.credentials }),
    });
    ends.push((grace) => kubelet.close(grace));
    // Last to start and first to end, so that nothing is created for a node that goes down.
    ends.push(startControllers(context));
    return { node: kubelet, ingressPort: ingress.port, close };
  } catch (error) {
    await close();
    throw error;
  }
}

import { join } from 'node:path';
import { chooseNetworks } from '../../src/engines/embedded/ports.ts';
import { silentLog } from '../../src/lib/log.ts';
import { startKubernetes, type KubernetesServer } from '../../src/servers/kubernetes/server.ts';

/** The embedded Kubernetes on what is below a folder, for tests that need a cluster and none of the other parts. */
export async function startEmbeddedCluster(folder: string, clusterName: string): Promise<KubernetesServer> {
  return startKubernetes({
    dataDir: join(folder, 'kubernetes'),
    port: 0,
    ingressPort: 0,
    token: 'token',
    ...(await chooseNetworks()),
    clusterName,
    log: silentLog,
  });
}

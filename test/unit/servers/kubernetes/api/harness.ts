import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { createKubernetesClient, type KubernetesClient } from '../../../../../src/clients/kubernetes.ts';
import { createHttp, type Http } from '../../../../../src/clients/http.ts';
import { silentLog } from '../../../../../src/lib/log.ts';
import type { NodeAgent } from '../../../../../src/servers/kubernetes/cluster.ts';
import { startApiServer, type ApiServer } from '../../../../../src/servers/kubernetes/api/server.ts';
import {
  createCluster,
  type ClusterStore,
} from '../../../../../src/servers/kubernetes/storage/cluster-store.ts';

export const ADMIN_TOKEN = 'token-of-the-admin';

/** A node that has no processes: its logs say what was asked of it. */
const silentAgent: NodeAgent = {
  logs: (namespace, pod, options) =>
    Readable.from([`${namespace}/${pod} ${options.container ?? ''} tail=${options.tailLines ?? 'all'}\n`]),
  connect: () => Promise.reject(new Error('nobody listens')),
  exec: () => Promise.reject(new Error('there is nothing to run')),
};

export interface TestServer {
  readonly cluster: ClusterStore;
  readonly server: ApiServer;
  readonly client: KubernetesClient;
  readonly http: Http;
  readonly dataDir: string;
  /** A client with another token, or none. */
  as(token: string | undefined): Http;
  stop(): Promise<void>;
}

export async function startTestServer(
  options: { readonly agent?: NodeAgent; readonly windowSize?: number } = {},
): Promise<TestServer> {
  const dataDir = await mkdtemp(join(tmpdir(), 'api-'));
  const { windowSize, agent = silentAgent } = options;
  const cluster = createCluster({ dataDir, ...(windowSize === undefined ? {} : { windowSize }) });
  const server = await startApiServer({
    cluster,
    dataDir,
    port: 0,
    log: silentLog,
    nodeAgent: agent,
    tokens: [{ token: ADMIN_TOKEN, user: 'admin', groups: ['system:masters'] }],
  });
  const as = (token: string | undefined) =>
    createHttp({
      baseUrl: server.url,
      ca: server.ca,
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    });
  return {
    cluster,
    server,
    dataDir,
    as,
    http: as(ADMIN_TOKEN),
    client: createKubernetesClient({
      http: { baseUrl: server.url, ca: server.ca, authorization: `Bearer ${ADMIN_TOKEN}` },
    }),
    async stop() {
      await server.close();
      cluster.close();
      await rm(dataDir, { recursive: true });
    },
  };
}

export function configMap(
  name: string,
  data: Record<string, string> = {},
  labels: Record<string, string> = {},
) {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default', labels }, data };
}

export function deployment(name: string, image = 'example:1') {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'default' },
    spec: {
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [{ name: 'app', image, ports: [{ containerPort: 8080 }] }] },
      },
    },
  };
}

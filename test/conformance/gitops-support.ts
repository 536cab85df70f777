import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createArgocdClient, type ArgocdClient } from '../../src/clients/argocd.ts';
import { createGitea, type GiteaClient } from '../../src/clients/gitea.ts';
import { connectKubernetes, type KubernetesClient } from '../../src/clients/kubernetes.ts';
import { silentLog } from '../../src/lib/log.ts';
import { startGitServer } from '../../src/servers/git/server.ts';
import { startGitopsServer, type GitopsServer } from '../../src/servers/gitops/server.ts';
import { startApiServer } from '../../src/servers/kubernetes/api/server.ts';
import type { Cluster, NodeAgent } from '../../src/servers/kubernetes/cluster.ts';
import { systemClock } from '../../src/servers/kubernetes/controllers/clock.ts';
import { createEventRecorder } from '../../src/servers/kubernetes/controllers/events.ts';
import { startControllers } from '../../src/servers/kubernetes/controllers/index.ts';
import { startArgocd, type ArgocdProgram } from '../support/argocd.ts';
import { kubectlProgram } from '../support/programs.ts';
import { createCluster } from '../../src/servers/kubernetes/storage/cluster-store.ts';

const admin = { username: 'developer', password: 'git-secret', email: 'developer@example.test' };
export const webhookSecret = 'hook-secret';
const token = 'cluster-admin-token';

export interface Playground {
  readonly kubernetes: KubernetesClient;
  readonly argocd: ArgocdClient;
  readonly gitea: GiteaClient;
  readonly gitUrl: string;
  readonly gitops: () => Pick<GitopsServer, 'url'>;
  /** kubectl with the cluster's kubeconfig; gives standard output. @throws with its standard error. */
  readonly kubectl: (...args: string[]) => Promise<string>;
  /** Ends the GitOps server and starts it on the same folder. */
  readonly restart: (pollSeconds?: number) => Promise<void>;
  readonly close: () => Promise<void>;
}

/**
 * A Git server, a cluster whose pods are ready as soon as they are scheduled, and the GitOps server on both: Argo CD where
 * its program is given.
 */
export async function startPlayground(argocd?: ArgocdProgram): Promise<Playground> {
  const folder = mkdtempSync(join(tmpdir(), 'gitops-conformance-'));
  const git = await startGitServer({ dataDir: join(folder, 'git'), port: 0, log: silentLog, admin });
  const gitea = createGitea({ url: git.url, auth: admin });
  await gitea.createOrganization('playground');

  const cluster = createCluster({ dataDir: join(folder, 'store') });
  const events = createEventRecorder(cluster, systemClock, silentLog, 'node');
  const stopControllers = startControllers({ cluster, clock: systemClock, log: silentLog, events });
  const stopNode = runPods(cluster);
  const api = await startApiServer({
    cluster,
    dataDir: join(folder, 'api'),
    port: 0,
    log: silentLog,
    tokens: [{ token, user: 'admin', groups: ['system:masters'] }],
    nodeAgent: {} as NodeAgent,
  });
  const text = api.kubeconfig({ name: 'test', token });
  const kubeconfig = join(folder, 'kubeconfig');
  writeFileSync(kubeconfig, text, { mode: 0o600 });
  const kubernetes = await connectKubernetes({ text });
  const start = (pollSeconds = 3600) =>
    argocd === undefined
      ? startGitopsServer({
          dataDir: join(folder, 'gitops'),
          port: 0,
          kubeconfig: { text },
          webhookSecret,
          pollSeconds,
        })
      : startArgocd({ ...argocd, kubeconfig, folder: join(folder, 'gitops'), webhookSecret });
  let gitops = await start();
  const program = promisify(execFile);
  return {
    kubernetes,
    argocd: createArgocdClient(kubernetes),
    gitea,
    gitUrl: git.url,
    gitops: () => gitops,
    async kubectl(...args) {
      const env = { PATH: process.env.PATH ?? '', HOME: folder, KUBECONFIG: kubeconfig };
      return (await program(kubectlProgram, args, { env })).stdout;
    },
    async restart(pollSeconds) {
      await gitops.close();
      gitops = await start(pollSeconds);
    },
    async close() {
      await gitops.close();
      await api.close();
      stopNode();
      stopControllers();
      events.stop();
      cluster.close();
      await git.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Stands for a node: every pod runs, and is ready, at once; a pod whose image says `broken` never is. */
function runPods(cluster: Cluster): () => void {
  const pods = { group: '', resource: 'pods' };
  return cluster.subscribe(pods, ({ type, object }) => {
    if (type === 'DELETED') return;
    const { name, namespace } = object.metadata;
    if (object.metadata.deletionTimestamp !== undefined) {
      cluster.delete(pods, namespace, name, { gracePeriodSeconds: 0 });
      return;
    }
    const phase = (object.status as { phase?: string } | undefined)?.phase;
    if (phase !== undefined && phase !== 'Pending') return;
    if (JSON.stringify(object.spec).includes('broken')) return;
    const conditions = ['Initialized', 'ContainersReady', 'Ready', 'PodScheduled'].map((condition) => ({
      type: condition,
      status: 'True',
      lastTransitionTime: new Date().toISOString(),
    }));
    const live = cluster.get(pods, namespace, name);
    if (live === undefined) return;
    const status = { ...(live.status as object), phase: 'Running', podIP: '127.0.0.9', conditions };
    cluster.update(pods, { ...structuredClone(live), status }, 'status');
  });
}

/** Manifests of a small web application. */
export function manifests(image: string, replicas = 2): Record<string, string> {
  const labels = 'app: storefront';
  return {
    'deployment.yaml': `apiVersion: apps/v1
kind: Deployment
metadata:
  name: storefront
spec:
  replicas: ${replicas}
  selector:
    matchLabels: { ${labels} }
  template:
    metadata:
      labels: { ${labels} }
    spec:
      containers:
        - name: web
          image: ${image}
          ports:
            - containerPort: 8080
          env:
            - name: STAGE
              value: staging
          resources:
            requests: { cpu: 50m, memory: 64Mi }
`,
    'service.yaml': `apiVersion: v1
kind: Service
metadata:
  name: storefront
spec:
  selector: { ${labels} }
  ports:
    - port: 80
      targetPort: 8080
`,
    'settings.yaml': `apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
data:
  colour: teal
`,
  };
}

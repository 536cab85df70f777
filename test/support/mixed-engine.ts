import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pushStandInBaseImage } from '../../src/clients/images.ts';
import { connectKubernetes } from '../../src/clients/kubernetes.ts';
import { argocdNamespace, ciUser } from '../../src/config/names.ts';
import type { Config } from '../../src/config/schema.ts';
import { choosePorts, chooseNetworks } from '../../src/engines/embedded/ports.ts';
import type { Endpoints, Engine } from '../../src/engines/engine.ts';
import { silentLog } from '../../src/lib/log.ts';
import { machinePassword } from '../../src/lib/secrets.ts';
import { startCiServer } from '../../src/servers/ci/server.ts';
import { startGitopsServer } from '../../src/servers/gitops/server.ts';
import { startKubernetes } from '../../src/servers/kubernetes/server.ts';
import { startRegistry } from '../../src/servers/registry/server.ts';
import { startArgocd, type ArgocdProgram } from './argocd.ts';
import type { FlowGit } from './flow-git.ts';

const password = 'a-password-1';
const webhookSecret = 'a-webhook-secret';

/**
 * An engine whose Git server is there already, whichever it is, and whose operator is Argo CD where its program is given;
 * the other parts are the embedded servers, in this process.
 */
export function createMixedEngine(
  git: Pick<FlowGit, 'url' | 'admin'> & Partial<Pick<FlowGit, 'server'>>,
  folder: string,
  argocd?: ArgocdProgram,
): Engine & { close(): Promise<void> } {
  const running: { close(): Promise<void> }[] = [];
  let endpoints: Endpoints | undefined;
  let kept: Config | undefined;

  async function start(config: Config): Promise<Endpoints> {
    mkdirSync(folder, { recursive: true });
    const [ports, networks] = await Promise.all([choosePorts(undefined), chooseNetworks()]);
    const person = { username: config.username, password };
    const kubeconfig = join(folder, 'kubeconfig');
    const context = 'mixed';
    const registry = await startRegistry({ dataDir: join(folder, 'registry'), port: 0, log: silentLog });
    running.push(registry);
    const registryHost = `127.0.0.1:${registry.port}`;
    await pushStandInBaseImage(registryHost);
    const ci = await startCiServer({
      dataDir: join(folder, 'ci'),
      port: 0,
      users: [person],
      webhookSecret,
      giteaServers: git.server === 'scm-manager' ? [] : [{ url: git.url }],
      log: silentLog,
    });
    running.push(ci);
    const kubernetes = await startKubernetes({
      dataDir: join(folder, 'kubernetes'),
      port: 0,
      ingressPort: ports.ingress,
      token: 'a-cluster-token',
      ...networks,
      clusterName: context,
      log: silentLog,
    });
    running.push(kubernetes);
    writeFileSync(kubeconfig, kubernetes.kubeconfig(), { mode: 0o600 });
    // Only webhooks tell the operator of a commit in time, where the Git server has one that it understands.
    const pollSeconds = git.server === 'scm-manager' ? 2 : 3600;
    const operator = { folder: join(folder, 'gitops'), kubeconfig, webhookSecret, pollSeconds };
    const gitops =
      argocd === undefined ? await startEmbedded(operator) : await startArgocd({ ...operator, ...argocd });
    running.push(gitops);
    if (git.server === 'scm-manager') await letOperatorIn(git, { file: kubeconfig, context });
    const at = (url: string) => ({ url, clusterUrl: url });
    return {
      dashboard: at('http://127.0.0.1:1'),
      git: { ...at(git.url), ...git.admin },
      registry: { host: registryHost, clusterHost: registryHost },
      ci: { ...at(ci.url), ...person },
      gitops: { ...at(gitops.url), username: 'admin', password, webhookSecret },
      kubernetes: { kubeconfig, context, clusterUrl: kubernetes.url },
      ingress: { port: ports.ingress },
    };
  }

  return {
    id: 'embedded',
    preflight: async () => [],
    async up(config) {
      kept = config;
      return (endpoints ??= await start(config));
    },
    keptConfig: async () => kept,
    state: async () => (endpoints === undefined ? { state: 'absent' } : { state: 'running', endpoints }),
    stop: async () => undefined,
    down: async () => undefined,
    async *logs() {
      // Nothing is kept here.
    },
    async close() {
      for (const part of running.reverse()) await part.close();
    },
  };
}

/** SCM-Manager shows nothing to strangers, so that the operator reads as the CI server's user does, by a credential template. */
async function letOperatorIn(
  { url, admin }: Pick<FlowGit, 'url' | 'admin'>,
  kubeconfig: { readonly file: string; readonly context: string },
): Promise<void> {
  const cluster = await connectKubernetes(kubeconfig);
  const labels = { 'argocd.argoproj.io/secret-type': 'repo-creds' };
  const login = { url, username: ciUser, password: machinePassword(admin.password, ciUser) };
  const metadata = { name: 'git-server', namespace: argocdNamespace, labels };
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata, stringData: login };
  await cluster.apply(secret, { fieldManager: 'mixed-engine' });
}

function startEmbedded(operator: {
  folder: string;
  kubeconfig: string;
  webhookSecret: string;
  pollSeconds: number;
}) {
  return startGitopsServer({
    dataDir: operator.folder,
    port: 0,
    kubeconfig: { file: operator.kubeconfig },
    webhookSecret: operator.webhookSecret,
    users: [{ username: 'admin', password }],
    pollSeconds: operator.pollSeconds,
    log: silentLog,
  });
}

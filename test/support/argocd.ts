import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, readdirSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { connectKubernetes, type KubeObject } from '../../src/clients/kubernetes.ts';
import { leastEnvironment } from '../../src/lib/process.ts';
import { eventually } from './eventually.ts';

/** Where the real product is on this machine. */
export interface ArgocdProgram {
  /** Its one program, which is every component by the name that it is told. */
  readonly program: string;
  /** Folder of its CustomResourceDefinitions, as YAML. */
  readonly definitions: string;
}

/** The embedded operator, and the real product where `PLAYGROUND_ARGOCD` and `PLAYGROUND_ARGOCD_CRDS` say where it is. */
export const operatorTargets: readonly { readonly name: string; readonly argocd?: ArgocdProgram }[] = [
  { name: 'the embedded operator' },
  ...real(process.env.PLAYGROUND_ARGOCD, process.env.PLAYGROUND_ARGOCD_CRDS),
];

function real(program?: string, definitions?: string) {
  if (program === undefined || definitions === undefined) return [];
  return [{ name: 'Argo CD', argocd: { program, definitions } }];
}

interface Settings extends ArgocdProgram {
  readonly kubeconfig: string;
  readonly folder: string;
  readonly webhookSecret: string;
}

/**
 * Starts Argo CD as processes of this machine on any cluster: its API server, its application controller, its repository
 * server and a Redis, all on loopback. It looks at Git when a webhook says so, and hardly ever else.
 */
export async function startArgocd(settings: Settings) {
  const { program, kubeconfig, folder } = settings;
  const place = (name: string) => {
    const path = join(folder, name);
    mkdirSync(path, { recursive: true, mode: 0o700 });
    return path;
  };
  place('logs');
  await prepareCluster(settings);
  const [redis = 0, repository = 0, server = 0, ...metrics] = await freePorts(6);
  const env = leastEnvironment({
    HOME: place('home'),
    TMPDIR: place('tmp'),
    KUBECONFIG: kubeconfig,
    // Takes the kubeconfig for `https://kubernetes.default.svc`.
    ARGOCD_FAKE_IN_CLUSTER: 'true',
    ARGOCD_GPG_ENABLED: 'false',
    // Argo CD 3 leaves the health of single objects out of the Application unless told: `controller.resource.health.persist`.
    ARGOCD_APPLICATION_CONTROLLER_PERSIST_RESOURCE_HEALTH: 'true',
    ARGOCD_TLS_DATA_PATH: place('tls'),
    ARGOCD_SSH_DATA_PATH: place('ssh'),
    ARGOCD_GPG_DATA_PATH: place('gpg'),
  });
  const children: ChildProcess[] = [];
  const start = (name: string, file: string, args: readonly string[]) => {
    const log = openSync(join(folder, 'logs', `${name}.log`), 'a');
    const child = spawn(file, args, {
      env: { ...env, ARGOCD_BINARY_NAME: name },
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    children.push(child);
  };
  const component = (name: string, ...args: string[]) => start(name, program, args);
  const cluster = ['--kubeconfig', kubeconfig, '--namespace', 'argocd'];
  const cache = ['--redis', `127.0.0.1:${redis}`];
  const manifests = ['--repo-server', `127.0.0.1:${repository}`, '--repo-server-plaintext'];
  const local = (port: number, metricsPort = 0) => [
    '--address',
    '127.0.0.1',
    '--port',
    String(port),
    '--metrics-port',
    String(metricsPort),
  ];
  start('redis', 'redis-server', [
    '--bind',
    '127.0.0.1',
    '--port',
    String(redis),
    '--save',
    '',
    '--dir',
    folder,
  ]);
  component(
    'argocd-repo-server',
    ...local(repository, metrics[0]),
    '--metrics-address',
    '127.0.0.1',
    '--disable-tls',
    ...cache,
  );
  component(
    'argocd-application-controller',
    ...[...cluster, ...cache, ...manifests, '--metrics-port', String(metrics[1]), '--app-resync', '3600'],
    ...['--app-resync-jitter', '0'],
  );
  component(
    'argocd-server',
    ...local(server, metrics[2]),
    '--metrics-address',
    '127.0.0.1',
    '--insecure',
    ...cluster,
    ...cache,
    ...manifests,
  );
  const url = `http://127.0.0.1:${server}`;
  const close = async () => {
    for (const child of children.reverse()) await ended(child);
  };
  try {
    await eventually(
      'Argo CD to answer',
      () =>
        fetch(`${url}/healthz`).then(
          ({ ok }) => ok,
          () => false,
        ),
      Boolean,
      90_000,
    );
  } catch (error) {
    await close();
    throw error;
  }
  return { url, close };
}

/** What its manifests bring beside the programs: the namespace, the definitions and the settings. */
async function prepareCluster({ kubeconfig, definitions, webhookSecret }: Settings): Promise<void> {
  const kubernetes = await connectKubernetes({ file: kubeconfig });
  const apply = (object: object) =>
    kubernetes.apply(object as KubeObject, { fieldManager: 'argocd-test', force: true });
  const settings = (kind: 'ConfigMap' | 'Secret', name: string, content: object = {}) => ({
    apiVersion: 'v1',
    kind,
    metadata: { name, namespace: 'argocd', labels: { 'app.kubernetes.io/part-of': 'argocd' } },
    ...content,
  });
  await apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'argocd' } });
  for (const file of readdirSync(definitions).filter((name) => name.endsWith('-crd.yaml'))) {
    for (const document of parseAllDocuments(readFileSync(join(definitions, file), 'utf8')))
      await apply(document.toJS() as object);
  }
  for (const name of ['cm', 'rbac-cm', 'tls-certs-cm', 'ssh-known-hosts-cm', 'gpg-keys-cm', 'cmd-params-cm'])
    await apply(settings('ConfigMap', `argocd-${name}`));
  // Deliveries of Gitea carry the headers of Gogs, which come first.
  await apply(settings('Secret', 'argocd-secret', { stringData: { 'webhook.gogs.secret': webhookSecret } }));
}

async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const force = setTimeout(() => child.kill('SIGKILL'), 10_000);
  await gone;
  clearTimeout(force);
}

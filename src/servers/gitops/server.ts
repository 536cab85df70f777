import { mkdir } from 'node:fs/promises';
import { getRequestListener } from '@hono/node-server';
import { createArgocdClient } from '../../clients/argocd.ts';
import { connectKubernetes, type KubernetesClient } from '../../clients/kubernetes.ts';
import { messageOf } from '../../lib/errors.ts';
import { createGuardedServer, listen } from '../../lib/http/listen.ts';
import { silentLog, type Log } from '../../lib/log.ts';
import { ApplicationController } from './applications.ts';
import { accessCluster } from './cluster.ts';
import { Comparer } from './comparison.ts';
import { installDefinitions } from './crds.ts';
import { EventRecorder } from './events.ts';
import { LiveObjects } from './live.ts';
import { Repositories } from './repository/repositories.ts';
import { isRepositorySecret } from './repository/credentials.ts';
import { createRoutes } from './rest.ts';
import { Sessions, type User } from './sessions.ts';
import { isAffected, type Push } from './webhook.ts';

export interface GitopsServerOptions {
  /** Holds the mirrors of repositories and the key of sessions; created when it is not there. */
  readonly dataDir: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly log?: Log;
  /** The cluster: a file, the text of a kubeconfig, or a client that is connected already. */
  readonly kubeconfig: { readonly file: string } | { readonly text: string } | KubernetesClient;
  /** Where Applications live; `argocd` unless told. */
  readonly namespace?: string;
  /** Signs deliveries to `/api/webhook`; without it they are taken unsigned, as by Argo CD. */
  readonly webhookSecret?: string;
  /** Seconds between two looks at the repositories, the safety net for lost webhooks; 60 unless told. */
  readonly pollSeconds?: number;
  /** Who may log in to the REST API and the pages. Without users everybody may read and nobody may write. */
  readonly users?: readonly User[];
  /** Further origins whose pages may call the API. */
  readonly allowedOrigins?: readonly string[];
}

export interface GitopsServer {
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Starts the Argo-CD-compatible controller with its webhook, REST API and pages.
 * @throws PlaygroundError `port-in-use`, `kubeconfig-…`; KubernetesError when the cluster refuses the definitions.
 */
export async function startGitopsServer(options: GitopsServerOptions): Promise<GitopsServer> {
  const { dataDir, log = silentLog, namespace = 'argocd', pollSeconds = 60 } = options;
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const { kubeconfig } = options;
  const client = 'http' in kubeconfig ? kubeconfig : await connectKubernetes(kubeconfig);
  const cluster = accessCluster(client);
  await installDefinitions(cluster, namespace);

  const live = new LiveObjects(cluster);
  const repositories = new Repositories(dataDir, () =>
    live.list('', 'Secret').filter((secret) => isRepositorySecret(secret, namespace)),
  );
  const comparer = new Comparer(cluster, live, repositories);
  const events = new EventRecorder(cluster);
  const controller = new ApplicationController({
    cluster,
    live,
    repositories,
    comparer,
    events,
    namespace,
    log,
  });

  const pushed = async (push: Push): Promise<void> => {
    const affected = controller.applications().filter((app) => isAffected(app, push));
    const urls = new Set(affected.flatMap(({ spec }) => spec.source?.repoURL ?? []));
    const { commit } = push;
    await Promise.all(
      [...urls].map((url) => repositories.refresh(url, commit === undefined ? undefined : { commit })),
    );
    await Promise.all(affected.map(({ metadata }) => controller.refresh(metadata.name, 'live')));
  };
  const poll = async (): Promise<void> => {
    const urls = new Set(controller.applications().flatMap(({ spec }) => spec.source?.repoURL ?? []));
    await Promise.all([...urls].map((url) => repositories.refresh(url)));
    await Promise.all(
      controller.applications().map(({ metadata }) => controller.refresh(metadata.name, 'live')),
    );
  };
  const inBackground = (work: Promise<void>) => {
    work.catch((error: unknown) => {
      log.warn(messageOf(error));
    });
  };

  const sessions = await Sessions.open(dataDir, options.users ?? []);
  const routes = createRoutes({
    argocd: createArgocdClient(client, { namespace }),
    cluster,
    controller,
    live,
    sessions,
    log,
    namespace,
    webhookSecret: options.webhookSecret,
    onPush: (push) => {
      inBackground(pushed(push));
    },
  });
  const answer = getRequestListener(routes.fetch, { overrideGlobalObjects: false });
  const server = createGuardedServer((request, response) => {
    void answer(request, response);
  }, options.allowedOrigins);
  const listener = await listen(server, { port: options.port });
  try {
    await controller.start();
  } catch (error) {
    await listener.close();
    live.close();
    throw error;
  }
  const timer = setInterval(() => {
    inBackground(poll());
  }, pollSeconds * 1000).unref();
  const url = `http://127.0.0.1:${listener.port}`;
  log.info(`the Argo-CD-compatible controller answers at ${url}`);
  return {
    url,
    port: listener.port,
    async close() {
      clearInterval(timer);
      await listener.close();
      await controller.close();
      live.close();
      repositories.close();
    },
  };
}

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { ensurePrivateDir } from '../../lib/fs.ts';
import { messageOf } from '../../lib/errors.ts';
import { createGuardedServer, listen } from '../../lib/http/listen.ts';
import type { Log } from '../../lib/log.ts';
import { leastEnvironment } from '../../lib/process.ts';
import { Auth, type User } from './auth.ts';
import { Beans } from './beans.ts';
import { Builds } from './builds/builds.ts';
import { ProcessBook } from './builds/processes.ts';
import type { RunPipeline } from './builds/runner.ts';
import { parseJobConfig } from './config-xml.ts';
import { CredentialStore } from './credentials.ts';
import { gitEnvironment } from './git/git.ts';
import { Mirrors } from './git/mirror.ts';
import { Libraries } from './libraries.ts';
import { Multibranch } from './multibranch.ts';
import { encodeBranch } from './names.ts';
import { StepFailure, type PipelineValue } from './pipeline/host.ts';
import { Queue } from './queue.ts';
import { createRouter } from './routes/routes.ts';
import type { Site } from './routes/exchange.ts';
import { StatusReporter } from './statuses.ts';
import { Store } from './store.ts';
import type { GiteaServer } from './webhooks.ts';
import { Workspaces } from './workspace.ts';

export interface CiServerOptions {
  /** The server's own folder; created when it is not there. */
  readonly dataDir: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly log: Log;
  readonly users: readonly User[];
  /** The address in links, statuses and variables; `http://127.0.0.1:PORT` unless told. */
  readonly publicUrl?: string;
  /** Gitea servers whose jobs are built. */
  readonly giteaServers?: readonly GiteaServer[];
  /** Deliveries to `/gitea-webhook/post` have to be signed with it. */
  readonly webhookSecret?: string;
  /** Builds that hold a workspace at the same time; 2 unless told. */
  readonly executors?: number;
  /** Further variables of every build. */
  readonly env?: Readonly<Record<string, string>>;
  /** Folders before the PATH of builds. */
  readonly pathEntries?: readonly string[];
  /** The pipeline language, replaced in tests. */
  readonly runPipeline?: RunPipeline;
}

export interface CiServer {
  readonly url: string;
  readonly port: number;
  /** Ends running builds, their processes and the listener. What was queued stays queued. */
  close(): Promise<void>;
}

/**
 * Starts the CI server: Jenkins's remote API, multibranch pipelines and their builds, on a loopback address. Started on the same
 * folder again, it goes on where it was: interrupted builds are marked, and their heads are built again.
 * @throws PlaygroundError when the port is taken; JournalCorrupt when the folder was damaged.
 */
export async function startCiServer(options: CiServerOptions): Promise<CiServer> {
  const { dataDir, log, giteaServers = [] } = options;
  await ensurePrivateDir(dataDir);
  const home = join(dataDir, 'home');
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const store = new Store(dataDir);
  const credentials = new CredentialStore(dataDir);
  const processes = new ProcessBook(join(dataDir, 'processes.jsonl'));
  const auth = new Auth(dataDir, options.users);
  const gitEnv = gitEnvironment(leastEnvironment({ HOME: home }));
  const mirrors = new Mirrors(join(dataDir, 'mirrors'), gitEnv);
  const libraries = new Libraries(join(dataDir, 'libraries'), mirrors, credentials);
  const workspaces = new Workspaces(join(dataDir, 'workspace'), options.executors ?? 2);
  const statuses = new StatusReporter(log);
  const serverLogin = (url: string) =>
    giteaServers.find((server) => [server.url, server.clusterUrl].includes(url))?.credentials;
  const indexingLog = (job: string) => join(dataDir, 'jobs', job, 'indexing.log');

  // The router needs to know the port before it can say its own address.
  let router: ReturnType<typeof createRouter> = (_request, response) => {
    response.writeHead(503, { 'retry-after': '1' }).end('the CI server is starting\n');
  };
  const listener = await listen(
    createGuardedServer(
      (request, response) => {
        router(request, response);
      },
      options.publicUrl === undefined ? [] : [new URL(options.publicUrl).origin],
    ),
    { port: options.port },
  ).catch((error: unknown) => {
    store.close();
    throw error;
  });
  const rootUrl = `${(options.publicUrl ?? `http://127.0.0.1:${listener.port}`).replace(/\/+$/, '')}/`;

  const builds: Builds = new Builds({
    store,
    log,
    credentials,
    mirrors,
    gitEnv,
    processes,
    statuses,
    serverLogin,
    libraries,
    workspaces,
    runPipeline: options.runPipeline ?? loadLanguage,
    rootUrl,
    env: options.env ?? {},
    pathEntries: options.pathEntries ?? [],
    home,
    knownScript: (remote, revision, path) => multibranch.knownScript(remote, revision, path),
    runJob,
  });
  const queue = new Queue(store, builds);
  const multibranch = new Multibranch({
    store,
    queue,
    mirrors,
    credentials,
    serverLogin,
    indexingLog,
    workspaceGone: (pipeline) => workspaces.remove(pipeline),
    log,
  });
  const beans = new Beans({ store, queue, builds, workspaces, multibranch, rootUrl });

  async function runJob(
    name: string,
    parameters: Readonly<Record<string, PipelineValue>>,
    wait: boolean,
    signal: AbortSignal,
  ) {
    const fullName = jobNamed(store, name);
    if (fullName === undefined) throw new StepFailure(`No item named ${name} found`);
    const cause = { kind: 'upstream' as const, description: 'Started by another build' };
    const item = queue.schedule(fullName, {
      parameters,
      cause,
      revision: store.pipeline(fullName)?.head?.revision,
    });
    if (!wait) return undefined;
    const build = await queue.buildOf(item.id, signal);
    if (build === undefined) throw new StepFailure(`the queued build of ${name} was cancelled`);
    return { number: build.number, result: await queue.resultOf(build, signal), fullName };
  }

  async function deleteJob(name: string): Promise<void> {
    multibranch.forget(name);
    const pipelines = store.pipelinesOf(name);
    await Promise.all(
      pipelines.flatMap(({ fullName }) =>
        builds.runningOf(fullName).map((running) => {
          running.stop('The job was deleted');
          return running.finished;
        }),
      ),
    );
    await store.deleteJob(name);
    for (const { fullName } of pipelines) await workspaces.remove(fullName);
  }

  const site: Site = {
    store,
    auth,
    beans,
    builds,
    queue,
    credentials,
    multibranch,
    webhooks: { store, multibranch, servers: giteaServers, secret: options.webhookSecret },
    workspaces,
    rootUrl,
    indexingLog,
    deleteJob,
  };
  markInterrupted(site, log);
  router = createRouter(site, log);
  const resumed = resume(site, processes, log).catch((error: unknown) => {
    log.error(`the queue could not be resumed: ${messageOf(error)}`);
  });
  return {
    url: rootUrl.replace(/\/$/, ''),
    port: listener.port,
    async close() {
      await resumed;
      queue.pause(true);
      await listener.close();
      await multibranch.close();
      const running = builds.allRunning();
      await builds.stopAll('The CI server is stopped');
      for (const build of running) requeue(site, build);
      await statuses.close();
      mirrors.close();
      store.close();
    },
  };
}

/** Marks the builds that an earlier process has left unfinished, and queues their heads again. */
function markInterrupted(site: Site, log: Log): void {
  for (const build of site.builds.closeInterrupted()) {
    log.warn(`build ${build.pipeline} #${build.number} was interrupted`);
    requeue(site, build);
  }
}

/** Ends what builds of an earlier process have left running, lets the queue run, and scans. */
async function resume({ store, queue, multibranch }: Site, processes: ProcessBook, log: Log): Promise<void> {
  const orphans = await processes.endOrphans();
  if (orphans > 0) log.warn(`ended ${orphans} processes that builds of an earlier run had left`);
  queue.pause(false);
  for (const { name, configXml } of store.jobs()) {
    if (parseJobConfig(configXml).kind !== 'multibranch') continue;
    multibranch.scan(name, 'The CI server was started').catch((error: unknown) => {
      log.error(`${name}: ${messageOf(error)}`);
    });
  }
}

/** The head of a branch is built again when its newest build was interrupted. */
function requeue(
  { store, queue }: Site,
  build: { readonly pipeline: string; readonly number: number },
): void {
  const pipeline = store.pipeline(build.pipeline);
  const newest = store.builds(build.pipeline)[0]?.number;
  if (pipeline?.multibranch === undefined || pipeline.retired || newest !== build.number) return;
  if (store.queue().some((item) => item.pipeline === build.pipeline)) return;
  queue.schedule(build.pipeline, {
    revision: pipeline.head?.revision,
    cause: {
      kind: 'restart',
      description: `Build #${build.number} was interrupted by a restart of the CI server`,
    },
  });
}

/** A job by the name that a pipeline uses: `storefront/main`, `storefront/feature/x`, `../other`. */
function jobNamed(store: Store, name: string): string | undefined {
  const plain = name.replace(/^(\.\.\/)+|^\//, '');
  const [top = '', ...rest] = plain.split('/');
  const branch = encodeBranch(rest.join('/'));
  return [plain, `${top}/${branch}`].find((fullName) => store.pipeline(fullName) !== undefined);
}

/** The language is loaded with the first build. */
const loadLanguage: RunPipeline = async (script, host) => {
  const { runPipeline } = await import('./pipeline/run.ts');
  return runPipeline(script, host);
};

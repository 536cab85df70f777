import { closeSync, mkdirSync, openSync, renameSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { pushStandInBaseImage } from '../../clients/images.ts';
import { PlaygroundError, explainStorage, isStorageFailure, messageOf } from '../../lib/errors.ts';
import { writeFileAtomic } from '../../lib/fs.ts';
import { createLog, type Log } from '../../lib/log.ts';
import { startCiServer } from '../../servers/ci/server.ts';
import { startGitServer, type GitServer } from '../../servers/git/server.ts';
import { startGitopsServer } from '../../servers/gitops/server.ts';
import { startKubernetes, type KubernetesServer } from '../../servers/kubernetes/server.ts';
import { startRegistry, type RegistryServer } from '../../servers/registry/server.ts';
import type { Component } from '../engine.ts';
import { endpointsOf } from './endpoints.ts';
import { applyFault, readFaults, type BreakableParts } from './faults.ts';
import { folders, type State } from './state.ts';

/** The servers of one playground, running in this process. */
export interface Runtime extends BreakableParts {
  readonly kubernetes: KubernetesServer;
  readonly git: GitServer;
  /** @param grace milliseconds that pods get to end; a second unless told. */
  close(grace?: number): Promise<void>;
}

interface Closable {
  close(grace?: number): Promise<void>;
}

/** A log of a part is put aside when it is larger than this at a start. */
const LOG_LIMIT = 5 * 1024 * 1024;

/**
 * Starts the five servers of a playground on what its folder holds, those that do not wait for each other side by side. What was
 * broken on purpose is broken again.
 * When one cannot start, those that run are closed again and its error is thrown.
 */
export async function startRuntime(state: State): Promise<Runtime> {
  const { config, ports, secrets } = state;
  const place = folders(config.name);
  const endpoints = endpointsOf(state);
  const logs = openLogs(place.logs);
  const started: Closable[] = [];
  const faults = await readFaults(config.name);
  const keep = async <T extends Closable>(part: Component, server: Promise<T>): Promise<T> => {
    const running = await server.catch((error: unknown) => {
      logs.of(part).error(messageOf(error));
      throw explainFailedStart(part, config.name, place.data(part), error);
    });
    started.push(running);
    return running;
  };
  const close = async (grace?: number) => {
    // The operator first, so that it does not see the others go.
    for (const server of started.reverse()) await server.close(grace);
    logs.close();
  };

  const person = { username: config.username, password: secrets.password };
  const git = () =>
    startGitServer({
      dataDir: place.data('git'),
      port: ports.git,
      publicUrl: endpoints.git.url,
      admin: { ...person, email: `${config.username}@example.com` },
      log: logs.of('git'),
    });
  const registry = async (): Promise<RegistryServer> => {
    const server = await keep(
      'registry',
      startRegistry({ dataDir: place.data('registry'), port: ports.registry, log: logs.of('registry') }),
    );
    await pushStandInBaseImage(endpoints.registry.host);
    return server;
  };
  const ci = () =>
    startCiServer({
      dataDir: place.data('ci'),
      port: ports.ci,
      publicUrl: endpoints.ci.url,
      users: [person],
      webhookSecret: secrets.webhookSecret,
      giteaServers: [{ url: endpoints.git.clusterUrl }],
      log: logs.of('ci'),
    });
  const cluster = async (): Promise<KubernetesServer> => {
    const kubernetes = await keep(
      'kubernetes',
      startKubernetes({
        dataDir: place.data('kubernetes'),
        port: ports.kubernetes,
        ingressPort: ports.ingress,
        token: secrets.kubernetesToken,
        podNetwork: state.podNetwork,
        serviceNetwork: state.serviceNetwork,
        clusterName: endpoints.kubernetes.context,
        nodeSuspended: faults.includes('node-not-ready'),
        log: logs.of('kubernetes'),
      }),
    );
    await writeFileAtomic(place.kubeconfig, kubernetes.kubeconfig());
    await keep(
      'gitops',
      startGitopsServer({
        dataDir: place.data('gitops'),
        port: ports.gitops,
        kubeconfig: { file: place.kubeconfig },
        webhookSecret: secrets.webhookSecret,
        users: [{ username: 'admin', password: secrets.password }],
        pollSeconds: config.reconcileSeconds,
        log: logs.of('gitops'),
      }),
    );
    return kubernetes;
  };

  const starts = [keep('git', git()), registry(), keep('ci', ci()), cluster()] as const;
  const failed = (await Promise.allSettled(starts)).find((start) => start.status === 'rejected');
  if (failed !== undefined) {
    await close();
    throw failed.reason;
  }
  const [gitServer, registryServer, , kubernetes] = await Promise.all(starts);
  const parts = { git: gitServer, registry: registryServer, kubernetes };
  for (const fault of faults) await applyFault(parts, fault, true);
  return { ...parts, close };
}

/** An error that is not made for people mostly means that something in the part's folder is not as it was left. */
function explainFailedStart(part: Component, name: string, folder: string, error: unknown): PlaygroundError {
  const explained = explainStorage(error, folder);
  if (explained instanceof PlaygroundError) return explained;
  return new PlaygroundError({
    code: 'part-failed',
    message: `the part "${part}" cannot start on what is in ${folder}: ${messageOf(error)}`,
    hint: `put a good copy of that folder back, or begin anew: gitops-playground down --name ${name}; \`logs ${part}\` has more`,
    cause: error,
  });
}

interface Logs {
  of(component: Component): Log;
  close(): void;
}

function openLogs(folder: string): Logs {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const descriptors = new Map<Component, number>();
  const openLog = (component: Component): number => {
    const file = join(folder, `${component}.log`);
    if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) > LOG_LIMIT) renameSync(file, `${file}.1`);
    const descriptor = openSync(file, 'a', 0o600);
    descriptors.set(component, descriptor);
    return descriptor;
  };
  return {
    of(component) {
      const descriptor = descriptors.get(component) ?? openLog(component);
      return createLog(component, (line) => {
        // A log that cannot be written, on a full disk for example, must not end what it reports on.
        try {
          if (descriptors.has(component)) writeSync(descriptor, line);
        } catch (error) {
          if (!isStorageFailure(error)) throw error;
        }
      });
    },
    close() {
      for (const descriptor of descriptors.values()) closeSync(descriptor);
      descriptors.clear();
    },
  };
}

import { createWriteStream, mkdirSync, renameSync, statSync, type WriteStream } from 'node:fs';
import { join } from 'node:path';
import { pushStandInBaseImage } from '../../clients/images.ts';
import { writeFileAtomic } from '../../lib/fs.ts';
import { createLog, type Log } from '../../lib/log.ts';
import { startCiServer } from '../../servers/ci/server.ts';
import { startGitServer } from '../../servers/git/server.ts';
import { startGitopsServer } from '../../servers/gitops/server.ts';
import { startKubernetes } from '../../servers/kubernetes/server.ts';
import { startRegistry } from '../../servers/registry/server.ts';
import type { Component } from '../engine.ts';
import { endpointsOf } from './endpoints.ts';
import { folders, type State } from './state.ts';

/** The servers of one playground, running in this process. */
export interface Runtime {
  close(): Promise<void>;
}

interface Closable {
  close(): Promise<void>;
}

/** A log of a part is put aside when it is larger than this at a start. */
const LOG_LIMIT = 5 * 1024 * 1024;

/**
 * Starts the five servers of a playground on what its folder holds, those that do not wait for each other side by side.
 * When one cannot start, those that run are closed again and its error is thrown.
 */
export async function startRuntime(state: State): Promise<Runtime> {
  const { config, ports, secrets } = state;
  const place = folders(config.name);
  const endpoints = endpointsOf(state);
  const logs = openLogs(place.logs);
  const started: Closable[] = [];
  const keep = async <T extends Closable>(server: Promise<T>): Promise<T> => {
    const running = await server;
    started.push(running);
    return running;
  };
  const close = async () => {
    // The operator first, so that it does not see the others go.
    for (const server of started.reverse()) await server.close();
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
  const registry = async () => {
    await keep(
      startRegistry({ dataDir: place.data('registry'), port: ports.registry, log: logs.of('registry') }),
    );
    await pushStandInBaseImage(endpoints.registry.host);
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
  const cluster = async () => {
    const kubernetes = await keep(
      startKubernetes({
        dataDir: place.data('kubernetes'),
        port: ports.kubernetes,
        ingressPort: ports.ingress,
        token: secrets.kubernetesToken,
        podNetwork: state.podNetwork,
        serviceNetwork: state.serviceNetwork,
        clusterName: endpoints.kubernetes.context,
        log: logs.of('kubernetes'),
      }),
    );
    await writeFileAtomic(place.kubeconfig, kubernetes.kubeconfig());
    await keep(
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
  };

  const starts = await Promise.allSettled([keep(git()), registry(), keep(ci()), cluster()]);
  const failed = starts.find((start) => start.status === 'rejected');
  if (failed !== undefined) {
    await close();
    throw failed.reason;
  }
  return { close };
}

interface Logs {
  of(component: Component): Log;
  close(): void;
}

function openLogs(folder: string): Logs {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const streams: WriteStream[] = [];
  return {
    of(component) {
      const file = join(folder, `${component}.log`);
      if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) > LOG_LIMIT) renameSync(file, `${file}.1`);
      const stream = createWriteStream(file, { flags: 'a', mode: 0o600 });
      streams.push(stream);
      return createLog(component, (line) => void stream.write(line));
    },
    close() {
      for (const stream of streams) stream.end();
    },
  };
}

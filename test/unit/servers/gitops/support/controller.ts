import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Application } from '../../../../../src/clients/argocd-types.ts';
import { silentLog } from '../../../../../src/lib/log.ts';
import { waitFor } from '../../../../../src/lib/wait.ts';
import { ApplicationController } from '../../../../../src/servers/gitops/applications.ts';
import { Comparer } from '../../../../../src/servers/gitops/comparison.ts';
import { defaultProject } from '../../../../../src/servers/gitops/crds.ts';
import { EventRecorder } from '../../../../../src/servers/gitops/events.ts';
import { LiveObjects } from '../../../../../src/servers/gitops/live.ts';
import { Repositories } from '../../../../../src/servers/gitops/repository/repositories.ts';
import { FakeCluster } from './fake-cluster.ts';

export interface TestController {
  readonly cluster: FakeCluster;
  readonly controller: ApplicationController;
  readonly close: () => Promise<void>;
  readonly app: (name?: string) => Application;
  /** Waits until an Application looks as it should. */
  readonly until: (what: string, holds: (app: Application) => boolean, name?: string) => Promise<Application>;
}

export const settled = (app: Application) =>
  app.operation === undefined && app.status?.operationState?.finishedAt !== undefined;

/** The controller on a cluster in memory and real repositories. */
export async function startController(cluster = new FakeCluster()): Promise<TestController> {
  const dataDir = mkdtempSync(join(tmpdir(), 'gitops-data-'));
  for (const name of ['argocd', 'staging']) {
    cluster.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  }
  if (cluster.find('argoproj.io/v1alpha1', 'AppProject', 'argocd', 'default') === undefined) {
    cluster.put(defaultProject('argocd'));
  }
  const live = new LiveObjects(cluster);
  const repositories = new Repositories(dataDir, () => []);
  const comparer = new Comparer(cluster, live, repositories);
  const events = new EventRecorder(cluster);
  const controller = new ApplicationController({
    cluster,
    live,
    repositories,
    comparer,
    events,
    namespace: 'argocd',
    log: silentLog,
  });
  await controller.start();
  const app = (name = 'shop') =>
    cluster.find('argoproj.io/v1alpha1', 'Application', 'argocd', name) as unknown as Application;
  return {
    cluster,
    controller,
    app,
    until: (what, holds, name) =>
      waitFor(
        () => {
          const seen = app(name);
          const done = (seen as Application | undefined) !== undefined && holds(seen);
          return done
            ? { done: true, value: seen }
            : { done: false, seen: JSON.stringify({ ...seen?.status, operation: seen?.operation }, null, 1) };
        },
        { what, limit: 10_000, interval: 5 },
      ),
    close: async () => {
      await controller.close();
      live.close();
      repositories.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

export function application(
  repoURL: string,
  spec: Partial<Application['spec']> = {},
  metadata: Partial<Application['metadata']> = {},
): Application {
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: { name: 'shop', namespace: 'argocd', ...metadata },
    spec: {
      project: 'default',
      source: { repoURL, path: 'staging', targetRevision: 'main' },
      destination: { server: 'https://kubernetes.default.svc', namespace: 'staging' },
      syncPolicy: { automated: { prune: true, selfHeal: true }, retry: { limit: 0 } },
      ...spec,
    },
  };
}

export function configMap(name: string, value: string, annotations: Record<string, string> = {}): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, ...(Object.keys(annotations).length === 0 ? {} : { annotations }) },
    data: { value },
  });
}

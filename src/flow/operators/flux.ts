import { createHash } from 'node:crypto';
import {
  patchMetadata,
  type KubernetesClient,
  type KubeObject,
  type ObjectRef,
} from '../../clients/kubernetes.ts';
import { conditionOf, type Condition } from '../../clients/kubernetes-objects.ts';
import { fluxNamespace } from '../../config/names.ts';
import { rootApplication } from '../names.ts';
import type { Application } from './application.ts';
import type { Operator } from './operator.ts';

const kustomizationType = { apiVersion: 'kustomize.toolkit.fluxcd.io/v1', kind: 'Kustomization' } as const;
const repositoryType = { apiVersion: 'source.toolkit.fluxcd.io/v1', kind: 'GitRepository' } as const;

/** Name of the Receiver in the operator's repository; the address that it listens on follows from it. */
const receiverName = 'git';

/** A Kustomization, as far as the flow reads it (kustomize.toolkit.fluxcd.io/v1). */
interface Kustomization extends KubeObject {
  readonly spec: {
    readonly path?: string;
    readonly targetNamespace?: string;
    readonly sourceRef: { readonly kind: string; readonly name: string; readonly namespace?: string };
  };
  readonly status?: {
    readonly conditions?: readonly Condition[];
    /** `main@sha1:<commit>`. */
    readonly lastAppliedRevision?: string;
    readonly lastAttemptedRevision?: string;
    readonly inventory?: { readonly entries: readonly { readonly id: string; readonly v: string }[] };
    readonly history?: readonly {
      readonly firstReconciled: string;
      readonly lastReconciledStatus: string;
      readonly metadata?: Readonly<Record<string, string>>;
    }[];
  };
}

/** A GitRepository, as far as the flow reads it (source.toolkit.fluxcd.io/v1). */
interface GitRepository extends KubeObject {
  readonly spec: { readonly url: string; readonly ref?: { readonly branch?: string } };
  readonly status?: {
    readonly conditions?: readonly Condition[];
    readonly artifact?: { readonly revision?: string };
  };
}

/** Flux: what a Kustomization and its GitRepository say together is what an Application says alone. */
export const flux: Operator = {
  namespace: fluxNamespace,
  root: { ...kustomizationType, namespace: fluxNamespace, name: rootApplication },
  list: async (cluster) => {
    const namespace = fluxNamespace;
    const [kustomizations, repositories] = await Promise.all([
      cluster.list<Kustomization>(kustomizationType, { namespace }),
      cluster.list<GitRepository>(repositoryType, { namespace }),
    ]);
    return kustomizations.items.map((kustomization) =>
      toApplication(
        kustomization,
        repositories.items.find(({ metadata }) => metadata.name === kustomization.spec.sourceRef.name),
      ),
    );
  },
  refresh: async (cluster, { metadata }) => {
    const kustomization = { ...kustomizationType, namespace: fluxNamespace, name: metadata.name };
    const found = await cluster.find<Kustomization>(kustomization);
    if (found === undefined) return;
    const source = { ...repositoryType, namespace: fluxNamespace, name: found.spec.sourceRef.name };
    await request(cluster, source);
    await request(cluster, kustomization);
  },
  // What listens are the receivers, which know no such path.
  health: { accept: [404] },
  // After the documentation of the Receiver: the digest of token, name and namespace, one after the other.
  webhookPath: (secret) =>
    `/hook/${createHash('sha256').update(`${secret}${receiverName}${fluxNamespace}`).digest('hex')}`,
};

/** What `flux reconcile` does: a new value of this annotation is a wish to look now. */
async function request(cluster: KubernetesClient, object: ObjectRef): Promise<void> {
  const annotations = { 'reconcile.fluxcd.io/requestedAt': new Date().toISOString() };
  await patchMetadata(cluster, object, { annotations });
}

/** The commit of a revision such as `main@sha1:<commit>`. */
function commitOf(revision: string | undefined): string | undefined {
  return revision?.replace(/^.*[@:]/, '');
}

/** A Kustomization in the words of Argo CD. */
function toApplication(kustomization: Kustomization, repository: GitRepository | undefined): Application {
  const { metadata, spec, status } = kustomization;
  const ready = conditionOf(status?.conditions, 'Ready');
  const revision = commitOf(status?.lastAppliedRevision);
  const unfetched = conditionOf(repository?.status?.conditions, 'Ready');
  const problem = [unfetched, ready].find((condition) => condition?.status === 'False');
  return {
    ...{ apiVersion: kustomization.apiVersion, kind: kustomization.kind, metadata },
    spec: {
      source: {
        repoURL: repository?.spec.url ?? '',
        path: (spec.path ?? '.').replace(/^\.\//, ''),
        targetRevision: repository?.spec.ref?.branch ?? 'main',
      },
      destination: spec.targetNamespace === undefined ? {} : { namespace: spec.targetNamespace },
    },
    status: {
      sync: { status: syncOf(kustomization, repository), ...(revision === undefined ? {} : { revision }) },
      health: {
        status: healthOf(ready),
        ...(ready?.message === undefined ? {} : { message: ready.message }),
      },
      resources: (status?.inventory?.entries ?? []).map(({ id }) => resourceOf(id)),
      conditions:
        problem === undefined
          ? []
          : [{ type: 'ReconciliationError', message: problem.message ?? problem.reason ?? 'not ready' }],
      history: historyOf(kustomization),
    },
  };
}

/** Synced when the newest fetched commit is applied, as far as anything was fetched and tried. */
function syncOf({ status }: Kustomization, repository: GitRepository | undefined): string {
  const applied = commitOf(status?.lastAppliedRevision);
  const attempted = commitOf(status?.lastAttemptedRevision);
  if (applied === undefined && attempted === undefined) return 'Unknown';
  const newest = commitOf(repository?.status?.artifact?.revision) ?? attempted;
  return applied === newest && (attempted === undefined || attempted === applied) ? 'Synced' : 'OutOfSync';
}

/** With `wait: true` Ready says that all that was applied is healthy. */
function healthOf(ready: Condition | undefined): string {
  if (ready?.status === 'True') return 'Healthy';
  if (ready === undefined || ready.status === 'Unknown' || ready.reason === 'DependencyNotReady')
    return 'Progressing';
  return ready.reason === 'HealthCheckFailed' ? 'Degraded' : 'Missing';
}

/** `<namespace>_<name>_<group>_<kind>`; only the name may hold underscores of its own, two of which stand for a colon. */
function resourceOf(id: string) {
  const [, namespace = '', name = '', group = '', kind = ''] =
    /^([^_]*)_(.*)_([^_]*)_([^_]*)$/.exec(id) ?? [];
  return { kind, group, name: name.replaceAll('__', ':'), ...(namespace === '' ? {} : { namespace }) };
}

/** The syncs by their commits; controllers before 2.7 tell only the last one, by the time at which it became ready. */
function historyOf({ status }: Kustomization): { readonly revision: string; readonly deployedAt: string }[] {
  const kept = (status?.history ?? []).flatMap(({ firstReconciled, metadata }) => {
    const revision = commitOf(metadata?.revision);
    return revision === undefined ? [] : [{ revision, deployedAt: firstReconciled }];
  });
  if (kept.length > 0) return kept.sort((a, b) => a.deployedAt.localeCompare(b.deployedAt));
  const revision = commitOf(status?.lastAppliedRevision);
  const time = conditionOf(status?.conditions, 'Ready')?.lastTransitionTime;
  return revision === undefined || time === undefined ? [] : [{ revision, deployedAt: time }];
}

import { setTimeout as delay } from 'node:timers/promises';
import { createArgocdClient, type Application } from '../../../clients/argocd.ts';
import type { FollowEvent, KubeObject, KubernetesClient, TypeRef } from '../../../clients/kubernetes.ts';
import {
  conditionOf,
  deploymentType,
  isReady,
  podType,
  type Pod,
  type Workload,
} from '../../../clients/kubernetes-objects.ts';
import { revisionAnnotation } from '../../../flow/applications.ts';
import { operatorNamespace } from '../../../flow/names.ts';
import type { ApplicationSeen, RunningSeen } from '../../model/observations.ts';
import type { Watch } from './watch.ts';

/** A follower that the server has sent away for good is tried again after this many milliseconds. */
const AGAIN = 5000;

/** Follows Applications, Deployments and pods by watches of the Kubernetes API. */
export function watchCluster(watch: Watch): void {
  const { signal } = watch;
  const each = <T extends KubeObject>(
    open: (cluster: KubernetesClient) => AsyncGenerator<FollowEvent<T>>,
    take: (event: Exclude<FollowEvent<T>, { type: 'SYNCED' }>, live: boolean) => void,
  ) => {
    const run = async () => {
      let live = false;
      for await (const event of open(await watch.playground.cluster())) {
        if (event.type === 'SYNCED') live = true;
        else take(event, live);
      }
    };
    const again = async () => {
      while (!signal.aborted) {
        await run().catch(() => undefined);
        await delay(AGAIN, undefined, { signal }).catch(() => undefined);
      }
    };
    void again();
  };
  const all =
    <T extends KubeObject>(type: TypeRef) =>
    (cluster: KubernetesClient) =>
      cluster.follow<T>(type, { signal });

  each<Application & KubeObject>(
    (cluster) => createArgocdClient(cluster, { namespace: operatorNamespace }).follow(signal),
    ({ type, object }) => {
      if (type === 'DELETED') watch.observe({ type: 'application-gone', name: object.metadata.name });
      else watch.observe({ type: 'application', application: applicationSeen(object) });
      watch.changed('applications');
    },
  );
  each<Workload>(all(deploymentType), ({ type, object }, live) => {
    watch.changed('cluster');
    const stage = object.metadata.namespace ?? '';
    const revision = object.metadata.annotations?.[revisionAnnotation];
    if (revision === undefined) return;
    if (type === 'DELETED') watch.observe({ type: 'stopped', stage });
    else watch.observe({ type: 'running', running: runningSeen(object, stage, revision, live) });
  });
  const pods = new Map<string, boolean>();
  each<Pod>(all(podType), ({ type, object }) => {
    const key = `${object.metadata.namespace ?? ''}/${object.metadata.name}`;
    const ended = ['Succeeded', 'Failed'].includes(object.status?.phase ?? '');
    if (type === 'DELETED' || ended) pods.delete(key);
    else pods.set(key, isReady(object));
    const ready = [...pods.values()].filter(Boolean).length;
    watch.observe({ type: 'pods', ready, all: pods.size });
    watch.changed('cluster');
  });
}

function applicationSeen({ metadata, spec, status }: Application): ApplicationSeen {
  const operation = status?.operationState;
  const problem = status?.conditions?.find(({ type }) => type.endsWith('Error'))?.message;
  const unwell = status?.resources?.find(({ health }) => health?.status === 'Degraded')?.health?.message;
  const message = problem ?? unwell;
  return {
    name: metadata.name,
    stage: spec.destination.namespace ?? '',
    sync: status?.sync?.status ?? 'Unknown',
    health: status?.health?.status ?? 'Unknown',
    ...(message === undefined ? {} : { message }),
    ...(operation === undefined
      ? {}
      : {
          operation: {
            phase: operation.phase,
            revision: operation.syncResult?.revision ?? operation.operation.sync?.revision ?? '',
            startedAt: iso(operation.startedAt),
            ...(operation.message === undefined ? {} : { message: operation.message }),
          },
        }),
    history: (status?.history ?? []).map(({ revision, deployedAt, deployStartedAt }) => ({
      revision,
      deployedAt: iso(deployedAt),
      ...(deployStartedAt === undefined ? {} : { startedAt: iso(deployStartedAt) }),
    })),
  };
}

/** It runs a revision when every pod that is wanted is of the newest template and available. Old ones may still be leaving. */
function runningSeen(object: Workload, stage: string, revision: string, live: boolean): RunningSeen {
  const { spec, status = {}, metadata } = object;
  const wanted = spec.replicas ?? 1;
  const {
    observedGeneration = 0,
    replicas = 0,
    updatedReplicas = 0,
    availableReplicas = 0,
    conditions,
  } = status;
  const isCurrent = observedGeneration >= (metadata.generation ?? 0);
  // The Deployment does not say which of its pods are available: at worst all old ones are among them.
  const availableOfNew = availableReplicas - (replicas - updatedReplicas);
  const isDone = isCurrent && updatedReplicas >= wanted && availableOfNew >= wanted;
  // When the rollout was over; other conditions move whenever a pod is replaced.
  const told = conditionOf(conditions, 'Progressing')?.lastUpdateTime;
  const since = live || told === undefined ? new Date().toISOString() : iso(told);
  return {
    stage,
    revision,
    image: spec.template.spec.containers[0]?.image ?? '',
    ready: isCurrent ? Math.max(0, Math.min(wanted, availableOfNew)) : 0,
    wanted,
    ...(isDone ? { since } : {}),
  };
}

function iso(time: string): string {
  return new Date(time).toISOString();
}

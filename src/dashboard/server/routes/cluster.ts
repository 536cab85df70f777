import { stringify } from 'yaml';
import type { KubeObject, KubernetesClient, TypeRef } from '../../../clients/kubernetes.ts';
import {
  eventType,
  podType,
  type CronJob,
  type KubeEvent,
  type Pod,
  type Workload,
} from '../../../clients/kubernetes-objects.ts';
import type { ClusterDocument, EventDocument, ObjectDetails, PodDetails } from '../../model/documents.ts';
import { found, type Parts, type Routes } from '../call.ts';
import { Refusal } from '../refusal.ts';
import { streamText } from '../stream.ts';
import { eventOf, objectOf, podOf, workloadOf } from './objects.ts';

const workloadTypes: readonly TypeRef[] = [
  { apiVersion: 'apps/v1', kind: 'Deployment' },
  { apiVersion: 'apps/v1', kind: 'StatefulSet' },
  { apiVersion: 'apps/v1', kind: 'DaemonSet' },
  { apiVersion: 'batch/v1', kind: 'Job' },
  { apiVersion: 'batch/v1', kind: 'CronJob' },
];
const otherTypes: readonly TypeRef[] = [
  { apiVersion: 'v1', kind: 'Service' },
  { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress' },
  { apiVersion: 'v1', kind: 'ConfigMap' },
];
const LOG_LINES = 500;
/** The newest ones; a busy cluster has thousands. */
const EVENTS = 500;

/** Workloads, pods, events and logs of the cluster. */
export function addCluster(routes: Routes, { playground }: Parts): void {
  routes.get('/api/cluster', async (context) => {
    const cluster = await playground.cluster();
    const [workloads, others, pods, events] = await Promise.all([
      listAll<Workload | CronJob>(cluster, workloadTypes),
      listAll<KubeObject>(cluster, otherTypes),
      cluster.list<Pod>(podType),
      cluster.list<KubeEvent>(eventType),
    ]);
    const document: ClusterDocument = {
      workloads: workloads.map(workloadOf),
      others: others.map(objectOf),
      pods: pods.items.map(podOf),
      events: events.items
        .map(eventOf)
        .sort((a, b) => b.at.localeCompare(a.at))
        .slice(0, EVENTS),
    };
    return context.json(document);
  });
  routes.get('/api/cluster/pods/:namespace/:name', async (context) => {
    const { namespace, name } = context.req.param();
    const cluster = await playground.cluster();
    const pod = found(await cluster.find<Pod>({ ...podType, namespace, name }), `pod "${name}"`);
    const document: PodDetails = {
      pod: podOf(pod),
      yaml: yamlOf(pod),
      events: await eventsOf(cluster, namespace, name),
    };
    return context.json(document);
  });
  routes.get('/api/cluster/pods/:namespace/:name/log', async (context) => {
    const { namespace, name } = context.req.param();
    const container = context.req.query('container');
    const previous = context.req.query('previous') === 'true';
    const cluster = await playground.cluster();
    return streamText(context, (signal) =>
      cluster.logs(namespace, name, {
        signal,
        follow: !previous,
        tailLines: LOG_LINES,
        ...(previous ? { previous } : {}),
        ...(container === undefined ? {} : { container }),
      }),
    );
  });
  routes.get('/api/cluster/object', async (context) => {
    const { apiVersion = '', kind = '', namespace, name = '' } = context.req.query();
    const cluster = await playground.cluster();
    // Values of Secrets stay in the cluster.
    if (kind === 'Secret') throw new Refusal(403, 'secret', 'the dashboard shows no Secrets', 'use kubectl');
    const ref = { apiVersion, kind, name, ...(namespace === undefined ? {} : { namespace }) };
    const object = found(await cluster.find<KubeObject>(ref), `${kind} "${name}"`);
    const document: ObjectDetails = {
      yaml: yamlOf(object),
      events: await eventsOf(cluster, namespace, name),
    };
    return context.json(document);
  });
}

/** What has happened to an object, the newest first. */
async function eventsOf(
  cluster: KubernetesClient,
  namespace: string | undefined,
  name: string,
): Promise<EventDocument[]> {
  const { items } = await cluster.list<KubeEvent>(eventType, {
    ...(namespace === undefined ? {} : { namespace }),
    fieldSelector: `involvedObject.name=${name}`,
  });
  return items.map(eventOf).sort((a, b) => b.at.localeCompare(a.at));
}

async function listAll<T extends KubeObject>(
  cluster: KubernetesClient,
  types: readonly TypeRef[],
): Promise<T[]> {
  // A kind that this cluster does not serve has no objects.
  const lists = await Promise.all(types.map((type) => cluster.list<T>(type).catch(() => ({ items: [] }))));
  return lists.flatMap(({ items }) => items);
}

function yamlOf({ metadata, ...rest }: KubeObject): string {
  const { managedFields: _managedFields, ...shown } = metadata as typeof metadata & {
    managedFields?: unknown;
  };
  const { apiVersion, kind, ...content } = rest;
  return stringify({ apiVersion, kind, metadata: shown, ...content }, { lineWidth: 0 });
}

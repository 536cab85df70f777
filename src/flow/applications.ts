import type { KubernetesClient, KubeObject } from '../clients/kubernetes.ts';
import type { Endpoints } from '../engines/engine.ts';
import { operatorNamespace, stages } from './names.ts';

/** An Application of the GitOps operator, as far as the flow reads it (argoproj.io/v1alpha1). */
export interface Application extends KubeObject {
  readonly spec: {
    readonly source: { readonly repoURL: string; readonly path: string; readonly targetRevision?: string };
    readonly destination: { readonly namespace?: string };
  };
  readonly status?: {
    readonly sync?: { readonly status?: string; readonly revision?: string };
    readonly health?: { readonly status?: string; readonly message?: string };
    readonly resources?: readonly ApplicationResource[];
    readonly conditions?: readonly { readonly type: string; readonly message: string }[];
    readonly history?: readonly {
      readonly revision: string;
      readonly deployedAt: string;
      readonly deployStartedAt?: string;
    }[];
    readonly operationState?: {
      readonly phase: string;
      readonly message?: string;
      readonly startedAt?: string;
      readonly finishedAt?: string;
    };
  };
}

interface ApplicationResource {
  readonly health?: { readonly status?: string; readonly message?: string };
  readonly group?: string;
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
}

export const applicationType = { apiVersion: 'argoproj.io/v1alpha1', kind: 'Application' } as const;

/** What `status` says of an application that runs somewhere. `name` and `stage` are the Application's and its namespace's. */
export interface ApplicationStatus {
  readonly name: string;
  readonly stage: string;
  /** An address and a port; empty until the Service has one. */
  readonly url: string;
  readonly hostUrl?: string;
  /** The commit of the application's repository that is deployed; empty when nothing is. */
  readonly revision: string;
  readonly image: string;
  readonly sync: string;
  readonly health: string;
  /** Why it is not well, as the operator or the cluster says it. */
  readonly message?: string;
}

/** The annotation by which the pipeline says from which commit of the application a Deployment was made. */
export const revisionAnnotation = 'gitops-playground.io/revision';

interface Deployment extends KubeObject {
  readonly spec: {
    readonly template: { readonly spec: { readonly containers: readonly { readonly image: string }[] } };
  };
}

interface Service extends KubeObject {
  readonly spec: { readonly ports?: readonly { readonly nodePort?: number }[] };
}

interface Ingress extends KubeObject {
  readonly spec: { readonly rules?: readonly { readonly host?: string }[] };
}

export async function listApplications(cluster: KubernetesClient): Promise<Application[]> {
  return (await cluster.list<Application>(applicationType, { namespace: operatorNamespace })).items;
}

/** The applications that deploy something to run, with where and in which revision they do. */
export async function readApplications(
  cluster: KubernetesClient,
  endpoints: Endpoints,
): Promise<ApplicationStatus[]> {
  const applications = await listApplications(cluster);
  const running = applications.filter(
    ({ spec }) => (spec.destination.namespace ?? operatorNamespace) !== operatorNamespace,
  );
  const read = await Promise.all(
    running.map((application) => readApplication(cluster, endpoints, application)),
  );
  return read.sort((a, b) => place(a.stage) - place(b.stage) || a.name.localeCompare(b.name));
}

async function readApplication(
  cluster: KubernetesClient,
  endpoints: Endpoints,
  application: Application,
): Promise<ApplicationStatus> {
  const { metadata, spec, status } = application;
  const stage = spec.destination.namespace ?? '';
  const owned = async <T extends KubeObject>(apiVersion: string, kind: string): Promise<T | undefined> => {
    const group = apiVersion.includes('/') ? apiVersion.split('/')[0] : '';
    const found = status?.resources?.find(
      (candidate) => candidate.kind === kind && (candidate.group ?? '') === group,
    );
    if (found === undefined) return undefined;
    return cluster.find<T>({ apiVersion, kind, namespace: found.namespace ?? stage, name: found.name });
  };
  const [deployment, service, ingress] = await Promise.all([
    owned<Deployment>('apps/v1', 'Deployment'),
    owned<Service>('v1', 'Service'),
    owned<Ingress>('networking.k8s.io/v1', 'Ingress'),
  ]);
  const nodePort = service?.spec.ports?.find((port) => port.nodePort !== undefined)?.nodePort;
  const host = ingress?.spec.rules?.[0]?.host;
  const message = messageFor(status);
  return {
    name: metadata.name,
    stage,
    url: nodePort === undefined ? '' : `http://127.0.0.1:${nodePort}`,
    ...(host === undefined ? {} : { hostUrl: `http://${host}:${endpoints.ingress.port}` }),
    revision: deployment?.metadata.annotations?.[revisionAnnotation] ?? '',
    image: deployment?.spec.template.spec.containers[0]?.image ?? '',
    sync: status?.sync?.status ?? 'Unknown',
    health: status?.health?.status ?? 'Unknown',
    ...(message === undefined ? {} : { message }),
  };
}

function messageFor(status: Application['status']): string | undefined {
  const condition = status?.conditions?.find(({ type }) => type.endsWith('Error'));
  const unwell = status?.resources?.find(
    ({ health }) =>
      health?.message !== undefined && health.status !== 'Healthy' && health.message.trim() !== '',
  );
  return condition?.message ?? (unwell && `${unwell.kind} ${unwell.name}: ${unwell.health?.message ?? ''}`);
}

/** Where a stage stands on the way to production; stages that people add come last. */
function place(stage: string): number {
  const index = stages.findIndex((known) => known === stage);
  return index < 0 ? stages.length : index;
}

import type { KubernetesClient, KubeObject } from '../clients/kubernetes.ts';
import type { Service, Workload } from '../clients/kubernetes-objects.ts';
import { addonLabel } from '../config/names.ts';
import type { Config } from '../config/schema.ts';
import type { Endpoints } from '../engines/engine.ts';
import { stages } from './names.ts';
import type { Application } from './operators/application.ts';
import { operators } from './operators/operator.ts';

export { applicationType, type Application } from './operators/application.ts';

/** What `status` says of an application that runs somewhere. `name` and `stage` are the Application's and its namespace's. */
export interface ApplicationStatus {
  readonly name: string;
  readonly stage: string;
  /** An address and a port; empty until the Service has one. */
  readonly url: string;
  /** By name, where the cluster has an ingress controller. */
  readonly hostUrl?: string;
  /** The commit of the application's repository that is deployed; empty when nothing is. */
  readonly revision: string;
  readonly image: string;
  readonly sync: string;
  readonly health: string;
  /** Why it is not well, as the operator or the cluster says it. */
  readonly message?: string;
}

/** Whether all that Git says is there, and works. */
export function isWell({ sync, health }: Pick<ApplicationStatus, 'sync' | 'health'>): boolean {
  return sync === 'Synced' && health === 'Healthy';
}

/** The annotation by which the pipeline says from which commit of the application a Deployment was made. */
export const revisionAnnotation = 'gitops-playground.io/revision';

interface Ingress extends KubeObject {
  readonly spec: { readonly rules?: readonly { readonly host?: string }[] };
  /** Empty until an ingress controller has taken it. */
  readonly status?: { readonly loadBalancer?: { readonly ingress?: readonly unknown[] } };
}

/** All that the operator keeps equal to Git, in the words of Argo CD. */
export function listApplications(
  cluster: KubernetesClient,
  operator: Config['operator'],
): Promise<Application[]> {
  return operators[operator].list(cluster);
}

/** The address of the Git repository that an application is read from; undefined when it is a chart alone. */
export function repositoryOf({ spec }: Application): string | undefined {
  return [...(spec.sources ?? []), ...(spec.source === undefined ? [] : [spec.source])].find(
    ({ path }) => path !== undefined,
  )?.repoURL;
}

/** The add-on that an application installs; undefined for those of the loop, and those that people made. */
export function addonOf({ metadata }: Application): string | undefined {
  return metadata.labels?.[addonLabel];
}

/**
 * The applications that deploy something to run, with where and in which revision they do; add-ons are none of them.
 * @param stage those of one stage alone.
 */
export async function readApplications(
  cluster: KubernetesClient,
  endpoints: Endpoints,
  operator: Config['operator'],
  stage?: string,
): Promise<ApplicationStatus[]> {
  const applications = await listApplications(cluster, operator);
  const own = operators[operator].namespace;
  const running = applications.filter((application) => {
    const { namespace = own } = application.spec.destination;
    return namespace !== own && namespace === (stage ?? namespace) && addonOf(application) === undefined;
  });
  const read = await Promise.all(
    running.map((application) => readApplication(cluster, endpoints, application)),
  );
  return read.sort((a, b) => place(a.stage) - place(b.stage) || a.name.localeCompare(b.name));
}

/** How an add-on is, as the operator says it. */
export type AddonStatus = Pick<ApplicationStatus, 'name' | 'sync' | 'health' | 'message'> & {
  /** It is not well yet, and has not had the time to be. */
  readonly installing?: true;
};

/** Milliseconds that an add-on may take to be pulled and to start; after that something is wrong with it. */
const INSTALLATION_LIMIT_MS = 15 * 60_000;

/** Whether the operator is still at work on an add-on that came lately, and nothing has failed so far. */
function isInstalling({ metadata, status }: Application): boolean {
  const age = Date.now() - Date.parse(metadata.creationTimestamp ?? '');
  const failed = ['Failed', 'Error'].includes(status?.operationState?.phase ?? '');
  return age < INSTALLATION_LIMIT_MS && !failed && conditionOf(status) === undefined;
}

/** Whether an add-on is as it should be; one that is `Suspended`, as a canary is, waits for a person by intent. */
export function isAddonWell({ sync, health }: Pick<AddonStatus, 'sync' | 'health'>): boolean {
  return isWell({ sync, health: health === 'Suspended' ? 'Healthy' : health });
}

/** The add-ons that the operator installs, each once: one of several Applications is as the least well of them. */
export async function readAddons(
  cluster: KubernetesClient,
  operator: Config['operator'],
): Promise<AddonStatus[]> {
  const found = new Map<string, AddonStatus>();
  for (const application of await listApplications(cluster, operator)) {
    const name = addonOf(application);
    const known = name === undefined ? undefined : found.get(name);
    if (name === undefined || (known !== undefined && !isAddonWell(known))) continue;
    const { status } = application;
    const message = messageFor(status);
    const seen = {
      name,
      sync: status?.sync?.status ?? 'Unknown',
      health: status?.health?.status ?? 'Unknown',
      ...(message === undefined ? {} : { message }),
    };
    const installing = !isAddonWell(seen) && isInstalling(application);
    if (known === undefined || !isAddonWell(seen))
      found.set(name, installing ? { ...seen, installing } : seen);
  }
  return [...found.values()];
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
    owned<Workload>('apps/v1', 'Deployment'),
    owned<Service>('v1', 'Service'),
    owned<Ingress>('networking.k8s.io/v1', 'Ingress'),
  ]);
  const nodePort = service?.spec.ports?.find((port) => port.nodePort !== undefined)?.nodePort;
  const taken = (ingress?.status?.loadBalancer?.ingress ?? []).length > 0;
  const host = taken ? ingress?.spec.rules?.[0]?.host : undefined;
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

/** What keeps an Application from being compared or synced. */
function conditionOf(status: Application['status']) {
  return status?.conditions?.find(({ type }) => type.endsWith('Error'));
}

function messageFor(status: Application['status']): string | undefined {
  const condition = conditionOf(status);
  if (condition !== undefined) return condition.message;
  const unwell = (status?.resources ?? []).filter(
    ({ health }) => health?.status !== undefined && health.status !== 'Healthy',
  );
  const told = unwell.find(({ health }) => (health?.message ?? '').trim() !== '');
  if (told !== undefined) return `${told.kind} ${told.name}: ${told.health?.message ?? ''}`;
  const [first] = status?.health?.status === 'Healthy' ? [] : unwell;
  return first && `${first.kind} ${first.name} is ${first.health?.status ?? 'Unknown'}`;
}

/** Where a stage stands on the way to production; stages that people add come last. */
function place(stage: string): number {
  const index = stages.findIndex((known) => known === stage);
  return index < 0 ? stages.length : index;
}

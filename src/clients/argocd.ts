import { PlaygroundError } from '../lib/errors.ts';
import {
  APPLICATION_API_VERSION,
  REFRESH_ANNOTATION,
  RESOURCES_FINALIZER,
  type Application,
  type AppProject,
  type Operation,
  type SyncOperation,
  type SyncOperationResource,
} from './argocd-types.ts';
import {
  hasReason,
  type FollowEvent,
  type KubeObject,
  type KubernetesClient,
  type ObjectRef,
} from './kubernetes.ts';

export type * from './argocd-types.ts';

export interface SyncRequest {
  /** The revision that the spec names unless told. */
  readonly revision?: string;
  readonly prune?: boolean;
  readonly dryRun?: boolean;
  /** Only these resources; all unless told. */
  readonly resources?: readonly SyncOperationResource[];
  readonly syncOptions?: readonly string[];
  readonly strategy?: NonNullable<SyncOperation['syncStrategy']>;
  readonly username?: string;
}

export interface RollbackRequest {
  readonly prune?: boolean;
  readonly dryRun?: boolean;
  readonly username?: string;
}

/**
 * Argo CD, and the Argo-CD-compatible controller, through their resources in the cluster: nothing here needs
 * a login other than the kubeconfig's.
 */
export interface ArgocdClient {
  list(): Promise<Application[]>;
  /** @throws PlaygroundError `application-missing` */
  get(name: string): Promise<Application>;
  find(name: string): Promise<Application | undefined>;
  projects(): Promise<AppProject[]>;
  /** All Applications, then `SYNCED`, then every change, until the signal is aborted. */
  follow(signal: AbortSignal): AsyncGenerator<FollowEvent<Application & KubeObject>>;
  /** Asks for a comparison with the newest commit. The controller takes the annotation away when it is done. */
  refresh(name: string, kind?: 'normal' | 'hard'): Promise<Application>;
  /** @throws PlaygroundError `operation-in-progress`, `application-missing`, `sync-refused`. */
  sync(name: string, request?: SyncRequest): Promise<Application>;
  /** Deploys an earlier state from the history. @throws PlaygroundError as `sync`, and `history-missing`. */
  rollback(name: string, id: number, request?: RollbackRequest): Promise<Application>;
  /** Ends a running operation; false when none is running. */
  terminate(name: string): Promise<boolean>;
  /** Deletes an Application; its objects in the cluster go too unless `cascade` is false. */
  remove(name: string, options?: { readonly cascade?: boolean }): Promise<void>;
}

/** How often a write is tried when the controller writes at the same time. */
const ATTEMPTS = 10;

export function createArgocdClient(
  kubernetes: KubernetesClient,
  { namespace = 'argocd' }: { readonly namespace?: string } = {},
): ArgocdClient {
  type Live = Application & KubeObject;
  const type = { apiVersion: APPLICATION_API_VERSION, kind: 'Application' };
  const ref = (name: string): ObjectRef => ({ ...type, namespace, name });
  const find = (name: string) => kubernetes.find<Live>(ref(name));
  const get = async (name: string): Promise<Live> => {
    const application = await find(name);
    if (application !== undefined) return application;
    throw new PlaygroundError({
      code: 'application-missing',
      message: `there is no Application "${name}" in the namespace "${namespace}"`,
      hint: `kubectl get applications -n ${namespace}`,
    });
  };
  /** Changes an Application as it is now, and again when somebody was faster. */
  const change = async (name: string, decide: (application: Application) => object): Promise<Application> => {
    for (let attempt = 1; ; attempt += 1) {
      const application = await get(name);
      const { metadata: changes, ...rest } = decide(application) as { metadata?: object };
      const { resourceVersion } = application.metadata;
      const patch = { ...rest, metadata: { ...changes, resourceVersion } };
      try {
        return await kubernetes.patch<Live>(ref(name), 'merge', patch);
      } catch (error) {
        if (!hasReason(error, 'Conflict') || attempt === ATTEMPTS) throw error;
      }
    }
  };
  return {
    list: async () => (await kubernetes.list<Live>(type, { namespace })).items,
    get,
    find,
    async projects() {
      const kind = { apiVersion: APPLICATION_API_VERSION, kind: 'AppProject' };
      return (await kubernetes.list<AppProject & KubeObject>(kind, { namespace })).items;
    },
    follow: (signal) => kubernetes.follow<Live>(type, { namespace, signal }),
    refresh: (name, kind = 'normal') =>
      change(name, () => ({ metadata: { annotations: { [REFRESH_ANNOTATION]: kind } } })),
    sync: (name, request = {}) =>
      change(name, (application) => ({ operation: syncOperation(application, request) })),
    rollback: (name, id, request = {}) =>
      change(name, (application) => ({ operation: rollbackOperation(application, id, request) })),
    async terminate(name) {
      let running = false;
      await change(name, ({ operation, status }) => {
        running = operation !== undefined && status?.operationState !== undefined;
        return running ? { status: { operationState: { phase: 'Terminating' } } } : {};
      });
      return running;
    },
    async remove(name, { cascade = true } = {}) {
      await change(name, ({ metadata }) => {
        const others = (metadata.finalizers ?? []).filter((each) => !each.startsWith(RESOURCES_FINALIZER));
        return { metadata: { finalizers: cascade ? [...others, RESOURCES_FINALIZER] : others } };
      });
      await kubernetes.delete(ref(name));
    },
  };
}

/**
 * The operation that a person asks for by "sync".
 * @throws PlaygroundError `operation-in-progress`, and `sync-refused` where automated sync follows another revision.
 */
export function syncOperation(application: Application, request: SyncRequest): Operation {
  refuseSecond(application);
  const { source, syncPolicy } = application.spec;
  const { revision, username, resources, strategy } = request;
  const target = source?.targetRevision ?? '';
  if (
    isAutomated(application) &&
    revision !== undefined &&
    revision !== '' &&
    revision !== target &&
    request.dryRun !== true
  ) {
    throw new PlaygroundError({
      code: 'sync-refused',
      message: `cannot sync to ${revision}: auto-sync follows ${target === '' ? 'HEAD' : target}`,
      hint: 'switch automated sync off first, or change spec.source.targetRevision',
    });
  }
  const syncOptions = request.syncOptions ?? syncPolicy?.syncOptions;
  return {
    sync: {
      ...(revision === undefined ? {} : { revision }),
      ...(request.prune === undefined ? {} : { prune: request.prune }),
      ...(request.dryRun === undefined ? {} : { dryRun: request.dryRun }),
      ...(resources === undefined ? {} : { resources: [...resources] }),
      ...(strategy === undefined ? {} : { syncStrategy: strategy }),
      ...(syncOptions === undefined ? {} : { syncOptions: [...syncOptions] }),
    },
    initiatedBy: username === undefined ? {} : { username },
    ...(syncPolicy?.retry === undefined ? {} : { retry: syncPolicy.retry }),
  };
}

/**
 * The operation that goes back to an entry of the history.
 * @throws PlaygroundError `operation-in-progress`, `history-missing`, and `sync-refused` with automated sync.
 */
export function rollbackOperation(application: Application, id: number, request: RollbackRequest): Operation {
  refuseSecond(application);
  if (isAutomated(application)) {
    throw new PlaygroundError({
      code: 'sync-refused',
      message: 'rollback cannot be performed when auto-sync is enabled',
      hint: 'remove spec.syncPolicy.automated first, or revert the commit in Git',
    });
  }
  const history = application.status?.history ?? [];
  const entry = history.find((each) => each.id === id);
  if (entry === undefined) {
    throw new PlaygroundError({
      code: 'history-missing',
      message: `application ${application.metadata.name} does not have deployment id ${id} in history`,
      hint: `it has ${history.map((each) => each.id).join(', ') || 'none'}`,
    });
  }
  const { username } = request;
  const syncOptions = application.spec.syncPolicy?.syncOptions;
  return {
    sync: {
      revision: entry.revision,
      ...(request.prune === undefined ? {} : { prune: request.prune }),
      ...(request.dryRun === undefined ? {} : { dryRun: request.dryRun }),
      ...(entry.source === undefined ? {} : { source: entry.source }),
      ...(syncOptions === undefined ? {} : { syncOptions: [...syncOptions] }),
      syncStrategy: { apply: {} },
    },
    initiatedBy: username === undefined ? {} : { username },
  };
}

/** Whether an Application syncs by itself. */
export function isAutomated({ spec }: Application): boolean {
  const automated = spec.syncPolicy?.automated;
  return automated !== undefined && automated.enabled !== false;
}

function refuseSecond({ operation, metadata }: Application): void {
  if (operation === undefined) return;
  throw new PlaygroundError({
    code: 'operation-in-progress',
    message: `another operation is already in progress on ${metadata.name}`,
    hint: 'wait until it has ended, or terminate it',
  });
}

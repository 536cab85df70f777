/** The resources of the group argoproj.io/v1alpha1, as far as the playground reads or writes them. */

import type { KubeMetadata } from './kubernetes.ts';

export const APPLICATION_API_VERSION = 'argoproj.io/v1alpha1';
/** Annotation that asks for a comparison with the newest revision: `normal`, or `hard` to drop caches too. */
export const REFRESH_ANNOTATION = 'argocd.argoproj.io/refresh';
/** Finalizer that makes a deletion of an Application delete what it deployed. */
export const RESOURCES_FINALIZER = 'resources-finalizer.argocd.argoproj.io';

interface DirectorySource {
  recurse?: boolean;
  include?: string;
  exclude?: string;
  jsonnet?: Record<string, unknown>;
}

export interface ApplicationSource {
  repoURL: string;
  path?: string;
  targetRevision?: string;
  directory?: DirectorySource;
  chart?: string;
  helm?: Record<string, unknown>;
  kustomize?: Record<string, unknown>;
  plugin?: Record<string, unknown>;
  ref?: string;
}

interface ApplicationDestination {
  server?: string;
  name?: string;
  namespace?: string;
}

interface Backoff {
  /** `5s`, `1m30s`, or a number of seconds. */
  duration?: string;
  factor?: number;
  maxDuration?: string;
}

export interface RetryStrategy {
  limit?: number;
  backoff?: Backoff;
  refresh?: boolean;
}

interface SyncPolicy {
  automated?: { enabled?: boolean; prune?: boolean; selfHeal?: boolean; allowEmpty?: boolean };
  syncOptions?: string[];
  retry?: RetryStrategy;
  managedNamespaceMetadata?: { labels?: Record<string, string>; annotations?: Record<string, string> };
}

export interface IgnoreDifference {
  group?: string;
  kind: string;
  name?: string;
  namespace?: string;
  jsonPointers?: string[];
  jqPathExpressions?: string[];
  managedFieldsManagers?: string[];
}

export interface ApplicationSpec {
  project: string;
  source?: ApplicationSource;
  sources?: ApplicationSource[];
  sourceHydrator?: unknown;
  destination: ApplicationDestination;
  syncPolicy?: SyncPolicy;
  ignoreDifferences?: IgnoreDifference[];
  revisionHistoryLimit?: number;
  info?: { name: string; value: string }[];
}

export type SyncStatusCode = 'Synced' | 'OutOfSync' | 'Unknown';
export type HealthStatusCode = 'Healthy' | 'Suspended' | 'Progressing' | 'Missing' | 'Degraded' | 'Unknown';
export type OperationPhase = 'Running' | 'Terminating' | 'Succeeded' | 'Failed' | 'Error';
export type SyncPhase = 'PreSync' | 'Sync' | 'PostSync' | 'SyncFail';
type ResultCode = 'Synced' | 'SyncFailed' | 'Pruned' | 'PruneSkipped';

export interface HealthStatus {
  status: HealthStatusCode;
  message?: string;
}

export interface SyncOperationResource {
  group?: string;
  kind: string;
  name: string;
  namespace?: string;
}

export interface SyncOperation {
  revision?: string;
  prune?: boolean;
  dryRun?: boolean;
  syncStrategy?: { apply?: { force?: boolean }; hook?: { force?: boolean } };
  resources?: SyncOperationResource[];
  source?: ApplicationSource;
  syncOptions?: string[];
  autoHealAttemptsCount?: number;
}

interface OperationInitiator {
  username?: string;
  automated?: boolean;
}

export interface Operation {
  sync?: SyncOperation;
  initiatedBy?: OperationInitiator;
  info?: { name: string; value: string }[];
  retry?: RetryStrategy;
}

export interface ResourceResult {
  group: string;
  version: string;
  kind: string;
  namespace: string;
  name: string;
  status?: ResultCode;
  message?: string;
  hookType?: SyncPhase;
  hookPhase?: OperationPhase;
  syncPhase?: SyncPhase;
  images?: string[];
}

interface SyncOperationResult {
  resources?: ResourceResult[];
  revision: string;
  source?: ApplicationSource;
}

export interface OperationState {
  operation: Operation;
  phase: OperationPhase;
  message?: string;
  syncResult?: SyncOperationResult;
  startedAt: string;
  finishedAt?: string;
  retryCount?: number;
}

export interface RevisionHistory {
  id: number;
  revision: string;
  deployedAt: string;
  deployStartedAt?: string;
  source?: ApplicationSource;
  initiatedBy?: OperationInitiator;
}

export interface ResourceStatus {
  group?: string;
  version: string;
  kind: string;
  namespace?: string;
  name: string;
  status?: SyncStatusCode;
  health?: HealthStatus;
  hook?: boolean;
  requiresPruning?: boolean;
  syncWave?: number;
}

export interface ApplicationCondition {
  type: string;
  message: string;
  lastTransitionTime?: string;
}

export interface ApplicationStatus {
  resources?: ResourceStatus[];
  sync?: {
    status: SyncStatusCode;
    revision?: string;
    comparedTo?: {
      source?: ApplicationSource;
      destination: ApplicationDestination;
      ignoreDifferences?: IgnoreDifference[];
    };
  };
  health?: HealthStatus & { lastTransitionTime?: string };
  history?: RevisionHistory[];
  conditions?: ApplicationCondition[];
  reconciledAt?: string;
  operationState?: OperationState;
  sourceType?: string;
  summary?: { images?: string[]; externalURLs?: string[]; isAppOfApps?: boolean };
  controllerNamespace?: string;
  resourceHealthSource?: string;
}

export interface Application {
  apiVersion: string;
  kind: string;
  metadata: KubeMetadata;
  spec: ApplicationSpec;
  operation?: Operation;
  status?: ApplicationStatus;
}

export interface GroupKind {
  group: string;
  kind: string;
  /** Cluster resources only: a glob of names. */
  name?: string;
}

interface AppProjectSpec {
  description?: string;
  sourceRepos?: string[];
  destinations?: ApplicationDestination[];
  clusterResourceWhitelist?: GroupKind[];
  clusterResourceBlacklist?: GroupKind[];
  namespaceResourceWhitelist?: GroupKind[];
  namespaceResourceBlacklist?: GroupKind[];
  sourceNamespaces?: string[];
}

export interface AppProject {
  apiVersion: string;
  kind: string;
  metadata: KubeMetadata;
  spec: AppProjectSpec;
}

import { APPLICATION_API_VERSION } from '../../clients/argocd-types.ts';
import { waitFor } from '../../lib/wait.ts';
import type { ClusterAccess } from './cluster.ts';
import type { Manifest } from './objects.ts';

type Schema = Readonly<Record<string, unknown>>;

const text: Schema = { type: 'string' };
const flag: Schema = { type: 'boolean' };
const whole: Schema = { type: 'integer', format: 'int64' };
/** Fields that only the real controller knows are kept as they are. */
const open: Schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
const texts: Schema = list(text);
const textMap: Schema = { type: 'object', additionalProperties: text };

function list(items: Schema): Schema {
  return { type: 'array', items };
}

function record(properties: Readonly<Record<string, Schema>>, required: readonly string[] = []): Schema {
  return {
    type: 'object',
    properties,
    ...(required.length === 0 ? {} : { required }),
    'x-kubernetes-preserve-unknown-fields': true,
  };
}

const source = record(
  {
    repoURL: { ...text, description: 'URL of the Git repository that holds the manifests.' },
    path: { ...text, description: 'Folder of the repository.' },
    targetRevision: { ...text, description: 'Branch, tag, commit or semver range; HEAD when empty.' },
    directory: record({ recurse: flag, include: text, exclude: text, jsonnet: open }),
    chart: text,
    helm: open,
    kustomize: open,
    plugin: open,
    ref: text,
    name: text,
  },
  ['repoURL'],
);
const destination = record({ server: text, name: text, namespace: text });
const retry = record({
  limit: whole,
  refresh: flag,
  backoff: record({ duration: text, factor: whole, maxDuration: text }),
});
const syncOperation = record({
  revision: text,
  prune: flag,
  dryRun: flag,
  source,
  syncOptions: texts,
  autoHealAttemptsCount: whole,
  syncStrategy: record({ apply: record({ force: flag }), hook: record({ force: flag }) }),
  resources: list(record({ group: text, kind: text, name: text, namespace: text }, ['kind', 'name'])),
});
const operation: Schema = {
  ...record({
    sync: syncOperation,
    retry,
    initiatedBy: record({ username: text, automated: flag }),
    info: list(record({ name: text, value: text }, ['name', 'value'])),
  }),
  description: 'A requested or running operation; the controller takes it away when it has ended.',
};
const ignoreDifferences = list(
  record(
    {
      group: text,
      kind: text,
      name: text,
      namespace: text,
      jsonPointers: texts,
      jqPathExpressions: texts,
      managedFieldsManagers: texts,
    },
    ['kind'],
  ),
);
const syncPolicy = record({
  automated: record({ enabled: flag, prune: flag, selfHeal: flag, allowEmpty: flag }),
  syncOptions: texts,
  retry,
  managedNamespaceMetadata: record({ labels: textMap, annotations: textMap }),
});
const health = record({ status: text, message: text, lastTransitionTime: text });
const resourceStatus = record({
  group: text,
  version: text,
  kind: text,
  namespace: text,
  name: text,
  status: text,
  health,
  hook: flag,
  requiresPruning: flag,
  syncWave: whole,
});
const resourceResult = record({
  group: text,
  version: text,
  kind: text,
  namespace: text,
  name: text,
  status: text,
  message: text,
  hookType: text,
  hookPhase: text,
  syncPhase: text,
  images: texts,
});
const status: Schema = {
  ...record({
    sync: record({ status: text, revision: text, comparedTo: open }),
    health,
    resources: list(resourceStatus),
    conditions: list(record({ type: text, message: text, lastTransitionTime: text }, ['type', 'message'])),
    history: list(
      record({
        id: whole,
        revision: text,
        deployedAt: text,
        deployStartedAt: text,
        source,
        initiatedBy: open,
      }),
    ),
    operationState: record({
      operation,
      phase: text,
      message: text,
      startedAt: text,
      finishedAt: text,
      retryCount: whole,
      syncResult: record({ revision: text, source, resources: list(resourceResult) }),
    }),
    summary: record({ images: texts, externalURLs: texts, isAppOfApps: flag }),
    reconciledAt: text,
    observedAt: text,
    sourceType: text,
    controllerNamespace: text,
  }),
  description: 'What the controller found out and did.',
};

const application = definition({
  kind: 'Application',
  plural: 'applications',
  shortNames: ['app', 'apps'],
  columns: [
    { name: 'Sync Status', type: 'string', jsonPath: '.status.sync.status' },
    { name: 'Health Status', type: 'string', jsonPath: '.status.health.status' },
    { name: 'Revision', type: 'string', jsonPath: '.status.sync.revision', priority: 10 },
    { name: 'Project', type: 'string', jsonPath: '.spec.project', priority: 10 },
  ],
  description: 'An Application keeps what a folder of a Git repository says running in a cluster.',
  properties: {
    spec: {
      ...record(
        {
          project: { ...text, description: 'The AppProject that says what is allowed.' },
          source,
          sources: list(source),
          destination,
          syncPolicy,
          ignoreDifferences,
          revisionHistoryLimit: whole,
          info: list(record({ name: text, value: text }, ['name', 'value'])),
        },
        ['destination', 'project'],
      ),
      description: 'What to deploy, from where, to where, and how.',
    },
    status,
    operation,
  },
});

const groupKinds = list(record({ group: text, kind: text, name: text }, ['group', 'kind']));
const project = definition({
  kind: 'AppProject',
  plural: 'appprojects',
  shortNames: ['appproj', 'appprojs'],
  columns: [],
  description: 'An AppProject says what its Applications may deploy, from where and to where.',
  properties: {
    spec: record({
      description: text,
      sourceRepos: texts,
      destinations: list(destination),
      clusterResourceWhitelist: groupKinds,
      clusterResourceBlacklist: groupKinds,
      namespaceResourceWhitelist: groupKinds,
      namespaceResourceBlacklist: groupKinds,
      sourceNamespaces: texts,
      roles: list(open),
    }),
    status: open,
  },
});

interface Definition {
  readonly kind: string;
  readonly plural: string;
  readonly shortNames: readonly string[];
  readonly columns: readonly object[];
  readonly description: string;
  readonly properties: Readonly<Record<string, Schema>>;
}

function definition({ kind, plural, shortNames, columns, description, properties }: Definition): Manifest {
  const name = `${plural}.argoproj.io`;
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name,
      labels: { 'app.kubernetes.io/name': name, 'app.kubernetes.io/part-of': 'argocd' },
    },
    spec: {
      group: 'argoproj.io',
      names: { kind, listKind: `${kind}List`, plural, shortNames, singular: kind.toLowerCase() },
      scope: 'Namespaced',
      versions: [
        {
          name: 'v1alpha1',
          served: true,
          storage: true,
          ...(columns.length === 0 ? {} : { additionalPrinterColumns: columns }),
          subresources: {},
          schema: {
            openAPIV3Schema: {
              type: 'object',
              description,
              required: ['metadata', 'spec'],
              properties: { apiVersion: text, kind: text, metadata: { type: 'object' }, ...properties },
            },
          },
        },
      ],
    },
  };
}

/** The resource definitions of argoproj.io/v1alpha1. */
const definitions: readonly Manifest[] = [application, project];

/** The project of Applications that need no rules: everything is allowed. */
export function defaultProject(namespace: string): Manifest {
  const anything = [{ group: '*', kind: '*' }];
  return {
    apiVersion: APPLICATION_API_VERSION,
    kind: 'AppProject',
    metadata: { name: 'default', namespace },
    spec: {
      sourceRepos: ['*'],
      destinations: [{ server: '*', namespace: '*' }],
      clusterResourceWhitelist: anything,
    },
  };
}

/** Puts namespace, definitions and default project into the cluster. A project that somebody has changed stays. */
export async function installDefinitions(cluster: ClusterAccess, namespace: string): Promise<void> {
  const core = await cluster.kind('apiextensions.k8s.io/v1', 'CustomResourceDefinition');
  const namespaces = await cluster.kind('v1', 'Namespace');
  if (core === undefined || namespaces === undefined) {
    throw new Error('the cluster serves no CustomResourceDefinitions');
  }
  await Promise.all([
    cluster.apply(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }),
    ...definitions.map((each) => cluster.apply(core, each)),
  ]);
  const projects = await waitForKind(cluster, 'AppProject');
  await waitForKind(cluster, 'Application');
  if ((await cluster.get(projects, namespace, 'default')) === undefined) {
    await cluster.apply(projects, defaultProject(namespace));
  }
}

async function waitForKind(cluster: ClusterAccess, name: string) {
  return waitFor(
    async () => {
      const kind = await cluster.kind(APPLICATION_API_VERSION, name);
      return kind === undefined ? { done: false, seen: 'not served yet' } : { done: true, value: kind };
    },
    { what: `the kind ${name} to be served`, limit: 30_000, interval: 20 },
  );
}

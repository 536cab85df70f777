import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Application } from '../../src/clients/argocd.ts';
import { waitFor } from '../../src/lib/wait.ts';
import { operatorTargets, type ArgocdProgram } from '../support/argocd.ts';
import { manifests, startPlayground, webhookSecret, type Playground } from './gitops-support.ts';

let playground: Playground;
let hasKubectl = true;

async function start(argocd: ArgocdProgram | undefined): Promise<void> {
  playground = await startPlayground(argocd);
  const { gitea } = playground;
  await gitea.createRepository('playground', { name: 'gitops', auto_init: true, default_branch: 'main' });
  await commit(
    Object.fromEntries(Object.entries(manifests('shop:1')).map(([name, text]) => [`staging/${name}`, text])),
  );
  await hook();
  try {
    await playground.kubectl('version', '--client');
  } catch {
    hasKubectl = false;
  }
}

/** Writes files (undefined deletes) in one commit by the Git server's API; gives the commit. */
async function commit(files: Readonly<Record<string, string | undefined>>): Promise<string> {
  const { gitea } = playground;
  for (const [path, text] of Object.entries(files)) {
    const before = await gitea.findFile('playground', 'gitops', path);
    if (text === undefined) await gitea.deleteFile('playground', 'gitops', path, before?.sha ?? '');
    else if (before === undefined) await gitea.createFile('playground', 'gitops', path, text);
    else await gitea.updateFile('playground', 'gitops', path, text, before.sha);
  }
  return (await gitea.findBranch('playground', 'gitops', 'main'))?.commit.id ?? '';
}

const hook = () =>
  playground.gitea.createHook('playground', 'gitops', {
    type: 'gitea',
    active: true,
    events: ['push'],
    config: { url: `${playground.gitops().url}/api/webhook`, content_type: 'json', secret: webhookSecret },
  });

function applicationYaml(name: string, path: string, extra = ''): string {
  return `apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: ${name}
  namespace: argocd
  finalizers: [resources-finalizer.argocd.argoproj.io]
spec:
  project: default
  source:
    repoURL: ${playground.gitUrl}/playground/gitops.git
    path: ${path}
    targetRevision: main
  destination:
    server: https://kubernetes.default.svc
    namespace: staging
  syncPolicy:
    automated: { prune: true, selfHeal: true }
    syncOptions: [CreateNamespace=true]
    retry: { limit: 5, refresh: true, backoff: { duration: 1s } }
${extra}`;
}

const apply = async (yaml: string) => {
  const { parse } = await import('yaml');
  await playground.kubernetes.apply(parse(yaml), { fieldManager: 'kubectl' });
};
const until = (what: string, holds: (app: Application) => boolean, name = 'storefront-staging') =>
  waitFor(
    async () => {
      const app = await playground.argocd.find(name);
      return app !== undefined && holds(app)
        ? { done: true, value: app }
        : { done: false, seen: JSON.stringify({ ...app?.status, operation: app?.operation }) };
    },
    { what, limit: 30_000, interval: 10 },
  );
const isGood = (app: Application) =>
  app.operation === undefined &&
  app.status?.sync?.status === 'Synced' &&
  app.status.health?.status === 'Healthy';
const find = (kind: string, name: string, apiVersion = 'v1') =>
  playground.kubernetes.find({ apiVersion, kind, namespace: 'staging', name });
const deployment = async () =>
  (await find('Deployment', 'storefront', 'apps/v1')) as unknown as {
    spec: { replicas: number; template: { spec: { containers: { image: string }[] } } };
  };

describe.each(operatorTargets)('an Application of $name', { timeout: 60_000 }, ({ argocd: program }) => {
  beforeAll(() => start(program), 120_000);
  afterAll(() => playground.close());

  it('is deployed with its namespace, and is synced and healthy', async () => {
    await apply(applicationYaml('storefront-staging', 'staging'));
    const app = await until('the first sync', isGood);
    expect(app.status?.summary?.images).toEqual(['shop:1']);
    expect(app.status?.resources?.map(({ kind, status, health }) => [kind, status, health?.status])).toEqual(
      expect.arrayContaining([
        ['ConfigMap', 'Synced', undefined],
        ['Deployment', 'Synced', 'Healthy'],
        ['Service', 'Synced', 'Healthy'],
      ]),
    );
  });

  it('reads with kubectl as it does with Argo CD', async (context) => {
    if (!hasKubectl) context.skip('kubectl is not installed');
    const { kubectl } = playground;
    const [head = '', row = ''] = (await kubectl('get', 'applications', '-A')).split('\n');
    expect(head.split(/ {2,}/)).toEqual(['NAMESPACE', 'NAME', 'SYNC STATUS', 'HEALTH STATUS']);
    expect(row.split(/ {2,}/)).toEqual(['argocd', 'storefront-staging', 'Synced', 'Healthy']);
    const [wide = '', values = ''] = (await kubectl('get', 'app', '-n', 'argocd', '-o', 'wide')).split('\n');
    expect(wide.trim().split(/ {2,}/)).toEqual([
      'NAME',
      'SYNC STATUS',
      'HEALTH STATUS',
      'REVISION',
      'PROJECT',
    ]);
    expect(values.trim()).toMatch(/^storefront-staging +Synced +Healthy +[0-9a-f]{40} +default$/);
    expect(await kubectl('get', 'appproj', '-n', 'argocd')).toMatch(/^NAME +AGE\ndefault/);
    expect(await kubectl('explain', 'application.spec.source.path')).toMatch(/DESCRIPTION:\s+\S+/);
    expect(await kubectl('describe', 'application', 'storefront-staging', '-n', 'argocd')).toContain(
      'OperationCompleted',
    );
    await kubectl(
      'wait',
      '-n',
      'argocd',
      'app/storefront-staging',
      '--for=jsonpath={.status.health.status}=Healthy',
    );
  });

  it('follows a push by the webhook', async () => {
    const revision = await commit({ 'staging/deployment.yaml': manifests('shop:2')['deployment.yaml'] });
    const app = await until('the push', (each) => isGood(each) && each.status?.sync?.revision === revision);
    expect((await deployment()).spec.template.spec.containers[0]?.image).toBe('shop:2');
    expect(app.status?.history?.at(-1)).toMatchObject({ revision, initiatedBy: { automated: true } });
  });

  it('heals what kubectl scales, and leaves alone what Git does not speak about', async (context) => {
    if (!hasKubectl) context.skip('kubectl is not installed');
    const { kubectl } = playground;
    await kubectl('annotate', 'deployment/storefront', '-n', 'staging', 'team=shop');
    await kubectl('scale', 'deployment/storefront', '-n', 'staging', '--replicas=5');
    await waitFor(
      async () => {
        const { replicas } = (await deployment()).spec;
        return replicas === 2
          ? { done: true, value: undefined }
          : { done: false, seen: `${replicas} replicas` };
      },
      { what: 'healing', limit: 30_000, interval: 10 },
    );
    const app = await until('healing', isGood);
    expect(app.status?.operationState?.operation.initiatedBy?.automated).toBe(true);
    expect((await find('Deployment', 'storefront', 'apps/v1'))?.metadata.annotations).toMatchObject({
      team: 'shop',
    });
  });

  it('brings back what kubectl deletes', async () => {
    await playground.kubernetes.delete({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      namespace: 'staging',
      name: 'settings',
    });
    await waitFor(
      async () =>
        (await find('ConfigMap', 'settings')) === undefined
          ? { done: false, seen: 'gone' }
          : { done: true, value: undefined },
      { what: 'healing', limit: 30_000 },
    );
    await until('peace', isGood);
  });

  it('prunes what is deleted from Git', async () => {
    const revision = await commit({ 'staging/settings.yaml': undefined });
    await until('the prune', (each) => isGood(each) && each.status?.sync?.revision === revision);
    expect(await find('ConfigMap', 'settings')).toBeUndefined();
  });

  it('says why when the API refuses a manifest, and takes the mended one at the next try', async () => {
    const broken = manifests('shop:3')['deployment.yaml']?.replace('replicas: 2', 'replicas: many');
    await commit({
      'staging/deployment.yaml': broken,
      'staging/extra.yaml': manifests('x')['settings.yaml'],
    });
    const app = await until('the refusal', (each) =>
      (each.status?.operationState?.message ?? '').includes('Retrying attempt #1'),
    );
    expect(app.status?.operationState?.message).toMatch(/failed to apply.*replicas/);
    expect((await deployment()).spec.template.spec.containers[0]?.image).toBe('shop:2');
    await commit({
      'staging/deployment.yaml': manifests('shop:3')['deployment.yaml'],
      'staging/extra.yaml': undefined,
    });
    await until('the mend', (each) => isGood(each) && each.status?.summary?.images?.[0] === 'shop:3');
  });

  it('is degraded when a rollout does not get on, while the old pods stay', async () => {
    await commit({ 'staging/deployment.yaml': manifests('shop:broken')['deployment.yaml'] });
    const app = await until(
      'the stuck rollout',
      (each) => each.status?.sync?.status === 'Synced' && each.status.health?.status === 'Progressing',
    );
    expect(app.status?.operationState?.phase).toBe('Succeeded');
    await commit({ 'staging/deployment.yaml': manifests('shop:4')['deployment.yaml'] });
    await until('the mend', (each) => isGood(each) && each.status?.summary?.images?.[0] === 'shop:4');
  });

  it('writes nothing while nothing happens', async () => {
    const before = await until('peace', isGood);
    await playground.argocd.refresh('storefront-staging');
    await until(
      'the refresh',
      (app) => app.metadata.annotations?.['argocd.argoproj.io/refresh'] === undefined,
    );
    const { resourceVersion } = (await playground.argocd.get('storefront-staging')).metadata;
    await playground.restart();
    await hook();
    await new Promise((resolve) => setTimeout(resolve, 500));
    const after = await playground.argocd.get('storefront-staging');
    expect(after.metadata.resourceVersion).toBe(resourceVersion);
    expect(after.status?.history).toEqual(before.status?.history);
  });

  it('is rolled back through the client, once automated sync is off', async () => {
    const { argocd, kubernetes } = playground;
    const name = 'storefront-staging';
    const { status } = await argocd.get(name);
    const target = status?.history?.find(({ id }) => id === 1);
    await expect(argocd.rollback(name, 1)).rejects.toThrow(/auto-sync is enabled/);
    const ref = { apiVersion: 'argoproj.io/v1alpha1', kind: 'Application', namespace: 'argocd', name };
    await kubernetes.patch(ref, 'merge', { spec: { syncPolicy: { automated: null } } });
    await argocd.rollback(name, 1, { prune: true, username: 'developer' });
    const app = await until(
      'the rollback',
      (each) =>
        each.operation === undefined &&
        each.status?.operationState?.operation.initiatedBy?.username === 'developer',
    );
    expect(app.status?.operationState).toMatchObject({
      phase: 'Succeeded',
      syncResult: { revision: target?.revision },
    });
    expect((await deployment()).spec.template.spec.containers[0]?.image).toBe('shop:2');
    expect(app.status?.sync?.status).toBe('OutOfSync');
    await argocd.sync(name, { prune: true });
    await until('the sync', (each) => isGood(each) && each.status?.summary?.images?.[0] === 'shop:4');
  });

  it('takes everything along when it is deleted', async () => {
    await playground.argocd.remove('storefront-staging');
    await waitFor(
      async () => {
        const left = [
          await playground.argocd.find('storefront-staging'),
          await find('Deployment', 'storefront', 'apps/v1'),
          await find('Service', 'storefront'),
        ].filter((each) => each !== undefined);
        return left.length === 0
          ? { done: true, value: undefined }
          : { done: false, seen: JSON.stringify(left) };
      },
      { what: 'the cascade', limit: 30_000 },
    );
  });

  it('waits for the health of a wave before the next, also across a restart', async () => {
    const wave = (text: string | undefined, number: number) =>
      text?.replace(
        'metadata:\n',
        `metadata:\n  annotations: { argocd.argoproj.io/sync-wave: "${number}" }\n`,
      );
    const files = manifests('shop:broken', 1);
    await commit({
      'waves/deployment.yaml': wave(files['deployment.yaml'], -1),
      'waves/settings.yaml': files['settings.yaml'],
    });
    await apply(applicationYaml('waves', 'waves'));
    await until(
      'the first wave',
      (app) =>
        app.status?.operationState?.message === 'waiting for healthy state of apps/Deployment/storefront',
      'waves',
    );
    expect(await find('ConfigMap', 'settings')).toBeUndefined();
    await playground.restart();
    const selector = { namespace: 'staging', labelSelector: 'app=storefront' };
    const { items } = await playground.kubernetes.list({ apiVersion: 'v1', kind: 'Pod' }, selector);
    const pod = items[0]!;
    const conditions = [{ type: 'Ready', status: 'True', lastTransitionTime: new Date().toISOString() }];
    await playground.kubernetes.patch(
      { apiVersion: 'v1', kind: 'Pod', namespace: 'staging', name: pod.metadata.name },
      'merge',
      { status: { phase: 'Running', podIP: '127.0.0.9', conditions } },
      { subresource: 'status' },
    );
    await until('the second wave', isGood, 'waves');
    expect(await find('ConfigMap', 'settings')).toBeDefined();
    await playground.argocd.remove('waves');
  });

  it('installs a definition and an object of its kind in one sync', async () => {
    await commit({
      'custom/definition.yaml': `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: things.example.test }
spec:
  group: example.test
  scope: Namespaced
  names: { kind: Thing, plural: things, singular: thing }
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema: { type: object, properties: { spec: { type: object, properties: { size: { type: integer } } } } }
`,
      'custom/thing.yaml':
        'apiVersion: example.test/v1\nkind: Thing\nmetadata: { name: one }\nspec: { size: 3 }\n',
    });
    await apply(applicationYaml('custom', 'custom'));
    await until('the custom object', isGood, 'custom');
    expect(await find('Thing', 'one', 'example.test/v1')).toMatchObject({ spec: { size: 3 } });
    await playground.argocd.remove('custom');
  });

  it('deploys an app-of-apps and its children', async () => {
    await commit({
      'apps/child.yaml': applicationYaml('child', 'child'),
      'child/settings.yaml': manifests('x')['settings.yaml'],
    });
    await apply(applicationYaml('playground', 'apps').replace('namespace: staging', 'namespace: argocd'));
    await until('the child', isGood, 'child');
    const parent = await until('the parent', isGood, 'playground');
    // Argo CD has not judged the health of child Applications since 1.8, unless it is configured to.
    expect(parent.status?.resources).toEqual([
      {
        group: 'argoproj.io',
        version: 'v1alpha1',
        kind: 'Application',
        namespace: 'argocd',
        name: 'child',
        status: 'Synced',
      },
    ]);
    await playground.argocd.remove('playground');
    await waitFor(
      async () => {
        const left = (await playground.argocd.list()).map(({ metadata }) => metadata.name);
        return left.includes('child') || left.includes('playground')
          ? { done: false, seen: left.join() }
          : { done: true, value: undefined };
      },
      { what: 'the cascade through the child', limit: 30_000 },
    );
  });

  it('says what is wrong with an Application that points nowhere', async () => {
    await apply(applicationYaml('nowhere', 'no/such/folder'));
    const app = await until('the condition', (each) => (each.status?.conditions ?? []).length > 0, 'nowhere');
    expect(app.status).toMatchObject({
      sync: { status: 'Unknown' },
      health: { status: 'Healthy' },
      conditions: [{ type: 'ComparisonError', message: expect.stringContaining('app path does not exist') }],
    });
    await playground.argocd.remove('nowhere');
  });
});

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Application } from '../../../../src/clients/argocd-types.ts';
import { rollbackOperation, syncOperation } from '../../../../src/clients/argocd.ts';
import {
  application,
  configMap,
  settled,
  startController,
  type TestController,
} from './support/controller.ts';
import { TestRepository } from './support/repository.ts';

let repository: TestRepository;
let test: TestController;

beforeEach(async () => {
  repository = new TestRepository();
  test = await startController();
});
afterEach(async () => {
  await test.close();
  repository.remove();
});

const map = (name: string) => test.cluster.find('v1', 'ConfigMap', 'staging', name);
const value = (name: string) => (map(name)?.data as { value?: string } | undefined)?.value;
const synced = (app: Application) => settled(app) && app.status?.sync?.status === 'Synced';
const at = (revision: string) => (app: Application) => synced(app) && app.status?.sync?.revision === revision;
const condition = (app: Application, type: string) =>
  app.status?.conditions?.find((each) => each.type === type)?.message;
const patchApp = (patch: object) => {
  const before = test.app();
  test.cluster.put({ ...before, ...patch });
};

describe('an automated Application', () => {
  it('deploys what its folder says, tracked, and writes the fields that Argo CD writes', async () => {
    const revision = repository.commit({
      'staging/one.json': configMap('one', 'a'),
      'other/two.json': configMap('two', 'b'),
    });
    test.cluster.put(application(repository.url));
    const app = await test.until('the first sync', synced);
    expect(value('one')).toBe('a');
    expect(map('two')).toBeUndefined();
    expect(map('one')?.metadata.annotations).toEqual({
      'argocd.argoproj.io/tracking-id': 'shop:/ConfigMap:staging/one',
    });
    expect(app.status).toMatchObject({
      sync: { status: 'Synced', revision, comparedTo: { destination: { namespace: 'staging' } } },
      health: { status: 'Healthy' },
      sourceType: 'Directory',
      resources: [{ version: 'v1', kind: 'ConfigMap', namespace: 'staging', name: 'one', status: 'Synced' }],
      history: [{ id: 0, revision, initiatedBy: { automated: true } }],
      operationState: {
        phase: 'Succeeded',
        message: 'successfully synced (all tasks run)',
        operation: { sync: { revision, prune: true }, initiatedBy: { automated: true } },
        syncResult: {
          revision,
          resources: [{ kind: 'ConfigMap', name: 'one', status: 'Synced', syncPhase: 'Sync' }],
        },
      },
    });
    expect(app.operation).toBeUndefined();
  });

  it('follows new commits and prunes what they take away', async () => {
    repository.commit({
      'staging/one.json': configMap('one', 'a'),
      'staging/two.json': configMap('two', 'b'),
    });
    test.cluster.put(application(repository.url));
    await test.until('the first sync', synced);
    const revision = repository.commit({
      'staging/one.json': configMap('one', 'c'),
      'staging/two.json': undefined,
    });
    await test.controller.refresh('shop');
    const app = await test.until('the second sync', at(revision));
    expect(value('one')).toBe('c');
    expect(map('two')).toBeUndefined();
    expect(app.status?.history?.map(({ id }) => id)).toEqual([0, 1]);
    expect(app.status?.operationState?.syncResult?.resources).toContainEqual(
      expect.objectContaining({ name: 'two', status: 'Pruned', message: 'pruned' }),
    );
  });

  it('heals a live change by itself, and asks the API nothing while nothing changes', async () => {
    repository.commit({ 'staging/one.json': configMap('one', 'a') });
    test.cluster.put(application(repository.url));
    await test.until('the first sync', synced);
    test.cluster.put({ ...map('one'), data: { value: 'changed by hand' } });
    await test.until('healing', (app) => synced(app) && value('one') === 'a');
    expect(test.app().status?.operationState?.operation.sync?.autoHealAttemptsCount).toBe(1);
    expect(test.app().status?.history).toHaveLength(1);
    await test.controller.refresh('shop', 'live');
    const before = test.cluster.calls.length;
    await test.controller.refresh('shop', 'live');
    await test.controller.refresh('shop', 'git');
    expect(test.cluster.calls.slice(before)).toEqual([]);
  });

  it('leaves an object alone that must not be pruned, and does not try again and again', async () => {
    const kept = configMap('kept', 'a', { 'argocd.argoproj.io/sync-options': 'Prune=false' });
    repository.commit({ 'staging/one.json': configMap('one', 'a'), 'staging/kept.json': kept });
    test.cluster.put(application(repository.url));
    await test.until('the first sync', synced);
    const revision = repository.commit({ 'staging/kept.json': undefined });
    await test.controller.refresh('shop');
    const app = await test.until(
      'the sync without the prune',
      (each) => settled(each) && each.status?.operationState?.syncResult?.revision === revision,
    );
    expect(app.status?.sync?.status).toBe('OutOfSync');
    expect(value('kept')).toBe('a');
    const before = test.cluster.calls.length;
    await test.controller.refresh('shop');
    await test.controller.refresh('shop');
    expect(test.cluster.calls.slice(before)).toEqual([]);
  });

  it('brings a deleted object back', async () => {
    repository.commit({ 'staging/one.json': configMap('one', 'a') });
    test.cluster.put(application(repository.url));
    await test.until('the first sync', synced);
    const kind = await test.cluster.kind('v1', 'ConfigMap');
    await test.cluster.remove(kind!, 'staging', 'one');
    await test.until('healing', (app) => synced(app) && value('one') === 'a');
  });

  it('does not empty a namespace because a folder became empty', async () => {
    repository.commit({ 'staging/one.json': configMap('one', 'a') });
    test.cluster.put(application(repository.url));
    await test.until('the first sync', synced);
    repository.commit({ 'staging/one.json': undefined, 'staging/README.md': 'nothing here' });
    await test.controller.refresh('shop');
    const app = await test.until('the refusal', (each) => condition(each, 'SyncError') !== undefined);
    expect(condition(app, 'SyncError')).toMatch(/auto-sync will wipe out all resources/);
    expect(value('one')).toBe('a');
  });

  it('applies nothing when the API refuses one of the objects, and says which and why', async () => {
    test.cluster.refuse = ({ metadata }) => (metadata.name === 'bad' ? 'bad is not valid' : undefined);
    repository.commit({
      'staging/bad.json': configMap('bad', 'a'),
      'staging/good.json': configMap('good', 'a'),
    });
    test.cluster.put(application(repository.url));
    const app = await test.until('the failure', (each) => condition(each, 'SyncError') !== undefined);
    expect(app.status?.operationState).toMatchObject({ phase: 'Failed' });
    expect(app.status?.operationState?.message).toMatch(/failed to apply \(dry run\).*bad is not valid/);
    expect(map('good')).toBeUndefined();
    const revision = repository.commit({ 'staging/bad.json': undefined });
    await test.controller.refresh('shop');
    const mended = await test.until('the mended sync', at(revision));
    expect(condition(mended, 'SyncError')).toBeUndefined();
    expect(value('good')).toBe('a');
  });

  it('runs waves one after another and waits for health in between', async () => {
    const job = {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: 'migrate', annotations: { 'argocd.argoproj.io/sync-wave': '-1' } },
      spec: {},
    };
    repository.commit({
      'staging/job.json': JSON.stringify(job),
      'staging/one.json': configMap('one', 'a'),
    });
    test.cluster.put(application(repository.url));
    const waiting = await test.until('the first wave', (app) =>
      (app.status?.operationState?.message ?? '').startsWith('waiting for'),
    );
    expect(waiting.status?.operationState?.message).toBe('waiting for healthy state of batch/Job/migrate');
    expect(map('one')).toBeUndefined();
    const live = test.cluster.find('batch/v1', 'Job', 'staging', 'migrate');
    test.cluster.put({ ...live, status: { conditions: [{ type: 'Complete', status: 'True' }] } });
    await test.until('the second wave', synced);
    expect(value('one')).toBe('a');
  });

  it('runs a PreSync hook to its end before anything else, and fails with it', async () => {
    const hook = {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: 'check', annotations: { 'argocd.argoproj.io/hook': 'PreSync' } },
      spec: {},
    };
    repository.commit({
      'staging/hook.json': JSON.stringify(hook),
      'staging/one.json': configMap('one', 'a'),
    });
    test.cluster.put(application(repository.url));
    await test.until('the hook', (app) =>
      (app.status?.operationState?.message ?? '').includes('completion of hook batch/Job/check'),
    );
    const live = test.cluster.find('batch/v1', 'Job', 'staging', 'check');
    test.cluster.put({
      ...live,
      status: { conditions: [{ type: 'Failed', status: 'True', message: 'no database' }] },
    });
    const app = await test.until('the failure', settled);
    expect(app.status?.operationState).toMatchObject({ phase: 'Failed' });
    expect(app.status?.operationState?.message).toContain('no database');
    expect(map('one')).toBeUndefined();
  });

  it('takes an interrupted operation up again after a restart', async () => {
    const job = {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: 'migrate', annotations: { 'argocd.argoproj.io/sync-wave': '-1' } },
      spec: {},
    };
    repository.commit({ 'staging/job.json': JSON.stringify(job), 'staging/one.json': configMap('one', 'a') });
    test.cluster.put(application(repository.url));
    const before = await test.until('the first wave', (app) =>
      (app.status?.operationState?.message ?? '').startsWith('waiting for'),
    );
    const { cluster } = test;
    await test.close();
    test = await startController(cluster);
    const live = cluster.find('batch/v1', 'Job', 'staging', 'migrate');
    cluster.put({ ...live, status: { conditions: [{ type: 'Complete', status: 'True' }] } });
    const app = await test.until('the rest of the sync', synced);
    expect(app.status?.operationState?.startedAt).toBe(before.status?.operationState?.startedAt);
    expect(app.status?.history).toHaveLength(1);
    expect(value('one')).toBe('a');
  });
});

describe('an Application that is synced by hand', () => {
  const manual = () => application(repository.url, { syncPolicy: {} });

  it('only tells what a sync would do, until somebody asks for it', async () => {
    const revision = repository.commit({ 'staging/one.json': configMap('one', 'a') });
    test.cluster.put(manual());
    const app = await test.until('the comparison', (each) => each.status?.sync?.status === 'OutOfSync');
    expect(app.status?.health?.status).toBe('Missing');
    expect(map('one')).toBeUndefined();
    patchApp({ operation: syncOperation(app, { username: 'developer' }) });
    const done = await test.until('the sync', synced);
    expect(done.status?.history).toMatchObject([{ revision, initiatedBy: { username: 'developer' } }]);
  });

  it('does not prune unless told', async () => {
    repository.commit({
      'staging/one.json': configMap('one', 'a'),
      'staging/two.json': configMap('two', 'a'),
    });
    test.cluster.put(manual());
    const app = await test.until('the comparison', (each) => each.status?.sync?.status === 'OutOfSync');
    patchApp({ operation: syncOperation(app, {}) });
    await test.until('the sync', synced);
    repository.commit({ 'staging/two.json': undefined });
    await test.controller.refresh('shop');
    expect(test.app().status?.resources).toContainEqual(
      expect.objectContaining({ name: 'two', status: 'OutOfSync', requiresPruning: true }),
    );
    patchApp({ operation: syncOperation(test.app(), {}) });
    const kept = await test.until('the sync without prune', (each) =>
      (each.status?.operationState?.syncResult?.resources ?? []).some(
        ({ status }) => status === 'PruneSkipped',
      ),
    );
    expect(kept.status?.sync?.status).toBe('OutOfSync');
    patchApp({ operation: syncOperation(test.app(), { prune: true }) });
    await test.until('the prune', (each) => synced(each) && map('two') === undefined);
  });

  it('goes back to an entry of its history', async () => {
    const first = repository.commit({ 'staging/one.json': configMap('one', 'a') });
    test.cluster.put(manual());
    await test.until('the comparison', (each) => each.status?.sync?.status === 'OutOfSync');
    patchApp({ operation: syncOperation(test.app(), {}) });
    await test.until('the first sync', synced);
    const second = repository.commit({ 'staging/one.json': configMap('one', 'b') });
    await test.controller.refresh('shop');
    patchApp({ operation: syncOperation(test.app(), {}) });
    await test.until('the second sync', at(second));
    patchApp({ operation: rollbackOperation(test.app(), 0, {}) });
    const app = await test.until(
      'the rollback',
      (each) => settled(each) && (each.status?.history ?? []).length === 3,
    );
    expect(value('one')).toBe('a');
    expect(app.status?.operationState?.syncResult?.revision).toBe(first);
    expect(app.status?.sync).toMatchObject({ status: 'OutOfSync', revision: second });
  });

  it('changes nothing in a dry run', async () => {
    repository.commit({ 'staging/one.json': configMap('one', 'a') });
    test.cluster.put(manual());
    await test.until('the comparison', (each) => each.status?.sync?.status === 'OutOfSync');
    patchApp({ operation: syncOperation(test.app(), { dryRun: true }) });
    const app = await test.until('the dry run', settled);
    expect(app.status?.operationState?.phase).toBe('Succeeded');
    expect(map('one')).toBeUndefined();
    expect(app.status?.history ?? []).toEqual([]);
  });

  it('syncs only the chosen resources, and remembers no deployment', async () => {
    repository.commit({
      'staging/one.json': configMap('one', 'a'),
      'staging/two.json': configMap('two', 'a'),
    });
    test.cluster.put(manual());
    await test.until('the comparison', (each) => each.status?.sync?.status === 'OutOfSync');
    const resources = [{ kind: 'ConfigMap', name: 'two', namespace: 'staging' }];
    patchApp({ operation: syncOperation(test.app(), { resources }) });
    await test.until('the sync', settled);
    expect(value('two')).toBe('a');
    expect(map('one')).toBeUndefined();
    expect(test.app().status?.history ?? []).toEqual([]);
  });
});

describe('what cannot be deployed is told', () => {
  const told = async (app: Application, type: string) => {
    test.cluster.put(app);
    const seen = await test.until('the condition', (each) => condition(each, type) !== undefined);
    expect(seen.status?.sync?.status).toBe('Unknown');
    return condition(seen, type) ?? '';
  };

  it('a repository that is not there', async () => {
    const message = await told(application('file:///nowhere/at/all'), 'ComparisonError');
    expect(message).toMatch(
      /repository not found: file:\/\/\/nowhere\/at\/all.*correct spec\.source\.repoURL/,
    );
  });

  it('a folder that is not there, and then is', async () => {
    repository.commit({ 'README.md': 'empty' });
    const message = await told(application(repository.url), 'ComparisonError');
    expect(message).toMatch(/^staging: app path does not exist/);
    repository.commit({ 'staging/one.json': configMap('one', 'a') });
    await test.controller.refresh('shop');
    const app = await test.until('the sync', synced);
    expect(app.status?.conditions ?? []).toEqual([]);
  });

  it('a branch that is not there, with those that are', async () => {
    repository.commit({ 'staging/one.json': configMap('one', 'a') });
    const source = { repoURL: repository.url, path: 'staging', targetRevision: 'trunk' };
    const message = await told(application(repository.url, { source }), 'ComparisonError');
    expect(message).toMatch(/unable to resolve 'trunk'.*branches are main/);
  });

  it('a manifest that does not parse, with file and line; what runs goes on running', async () => {
    repository.commit({ 'staging/one.json': configMap('one', 'a') });
    test.cluster.put(application(repository.url));
    await test.until('the first sync', synced);
    repository.commit({ 'staging/broken.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x\n' });
    await test.controller.refresh('shop');
    const app = await test.until('the condition', (each) => condition(each, 'ComparisonError') !== undefined);
    expect(condition(app, 'ComparisonError')).toMatch(
      /^staging\/broken\.yaml:\d+:\d+: the manifest does not parse/,
    );
    expect(value('one')).toBe('a');
  });

  it('a Helm chart, with the engine that renders it', async () => {
    repository.commit({ 'staging/Chart.yaml': 'name: shop\n' });
    expect(await told(application(repository.url), 'ComparisonError')).toMatch(
      /Helm.*not supported.*--engine k3d/,
    );
  });

  it('a project that does not allow the repository', async () => {
    repository.commit({ 'staging/one.json': configMap('one', 'a') });
    test.cluster.put({
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'AppProject',
      metadata: { name: 'narrow', namespace: 'argocd' },
      spec: { sourceRepos: ['https://example.test/*'], destinations: [{ server: '*', namespace: '*' }] },
    });
    expect(await told(application(repository.url, { project: 'narrow' }), 'InvalidSpecError')).toBe(
      `application repo ${repository.url} is not permitted in project 'narrow'`,
    );
    expect(map('one')).toBeUndefined();
  });

  it('a project that does not allow a kind: nothing is applied', async () => {
    repository.commit({ 'staging/one.json': configMap('one', 'a') });
    test.cluster.put({
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'AppProject',
      metadata: { name: 'narrow', namespace: 'argocd' },
      spec: {
        sourceRepos: ['*'],
        destinations: [{ server: '*', namespace: '*' }],
        namespaceResourceBlacklist: [{ group: '', kind: 'ConfigMap' }],
      },
    });
    test.cluster.put(application(repository.url, { project: 'narrow' }));
    const app = await test.until('the failure', settled);
    expect(app.status?.operationState?.message).toContain(
      'resource :ConfigMap is not permitted in project narrow',
    );
    expect(map('one')).toBeUndefined();
  });

  it('a project that is not there', async () => {
    repository.commit({ 'staging/one.json': configMap('one', 'a') });
    expect(await told(application(repository.url, { project: 'gone' }), 'InvalidSpecError')).toBe(
      'Application referencing project gone which does not exist',
    );
  });
});

describe('an Application that is deleted', () => {
  const remove = async (finalizers: string[]) => {
    repository.commit({ 'staging/one.json': configMap('one', 'a') });
    test.cluster.put(application(repository.url, {}, { finalizers }));
    await test.until('the first sync', synced);
    const kind = await test.cluster.kind('argoproj.io/v1alpha1', 'Application');
    await test.cluster.remove(kind!, 'argocd', 'shop');
  };

  it('takes its objects along with the finalizer', async () => {
    await remove(['resources-finalizer.argocd.argoproj.io']);
    await expect.poll(() => [test.app(), map('one')]).toEqual([undefined, undefined]);
  });

  it('leaves its objects alone without it', async () => {
    await remove([]);
    await expect.poll(() => test.app()).toBeUndefined();
    expect(value('one')).toBe('a');
  });
});

describe('an app-of-apps', () => {
  it('makes the Applications of its folder, which deploy theirs, and does not judge their health', async () => {
    const child = application(repository.url, {}, { name: 'child' });
    repository.commit({
      'apps/child.json': JSON.stringify(child),
      'staging/one.json': configMap('one', 'a'),
    });
    const source = { repoURL: repository.url, path: 'apps', targetRevision: 'main' };
    const destination = { server: 'https://kubernetes.default.svc', namespace: 'argocd' };
    test.cluster.put(application(repository.url, { source, destination }));
    await test.until('the child', synced, 'child');
    const parent = await test.until('the parent', synced);
    expect(value('one')).toBe('a');
    const [resource] = parent.status?.resources ?? [];
    expect(resource).toMatchObject({
      group: 'argoproj.io',
      kind: 'Application',
      name: 'child',
      status: 'Synced',
    });
    expect(resource?.health).toBeUndefined();
    expect(parent.status?.summary?.isAppOfApps).toBe(true);
  });
});

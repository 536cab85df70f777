import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import type { KubeObject } from '../../../../src/clients/kubernetes.ts';
import { configSchema } from '../../../../src/config/schema.ts';
import { applicationType, listApplications, readApplications } from '../../../../src/flow/applications.ts';
import { applyRootApplication, hasRootApplication } from '../../../../src/flow/operate.ts';
import { operators } from '../../../../src/flow/operators/operator.ts';
import type { Playground } from '../../../../src/flow/playground.ts';
import { contentOf } from '../../../../src/flow/seed.ts';
import { componentSettings } from '../../../support/components.ts';
import { startTestServer, type TestServer } from '../../servers/kubernetes/api/harness.ts';
import { fluxDefinitions } from './flux-definitions.ts';

const commit = (letter: string) => letter.repeat(40);
const time = '2026-11-25T10:00:00Z';
const { endpoints } = componentSettings('k3d', { operator: 'flux' });
const flux = operators.flux;

/** A playground of which only the cluster is there: this is about what is read from it and written to it. */
function playgroundOn(server: TestServer): Playground {
  const config = configSchema.parse({ engine: 'k3d', operator: 'flux' });
  return { config, endpoints, cluster: () => Promise.resolve(server.client) } as unknown as Playground;
}

describe('Flux as the operator', () => {
  let server: TestServer;
  let playground: Playground;
  beforeAll(async () => {
    server = await startTestServer();
    playground = playgroundOn(server);
    const fieldManager = 'test';
    for (const definition of fluxDefinitions()) await server.client.apply(definition, { fieldManager });
    for (const name of ['flux-system', 'staging', 'production']) {
      await server.client.apply(
        { apiVersion: 'v1', kind: 'Namespace', metadata: { name } },
        { fieldManager },
      );
    }
    // As a cluster has them as soon as their definitions are there.
    await server.client.resources(true);
  });
  afterAll(() => server.stop());

  /** What a controller writes about one of its objects. */
  async function report(
    kind: 'Kustomization' | 'GitRepository',
    name: string,
    status: object,
  ): Promise<void> {
    const group = kind === 'Kustomization' ? 'kustomize' : 'source';
    const ref = { apiVersion: `${group}.toolkit.fluxcd.io/v1`, kind, namespace: 'flux-system', name };
    await server.client.patch(ref, 'merge', { status }, { subresource: 'status' });
  }
  const ready = (status: 'True' | 'False' | 'Unknown', reason: string, message: string) => ({
    conditions: [{ type: 'Ready', status, reason, message, lastTransitionTime: time }],
  });
  const stagingNow = async () =>
    (await listApplications(server.client, 'flux')).find(
      ({ metadata }) => metadata.name === 'storefront-staging',
    );

  test('is handed its own repository, and nothing else', async () => {
    expect(await hasRootApplication(playground)).toBe(false);
    await applyRootApplication(playground);
    expect(await hasRootApplication(playground)).toBe(true);
    expect(await listApplications(server.client, 'flux')).toMatchObject([
      {
        metadata: { name: 'playground' },
        spec: {
          source: { repoURL: `${endpoints.git.clusterUrl}/playground/operator.git`, path: 'cluster' },
        },
        status: { sync: { status: 'Unknown' }, health: { status: 'Progressing' } },
      },
    ]);
  });

  test('has another root than Argo CD, whose root is an Application', () => {
    expect(operators.argocd.root).toMatchObject({ ...applicationType, namespace: 'argocd' });
    expect(flux.root).toMatchObject({ kind: 'Kustomization', namespace: 'flux-system' });
  });

  test('accepts everything that its repository holds', async () => {
    const files = contentOf(playground, 'operator').files.filter(({ path }) => path.startsWith('cluster/'));
    for (const { content } of files) {
      for (const document of parseAllDocuments(content)) {
        const settings = { fieldManager: 'flux', fieldValidation: 'Strict' as const };
        await server.client.apply(document.toJS() as KubeObject, settings);
      }
    }
    const names = (await listApplications(server.client, 'flux')).map(({ metadata }) => metadata.name);
    expect(names.sort()).toEqual(['playground', 'storefront-production', 'storefront-staging']);
  });

  test('says that it has nothing to apply before the first build', async () => {
    await report('Kustomization', 'storefront-staging', {
      ...ready('False', 'BuildFailed', 'kustomization.yaml is empty'),
      lastAttemptedRevision: `main@sha1:${commit('a')}`,
    });
    expect((await stagingNow())?.status).toMatchObject({
      sync: { status: 'OutOfSync' },
      health: { status: 'Missing' },
      conditions: [{ type: 'ReconciliationError', message: 'kustomization.yaml is empty' }],
    });
  });

  test('is synced and healthy when the newest commit is applied and ready', async () => {
    await report('GitRepository', 'gitops', {
      ...ready('True', 'Succeeded', 'stored artifact'),
      artifact: { revision: `main@sha1:${commit('b')}` },
    });
    await report('Kustomization', 'storefront-staging', {
      ...ready('True', 'ReconciliationSucceeded', 'applied'),
      lastAppliedRevision: `main@sha1:${commit('b')}`,
      lastAttemptedRevision: `main@sha1:${commit('b')}`,
      inventory: {
        entries: [
          { id: 'staging_storefront_apps_Deployment', v: 'v1' },
          { id: 'staging_storefront__Service', v: 'v1' },
        ],
      },
    });
    expect((await stagingNow())?.status).toMatchObject({
      sync: { status: 'Synced', revision: commit('b') },
      health: { status: 'Healthy' },
      history: [{ revision: commit('b'), deployedAt: time }],
    });
  });

  test('is out of sync while a newer commit is fetched and not yet applied', async () => {
    await report('GitRepository', 'gitops', { artifact: { revision: `main@sha1:${commit('c')}` } });
    expect((await stagingNow())?.status?.sync).toEqual({ status: 'OutOfSync', revision: commit('b') });
    await report('GitRepository', 'gitops', { artifact: { revision: `main@sha1:${commit('b')}` } });
  });

  test('is degraded when what it applied does not become healthy', async () => {
    await report('Kustomization', 'storefront-production', {
      ...ready('False', 'HealthCheckFailed', 'Deployment/production/storefront is in progress'),
      lastAttemptedRevision: `main@sha1:${commit('b')}`,
    });
    const production = (await listApplications(server.client, 'flux')).find(
      ({ metadata }) => metadata.name === 'storefront-production',
    );
    expect(production?.status?.health).toEqual({
      status: 'Degraded',
      message: 'Deployment/production/storefront is in progress',
    });
  });

  test('tells every sync by its commit where the controller keeps them', async () => {
    const entry = (letter: string, minute: string) => ({
      ...{ digest: `sha256:${letter}`, lastReconciledStatus: 'ReconciliationSucceeded' },
      ...{ firstReconciled: `2026-11-25T10:${minute}:00Z`, lastReconciled: `2026-11-25T10:${minute}:30Z` },
      metadata: { revision: `main@sha1:${commit(letter)}` },
    });
    await report('Kustomization', 'storefront-staging', { history: [entry('b', '05'), entry('a', '01')] });
    expect((await stagingNow())?.status?.history).toEqual([
      { revision: commit('a'), deployedAt: '2026-11-25T10:01:00Z' },
      { revision: commit('b'), deployedAt: '2026-11-25T10:05:00Z' },
    ]);
  });

  test('shows what runs by the inventory: image, commit and address', async () => {
    const labels = { app: 'storefront' };
    const fieldManager = 'flux';
    await server.client.apply(
      {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: {
          ...{ name: 'storefront', namespace: 'staging' },
          annotations: { 'gitops-playground.io/revision': commit('f') },
        },
        spec: {
          selector: { matchLabels: labels },
          template: { metadata: { labels }, spec: { containers: [{ name: 'app', image: 'shop@sha256:1' }] } },
        },
      },
      { fieldManager },
    );
    await server.client.apply(
      {
        ...{ apiVersion: 'v1', kind: 'Service', metadata: { name: 'storefront', namespace: 'staging' } },
        spec: { type: 'NodePort', selector: labels, ports: [{ port: 80, nodePort: 30_123 }] },
      },
      { fieldManager },
    );
    const applications = await readApplications(server.client, endpoints, 'flux');
    expect(applications.map(({ stage }) => stage)).toEqual(['staging', 'production']);
    expect(applications[0]).toMatchObject({
      ...{ name: 'storefront-staging', image: 'shop@sha256:1', revision: commit('f') },
      ...{ url: 'http://127.0.0.1:30123', sync: 'Synced', health: 'Healthy' },
    });
  });

  test('looks now when it is asked to: first at Git, then at what to apply', async () => {
    const staging = await stagingNow();
    await flux.refresh(server.client, staging!);
    for (const [group, kind, name] of [
      ['source', 'GitRepository', 'gitops'],
      ['kustomize', 'Kustomization', 'storefront-staging'],
    ] as const) {
      const ref = { apiVersion: `${group}.toolkit.fluxcd.io/v1`, kind, namespace: 'flux-system', name };
      const { metadata } = await server.client.get(ref);
      expect(metadata.annotations?.['reconcile.fluxcd.io/requestedAt']).toMatch(/^\d{4}-/);
    }
  });

  test('is called at the address that the Receiver of its repository listens on', () => {
    const receiver = contentOf(playground, 'operator').files.find(
      ({ path }) => path === 'cluster/receiver.yaml',
    );
    const { metadata } = parseAllDocuments(receiver?.content ?? '')[0]?.toJS() as KubeObject;
    const digest = createHash('sha256').update(`token${metadata.name}${metadata.namespace}`).digest('hex');
    expect(flux.webhookPath('token')).toBe(`/hook/${digest}`);
  });
});

import { expect, test } from 'vitest';
import type { KubernetesClient, ObjectRef } from '../../../src/clients/kubernetes.ts';
import { isAddonWell, readAddons, readApplications } from '../../../src/flow/applications.ts';
import { componentSettings } from '../../support/components.ts';

const { endpoints } = componentSettings('kubernetes');

/** A cluster with one application, whose Ingress has this status and health. */
function clusterWith(ingressStatus: unknown, health: object): KubernetesClient {
  const objects: Record<string, unknown> = {
    Service: { spec: { ports: [{ nodePort: 31_844 }] } },
    Ingress: { spec: { rules: [{ host: 'storefront.staging.localhost' }] }, status: ingressStatus },
  };
  const application = {
    metadata: { name: 'storefront-staging' },
    spec: { destination: { namespace: 'staging' } },
    status: {
      sync: { status: 'Synced' },
      health,
      resources: [
        { kind: 'Service', name: 'storefront', health: { status: 'Healthy' } },
        { group: 'networking.k8s.io', kind: 'Ingress', name: 'storefront', health },
      ],
    },
  };
  return {
    list: () => Promise.resolve({ items: [application], resourceVersion: '1' }),
    find: ({ kind }: ObjectRef) => Promise.resolve(objects[kind]),
  } as unknown as KubernetesClient;
}

test('an application has an address by name as soon as an ingress controller serves it', async () => {
  const [application] = await readApplications(
    clusterWith({ loadBalancer: { ingress: [{ ip: '10.0.0.7' }] } }, { status: 'Healthy' }),
    endpoints,
    'argocd',
  );
  expect(application?.hostUrl).toBe(`http://storefront.staging.localhost:${endpoints.ingress.port}`);
  expect(application).not.toHaveProperty('message');
});

test('in a cluster without an ingress controller it has the address with a port alone', async () => {
  const [application] = await readApplications(
    clusterWith({ loadBalancer: {} }, { status: 'Healthy' }),
    endpoints,
    'argocd',
  );
  expect(application?.url).toBe('http://127.0.0.1:31844');
  expect(application).not.toHaveProperty('hostUrl');
});

test('which object holds an application up is said, also when the operator gives no reason', async () => {
  const [application] = await readApplications(
    clusterWith({}, { status: 'Progressing' }),
    endpoints,
    'argocd',
  );
  expect(application?.message).toBe('Ingress storefront is Progressing');
});

test('an add-on that waits for a person, as a canary does, is as it should be', () => {
  expect(isAddonWell({ sync: 'Synced', health: 'Suspended' })).toBe(true);
  expect(isAddonWell({ sync: 'OutOfSync', health: 'Suspended' })).toBe(false);
  expect(isAddonWell({ sync: 'Synced', health: 'Progressing' })).toBe(false);
});

test('an add-on of several applications is told once, as the least well of them', async () => {
  const application = (name: string, addon: string, health: string) => ({
    metadata: { name, labels: { 'gitops-playground.io/addon': addon } },
    spec: { destination: { namespace: 'argocd' } },
    status: { sync: { status: 'Synced' }, health: { status: health } },
  });
  const items = [
    application('addon-image-updater', 'image-updater', 'Healthy'),
    application('addon-mailpit', 'mailpit', 'Healthy'),
    application('storefront-newest', 'image-updater', 'Degraded'),
  ];
  const cluster = { list: () => Promise.resolve({ items, resourceVersion: '1' }) };
  expect(await readAddons(cluster as unknown as KubernetesClient, 'argocd')).toEqual([
    { name: 'image-updater', sync: 'Synced', health: 'Degraded' },
    { name: 'mailpit', sync: 'Synced', health: 'Healthy' },
  ]);
});

test('an add-on that came lately is being installed, until something of it has failed', async () => {
  const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();
  const application = (name: string, minutes: number, status: object) => ({
    metadata: {
      name: `addon-${name}`,
      creationTimestamp: minutesAgo(minutes),
      labels: { 'gitops-playground.io/addon': name },
    },
    spec: { destination: { namespace: name } },
    status,
  });
  const syncing = { sync: { status: 'OutOfSync' }, health: { status: 'Missing' } };
  const items = [
    application('new', 0, {}),
    application('syncing', 1, { ...syncing, operationState: { phase: 'Running' } }),
    application('well', 1, { sync: { status: 'Synced' }, health: { status: 'Healthy' } }),
    application('refused', 1, { ...syncing, operationState: { phase: 'Failed' } }),
    application('unread', 1, { ...syncing, conditions: [{ type: 'ComparisonError', message: 'no chart' }] }),
    application('late', 20, { ...syncing, operationState: { phase: 'Running' } }),
  ];
  const cluster = { list: () => Promise.resolve({ items, resourceVersion: '1' }) };
  const addons = await readAddons(cluster as unknown as KubernetesClient, 'argocd');
  expect(addons.filter(({ installing }) => installing).map(({ name }) => name)).toEqual(['new', 'syncing']);
});

import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { KubeObject } from '../../../../src/clients/kubernetes.ts';
import { deleteUses, letGo } from '../../../../src/engines/kubernetes/addon-objects.ts';
import { startTestServer, type TestServer } from '../../servers/kubernetes/api/harness.ts';

const kind = 'restores.velero.example';
const held = { finalizers: ['velero.example/clean-up'] };
const type = { apiVersion: 'velero.example/v1', kind: 'Restore' } as const;
let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
  const names = { kind: 'Restore', plural: 'restores', singular: 'restore', listKind: 'RestoreList' };
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };
  await server.client.create({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: kind },
    spec: {
      ...{ group: 'velero.example', scope: 'Namespaced', names },
      versions: [{ name: 'v1', served: true, storage: true, schema }],
    },
  });
});
afterAll(() => server.stop());
beforeEach(async () => {
  for (const { metadata } of (await server.client.list(type)).items)
    await server.client.delete({ ...type, name: metadata.name, namespace: 'default' });
});

const make = (name: string, metadata: object = {}) =>
  server.client.create<KubeObject>({ ...type, metadata: { name, namespace: 'default', ...metadata } });
const names = async () => (await server.client.list(type)).items.map(({ metadata }) => metadata.name).sort();

test('what people have made goes while its controller runs; what Git says, and what has an owner, is left to them', async () => {
  const owner = await make('of-a-person');
  const { uid = '' } = owner.metadata;
  await make('of-git', { annotations: { 'argocd.argoproj.io/tracking-id': 'addon-velero:a:b' } });
  await make('of-a-controller', { ownerReferences: [{ ...type, name: owner.metadata.name, uid }] });
  await deleteUses(server.client, [kind]);
  expect(await names()).toEqual(['of-a-controller', 'of-git']);
});

test('what a controller cleans up after is waited for', async () => {
  await make('held', held);
  const deletion = deleteUses(server.client, [kind]);
  let ended = false;
  void deletion.then(() => (ended = true));
  const ref = { ...type, namespace: 'default', name: 'held' };
  await expect.poll(async () => (await server.client.get(ref)).metadata.deletionTimestamp).toBeDefined();
  expect(ended).toBe(false);
  await server.client.patch(ref, 'merge', { metadata: { finalizers: null } });
  await deletion;
  expect(await names()).toEqual([]);
});

test('what is held by a controller that has gone is let go', async () => {
  await make('held', held);
  await make('free');
  await letGo(server.client, [kind]);
  expect(await names()).toEqual([]);
});

test('without kinds of add-ons, and with one that is not served any more, there is nothing to do', async () => {
  await make('kept');
  await deleteUses(server.client, []);
  await letGo(server.client, ['backups.velero.example']);
  expect(await names()).toEqual(['kept']);
});

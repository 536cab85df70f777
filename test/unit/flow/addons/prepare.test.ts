import { identityToRecipient } from 'age-encryption';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { KubeObject } from '../../../../src/clients/kubernetes.ts';
import { configSchema } from '../../../../src/config/schema.ts';
import { areAddonsPrepared, prepareAddons } from '../../../../src/flow/addons/prepare.ts';
import type { Playground } from '../../../../src/flow/playground.ts';
import { startTestServer, type TestServer } from '../../servers/kubernetes/api/harness.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

const playgroundWith = (...names: string[]) =>
  ({
    config: configSchema.parse({ engine: 'k3d', with: names }),
    endpoints: { git: { username: 'developer', password: 'a-password-1' } },
    cluster: () => Promise.resolve(server.client),
  }) as unknown as Playground;

test('add-ons without secrets need nothing to be prepared', async () => {
  expect(await areAddonsPrepared(playgroundWith())).toBe(true);
  expect(await areAddonsPrepared(playgroundWith('mailpit', 'velero'))).toBe(true);
});

test('SOPS gets an age key in the cluster, and everybody its recipient', async () => {
  const playground = playgroundWith('sops');
  expect(await areAddonsPrepared(playground)).toBe(false);
  await prepareAddons(playground);
  expect(await areAddonsPrepared(playground)).toBe(true);
  const [secret, known] = await Promise.all([
    server.client.get<KubeObject & { data: Record<string, string> }>({
      ...{ apiVersion: 'v1', kind: 'Secret', namespace: 'sops', name: 'age-key' },
    }),
    server.client.get<KubeObject & { data: Record<string, string> }>({
      ...{ apiVersion: 'v1', kind: 'ConfigMap', namespace: 'sops', name: 'age-recipient' },
    }),
  ]);
  const identity = Buffer.from(secret.data['key.txt'] ?? '', 'base64').toString();
  expect(identity).toMatch(/^AGE-SECRET-KEY-1/);
  expect(await identityToRecipient(identity)).toBe(known.data.recipient);
  const made = await server.client.get({ apiVersion: 'v1', kind: 'Namespace', name: 'sops' });
  expect(made.metadata.labels).toMatchObject({ 'gitops-playground.io/name': 'default' });
});

test('Grafana lets the person of the playground in, and keeps the password that it has', async () => {
  const playground = playgroundWith('monitoring');
  const secret = { apiVersion: 'v1', kind: 'Secret', namespace: 'monitoring', name: 'grafana-admin' };
  const dataOf = async () => (await server.client.get<KubeObject & { data: object }>(secret)).data;
  const encoded = (text: string) => Buffer.from(text).toString('base64');
  await prepareAddons(playground);
  expect(await dataOf()).toEqual({
    'admin-user': encoded('developer'),
    'admin-password': encoded('a-password-1'),
  });
  expect(await areAddonsPrepared(playgroundWith('monitoring', 'sops'))).toBe(true);
  await server.client.patch(secret, 'merge', { stringData: { 'admin-password': 'changed' } });
  await prepareAddons(playground);
  expect(await dataOf()).toMatchObject({ 'admin-password': encoded('changed') });
});

test("SOPS takes no namespace that is somebody else's", async () => {
  await server.client.delete({ apiVersion: 'v1', kind: 'Secret', namespace: 'sops', name: 'age-key' });
  const labels = { 'gitops-playground.io/name': 'other' };
  await server.client.patch({ apiVersion: 'v1', kind: 'Namespace', name: 'sops' }, 'merge', {
    metadata: { labels },
  });
  await expect(prepareAddons(playgroundWith('sops'))).rejects.toMatchObject({ code: 'namespace-taken' });
});

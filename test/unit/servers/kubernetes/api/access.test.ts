import { request } from 'node:https';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HttpStatusError } from '../../../../../src/clients/http.ts';
import { ADMIN_TOKEN, configMap, startTestServer, type TestServer } from './harness.ts';

let test: TestServer;
beforeAll(async () => {
  test = await startTestServer();
});
afterAll(() => test.stop());

async function statusOf(answer: Promise<unknown>): Promise<number> {
  const error: unknown = await answer.then(
    () => 200,
    (reason: unknown) => reason,
  );
  if (error instanceof HttpStatusError) return error.status;
  if (error === 200) return 200;
  throw error as Error;
}

/** A request with headers that got would not send. */
function raw(headers: Record<string, string>, body?: Buffer): Promise<number> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      `${test.server.url}/api/v1/namespaces/default/configmaps`,
      {
        ca: test.server.ca,
        servername: 'localhost',
        agent: false,
        method: body === undefined ? 'GET' : 'POST',
        headers: { authorization: `Bearer ${ADMIN_TOKEN}`, ...headers },
      },
      (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

describe('access to the API', () => {
  it('needs a token, and a right one', async () => {
    expect(await statusOf(test.as(undefined).json('GET', '/api/v1/namespaces'))).toBe(401);
    expect(await statusOf(test.as('guess').json('GET', '/api/v1/namespaces'))).toBe(401);
    expect(await statusOf(test.http.json('GET', '/api/v1/namespaces'))).toBe(200);
  });

  it('is open for the signs of life', async () => {
    for (const path of ['/healthz', '/livez', '/readyz', '/readyz/ping']) {
      expect((await test.as(undefined).request('GET', path)).text()).toBe('ok');
    }
    expect(await test.client.version()).toMatchObject({ major: '1' });
  });

  it('is refused to foreign hosts and origins', async () => {
    expect(await raw({ host: 'evil.example' })).toBe(421);
    expect(await raw({ origin: 'https://evil.example' })).toBe(403);
    expect(await raw({})).toBe(200);
  });

  it('is refused to bodies that are too large', async () => {
    const body = Buffer.from(JSON.stringify(configMap('large', { a: 'x'.repeat(4 * 1024 * 1024) })));
    expect(await raw({ 'content-type': 'application/json' }, body)).toBe(413);
  });

  it('follows roles and their bindings for service accounts', async () => {
    await test.client.create({
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: 'bot', namespace: 'default' },
    });
    const account = test.as(test.server.serviceAccountToken('default', 'bot'));
    const list = () => statusOf(account.json('GET', '/api/v1/namespaces/default/configmaps'));
    expect(await list()).toBe(403);
    await test.client.create({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { name: 'bot-views', namespace: 'default' },
      roleRef: { kind: 'ClusterRole', name: 'view' },
      subjects: [{ kind: 'ServiceAccount', name: 'bot', namespace: 'default' }],
    });
    expect(await list()).toBe(200);
    expect(await statusOf(account.json('POST', '/api/v1/namespaces/default/configmaps', { json: {} }))).toBe(
      403,
    );
    expect(await statusOf(account.json('GET', '/api/v1/namespaces/kube-system/configmaps'))).toBe(403);
    expect(await statusOf(account.json('GET', '/api/v1/namespaces/default/secrets'))).toBe(403);
  });

  it('ends for tokens of a service account that is gone', async () => {
    const account = {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: 'brief', namespace: 'default' },
    };
    await test.client.create(account);
    const holder = test.as(test.server.serviceAccountToken('default', 'brief'));
    const review = { json: { spec: {} } };
    const path = '/apis/authentication.k8s.io/v1/selfsubjectreviews';
    expect(await holder.json('POST', path, review)).toMatchObject({
      status: { userInfo: { username: 'system:serviceaccount:default:brief' } },
    });
    await test.client.delete({
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      namespace: 'default',
      name: 'brief',
    });
    expect(await statusOf(holder.json('POST', path, review))).toBe(401);
    await test.client.create(account);
    expect(await statusOf(holder.json('POST', path, review))).toBe(401);
  });

  it('keeps its keys from other users of the machine', async () => {
    for (const file of ['service-account.key', 'certificates/ca.key', 'certificates/server.key']) {
      expect((await stat(join(test.dataDir, file))).mode & 0o777).toBe(0o600);
    }
  });

  it('answers what is not there or not allowed with a Status', async () => {
    expect(await statusOf(test.http.json('GET', '/apis/nothing.example/v1/things'))).toBe(404);
    expect(await statusOf(test.http.json('GET', '/api/v1/namespaces/default/configmaps/%zz'))).toBe(404);
    expect(await statusOf(test.http.json('PUT', '/api/v1/namespaces/default/configmaps', { json: {} }))).toBe(
      405,
    );
    const paths = ['/api/v1/namespaces/default/pods/x/nothing', '/api/v1/pods/x', '/nothing'];
    for (const path of paths) expect(await statusOf(test.http.json('GET', path))).toBe(404);
  });
});

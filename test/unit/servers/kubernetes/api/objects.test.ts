import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KubernetesError, type KubeObject } from '../../../../../src/clients/kubernetes.ts';
import { configMap, deployment, startTestServer, type TestServer } from './harness.ts';

let test: TestServer;
beforeAll(async () => {
  test = await startTestServer();
});
afterAll(() => test.stop());

const MAP = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'default' };

async function refusal(action: Promise<unknown>): Promise<KubernetesError> {
  const error: unknown = await action.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof KubernetesError) return error;
  throw new Error('the call was not refused', { cause: error });
}

describe('objects over HTTP', () => {
  it('are created, read, replaced and deleted', async () => {
    const made = await test.client.create(configMap('life', { a: '1' }));
    expect(await test.client.get({ ...MAP, name: 'life' })).toEqual(made);
    const changed = await test.client.update({ ...made, data: { a: '2' } });
    expect(changed.data).toEqual({ a: '2' });
    expect(await test.client.delete({ ...MAP, name: 'life' })).toBe(true);
    expect(await test.client.find({ ...MAP, name: 'life' })).toBeUndefined();
    expect(await test.client.delete({ ...MAP, name: 'life' })).toBe(false);
  });

  it('are refused with a Status that says why', async () => {
    const missing = await refusal(test.client.get({ ...MAP, name: 'nobody' }));
    expect(missing).toMatchObject({
      code: 404,
      reason: 'NotFound',
      message: 'configmaps "nobody" not found',
    });
    const twice = configMap('twice');
    await test.client.create(twice);
    expect(await refusal(test.client.create(twice))).toMatchObject({ code: 409, reason: 'AlreadyExists' });
    const broken = deployment('Broken', '');
    const invalid = await refusal(test.client.create(broken));
    expect(invalid.reason).toBe('Invalid');
    expect(invalid.causes).toContainEqual({
      reason: 'FieldValueRequired',
      message: 'Required value',
      field: 'spec.template.spec.containers[0].image',
    });
  });

  it('conflict when they were written by somebody else in between', async () => {
    const made = await test.client.create(configMap('contested'));
    await test.client.update({ ...made, data: { by: 'other' } });
    expect(await refusal(test.client.update({ ...made, data: { by: 'me' } }))).toMatchObject({
      code: 409,
      reason: 'Conflict',
    });
  });

  it('are not stored by a dry run', async () => {
    const made = await test.client.create<KubeObject>(configMap('dry'), { dryRun: true });
    expect(made.metadata.uid).toBeDefined();
    expect(await test.client.find({ ...MAP, name: 'dry' })).toBeUndefined();
  });

  it('with a value of the wrong type are refused in the words of the API', async () => {
    const wrong = deployment('typed');
    Object.assign(wrong.spec, { replicas: 'three' });
    expect((await refusal(test.client.create(wrong))).message).toBe(
      'Deployment in version "v1" cannot be handled as a Deployment: json: cannot unmarshal string into Go struct field Deployment.spec.replicas of type int32',
    );
  });

  it('with unknown or repeated fields are refused when the caller is strict, else reported', async () => {
    const odd = { ...configMap('odd'), dta: {} };
    expect((await refusal(test.client.create(odd, { fieldValidation: 'Strict' }))).message).toContain(
      'strict decoding error: unknown field "dta"',
    );
    const answer = await test.http.request('POST', '/api/v1/namespaces/default/configmaps', {
      headers: { 'content-type': 'application/json' },
      body: '{"metadata":{"name":"odd"},"data":{"a":"1","a":"2"},"dta":{}}',
    });
    expect(answer.headers.warning).toBe(
      '299 - "unknown field \\"dta\\"", 299 - "duplicate field \\"data.a\\""',
    );
    expect(answer.json()).not.toHaveProperty('dta');
  });

  it('come as YAML too, and null stands for nothing', async () => {
    const answer = await test.http.request('POST', '/api/v1/namespaces/default/configmaps', {
      headers: { 'content-type': 'application/yaml' },
      body: 'metadata:\n  name: yaml\n  creationTimestamp: null\n  labels: null\ndata: {a: "1"}\n',
    });
    expect(answer.json()).toMatchObject({ kind: 'ConfigMap', data: { a: '1' } });
  });

  it('are chosen by labels and fields, and listed in pages', async () => {
    for (const name of ['one', 'two', 'three']) {
      await test.client.create(configMap(`page-${name}`, {}, { set: 'pages', number: name }));
    }
    const names = async (selection: { labelSelector?: string; fieldSelector?: string }) =>
      (await test.client.list(MAP, { namespace: 'default', ...selection })).items.map(
        ({ metadata }) => metadata.name,
      );
    expect(await names({ labelSelector: 'set=pages,number notin (two)' })).toEqual([
      'page-one',
      'page-three',
    ]);
    expect(await names({ fieldSelector: 'metadata.name=page-two' })).toEqual(['page-two']);
    const page = await test.http.json<{ items: unknown[]; metadata: Record<string, unknown> }>(
      'GET',
      '/api/v1/configmaps',
      { query: { labelSelector: 'set=pages', limit: 2 } },
    );
    expect(page.items).toHaveLength(2);
    expect(page.metadata.remainingItemCount).toBe(1);
    const rest = await test.http.json<{ items: { metadata: { name: string } }[] }>(
      'GET',
      '/api/v1/configmaps',
      {
        query: { labelSelector: 'set=pages', limit: 2, continue: String(page.metadata.continue) },
      },
    );
    expect(rest.items.map(({ metadata }) => metadata.name)).toEqual(['page-two']);
    expect(await refusal(test.client.list(MAP, { fieldSelector: 'data.a=1' }))).toMatchObject({
      reason: 'BadRequest',
      message: 'field label not supported: data.a',
    });
  });

  it('are deleted as a collection by their labels', async () => {
    await test.client.create(configMap('drop-a', {}, { drop: 'yes' }));
    await test.client.create(configMap('drop-b', {}, { drop: 'yes' }));
    await test.client.deleteCollection(MAP, { namespace: 'default', labelSelector: 'drop=yes' });
    expect((await test.client.list(MAP, { labelSelector: 'drop' })).items).toEqual([]);
  });

  it('cannot be created where the namespace is going', async () => {
    await test.client.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'going' } });
    await test.client.delete({ apiVersion: 'v1', kind: 'Namespace', name: 'going' });
    const late = { ...configMap('late'), metadata: { name: 'late', namespace: 'going' } };
    const error = await refusal(test.client.create(late));
    expect(error).toMatchObject({ code: 403, reason: 'Forbidden' });
    expect(error.causes[0]?.reason).toBe('NamespaceTerminating');
  });

  it('show and take their number of replicas as Scale', async () => {
    await test.client.create(deployment('scaled'));
    const path = '/apis/apps/v1/namespaces/default/deployments/scaled/scale';
    const scale = await test.http.json<Record<string, unknown>>('GET', path);
    expect(scale).toMatchObject({ kind: 'Scale', spec: { replicas: 1 }, status: { selector: 'app=scaled' } });
    await test.http.json('PATCH', path, {
      headers: { 'content-type': 'application/merge-patch+json' },
      body: JSON.stringify({ spec: { replicas: 4 } }),
    });
    const scaled = await test.client.get({ ...deployment('scaled'), namespace: 'default', name: 'scaled' });
    expect(scaled.spec).toMatchObject({ replicas: 4 });
  });

  it('keep their status from whoever writes the whole object', async () => {
    const made = await test.client.create(deployment('halves'));
    await test.client.update({ ...made, status: { replicas: 7 } }, { subresource: 'status' });
    const ref = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'default', name: 'halves' };
    await test.client.patch(ref, 'merge', { status: { replicas: 1 }, spec: { replicas: 2 } });
    expect(await test.client.get(ref)).toMatchObject({ status: { replicas: 7 }, spec: { replicas: 2 } });
  });

  it('of events are the same under both of their groups', async () => {
    await test.client.create({
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: 'seen', namespace: 'default' },
      involvedObject: { kind: 'Pod', name: 'p', namespace: 'default' },
      reason: 'Started',
      message: 'it runs',
      type: 'Normal',
    });
    const event = await test.http.json('GET', '/apis/events.k8s.io/v1/namespaces/default/events/seen');
    expect(event).toMatchObject({
      apiVersion: 'events.k8s.io/v1',
      note: 'it runs',
      regarding: { name: 'p' },
    });
  });

  it('are answered as a table or as metadata alone when the client asks for it', async () => {
    await test.client.create(configMap('shown', { a: '1', b: '2' }));
    const path = '/api/v1/namespaces/default/configmaps/shown';
    const as = (form: string) => ({ headers: { accept: `application/json;as=${form};v=v1;g=meta.k8s.io` } });
    const table = await test.http.json<{
      columnDefinitions: { name: string }[];
      rows: { cells: unknown[] }[];
    }>('GET', path, as('Table'));
    expect(table.columnDefinitions.map(({ name }) => name)).toEqual(['Name', 'Data', 'Age']);
    expect(table.rows[0]?.cells.slice(0, 2)).toEqual(['shown', 2]);
    const partial = await test.http.json<Record<string, unknown>>('GET', path, as('PartialObjectMetadata'));
    expect(partial.kind).toBe('PartialObjectMetadata');
    expect(partial).not.toHaveProperty('data');
  });
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KubeObject } from '../../../../../src/clients/kubernetes.ts';
import { createCluster } from '../../../../../src/servers/kubernetes/storage/cluster-store.ts';
import { startTestServer, type TestServer } from '../api/harness.ts';

let test: TestServer;
beforeAll(async () => {
  test = await startTestServer();
});
afterAll(() => test.stop());

function definition(more: Record<string, unknown> = {}): KubeObject {
  const spec = {
    type: 'object',
    required: ['colour'],
    'x-kubernetes-validations': [
      { rule: 'self.size <= 5', message: 'too large' },
      { rule: 'self.colour == oldSelf.colour', message: 'colours stay' },
    ],
    properties: { colour: { type: 'string' }, size: { type: 'integer', default: 1 } },
  };
  const version = (name: string, storage: boolean) => ({
    name,
    served: true,
    storage,
    schema: {
      openAPIV3Schema: {
        type: 'object',
        properties: { spec, status: { type: 'object', properties: { seen: { type: 'boolean' } } } },
      },
    },
    subresources: { status: {} },
    additionalPrinterColumns: [{ name: 'Colour', type: 'string', jsonPath: '.spec.colour' }],
  });
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'balls.toys.example' },
    spec: {
      group: 'toys.example',
      scope: 'Namespaced',
      names: { plural: 'balls', kind: 'Ball', shortNames: ['bl'] },
      versions: [version('v1beta1', false), version('v1', true)],
      ...more,
    },
  };
}

const DEFINITION = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  name: 'balls.toys.example',
};
const ball = (name: string, spec: Record<string, unknown>): KubeObject => ({
  apiVersion: 'toys.example/v1',
  kind: 'Ball',
  metadata: { name, namespace: 'default' },
  spec,
});

describe('custom kinds', () => {
  it('are refused when their definition makes no sense', async () => {
    await expect(test.client.create({ ...definition(), metadata: { name: 'wrong' } })).rejects.toThrow(
      'must be spec.names.plural+"."+spec.group',
    );
    await expect(test.client.create(definition({ versions: [] }))).rejects.toThrow(
      'spec.versions: Required value',
    );
    const broken = definition();
    const text = JSON.stringify(broken).replaceAll('self.size <= 5', 'self.size <=');
    await expect(test.client.create(JSON.parse(text) as KubeObject)).rejects.toThrow('compilation failed');
  });

  it('are served as soon as they are defined, in every version', async () => {
    const made = await test.client.create(definition());
    expect(made.status).toMatchObject({
      conditions: [
        { type: 'NamesAccepted', status: 'True' },
        { type: 'Established', status: 'True' },
      ],
      storedVersions: ['v1'],
    });
    await test.client.create(ball('red', { colour: 'red' }));
    const old = await test.client.get({
      ...ball('red', {}),
      apiVersion: 'toys.example/v1beta1',
      name: 'red',
    });
    expect(old).toMatchObject({ apiVersion: 'toys.example/v1beta1', spec: { colour: 'red', size: 1 } });
    const document = await test.http.json<{ paths: object }>('GET', '/openapi/v3/apis/toys.example/v1');
    expect(Object.keys(document.paths)).toContain('/apis/toys.example/v1/namespaces/{namespace}/balls');
  });

  it('are pruned, validated and held to their rules', async () => {
    expect((await test.client.create(ball('odd', { colour: 'blue', shape: 'cube' }))).spec).toEqual({
      colour: 'blue',
      size: 1,
    });
    await expect(test.client.create(ball('none', {}))).rejects.toThrow('spec.colour: Required value');
    await expect(test.client.create(ball('big', { colour: 'red', size: 9 }))).rejects.toThrow('too large');
    const ref = { apiVersion: 'toys.example/v1', kind: 'Ball', namespace: 'default', name: 'odd' };
    await expect(test.client.patch(ref, 'merge', { spec: { colour: 'red' } })).rejects.toThrow(
      'colours stay',
    );
  });

  it('keep their status apart', async () => {
    const ref = { apiVersion: 'toys.example/v1', kind: 'Ball', namespace: 'default', name: 'red' };
    await test.client.patch(ref, 'merge', { status: { seen: true } }, { subresource: 'status' });
    const updated = await test.client.patch(ref, 'merge', { spec: { size: 2 }, status: { seen: false } });
    expect(updated).toMatchObject({ spec: { size: 2 }, status: { seen: true } });
    await expect(test.client.patch(ref, 'strategic', {})).rejects.toThrow('unknown format');
  });

  it('are still served after a restart', async () => {
    const again = createCluster({ dataDir: test.dataDir });
    expect(again.types().map(({ kind }) => kind)).toContain('Ball');
    again.close();
  });

  it('go with all their objects when their definition is deleted', async () => {
    await test.client.delete(DEFINITION);
    expect(await test.client.find(DEFINITION)).toBeUndefined();
    const path = '/apis/toys.example/v1/namespaces/default/balls';
    await expect(test.http.json('GET', path)).rejects.toThrow('could not find the requested resource');
    await test.client.create(definition());
    expect((await test.http.json<{ items: unknown[] }>('GET', path)).items).toEqual([]);
  });
});

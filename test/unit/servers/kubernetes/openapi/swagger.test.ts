import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WireReader } from '../../../../../src/servers/kubernetes/protobuf/wire.ts';
import { startTestServer, type TestServer } from '../api/harness.ts';

interface Document {
  swagger: string;
  definitions: Record<string, { properties?: Record<string, { $ref?: string; type?: string }> }>;
}

const GVK = 'x-kubernetes-group-version-kind';

/** What Argo CD and clients from before OpenAPI v3 learn the kinds by. */
describe('the OpenAPI v2 document', () => {
  let test: TestServer;
  beforeAll(async () => {
    test = await startTestServer();
  });
  afterAll(() => test.stop());

  const document = () => test.http.json<Document>('GET', '/openapi/v2');
  const definitionOf = async (kind: string) =>
    Object.values((await document()).definitions).find((schema) =>
      JSON.stringify((schema as Record<string, unknown>)[GVK] ?? '').includes(`"kind":"${kind}"`),
    );
  /** The messages of one field within a message. */
  const fields = (bytes: Buffer, number: number): Buffer[] =>
    [...new WireReader(bytes)].flatMap(([field, value]) => (field === number ? [value as Buffer] : []));

  it('tells every kind with its group and version, and leads every reference to a definition', async () => {
    const { swagger, definitions } = await document();
    expect(swagger).toBe('2.0');
    expect(await definitionOf('Deployment')).toMatchObject({
      type: 'object',
      properties: { spec: { $ref: '#/definitions/DeploymentSpec' } },
      [GVK]: [{ group: 'apps', version: 'v1', kind: 'Deployment' }],
    });
    const references = JSON.stringify(definitions).matchAll(/"\$ref":"#\/definitions\/([^"]+)"/g);
    for (const [, name = ''] of references) expect(definitions).toHaveProperty([name]);
  });

  it('is the same as protobuf, with a media type that has no @', async () => {
    const { headers, body } = await test.http.request('GET', '/openapi/v2', {
      headers: { accept: 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf' },
    });
    expect(headers['content-type']).toBe('application/com.github.proto-openapi.spec.v2.v1.0+protobuf');
    expect(fields(body, 1).map(String)).toEqual(['2.0']);
    const [definitions] = fields(body, 9);
    const encoded = fields(definitions!, 1).map(
      (named) => [fields(named, 1).map(String).join(), fields(named, 2)[0]!] as const,
    );
    expect(encoded.map(([name]) => name)).toEqual(Object.keys((await document()).definitions));
    const spec = encoded.find(([name]) => name === 'DeploymentSpec')![1];
    expect(fields(spec, 19).map(String)).toEqual(['selector', 'template']);
    const properties = fields(fields(spec, 25)[0]!, 1);
    const template = properties.find((named) => fields(named, 1).map(String).join() === 'template');
    expect(fields(fields(template!, 2)[0]!, 1).map(String)).toEqual(['#/definitions/PodTemplateSpec']);
  });

  it('learns of custom kinds', async () => {
    expect(await definitionOf('Ball')).toBeUndefined();
    await test.client.create({
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'balls.toys.example' },
      spec: {
        group: 'toys.example',
        scope: 'Namespaced',
        names: { plural: 'balls', kind: 'Ball' },
        versions: [
          {
            name: 'v1',
            served: true,
            storage: true,
            schema: {
              openAPIV3Schema: {
                type: 'object',
                properties: { size: { 'x-kubernetes-int-or-string': true }, colour: { type: 'string' } },
              },
            },
          },
        ],
      },
    });
    expect(await definitionOf('Ball')).toMatchObject({
      properties: { colour: { type: 'string' }, size: { 'x-kubernetes-int-or-string': true } },
      [GVK]: [{ group: 'toys.example', version: 'v1', kind: 'Ball' }],
    });
  });
});

import type { Kind } from '../kinds.ts';
import type { Schema } from '../schemas/schema.ts';

/** The OpenAPI v3 document of the custom kinds of one group and version. */
export function customDocument(kinds: readonly Kind[], version: string): object {
  const paths: Record<string, object> = {};
  const schemas: Record<string, object> = { [OBJECT_META]: objectMeta };
  for (const kind of kinds) {
    const own = kind.custom?.versions.find((candidate) => candidate.name === version);
    if (own === undefined) continue;
    const gvk = { group: kind.group, version, kind: kind.kind };
    const name = `${kind.group.split('.').reverse().join('.')}.${version}.${kind.kind}`;
    schemas[name] = { ...withObjectFields(own.schema), 'x-kubernetes-group-version-kind': [gvk] };
    Object.assign(paths, pathsOf(kind, version, name, gvk));
  }
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes CRD', version: 'v0.1.0' },
    paths,
    components: { schemas },
  };
}

const OBJECT_META = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta';

/** What kubectl has to know of metadata to validate an object. */
const text = { type: 'string' };
const texts = { type: 'object', additionalProperties: text };
const objectMeta = {
  type: 'object',
  description: 'ObjectMeta is metadata that all persisted resources must have.',
  properties: {
    name: text,
    generateName: text,
    namespace: text,
    uid: text,
    resourceVersion: text,
    selfLink: text,
    generation: { type: 'integer', format: 'int64' },
    creationTimestamp: { type: 'string', format: 'date-time' },
    deletionTimestamp: { type: 'string', format: 'date-time' },
    deletionGracePeriodSeconds: { type: 'integer', format: 'int64' },
    labels: texts,
    annotations: texts,
    finalizers: { type: 'array', items: text, 'x-kubernetes-list-type': 'set' },
    ownerReferences: {
      type: 'array',
      items: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    },
    managedFields: { type: 'array', items: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
  },
};

function withObjectFields(schema: Schema): object {
  return {
    ...schema,
    properties: {
      ...schema.properties,
      apiVersion: {
        type: 'string',
        description: 'The versioned schema of this representation of an object.',
      },
      kind: { type: 'string', description: 'The REST resource that this object represents.' },
      metadata: {
        allOf: [{ $ref: `#/components/schemas/${OBJECT_META}` }],
        description: "Standard object's metadata.",
      },
    },
  };
}

function pathsOf(kind: Kind, version: string, schema: string, gvk: object): Record<string, object> {
  const base = `/apis/${kind.group}/${version}/${kind.namespaced ? 'namespaces/{namespace}/' : ''}${kind.resource}`;
  const content = { 'application/json': { schema: { $ref: `#/components/schemas/${schema}` } } };
  const query = (name: string) => ({ name, in: 'query', schema: { type: 'string', uniqueItems: true } });
  const writes = ['dryRun', 'fieldManager', 'fieldValidation'].map(query);
  const operation = (action: string, parameters: readonly object[], body?: object) => ({
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': gvk,
    parameters,
    ...(body === undefined ? {} : { requestBody: { content: body } }),
    responses: { 200: { description: 'OK', content } },
  });
  const named = { name: 'name', in: 'path', required: true, schema: { type: 'string', uniqueItems: true } };
  const anything = { schema: { type: 'object' } };
  return {
    [base]: { get: operation('list', []), post: operation('post', writes, content) },
    [`${base}/{name}`]: {
      get: operation('get', []),
      put: operation('put', writes, content),
      patch: operation('patch', writes, {
        'application/apply-patch+yaml': anything,
        'application/json-patch+json': anything,
        'application/merge-patch+json': anything,
      }),
      delete: operation('delete', []),
      parameters: [named],
    },
  };
}

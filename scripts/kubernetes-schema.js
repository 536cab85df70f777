/**
 * Generates what the Kubernetes API server and the manifest validator know about the built-in kinds, from the models of
 * @kubernetes/client-node (no network). Three outputs below `dist/`:
 *
 * - `kubernetes/openapi/<path with __ for />.json.gz`: one OpenAPI v3 document a group and version, with descriptions, as
 *   `/openapi/v3/apis/apps/v1` serves it. Served as it is; nobody parses it at run time.
 * - `kubernetes/schema.json`: all definitions without descriptions, with list and map types, for validation and patches.
 * - `repos/pipeline-library/resources/kubernetes-schema.json`: the same, for the pipeline's validator, without what only
 *   patches need. Its shape:
 *
 *       { "kinds": { "apps/v1/Deployment": "Deployment", "v1/Pod": "Pod", … },
 *         "definitions": { "Deployment": Schema, … } }
 *
 *   A Schema is a JSON Schema of few words: `{ "$ref": "PodSpec" }` (another definition), or
 *   `{ "type": "object" | "array" | "string" | "integer" | "number" | "boolean", "properties"?, "required"?, "items"?,
 *   "additionalProperties"?: Schema, "enum"?, "format"? }`. Three things have no `type`: `{ "format": "int-or-string" }`,
 *   the definition of a quantity (a string or a number), and `{}`, which is anything. An object with `properties` allows no
 *   others. Types of apimachinery have their full names (`io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta`).
 */
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import {
  ATOMIC_TYPES,
  ENUMS,
  KINDS,
  LISTS,
  META_TYPES,
  OPAQUE,
  QUANTITIES,
  SERVED,
} from './kubernetes-facts.js';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const models = join(
  dirname(fileURLToPath(import.meta.resolve('@kubernetes/client-node/package.json'))),
  'dist/gen/models',
);

const QUANTITY = 'io.k8s.apimachinery.pkg.api.resource.Quantity';

/** Generates all outputs, unless they are newer than everything that they are made from. */
export async function generateKubernetesSchemas(dist) {
  const library = join(dist, 'repos', 'pipeline-library', 'resources', 'kubernetes-schema.json');
  const compact = join(dist, 'kubernetes', 'schema.json');
  const validator = join(dist, 'kubernetes', 'validator-schema.json');
  const sources = [
    fileURLToPath(import.meta.url),
    join(root, 'scripts', 'kubernetes-facts.js'),
    join(models, '..', '..', '..', 'package.json'),
  ];
  await mkdir(join(dist, 'kubernetes', 'openapi'), { recursive: true });
  await mkdir(dirname(library), { recursive: true });
  if (!(await isFresh([compact, validator], sources))) await generate(compact, validator);
  await copyFile(validator, library);
}

async function generate(compact, validator) {
  const definitions = await readDefinitions();
  for (const [path, document] of openApiDocuments(definitions)) {
    const file = join(dirname(compact), 'openapi', `${path.replaceAll('/', '__')}.json.gz`);
    await writeFile(file, gzipSync(JSON.stringify(document), { level: 9 }));
  }
  const served = reachable(definitions, SERVED);
  await writeFile(compact, JSON.stringify(compactSchema(definitions, SERVED, served, withoutDescriptions)));
  const all = Object.keys(KINDS);
  const everything = reachable(definitions, all);
  await writeFile(validator, JSON.stringify(validatorSchema(definitions, all, everything)));
}

async function isFresh(outputs, sources) {
  if (!outputs.every((file) => existsSync(file))) return false;
  const times = (files) => Promise.all(files.map(async (file) => (await stat(file)).mtimeMs));
  return Math.min(...(await times(outputs))) > Math.max(...(await times(sources)));
}

/** Every model that the kinds reach, by its short name: `{ group, schema }`. */
async function readDefinitions() {
  const definitions = new Map();
  for (const [kind, { model, apiVersion }] of Object.entries(KINDS)) {
    await visit(model, apiVersion.includes('/') ? apiVersion : `core/${apiVersion}`);
    definitions.get(shortName(model)).schema['x-kubernetes-group-version-kind'] = [gvk(kind)];
  }
  return definitions;

  async function visit(model, groupVersion) {
    const name = shortName(model);
    if (definitions.has(name)) return;
    const schema = {};
    definitions.set(name, { packageName: packageOf(name, groupVersion), schema });
    const [code, types] = await Promise.all(
      ['js', 'd.ts'].map((ending) => readFile(join(models, `${model}.${ending}`), 'utf8')),
    );
    const { attributes, description, fields } = parseModel(code, types);
    Object.assign(schema, { description, type: 'object' });
    const references = new Set();
    const properties = {};
    const required = [];
    for (const { baseName, type, format } of attributes) {
      const field = fields.get(baseName) ?? fields.get(baseName.replace('$', '')) ?? { optional: true };
      if (!field.optional && baseName !== 'metadata') required.push(baseName);
      properties[baseName] = {
        ...(field.description === undefined ? {} : { description: field.description }),
        ...fieldSchema(name, baseName, type, format, references),
      };
    }
    if (OPAQUE.has(name)) delete schema.type;
    else if (attributes.length > 0) schema.properties = properties;
    if (required.length > 0) schema.required = required;
    if (ATOMIC_TYPES.has(name)) schema['x-kubernetes-map-type'] = 'atomic';
    for (const reference of references) await visit(reference, groupVersion);
  }
}

function parseModel(code, types) {
  const table = /attributeTypeMap = (\[[\s\S]*?\n\]|\[\]);/.exec(code)?.[1] ?? '[]';
  const fields = new Map();
  const pattern = /(?:\/\*\*\n((?:(?!\*\/)[\s\S])*)\*\/\s*)?'([^'\n]+)'(\?)?: [^;]+;/g;
  for (const [, comment, name, optional] of types.matchAll(pattern)) {
    fields.set(name.replace(/^_/, ''), { description: plainText(comment), optional: optional === '?' });
  }
  const description = plainText(/\/\*\*\n((?:(?!\*\/)[\s\S])*)\*\/\s*export declare class/.exec(types)?.[1]);
  return { attributes: JSON.parse(table), description, fields };
}

function plainText(comment) {
  return comment
    ?.replace(/^\s*\* ?/gm, '')
    .replaceAll(/\\(['"])/g, '$1')
    .trim();
}

function fieldSchema(owner, field, type, format, references) {
  const key = `${owner}.${field}`;
  if (QUANTITIES.has(key)) {
    return type.startsWith('{')
      ? { type: 'object', additionalProperties: { format: 'quantity' } }
      : { format: 'quantity' };
  }
  const list = LISTS[key];
  return {
    ...typeSchema(type, format, references),
    ...(ENUMS[key] === undefined ? {} : { enum: ENUMS[key] }),
    ...(list === undefined ? {} : listExtensions(list)),
  };
}

function listExtensions({ type, keys, mapType, mergeKey, strategy }) {
  return {
    ...(type === undefined ? {} : { 'x-kubernetes-list-type': type }),
    ...(keys === undefined ? {} : { 'x-kubernetes-list-map-keys': keys }),
    ...(mapType === undefined ? {} : { 'x-kubernetes-map-type': mapType }),
    ...(mergeKey === undefined ? {} : { 'x-kubernetes-patch-merge-key': mergeKey }),
    ...(strategy === undefined ? {} : { 'x-kubernetes-patch-strategy': strategy }),
  };
}

function typeSchema(type, format, references) {
  const array = /^Array<(.*)>$/.exec(type);
  if (array) return { type: 'array', items: typeSchema(array[1], format, references) };
  const map = /^\{ \[key: string\]: (.*); \}$/.exec(type);
  if (map) return { type: 'object', additionalProperties: typeSchema(map[1], format, references) };
  switch (type) {
    case 'string':
      return { type: 'string', ...(format === '' ? {} : { format }) };
    case 'number':
      return format.startsWith('int')
        ? { type: 'integer', format }
        : { type: 'number', ...(format === '' ? {} : { format }) };
    case 'boolean':
      return { type: 'boolean' };
    case 'Date':
    case 'V1MicroTime':
      return { type: 'string', format: 'date-time' };
    case 'IntOrString':
      return { format: 'int-or-string' };
    case 'any':
      return {};
    case 'object':
      return { type: 'object' };
    default:
      references.add(type);
      return { $ref: shortName(type) };
  }
}

/** `V1PodSpec` is `PodSpec`; `CoreV1Event` is `Event`. */
function shortName(model) {
  return model.replace(/^[A-Z]?[A-Za-z]*?V\d+((alpha|beta)\d+)?(?=[A-Z])/, '');
}

function packageOf(name, groupVersion) {
  if (META_TYPES.has(name)) return 'io.k8s.apimachinery.pkg.apis.meta.v1';
  if (groupVersion.startsWith('apiextensions')) {
    return 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1';
  }
  const [group, version] = groupVersion.split('/');
  return `io.k8s.api.${group.split('.')[0]}.${version}`;
}

function gvk(kind) {
  const { apiVersion } = KINDS[kind];
  const [group, version] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion];
  return { group, version, kind };
}

/** The names of all definitions that some kinds need. */
function reachable(definitions, kinds) {
  const found = new Set();
  const visit = (name) => {
    if (found.has(name)) return;
    found.add(name);
    for (const reference of references(definitions.get(name).schema)) visit(reference);
  };
  for (const kind of kinds) visit(shortName(KINDS[kind].model));
  return found;
}

function references(schema) {
  if (Array.isArray(schema)) return schema.flatMap(references);
  if (typeof schema !== 'object' || schema === null) return [];
  return Object.entries(schema).flatMap(([key, value]) =>
    key === '$ref' && typeof value === 'string' ? [value] : references(value),
  );
}

function compactSchema(definitions, kinds, names, reduce) {
  return {
    kinds: Object.fromEntries(
      kinds.map((kind) => [`${KINDS[kind].apiVersion}/${kind}`, shortName(KINDS[kind].model)]),
    ),
    definitions: Object.fromEntries(
      [...names].sort().map((name) => [name, reduce(definitions.get(name).schema)]),
    ),
  };
}

/** Applies a change to a schema and to every schema in it. */
function mapSchema(schema, change) {
  const { properties, items, additionalProperties, ...rest } = schema;
  return change({
    ...rest,
    ...(properties === undefined
      ? {}
      : {
          properties: Object.fromEntries(
            Object.entries(properties).map(([name, value]) => [name, mapSchema(value, change)]),
          ),
        }),
    ...(items === undefined ? {} : { items: mapSchema(items, change) }),
    ...(additionalProperties === undefined
      ? {}
      : { additionalProperties: mapSchema(additionalProperties, change) }),
  });
}

function withoutDescriptions(schema) {
  return mapSchema(schema, ({ description: _description, ...rest }) => {
    delete rest['x-kubernetes-group-version-kind'];
    return rest;
  });
}

/** Shared types keep their full names, by which schemas of other origin call them too. */
function validatorSchema(definitions, kinds, names) {
  const rename = (name) => (META_TYPES.has(name) ? `${definitions.get(name).packageName}.${name}` : name);
  const schema = compactSchema(definitions, kinds, names, forValidator);
  const entries = Object.entries(schema.definitions).map(([name, value]) => [
    rename(name),
    mapSchema(value, (given) => (given.$ref === undefined ? given : { ...given, $ref: rename(given.$ref) })),
  ]);
  return { kinds: schema.kinds, definitions: { ...Object.fromEntries(entries), [QUANTITY]: {} } };
}

function forValidator(schema) {
  return mapSchema(withoutDescriptions(schema), (given) => {
    const kept = Object.entries(given).filter(([key]) => !key.startsWith('x-kubernetes-'));
    const reduced = Object.fromEntries(kept);
    if (reduced.format === 'quantity') return { $ref: QUANTITY };
    if (reduced.format === 'int32' || reduced.format === 'int64') delete reduced.format;
    return reduced;
  });
}

/** The documents by their paths: `api/v1`, `apis/apps/v1`. */
function* openApiDocuments(definitions) {
  const versions = new Set(SERVED.map((kind) => KINDS[kind].apiVersion));
  for (const apiVersion of versions) {
    const kinds = SERVED.filter((kind) => KINDS[kind].apiVersion === apiVersion);
    const names = reachable(definitions, [...kinds]);
    const schemas = {};
    const full = (name) => `${definitions.get(name).packageName}.${name}`;
    for (const name of names) {
      schemas[full(name)] = mapSchema(definitions.get(name).schema, (schema) => forOpenApi(schema, full));
    }
    const base = apiVersion.includes('/') ? `apis/${apiVersion}` : `api/${apiVersion}`;
    const paths = Object.assign(
      {},
      ...kinds.map((kind) => pathsOf(kind, base, full(shortName(KINDS[kind].model)))),
    );
    yield [
      base,
      {
        openapi: '3.0.0',
        info: { title: 'Kubernetes', version: 'v1.34.0' },
        paths,
        components: { schemas },
      },
    ];
  }
}

function forOpenApi(schema, full) {
  const { $ref, format, ...rest } = schema;
  if (format === 'int-or-string') {
    return { ...rest, format, oneOf: [{ type: 'integer' }, { type: 'string' }] };
  }
  if (format === 'quantity') return { ...rest, oneOf: [{ type: 'string' }, { type: 'number' }] };
  if ($ref !== undefined) {
    const reference = { $ref: `#/components/schemas/${full($ref)}` };
    // OpenAPI 3.0 ignores what stands beside a reference.
    return Object.keys(rest).length === 0 ? reference : { ...rest, allOf: [reference], default: {} };
  }
  return { ...rest, ...(format === undefined ? {} : { format }) };
}

function pathsOf(kind, base, definition) {
  const { resource, namespaced } = KINDS[kind];
  const collection = `/${base}/${namespaced ? 'namespaces/{namespace}/' : ''}${resource}`;
  const content = { 'application/json': { schema: { $ref: `#/components/schemas/${definition}` } } };
  const query = (name, type = 'string') => ({ name, in: 'query', schema: { type, uniqueItems: true } });
  const writes = [query('dryRun'), query('fieldManager'), query('fieldValidation')];
  const answers = { 200: { description: 'OK', content } };
  const operation = (action, parameters, body) => ({
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': gvk(kind),
    parameters,
    ...(body === undefined ? {} : { requestBody: { content: body } }),
    responses: answers,
  });
  const anything = { schema: { type: 'object' } };
  const patches = Object.fromEntries(
    ['apply-patch+yaml', 'json-patch+json', 'merge-patch+json', 'strategic-merge-patch+json'].map((type) => [
      `application/${type}`,
      anything,
    ]),
  );
  const parameters = namespaced
    ? [{ name: 'namespace', in: 'path', required: true, schema: { type: 'string', uniqueItems: true } }]
    : [];
  const named = { name: 'name', in: 'path', required: true, schema: { type: 'string', uniqueItems: true } };
  return {
    [collection]: {
      get: operation('list', [query('labelSelector'), query('fieldSelector')]),
      post: operation('post', writes, { '*/*': content['application/json'] }),
      parameters,
    },
    [`${collection}/{name}`]: {
      get: operation('get', []),
      put: operation('put', writes, { '*/*': content['application/json'] }),
      patch: operation('patch', [...writes, query('force', 'boolean')], patches),
      delete: operation('delete', [query('dryRun'), query('propagationPolicy')]),
      parameters: [named, ...parameters],
    },
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await generateKubernetesSchemas(join(root, 'dist'));

import type { KubernetesObject } from '../cluster.ts';
import { labelProblem } from '../admission/names.ts';
import type { Problems } from '../admission/problems.ts';
import { checkRuleSyntax } from '../schemas/rules.ts';
import { asArray, asObject, isObject, type JsonObject } from '../storage/json.ts';

/** Fills in what a CustomResourceDefinition may leave out. */
export function defaultNames(definition: KubernetesObject): void {
  const spec = asObject(definition.spec);
  const names = asObject(spec.names);
  if (typeof names.kind === 'string') {
    names.singular ??= names.kind.toLowerCase();
    names.listKind ??= `${names.kind}List`;
  }
  spec.conversion ??= { strategy: 'None' };
}

/** Checks a CustomResourceDefinition (apiextensions.k8s.io/v1), its structural schemas included. */
export function validateDefinition(
  definition: KubernetesObject,
  previous: KubernetesObject | undefined,
  problems: Problems,
): void {
  const spec = asObject(definition.spec);
  const names = asObject(spec.names);
  for (const field of ['group', 'scope']) {
    if (typeof spec[field] !== 'string' || spec[field] === '') problems.required(`spec.${field}`);
  }
  for (const field of ['plural', 'kind']) {
    if (typeof names[field] !== 'string' || names[field] === '') problems.required(`spec.names.${field}`);
  }
  const expected = `${String(names.plural)}.${String(spec.group)}`;
  if (definition.metadata.name !== expected) {
    problems.invalid('metadata.name', definition.metadata.name, `must be spec.names.plural+"."+spec.group`);
  }
  if (spec.scope !== undefined && spec.scope !== 'Namespaced' && spec.scope !== 'Cluster') {
    problems.notSupported('spec.scope', spec.scope, ['Cluster', 'Namespaced']);
  }
  if (asObject(spec.conversion).strategy !== 'None') {
    problems.notSupported('spec.conversion.strategy', asObject(spec.conversion).strategy, ['None']);
  }
  validateVersions(asArray(spec.versions), problems);
  const before = asObject(previous?.spec);
  if (previous !== undefined && before.scope !== spec.scope) {
    problems.invalid('spec.scope', spec.scope, 'field is immutable');
  }
}

function validateVersions(versions: readonly unknown[], problems: Problems): void {
  if (versions.length === 0) problems.required('spec.versions');
  const storage = versions.filter((version) => asObject(version).storage === true);
  if (storage.length !== 1) {
    problems.invalid(
      'spec.versions',
      versions.length,
      'must have exactly one version marked as storage version',
    );
  }
  const names = new Set<unknown>();
  versions.forEach((item, i) => {
    const version = asObject(item);
    const field = `spec.versions[${i}]`;
    const problem = labelProblem(typeof version.name === 'string' ? version.name : '');
    if (problem !== undefined) problems.invalid(`${field}.name`, version.name, problem);
    if (names.has(version.name)) problems.duplicate(`${field}.name`, version.name);
    names.add(version.name);
    const schema = asObject(version.schema).openAPIV3Schema;
    const at = `${field}.schema.openAPIV3Schema`;
    if (!isObject(schema)) problems.required(at, 'schemas are required');
    else {
      if (schema.type !== 'object')
        problems.invalid(`${at}.type`, schema.type ?? '', 'must be object at the root');
      validateStructural(schema, at, problems);
      checkRuleSyntax(schema, at, problems);
    }
  });
}

/** A schema is structural when every value that it describes has a type ("Specifying a structural schema"). */
function validateStructural(schema: JsonObject, field: string, problems: Problems): void {
  const open =
    schema['x-kubernetes-int-or-string'] === true || schema['x-kubernetes-preserve-unknown-fields'] === true;
  if ((schema.type === undefined || schema.type === '') && !open) {
    problems.required(`${field}.type`, 'must not be empty for specified object fields');
  }
  if (schema.$ref !== undefined) problems.forbidden(`${field}.$ref`, 'references are not supported');
  if (schema.properties !== undefined && isObject(schema.additionalProperties)) {
    problems.forbidden(
      `${field}.additionalProperties`,
      'additionalProperties and properties are mutual exclusive',
    );
  }
  if (schema.type === 'array' && !isObject(schema.items)) {
    problems.required(`${field}.items`, 'must be specified');
  }
  for (const [key, child] of Object.entries(asObject(schema.properties))) {
    validateStructural(asObject(child), `${field}.properties[${key}]`, problems);
  }
  if (isObject(schema.items)) validateStructural(schema.items, `${field}.items`, problems);
  if (isObject(schema.additionalProperties)) {
    validateStructural(schema.additionalProperties, `${field}.additionalProperties`, problems);
  }
}

import { badRequest } from '../errors.ts';
import { isObject, type JsonObject } from '../storage/json.ts';
import { resolveSchema, type Definitions, type Schema } from './schema.ts';

/**
 * Reads an object of a built-in kind as the API's types would: null is absent, a value of the wrong type is refused.
 * Changes the object in place.
 * @throws ApiError `BadRequest` in the words of Go's JSON decoder.
 */
export function coerceTypes(
  object: JsonObject,
  schema: Schema,
  definitions: Definitions,
  kind: string,
): void {
  const fail = (value: unknown, path: string, type: string): never => {
    throw badRequest(
      `${kind} in version "${versionOf(object)}" cannot be handled as a ${kind}: json: cannot unmarshal ${jsonType(value)} into Go struct field ${kind}${path} of type ${type}`,
    );
  };

  visit(object, schema, '');

  function visit(value: unknown, given: Schema | undefined, path: string): void {
    const found = resolveSchema(given, definitions);
    if (found === undefined) return;
    if (found.format === 'int-or-string') {
      if (typeof value !== 'string' && !Number.isInteger(value)) fail(value, path, 'intstr.IntOrString');
      return;
    }
    if (found.format === 'quantity') {
      if (typeof value !== 'string' && typeof value !== 'number') fail(value, path, 'resource.Quantity');
      return;
    }
    switch (found.type) {
      case 'object':
        if (!isObject(value)) fail(value, path, goObject(found));
        else visitFields(value, found, path);
        break;
      case 'array':
        if (!Array.isArray(value)) fail(value, path, 'slice');
        else for (const item of value) visit(item, found.items, path);
        break;
      case 'string':
        if (typeof value !== 'string') fail(value, path, found.format === 'date-time' ? 'v1.Time' : 'string');
        break;
      case 'boolean':
        if (typeof value !== 'boolean') fail(value, path, 'bool');
        break;
      case 'integer':
        if (!Number.isInteger(value)) fail(value, path, found.format ?? 'int64');
        break;
      case 'number':
        if (typeof value !== 'number') fail(value, path, 'float64');
        break;
      case undefined:
        break;
    }
  }

  function visitFields(value: JsonObject, found: Schema, path: string): void {
    const { properties = {}, additionalProperties } = found;
    for (const [key, child] of Object.entries(value)) {
      const property = Object.hasOwn(properties, key) ? properties[key] : undefined;
      const below = property ?? (isObject(additionalProperties) ? additionalProperties : undefined);
      if (below === undefined) continue;
      if (child === null) {
        // A map keeps a key without a value as an empty one; a struct's field is simply not set.
        if (property === undefined && resolveSchema(below, definitions)?.type === 'string') value[key] = '';
        else delete value[key];
      } else visit(child, below, `${path}.${key}`);
    }
  }
}

function goObject(schema: Schema): string {
  return schema.additionalProperties === undefined ? 'struct' : 'map[string]string';
}

function jsonType(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'number' && !Number.isInteger(value)) return `number ${value}`;
  return value === null ? 'null' : typeof value;
}

function versionOf(object: JsonObject): string {
  const { apiVersion } = object;
  return typeof apiVersion === 'string' ? apiVersion.slice(apiVersion.indexOf('/') + 1) : '';
}

import { isObject, type JsonObject } from '../storage/json.ts';
import { resolveSchema, type Definitions, type Schema } from './schema.ts';

/** Fields of every object that no structural schema has to name. */
const OBJECT_FIELDS = ['apiVersion', 'kind', 'metadata'];

/**
 * Removes fields that the schema does not know ("pruning"), in place.
 * @returns the removed fields as paths: `spec.template.foo`, `spec.containers[0].imag`.
 */
export function prune(value: unknown, schema: Schema, definitions: Definitions, root = true): string[] {
  const removed: string[] = [];
  visit(value, schema, '', root);
  return removed;

  function visit(current: unknown, given: Schema | undefined, path: string, isRoot: boolean): void {
    const found = resolveSchema(given, definitions);
    if (found === undefined) return;
    if (Array.isArray(current)) {
      current.forEach((item, i) => {
        visit(item, found.items, `${path}[${i}]`, false);
      });
    } else if (isObject(current)) {
      visitFields(current, found, path, isRoot || found['x-kubernetes-embedded-resource'] === true);
    }
  }

  function visitFields(object: JsonObject, found: Schema, path: string, isObjectRoot: boolean): void {
    for (const [key, child] of Object.entries(object)) {
      const below = path === '' ? key : `${path}.${key}`;
      const property =
        found.properties !== undefined && Object.hasOwn(found.properties, key)
          ? found.properties[key]
          : undefined;
      if (property !== undefined) visit(child, property, below, false);
      else if (isObject(found.additionalProperties)) visit(child, found.additionalProperties, below, false);
      else if (isObjectRoot && OBJECT_FIELDS.includes(key)) continue;
      else if (!keepsUnknown(found)) {
        removed.push(below);
        delete object[key];
      }
    }
  }
}

function keepsUnknown(schema: Schema): boolean {
  return (
    schema['x-kubernetes-preserve-unknown-fields'] === true ||
    schema.additionalProperties === true ||
    (schema.properties === undefined &&
      schema.additionalProperties === undefined &&
      schema.type === undefined)
  );
}

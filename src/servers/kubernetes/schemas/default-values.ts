import { cloneJson, isObject } from '../storage/json.ts';
import type { Schema } from './schema.ts';

/** Fills in the defaults of a structural schema, in place, from the outside in. */
export function applySchemaDefaults(value: unknown, schema: Schema): void {
  if (Array.isArray(value)) {
    const { items } = schema;
    if (items !== undefined) for (const item of value) applySchemaDefaults(item, items);
    return;
  }
  if (!isObject(value)) return;
  for (const [key, property] of Object.entries(schema.properties ?? {})) {
    if (value[key] === null && property.nullable !== true && property.default !== undefined)
      delete value[key];
    if (value[key] === undefined && property.default !== undefined) value[key] = cloneJson(property.default);
    applySchemaDefaults(value[key], property);
  }
  if (isObject(schema.additionalProperties)) {
    for (const [key, child] of Object.entries(value)) {
      if (schema.properties?.[key] === undefined) applySchemaDefaults(child, schema.additionalProperties);
    }
  }
}

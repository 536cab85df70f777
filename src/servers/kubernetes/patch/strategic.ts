import { badRequest } from '../errors.ts';
import { resolveSchema, type Definitions, type Schema } from '../schemas/schema.ts';
import { asArray, cloneJson, isObject, setOwn, type JsonObject } from '../storage/json.ts';
import { mergeOrder } from './order.ts';

const ORDER = '$setElementOrder/';
const DELETE_FROM = '$deleteFromPrimitiveList/';

/**
 * Applies a strategic merge patch: a merge patch in which lists merge by the keys that the schema names, with the
 * directives `$patch`, `$retainKeys`, `$setElementOrder/…` and `$deleteFromPrimitiveList/…`. The target is not changed.
 * @throws ApiError `BadRequest` for malformed directives.
 */
export function strategicMerge(
  target: JsonObject,
  patch: JsonObject,
  schema: Schema | undefined,
  definitions: Definitions,
): JsonObject {
  const found = resolveSchema(schema, definitions);
  const { $patch: directive, $retainKeys: retained, ...changes } = patch;
  if (directive === 'replace') return cloneJson(withoutDirectives(changes));
  if (directive === 'delete') return {};
  if (directive !== undefined && directive !== 'merge') {
    throw badRequest(`unknown patch directive: ${JSON.stringify(directive)}`);
  }
  const result = cloneJson(target);
  if (Array.isArray(retained))
    for (const key of Object.keys(result)) if (!retained.includes(key)) delete result[key];
  for (const [name, value] of Object.entries(changes)) {
    if (name.startsWith(ORDER)) continue;
    if (name.startsWith(DELETE_FROM)) {
      const key = name.slice(DELETE_FROM.length);
      const gone = asArray(value);
      if (Array.isArray(result[key]))
        result[key] = asArray(result[key]).filter((item) => !gone.includes(item));
      continue;
    }
    if (value === null) delete result[name];
    else {
      const order = changes[`${ORDER}${name}`];
      setOwn(result, name, mergeField(result[name], value, fieldSchema(found, name), order, definitions));
    }
  }
  for (const [name, order] of Object.entries(changes)) {
    // An order alone, without changes of the list, sorts what is there.
    const key = name.startsWith(ORDER) ? name.slice(ORDER.length) : undefined;
    if (key === undefined || changes[key] !== undefined || !Array.isArray(result[key])) continue;
    result[key] = sorted(result[key], result[key], asArray(order), mergeKeyOf(fieldSchema(found, key)));
  }
  return result;
}

function fieldSchema(schema: Schema | undefined, name: string): Schema | undefined {
  if (schema?.properties !== undefined && Object.hasOwn(schema.properties, name))
    return schema.properties[name];
  const extra = schema?.additionalProperties;
  return isObject(extra) ? extra : undefined;
}

function mergeKeyOf(schema: Schema | undefined): string | undefined {
  return schema?.['x-kubernetes-patch-merge-key'];
}

function mergesLists(schema: Schema | undefined): boolean {
  return schema?.['x-kubernetes-patch-strategy']?.split(',').includes('merge') === true;
}

function mergeField(
  current: unknown,
  value: unknown,
  schema: Schema | undefined,
  order: unknown,
  definitions: Definitions,
): unknown {
  if (isObject(value)) {
    return strategicMerge(isObject(current) ? current : {}, value, schema, definitions);
  }
  if (!Array.isArray(value)) return value;
  if (!mergesLists(schema))
    return cloneJson(value.map((item) => (isObject(item) ? withoutDirectives(item) : (item as unknown))));
  const present = asArray(current);
  const key = mergeKeyOf(schema);
  const merged =
    key === undefined
      ? [...new Set([...present, ...(value as unknown[])])]
      : mergeList(present, value, key, schema?.items, definitions);
  return Array.isArray(order) ? sorted(merged, present, order, key) : merged;
}

function mergeList(
  present: readonly unknown[],
  changes: readonly unknown[],
  key: string,
  schema: Schema | undefined,
  definitions: Definitions,
): unknown[] {
  const replaced = changes.some((item) => isObject(item) && item.$patch === 'replace');
  const result: unknown[] = replaced ? [] : [...present];
  for (const change of changes) {
    if (!isObject(change)) throw badRequest('a list that merges by key has an item that is no object');
    if (change.$patch === 'replace') {
      const { $patch: _directive, ...rest } = change;
      if (Object.keys(rest).length > 0) result.push(rest);
      continue;
    }
    const value = change[key];
    if (value === undefined) {
      throw badRequest(`map: ${JSON.stringify(change)} does not contain declared merge key: ${key}`);
    }
    const at = result.findIndex((item) => isObject(item) && item[key] === value);
    if (change.$patch === 'delete') {
      if (at >= 0) result.splice(at, 1);
    } else if (at >= 0) result[at] = strategicMerge(result[at] as JsonObject, change, schema, definitions);
    else result.push(strategicMerge({}, change, schema, definitions));
  }
  return result;
}

function sorted(
  items: readonly unknown[],
  present: readonly unknown[],
  wanted: readonly unknown[],
  key: string | undefined,
): unknown[] {
  const keyOf = (item: unknown) => JSON.stringify(key !== undefined && isObject(item) ? item[key] : item);
  return mergeOrder(items, keyOf, wanted.map(keyOf), present.map(keyOf));
}

/** A new value as it is stored: without the directives that steer merging. */
function withoutDirectives(value: JsonObject): JsonObject {
  const entries = Object.entries(value).filter(
    ([key, child]) =>
      child !== null &&
      key !== '$patch' &&
      key !== '$retainKeys' &&
      !key.startsWith(ORDER) &&
      !key.startsWith(DELETE_FROM),
  );
  return Object.fromEntries(
    entries.map(([key, child]) => [key, isObject(child) ? withoutDirectives(child) : child]),
  );
}

import { resolveSchema, type Definitions, type Schema } from '../schemas/schema.ts';
import { cloneJson, equalJson, isObject, setOwn, type JsonObject } from '../storage/json.ts';
import { NO_FIELDS, childOf, isEmpty, type FieldSet } from './field-set.ts';
import { mergeOrder } from './order.ts';

/** How the parts of a value merge: as one (`leaf`), field by field, or item by item. */
type Shape =
  | { readonly kind: 'leaf' }
  | { readonly kind: 'struct' | 'map'; readonly below: (field: string) => Schema | undefined }
  | {
      readonly kind: 'list';
      readonly keys: readonly string[] | undefined;
      readonly items: Schema | undefined;
    };

const LEAF: Shape = { kind: 'leaf' };

/** Keys that the API fills in, so that an item can be found without them. */
const KEY_DEFAULTS: JsonObject = { protocol: 'TCP' };

function shapeOf(value: unknown, schema: Schema | undefined, definitions: Definitions): Shape {
  const found = resolveSchema(schema, definitions);
  const mapType = schema?.['x-kubernetes-map-type'] ?? found?.['x-kubernetes-map-type'];
  if (isObject(value)) {
    if (mapType === 'atomic') return LEAF;
    const { properties, additionalProperties } = found ?? {};
    return {
      kind: properties === undefined ? 'map' : 'struct',
      below: (field) =>
        properties !== undefined && Object.hasOwn(properties, field)
          ? properties[field]
          : isObject(additionalProperties)
            ? additionalProperties
            : undefined,
    };
  }
  if (!Array.isArray(value)) return LEAF;
  const listType = schema?.['x-kubernetes-list-type'] ?? found?.['x-kubernetes-list-type'];
  const keys = schema?.['x-kubernetes-list-map-keys'] ?? found?.['x-kubernetes-list-map-keys'];
  if (listType === 'map' && keys !== undefined) return { kind: 'list', keys, items: found?.items };
  return listType === 'set' ? { kind: 'list', keys: undefined, items: found?.items } : LEAF;
}

function itemStep(item: unknown, keys: readonly string[] | undefined): string {
  if (keys === undefined) return `v:${JSON.stringify(item)}`;
  const values = keys
    .map((key): [string, unknown] => [key, (isObject(item) ? item[key] : undefined) ?? KEY_DEFAULTS[key]])
    .filter(([, value]) => value !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return `k:${JSON.stringify(Object.fromEntries(values))}`;
}

const MEMBER: FieldSet = { member: true, children: new Map() };

/** Collects the fields that a value sets, as server-side apply counts them. */
export function fieldSetOf(value: unknown, schema: Schema | undefined, definitions: Definitions): FieldSet {
  const shape = shapeOf(value, schema, definitions);
  if (shape.kind === 'leaf') return MEMBER;
  const children = new Map<string, FieldSet>();
  if (shape.kind === 'list') {
    for (const item of value as unknown[]) {
      const below = shape.keys === undefined ? MEMBER : fieldSetOf(item, shape.items, definitions);
      children.set(itemStep(item, shape.keys), { member: true, children: below.children });
    }
  } else {
    for (const [field, child] of Object.entries(value as JsonObject)) {
      const below = fieldSetOf(child, shape.below(field), definitions);
      const whole = shape.kind === 'map' || (isObject(child) && Object.keys(child).length === 0);
      const fields = whole ? { ...below, member: true } : below;
      if (!isEmpty(fields)) children.set(`f:${field}`, fields);
    }
  }
  return { member: false, children };
}

export interface Comparison {
  /** Fields that were added, or have another value now. */
  readonly changed: FieldSet;
  readonly removed: FieldSet;
}

const NOTHING: Comparison = { changed: NO_FIELDS, removed: NO_FIELDS };

/** Finds the fields in which two states differ. */
export function compare(
  before: unknown,
  after: unknown,
  schema: Schema | undefined,
  definitions: Definitions,
): Comparison {
  if (equalJson(before, after)) return NOTHING;
  if (after === undefined) return { changed: NO_FIELDS, removed: everythingIn(before, schema, definitions) };
  if (before === undefined) return { changed: everythingIn(after, schema, definitions), removed: NO_FIELDS };
  const shape = shapeOf(after, schema, definitions);
  if (shape.kind === 'leaf' || shapeOf(before, schema, definitions).kind !== shape.kind) {
    return { changed: MEMBER, removed: NO_FIELDS };
  }
  const parts =
    shape.kind === 'list'
      ? pairs(
          byStep(before as unknown[], shape.keys),
          byStep(after as unknown[], shape.keys),
          () => shape.items,
        )
      : pairs(fieldsByStep(before as JsonObject), fieldsByStep(after as JsonObject), (step) =>
          shape.below(step.slice(2)),
        );
  const changed = new Map<string, FieldSet>();
  const removed = new Map<string, FieldSet>();
  for (const [step, one, other, below] of parts) {
    const result = compare(one, other, below, definitions);
    if (!isEmpty(result.changed)) changed.set(step, result.changed);
    if (!isEmpty(result.removed)) removed.set(step, result.removed);
  }
  return { changed: { member: false, children: changed }, removed: { member: false, children: removed } };
}

/** All paths in a value, the path of a map or an item itself included. */
function everythingIn(value: unknown, schema: Schema | undefined, definitions: Definitions): FieldSet {
  const shape = shapeOf(value, schema, definitions);
  if (shape.kind === 'leaf') return MEMBER;
  const children = new Map<string, FieldSet>();
  if (shape.kind === 'list') {
    for (const [step, item] of byStep(value as unknown[], shape.keys)) {
      const below = everythingIn(item, shape.items, definitions);
      children.set(step, { member: true, children: below.children });
    }
    return { member: children.size === 0, children };
  }
  for (const [field, child] of Object.entries(value as JsonObject)) {
    children.set(`f:${field}`, everythingIn(child, shape.below(field), definitions));
  }
  return { member: shape.kind === 'map' || children.size === 0, children };
}

function byStep(items: readonly unknown[], keys: readonly string[] | undefined): Map<string, unknown> {
  return new Map(items.map((item) => [itemStep(item, keys), item]));
}

function fieldsByStep(object: JsonObject): Map<string, unknown> {
  return new Map(Object.entries(object).map(([field, value]) => [`f:${field}`, value]));
}

function pairs(
  before: ReadonlyMap<string, unknown>,
  after: ReadonlyMap<string, unknown>,
  below: (step: string) => Schema | undefined,
): [string, unknown, unknown, Schema | undefined][] {
  const steps = new Set([...before.keys(), ...after.keys()]);
  return [...steps].map((step) => [step, before.get(step), after.get(step), below(step)]);
}

/** The live value with a configuration merged over it, list items by their keys. */
export function mergeTyped(
  live: unknown,
  config: unknown,
  schema: Schema | undefined,
  definitions: Definitions,
): unknown {
  const shape = shapeOf(config, schema, definitions);
  if (shape.kind === 'leaf' || shapeOf(live, schema, definitions).kind !== shape.kind)
    return cloneJson(config);
  if (shape.kind !== 'list') {
    const result = cloneJson(live as JsonObject);
    for (const [field, value] of Object.entries(config as JsonObject)) {
      setOwn(result, field, mergeTyped(result[field], value, shape.below(field), definitions));
    }
    return result;
  }
  const { keys, items } = shape;
  const present = byStep(live as unknown[], keys);
  const wanted = byStep(config as unknown[], keys);
  const merged = new Map([...present].map(([step, item]) => [step, cloneJson(item)]));
  for (const [step, item] of wanted) {
    merged.set(step, keys === undefined ? item : mergeTyped(merged.get(step), item, items, definitions));
  }
  return mergeOrder(
    [...merged.values()],
    (item) => itemStep(item, keys),
    [...wanted.keys()],
    [...present.keys()],
  );
}

/** Removes fields from a value, in place, except what `kept` still holds below them. */
export function removeFields(
  value: unknown,
  removed: FieldSet,
  kept: FieldSet,
  schema: Schema | undefined,
  definitions: Definitions,
): void {
  const shape = shapeOf(value, schema, definitions);
  if (shape.kind === 'leaf') return;
  if (shape.kind === 'list') {
    const list = value as unknown[];
    const staying = list.filter((item) => {
      const step = itemStep(item, shape.keys);
      const gone = childOf(removed, step);
      if (isEmpty(gone)) return true;
      if (gone.member && isEmpty(childOf(kept, step))) return false;
      removeFields(item, gone, childOf(kept, step), shape.items, definitions);
      return true;
    });
    list.splice(0, list.length, ...staying);
    return;
  }
  const object = value as JsonObject;
  for (const field of Object.keys(object)) {
    const step = `f:${field}`;
    const gone = childOf(removed, step);
    if (isEmpty(gone)) continue;
    const holds = childOf(kept, step);
    if (gone.member && isEmpty(holds)) delete object[field];
    else {
      removeFields(object[field], gone, holds, shape.below(field), definitions);
      // A list or map that only these fields were in goes with them.
      if (isBare(object[field]) && isEmpty(holds)) delete object[field];
    }
  }
}

function isBare(value: unknown): boolean {
  return Array.isArray(value) ? value.length === 0 : isObject(value) && Object.keys(value).length === 0;
}

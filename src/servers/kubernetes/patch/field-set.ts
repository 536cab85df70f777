import { isObject, setOwn, type JsonObject } from '../storage/json.ts';

/**
 * A set of the paths of fields, as a tree. Steps are written as in `fieldsV1`: `f:name` a field, `k:{…}` the item
 * of a list with these keys, `v:…` the value of a set.
 */
export interface FieldSet {
  /** Whether the path that leads here is in the set. */
  readonly member: boolean;
  readonly children: ReadonlyMap<string, FieldSet>;
}

export const NO_FIELDS: FieldSet = { member: false, children: new Map() };

export function isEmpty(set: FieldSet): boolean {
  return !set.member && set.children.size === 0;
}

function made(member: boolean, children: Iterable<readonly [string, FieldSet]>): FieldSet {
  return { member, children: new Map([...children].filter(([, child]) => !isEmpty(child))) };
}

export function union(one: FieldSet, other: FieldSet): FieldSet {
  const steps = new Set([...one.children.keys(), ...other.children.keys()]);
  return made(
    one.member || other.member,
    [...steps].map((step) => [step, union(childOf(one, step), childOf(other, step))]),
  );
}

export function intersection(one: FieldSet, other: FieldSet): FieldSet {
  return made(
    one.member && other.member,
    [...one.children].map(([step, child]) => [step, intersection(child, childOf(other, step))]),
  );
}

/** The paths of the first set that are not in the second. */
export function difference(one: FieldSet, other: FieldSet): FieldSet {
  return made(
    one.member && !other.member,
    [...one.children].map(([step, child]) => [step, difference(child, childOf(other, step))]),
  );
}

export function equalSets(one: FieldSet, other: FieldSet): boolean {
  return isEmpty(difference(one, other)) && isEmpty(difference(other, one));
}

export function childOf(set: FieldSet, step: string): FieldSet {
  return set.children.get(step) ?? NO_FIELDS;
}

/** The paths as the API writes them in conflicts: `.spec.containers[name="app"].image`. */
export function pathsOf(set: FieldSet, prefix = ''): string[] {
  const own = set.member ? [prefix] : [];
  return [
    ...own,
    ...[...set.children].flatMap(([step, child]) => pathsOf(child, `${prefix}${stepText(step)}`)),
  ];
}

function stepText(step: string): string {
  const content = step.slice(2);
  switch (step.charAt(0)) {
    case 'k': {
      const keys = Object.entries(JSON.parse(content) as JsonObject);
      return `[${keys.map(([key, value]) => `${key}=${JSON.stringify(value)}`).join(',')}]`;
    }
    case 'v':
      return `[=${content}]`;
    case 'i':
      return `[${content}]`;
    default:
      return `.${content}`;
  }
}

/** Reads the `fieldsV1` form, in which `{}` is a member and `.` marks a member that has children. */
export function fromFieldsV1(fields: unknown): FieldSet {
  if (!isObject(fields)) return NO_FIELDS;
  const children = Object.entries(fields).filter(([step]) => step !== '.');
  return {
    member: Object.hasOwn(fields, '.'),
    children: new Map(
      children.map(([step, child]) => [
        step,
        isObject(child) && Object.keys(child).length === 0
          ? { member: true, children: new Map() }
          : fromFieldsV1(child),
      ]),
    ),
  };
}

export function toFieldsV1(set: FieldSet): JsonObject {
  const fields: JsonObject = {};
  if (set.member && set.children.size > 0) fields['.'] = {};
  for (const [step, child] of [...set.children].sort(([a], [b]) => (a < b ? -1 : 1))) {
    setOwn(fields, step, toFieldsV1(child));
  }
  return fields;
}

import type { Problems } from '../admission/problems.ts';
import { equalJson, isObject, type JsonObject } from '../storage/json.ts';
import type { Schema } from './schema.ts';

/** Checks a value against a structural schema; messages are those of the API server's validator. */
export function checkValue(value: unknown, schema: Schema, path: string, problems: Problems): void {
  if (value === null && schema.nullable === true) return;
  if (!checkType(value, schema, path, problems)) return;
  if (schema.enum !== undefined && !schema.enum.some((allowed) => equalJson(allowed, value))) {
    problems.notSupported(path, value, schema.enum.map(String));
  }
  if (typeof value === 'string') checkText(value, schema, path, problems);
  else if (typeof value === 'number') checkNumber(value, schema, path, problems);
  else if (Array.isArray(value)) checkList(value, schema, path, problems);
  else if (isObject(value)) checkObject(value, schema, path, problems);
  checkJunctors(value, schema, path, problems);
}

function checkType(value: unknown, schema: Schema, path: string, problems: Problems): boolean {
  if (schema['x-kubernetes-int-or-string'] === true) {
    if (typeof value === 'string' || Number.isInteger(value)) return true;
    problems.invalid(path, value, `${path} in body must be of type integer or string: "${typeName(value)}"`);
    return false;
  }
  if (schema.type === undefined || hasType(value, schema.type)) return true;
  problems.invalid(path, value, `${path} in body must be of type ${schema.type}: "${typeName(value)}"`);
  return false;
}

function hasType(value: unknown, type: NonNullable<Schema['type']>): boolean {
  switch (type) {
    case 'object':
      return isObject(value);
    case 'array':
      return Array.isArray(value);
    case 'integer':
      return Number.isInteger(value);
    case 'string':
    case 'number':
    case 'boolean':
      return typeof value === type;
  }
}

function typeName(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

const FORMATS: Readonly<Record<string, RegExp>> = {
  'date-time': /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/,
  date: /^\d{4}-\d\d-\d\d$/,
  uuid: /^[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}$/,
  ipv4: /^(\d{1,3}\.){3}\d{1,3}$/,
  uri: /^[A-Za-z][A-Za-z0-9+.-]*:/,
  byte: /^[A-Za-z0-9+/]*={0,2}$/,
};

function checkText(value: string, schema: Schema, path: string, problems: Problems): void {
  const length = [...value].length;
  if (schema.maxLength !== undefined && length > schema.maxLength) {
    problems.tooLong(path, schema.maxLength);
  }
  if (schema.minLength !== undefined && length < schema.minLength) {
    problems.invalid(path, value, `${path} in body should be at least ${schema.minLength} chars long`);
  }
  if (schema.pattern !== undefined && !matches(value, schema.pattern)) {
    problems.invalid(path, value, `${path} in body should match '${schema.pattern}'`);
  }
  const format = schema.format === undefined ? undefined : FORMATS[schema.format];
  if (format !== undefined && !format.test(value)) {
    problems.invalid(
      path,
      value,
      `${path} in body must be of type ${schema.format ?? ''}: ${JSON.stringify(value)}`,
    );
  }
}

function matches(value: string, pattern: string): boolean {
  try {
    return new RegExp(pattern, 'u').test(value);
  } catch {
    return new RegExp(pattern).test(value);
  }
}

function checkNumber(value: number, schema: Schema, path: string, problems: Problems): void {
  const { minimum, maximum, multipleOf } = schema;
  if (minimum !== undefined && (schema.exclusiveMinimum === true ? value <= minimum : value < minimum)) {
    const than = schema.exclusiveMinimum === true ? 'greater than' : 'greater than or equal to';
    problems.invalid(path, value, `${path} in body should be ${than} ${minimum}`);
  }
  if (maximum !== undefined && (schema.exclusiveMaximum === true ? value >= maximum : value > maximum)) {
    const than = schema.exclusiveMaximum === true ? 'less than' : 'less than or equal to';
    problems.invalid(path, value, `${path} in body should be ${than} ${maximum}`);
  }
  if (multipleOf !== undefined && value % multipleOf !== 0) {
    problems.invalid(path, value, `${path} in body should be a multiple of ${multipleOf}`);
  }
}

function checkList(value: readonly unknown[], schema: Schema, path: string, problems: Problems): void {
  if (schema.maxItems !== undefined && value.length > schema.maxItems) {
    problems.invalid(path, value.length, `${path} in body should have at most ${schema.maxItems} items`);
  }
  if (schema.minItems !== undefined && value.length < schema.minItems) {
    problems.invalid(path, value.length, `${path} in body should have at least ${schema.minItems} items`);
  }
  checkUniqueness(value, schema, path, problems);
  value.forEach((item, i) => {
    if (schema.items !== undefined) checkValue(item, schema.items, `${path}[${i}]`, problems);
  });
}

function checkUniqueness(value: readonly unknown[], schema: Schema, path: string, problems: Problems): void {
  const listType = schema['x-kubernetes-list-type'];
  if (listType !== 'set' && listType !== 'map') return;
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  const seen = new Set<string>();
  value.forEach((item, i) => {
    const key: unknown =
      listType === 'set'
        ? item
        : Object.fromEntries(keys.map((name) => [name, isObject(item) ? item[name] : null]));
    const text = JSON.stringify(key);
    if (seen.has(text)) problems.duplicate(`${path}[${i}]`, key);
    seen.add(text);
  });
}

function checkObject(value: JsonObject, schema: Schema, path: string, problems: Problems): void {
  const below = (key: string) => (path === '' ? key : `${path}.${key}`);
  for (const key of schema.required ?? []) {
    if (!Object.hasOwn(value, key) || value[key] === undefined) problems.required(below(key));
  }
  const size = Object.keys(value).length;
  if (schema.maxProperties !== undefined && size > schema.maxProperties) {
    problems.invalid(path, size, `${path} in body should have at most ${schema.maxProperties} properties`);
  }
  if (schema.minProperties !== undefined && size < schema.minProperties) {
    problems.invalid(path, size, `${path} in body should have at least ${schema.minProperties} properties`);
  }
  for (const [key, child] of Object.entries(value)) {
    const property = Object.hasOwn(schema.properties ?? {}, key) ? schema.properties?.[key] : undefined;
    if (property !== undefined) checkValue(child, property, below(key), problems);
    else if (isObject(schema.additionalProperties)) {
      checkValue(child, schema.additionalProperties, below(key), problems);
    }
  }
}

function checkJunctors(value: unknown, schema: Schema, path: string, problems: Problems): void {
  for (const part of schema.allOf ?? []) checkValue(value, part, path, problems);
  const fits = (part: Schema) => {
    const trial = problems.another();
    checkValue(value, part, path, trial);
    return trial.causes.length === 0;
  };
  if (schema.anyOf !== undefined && !schema.anyOf.some(fits)) {
    problems.invalid(path, value, `${path} in body must validate at least one schema (anyOf)`);
  }
  if (schema.oneOf !== undefined && schema.oneOf.filter(fits).length !== 1) {
    problems.invalid(path, value, `${path} in body must validate one and only one schema (oneOf)`);
  }
  if (schema.not !== undefined && fits(schema.not)) {
    problems.invalid(path, value, `${path} in body must not validate the schema (not)`);
  }
}

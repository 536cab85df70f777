import { Environment, type ParseResult } from '@marcbachmann/cel-js';
import type { Problems } from '../admission/problems.ts';
import { messageOf } from '../../../lib/errors.ts';
import { isObject } from '../storage/json.ts';
import type { Schema, ValidationRule } from './schema.ts';

const environment = new Environment({ unlistedVariablesAreDyn: true, enableOptionalTypes: true });

/** Compiled rules by the rule that the schema holds; a schema that goes takes its rules with it. */
const compiled = new WeakMap<ValidationRule, ParseResult>();

/**
 * Checks the `x-kubernetes-validations` of a schema, at every depth. A rule that speaks of `oldSelf` is checked only
 * when there was a value before ("transition rules").
 */
export function checkValue(
  value: unknown,
  before: unknown,
  schema: Schema,
  problems: Problems,
  path = '',
): void {
  if (value === undefined || value === null) return;
  for (const rule of schema['x-kubernetes-validations'] ?? []) {
    if (/\boldSelf\b/.test(rule.rule) && (before === undefined || before === null)) continue;
    checkRule(
      rule,
      { self: typed(value, schema), oldSelf: typed(before, schema) },
      { value, path },
      problems,
    );
  }
  if (Array.isArray(value)) {
    const { items } = schema;
    if (items === undefined) return;
    value.forEach((item, i) => {
      checkValue(item, earlierItem(item, before, schema), items, problems, `${path}[${i}]`);
    });
  } else if (isObject(value)) {
    const earlier = isObject(before) ? before : {};
    for (const [key, child] of Object.entries(value)) {
      const below = path === '' ? key : `${path}.${key}`;
      const property = schema.properties?.[key];
      if (property !== undefined) checkValue(child, earlier[key], property, problems, below);
      else if (isObject(schema.additionalProperties)) {
        checkValue(child, earlier[key], schema.additionalProperties, problems, below);
      }
    }
  }
}

/** Reports the rules of a schema, at every depth, that are no expressions. */
export function checkSyntax(schema: Schema, field: string, problems: Problems): void {
  schema['x-kubernetes-validations']?.forEach((rule, i) => {
    const at = `${field}.x-kubernetes-validations[${i}].rule`;
    try {
      const { valid, error } = compile(rule).check();
      if (!valid) problems.invalid(at, rule.rule, `compilation failed: ${messageOf(error)}`);
    } catch (error) {
      problems.invalid(at, rule.rule, `compilation failed: ${messageOf(error)}`);
    }
  });
  for (const [key, child] of Object.entries(schema.properties ?? {})) {
    checkSyntax(child, `${field}.properties[${key}]`, problems);
  }
  if (schema.items !== undefined) checkSyntax(schema.items, `${field}.items`, problems);
  if (isObject(schema.additionalProperties)) {
    checkSyntax(schema.additionalProperties, `${field}.additionalProperties`, problems);
  }
}

function checkRule(
  rule: ValidationRule,
  variables: { self: unknown; oldSelf: unknown },
  place: { value: unknown; path: string },
  problems: Problems,
): void {
  const field =
    rule.fieldPath === undefined ? place.path : `${place.path}${rule.fieldPath}`.replace(/^\./, '');
  let verdict: unknown;
  try {
    verdict = compile(rule)(variables);
  } catch (error) {
    problems.invalid(field, kindOfValue(place.value), `failed rule: ${rule.rule}: ${messageOf(error)}`);
    return;
  }
  if (verdict !== true) problems.invalid(field, kindOfValue(place.value), messageFor(rule, variables));
}

function compile(rule: ValidationRule): ParseResult {
  const known = compiled.get(rule);
  if (known !== undefined) return known;
  const made = environment.parse(rule.rule);
  compiled.set(rule, made);
  return made;
}

function messageFor(rule: ValidationRule, variables: Record<string, unknown>): string {
  if (rule.messageExpression !== undefined) {
    try {
      const text: unknown = environment.evaluate(rule.messageExpression, variables);
      if (typeof text === 'string' && text !== '') return text;
    } catch {
      // The fixed message says it well enough.
    }
  }
  return rule.message ?? `failed rule: ${rule.rule}`;
}

/** Objects and lists are named by their type, as the API server does; other values are shown. */
function kindOfValue(value: unknown): unknown {
  if (Array.isArray(value)) return 'array';
  return isObject(value) ? 'object' : value;
}

/** CEL keeps whole numbers apart from fractions, JSON does not: the schema says which is meant. */
function typed(value: unknown, schema: Schema | undefined): unknown {
  if (typeof value === 'number') {
    return schema?.type === 'number' || !Number.isInteger(value) ? value : BigInt(value);
  }
  if (Array.isArray(value)) return value.map((item) => typed(item, schema?.items));
  if (!isObject(value)) return value;
  const entries = Object.entries(value).map(([key, child]): [string, unknown] => {
    const extra = schema?.additionalProperties;
    return [key, typed(child, schema?.properties?.[key] ?? (isObject(extra) ? extra : undefined))];
  });
  return Object.fromEntries(entries);
}

/** The item of an older list that has the same keys; only lists of type map can tell. */
function earlierItem(item: unknown, before: unknown, schema: Schema): unknown {
  const keys = schema['x-kubernetes-list-map-keys'];
  if (keys === undefined || !Array.isArray(before) || !isObject(item)) return undefined;
  return before.find((old) => isObject(old) && keys.every((key) => old[key] === item[key])) as unknown;
}

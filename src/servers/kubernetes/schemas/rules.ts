import { ApiError } from '../errors.ts';
import { asArray, isObject } from '../storage/json.ts';
import type { Problems } from '../admission/problems.ts';
import type * as Engine from './cel.ts';
import type { Schema } from './schema.ts';

let engine: typeof Engine | undefined;
let loading: Promise<void> | undefined;

/** The language of the rules is loaded when the first rule is seen, as most clusters have none. */
function load(): Promise<void> {
  loading ??= import('./cel.ts').then((module) => {
    engine = module;
  });
  return loading;
}

/** A rule has to be checked, and the language is still being loaded. */
class RulesNotLoaded extends ApiError {
  constructor() {
    super('ServiceUnavailable', 'the rules of custom kinds are being loaded: try again', {
      retryAfterSeconds: 1,
    });
  }
}

function requireEngine(): typeof Engine {
  if (engine !== undefined) return engine;
  void load();
  throw new RulesNotLoaded();
}

/** Does a write, a second time when it met rules whose language had to be loaded first. */
export async function withRules<T>(write: () => T): Promise<T> {
  try {
    return write();
  } catch (error) {
    if (!(error instanceof RulesNotLoaded)) throw error;
    await load();
    return write();
  }
}

/** Checks the rules of a schema against a value. @throws ApiError `ServiceUnavailable`; see `withRules`. */
export function checkRules(value: unknown, before: unknown, schema: Schema, problems: Problems): void {
  if (hasRules(schema)) requireEngine().checkValue(value, before, schema, problems);
}

/** Reports rules that cannot be compiled. @throws ApiError `ServiceUnavailable`; see `withRules`. */
export function checkRuleSyntax(schema: Schema, field: string, problems: Problems): void {
  if (hasRules(schema)) requireEngine().checkSyntax(schema, field, problems);
}

const known = new WeakMap<object, boolean>();

function hasRules(schema: unknown): boolean {
  if (Array.isArray(schema)) return schema.some(hasRules);
  if (!isObject(schema)) return false;
  let found = known.get(schema);
  if (found === undefined) {
    found = asArray(schema['x-kubernetes-validations']).length > 0 || Object.values(schema).some(hasRules);
    known.set(schema, found);
  }
  return found;
}

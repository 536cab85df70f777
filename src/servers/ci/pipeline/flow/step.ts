import { raise } from '../../groovy/exceptions.ts';
import type { Gen } from '../../groovy/fiber.ts';
import { isNumber, toDouble } from '../../groovy/numbers.ts';
import { plainText, truth } from '../../groovy/operations.ts';
import type { Frame } from '../../groovy/scope.ts';
import type { Closure, GroovyMap, Value } from '../../groovy/values.ts';
import type { Build } from '../build.ts';
import type { PipelineContext } from '../context.ts';

/** A step as it is called from the script. */
export interface FlowCall {
  readonly build: Build;
  readonly name: string;
  readonly named: GroovyMap;
  readonly positional: readonly Value[];
  readonly body: Closure | undefined;
  readonly frame: Frame;
  readonly context: PipelineContext;
}

/** A step that belongs to the language because it steers what runs. */
export interface FlowStep {
  /** A host may bring its own step of that name. */
  readonly mayBeReplaced?: boolean;
  run(call: FlowCall): Gen;
}

/** An argument by name, or the first without name when `name` is the default one. */
export function argument(call: FlowCall, name: string, isDefault = false): Value | undefined {
  const named = call.named.get(name);
  if (named !== undefined) return named;
  return isDefault ? call.positional[0] : undefined;
}

export function textArgument(call: FlowCall, name: string, isDefault = false): string | undefined {
  const value = argument(call, name, isDefault);
  return value === undefined || value === null ? undefined : plainText(value);
}

export function requireText(call: FlowCall, name: string): string {
  return (
    textArgument(call, name, true) ??
    raise('IllegalArgumentException', `the step "${call.name}" needs "${name}"`)
  );
}

export function numberArgument(call: FlowCall, name: string, isDefault = false): number | undefined {
  const value = argument(call, name, isDefault);
  if (value === undefined || value === null) return undefined;
  if (isNumber(value)) return toDouble(value);
  const text = plainText(value);
  if (/^\s*\d+(\.\d+)?\s*$/.test(text)) return Number(text);
  return raise(
    'IllegalArgumentException',
    `"${name}" of the step "${call.name}" must be a number, not ${text}`,
  );
}

export function flagArgument(call: FlowCall, name: string, fallback: boolean): boolean {
  const value = argument(call, name);
  return value === undefined ? fallback : value === 'false' ? false : truth(value);
}

export function requireBody(call: FlowCall): Closure {
  return (
    call.body ?? raise('IllegalArgumentException', `the step "${call.name}" needs a body: ${call.name} { … }`)
  );
}

/** Runs the body of a block step between `{` and `}` of the log. */
export function* runBlock(call: FlowCall, context: PipelineContext, label = ''): Gen {
  const { build, name, frame } = call;
  const body = requireBody(call);
  build.trace(label === '' ? '{' : `{ (${label})`);
  try {
    return yield* build.runClosure(body, context, frame);
  } finally {
    build.trace('}');
    build.trace(`// ${name}`);
  }
}

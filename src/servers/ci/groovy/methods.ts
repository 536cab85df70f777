import type { Parameter, TypeName } from './ast.ts';
import { raise } from './exceptions.ts';
import { enter, type Gen } from './fiber.ts';
import { toThrow } from './failures.ts';
import type { Machine } from './machine.ts';
import { isNumber, type GroovyNumber } from './numbers.ts';
import { PRIMITIVES } from './tokens.ts';
import { classNameOf, shortText } from './operations.ts';
import { Scope, type Frame } from './scope.ts';
import { GroovyClass, GroovyMap, type Closure, type UserMethod, type Value } from './values.ts';

const MAX_TRACE = 30;

/** The methods of that name, nearest class first. */
export function findMethods(klass: GroovyClass, name: string): readonly UserMethod[] {
  const own = klass.methods.get(name) ?? [];
  const inherited = klass.superclass instanceof GroovyClass ? findMethods(klass.superclass, name) : [];
  return inherited.length === 0 ? own : [...own, ...inherited];
}

export function typeText(type: TypeName | undefined): string | undefined {
  return type === undefined ? undefined : type.name + '[]'.repeat(type.dimensions);
}

/** How well the arguments fit the parameters, 0 being best; undefined when they do not. */
function fit(
  machine: Machine,
  { node }: UserMethod,
  args: readonly Value[],
  frame: Frame,
): number | undefined {
  const { parameters } = node;
  const last = parameters.at(-1);
  const variable = last !== undefined && (last.varargs || (last.type?.dimensions ?? 0) > 0);
  const required = parameters.filter(({ initial }) => initial === undefined).length - (variable ? 1 : 0);
  if (args.length > parameters.length && !variable) return undefined;
  if (args.length < required)
    return args.length === 0 && parameters.length === 1 && !variable ? 100 : undefined;
  let score = args.length < parameters.length ? 1 : 0;
  for (const [index, argument] of args.entries()) {
    const parameter = parameters[Math.min(index, parameters.length - 1)];
    if (parameter === undefined) return undefined;
    const collected = variable && parameter === last;
    const each = distance(machine, parameter, argument, collected, frame);
    if (each === undefined) return undefined;
    score += each + (collected ? 10 : 0);
  }
  return score;
}

function distance(
  machine: Machine,
  { type }: Parameter,
  argument: Value,
  collected: boolean,
  frame: Frame,
): number | undefined {
  if (type === undefined || type.name === 'Object' || type.name === 'java.lang.Object') return 3;
  if (argument === null) return PRIMITIVES.has(type.name) ? undefined : 4;
  if (machine.isInstance(argument, typeText(type) ?? '', frame))
    return classNameOf(argument).endsWith(type.name) ? 0 : 1;
  if (isNumber(argument) && widens(argument, type.name)) return 2;
  if (collected && machine.isInstance(argument, type.name, frame)) return 1;
  return undefined;
}

/** Whether Groovy passes a number to a parameter of a wider kind. */
function widens(value: GroovyNumber, type: string): boolean {
  const whole = typeof value === 'number' || typeof value === 'bigint';
  switch (type.slice(type.lastIndexOf('.') + 1)) {
    case 'long':
    case 'Long':
      return typeof value === 'number';
    case 'BigInteger':
      return whole;
    case 'float':
    case 'Float':
    case 'double':
    case 'Double':
    case 'BigDecimal':
      return true;
    default:
      return false;
  }
}

export function selectMethod(
  machine: Machine,
  methods: readonly UserMethod[],
  args: readonly Value[],
  frame: Frame,
): UserMethod | undefined {
  let best: UserMethod | undefined;
  let bestScore = Number.POSITIVE_INFINITY;
  for (const method of methods) {
    const score = fit(machine, method, args, frame);
    if (score === undefined || score >= bestScore) continue;
    best = method;
    bestScore = score;
  }
  return best;
}

/** Calls a method that is known to exist by name; throws MissingMethodException when no arguments fit. */
export function* invokeMethod(
  machine: Machine,
  self: Value,
  name: string,
  args: Value[],
  frame: Frame,
  from?: GroovyClass,
): Gen {
  const klass = from ?? (self instanceof GroovyClass ? self : ownClass(self));
  const method =
    klass === undefined ? undefined : selectMethod(machine, findMethods(klass, name), args, frame);
  if (method === undefined) return raise('groovy.lang.MissingMethodException', noSignature(self, name, args));
  return yield* callMethod(machine, method, self, args, frame);
}

function ownClass(self: Value): GroovyClass | undefined {
  return typeof self === 'object' && self !== null && 'klass' in self && self.klass instanceof GroovyClass
    ? self.klass
    : undefined;
}

export function noSignature(self: Value, name: string, args: readonly Value[]): string {
  const owner = self instanceof GroovyClass ? `static ${self.name}` : classNameOf(self);
  return `No signature of method: ${owner}.${name}() is applicable for argument types: (${args.map(classNameOf).join(', ')}) values: ${shortText([...args])}`;
}

/** Runs a method's body with `this` being `self`, or the class for a static one. */
export function* callMethod(
  machine: Machine,
  method: UserMethod,
  self: Value,
  args: Value[],
  caller: Frame,
): Gen {
  const frame: Frame = {
    fiber: caller.fiber,
    self: method.static && !(self instanceof GroovyClass) ? method.klass : self,
    closure: undefined,
    klass: method.klass,
    method: method.name,
    at: method.node.at,
  };
  const scope = new Scope(frame);
  return yield* enter(runFunction(machine, scope, method.node.parameters, args, method.body));
}

function* runFunction(
  machine: Machine,
  scope: Scope,
  parameters: readonly Parameter[],
  args: Value[],
  body: UserMethod['body'],
): Gen {
  const { frame } = scope;
  try {
    yield* bindParameters(machine, scope, parameters, args);
    return yield* machine.runBody(body, scope);
  } catch (error) {
    const thrown = toThrow(error, frame);
    if (thrown === undefined) throw error;
    const { trace } = thrown.exception;
    if (trace.length < MAX_TRACE)
      trace.push(`${frame.klass.name}.${frame.method}(${frame.klass.module.file.file}:${frame.at.line})`);
    throw thrown;
  }
}

function* bindParameters(
  machine: Machine,
  scope: Scope,
  parameters: readonly Parameter[],
  args: Value[],
): Gen<void> {
  const optional = Math.max(
    0,
    args.length - parameters.filter(({ initial }) => initial === undefined).length,
  );
  let given = 0;
  let index = 0;
  for (const [position, parameter] of parameters.entries()) {
    const variable =
      position === parameters.length - 1 && (parameter.varargs || (parameter.type?.dimensions ?? 0) > 0);
    let value: Value;
    if (variable) value = collected(args.slice(index), parameter);
    else if (parameter.initial !== undefined && given >= optional)
      value = yield* machine.evaluate(parameter.initial, scope);
    else {
      if (parameter.initial !== undefined) given++;
      value = args[index++] ?? null;
    }
    const type = variable && parameter.varargs ? undefined : typeText(parameter.type);
    const cast = type === undefined || value === null ? value : yield* machine.cast(value, type, scope.frame);
    scope.declare(parameter.name, cast, type);
  }
}

function collected(rest: Value[], parameter: Parameter): Value {
  const [only] = rest;
  if (rest.length === 1 && Array.isArray(only) && (parameter.type?.dimensions ?? 0) > 0) return only;
  return rest.length === 1 && Array.isArray(only) && parameter.varargs ? only : rest;
}

/** Calls a closure; a single list is spread over several parameters, as Groovy does. */
export function* callClosure(machine: Machine, closure: Closure, args: Value[], caller: Frame): Gen {
  const { code, scope: outer } = closure;
  if (typeof code === 'function' || outer === undefined)
    return typeof code === 'function' ? yield* code(args, caller) : null;
  const frame: Frame = {
    fiber: caller.fiber,
    self: outer.frame.self,
    closure,
    klass: outer.frame.klass,
    method: outer.frame.method,
    at: code.at,
  };
  const scope = new Scope(frame, outer);
  const { parameters } = code;
  if (parameters === undefined) {
    if (args.length > 1) raise('groovy.lang.MissingMethodException', noSignature(closure, 'call', args));
    scope.declare('it', args[0] ?? null);
    return yield* enter(runFunction(machine, scope, [], [], code.body));
  }
  const spread = args.length === 1 && parameters.length > 1 && Array.isArray(args[0]) ? args[0] : args;
  const required = parameters.filter(({ initial, varargs }) => initial === undefined && !varargs).length;
  const variable = parameters.at(-1)?.varargs === true || (parameters.at(-1)?.type?.dimensions ?? 0) > 0;
  const implicitNull = spread.length === 0 && parameters.length === 1;
  if (
    (spread.length < required && !implicitNull && !variable) ||
    (spread.length > parameters.length && !variable)
  ) {
    raise('groovy.lang.MissingMethodException', noSignature(closure, 'call', args));
  }
  return yield* enter(runFunction(machine, scope, parameters, spread, code.body));
}

/** A map given to a constructor without a fitting signature sets properties. */
export function namedArguments(args: readonly Value[]): GroovyMap | undefined {
  return args.length === 1 && args[0] instanceof GroovyMap ? args[0] : undefined;
}

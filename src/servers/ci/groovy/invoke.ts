import { isThrowableClass, messageOfException, raise } from './exceptions.ts';
import type { Gen } from './fiber.ts';
import { Mismatch, type Call } from './library/arguments.ts';
import { LIST_METHODS, MAP_METHODS, READING_METHODS, SET_METHODS } from './library/collections.ts';
import { closureMethod } from './library/closures.ts';
import { iterableMethod } from './library/iterables.ts';
import { NUMBER_LOOPS, NUMBER_METHODS } from './library/numbers.ts';
import { objectMethod } from './library/objects.ts';
import { STRING_METHODS } from './library/strings.ts';
import { MATCHER_METHODS, PATTERN_METHODS, STRING_CALLING_METHODS } from './library/texts.ts';
import { readMap } from './maps.ts';
import type { Machine } from './machine.ts';
import { findMethods, invokeMethod, noSignature, selectMethod, callMethod } from './methods.ts';
import { construct, linkClass } from './objects.ts';
import { isNumber } from './numbers.ts';
import { asList, plainText } from './operations.ts';
import { Matcher, Pattern } from './regex.ts';
import type { Frame } from './scope.ts';
import {
  GroovyClass,
  GroovyMap,
  GroovyObject,
  GroovySet,
  isClosure,
  NativeClass,
  NativeObject,
  type ClassValue,
  type Value,
} from './values.ts';

/** `object.name(args)`; throws MissingMethodException when there is no such method. */
export function* invokeOn(machine: Machine, object: Value, name: string, args: Value[], frame: Frame): Gen {
  const result = yield* tryInvokeOn(machine, object, name, args, frame);
  if (result !== undefined) return result;
  if (object === null) return raise('NullPointerException', `Cannot invoke method ${name}() on null object`);
  if (object instanceof GroovyObject && object.klass instanceof GroovyClass && object.klass.script) {
    return raise('java.lang.NoSuchMethodError', machine.world.noSuchMethod(name, frame));
  }
  return raise('groovy.lang.MissingMethodException', noSignature(object, name, args));
}

/** As `invokeOn`; undefined when the object has no such method for these arguments. */
export function* tryInvokeOn(
  machine: Machine,
  object: Value,
  name: string,
  args: Value[],
  frame: Frame,
): Gen<Value | undefined> {
  if (object instanceof GroovyObject) {
    const result = yield* invokeObject(machine, object, name, args, frame);
    if (result !== undefined) return result;
  } else if (object instanceof GroovyClass) {
    const result = yield* invokeStatic(machine, object, name, args, frame);
    if (result !== undefined) return result;
  } else if (object instanceof NativeClass) {
    const result =
      object.statics.get(name)?.(yield* printable(machine, object.name, args, frame), frame) ??
      classMethod(object, name, args);
    if (result !== undefined) return result;
    if (name === 'newInstance' || name === 'new') return yield* construct(machine, object, args, frame);
  } else if (object instanceof NativeObject) {
    const result = yield* object.callMethod(
      name,
      yield* printable(machine, object.className, args, frame),
      frame,
    );
    if (result !== undefined) return result;
  }
  return yield* invokeStandard(object, name, args, { machine, frame });
}

function* invokeObject(
  machine: Machine,
  object: GroovyObject,
  name: string,
  args: Value[],
  frame: Frame,
): Gen<Value | undefined> {
  const { klass } = object;
  if (klass instanceof GroovyClass) {
    const methods = findMethods(klass, name);
    if (methods.length > 0) {
      const chosen = selectMethod(machine, methods, args, frame);
      if (chosen !== undefined) return yield* callMethod(machine, chosen, object, args, frame);
      if (!klass.script || !['call'].includes(name))
        return raise('groovy.lang.MissingMethodException', noSignature(object, name, args));
    }
    const field = object.fields.get(name)?.value ?? null;
    if (isClosure(field) || (klass.script && field instanceof GroovyObject))
      return yield* machine.invoke(field, 'call', args, frame);
    const accessed = accessor(object, name, args);
    if (accessed !== undefined) return accessed;
    if (klass.script) {
      const result = yield* machine.world.call(name, args, frame);
      if (result !== undefined) return result;
    }
    if (findMethods(klass, 'methodMissing').length > 0)
      return yield* invokeMethod(machine, object, 'methodMissing', [name, args], frame);
  }
  return isThrowableClass(klass) ? exceptionMethod(object, name, args) : enumMethod(object, name, args);
}

/** Arguments for the classes that print them: objects with an own `toString` as text. */
function* printable(machine: Machine, className: string, args: Value[], frame: Frame): Gen<Value[]> {
  if (
    !/^java\.(lang\.String|io\.StringWriter)/.test(className) ||
    !args.some((argument) => argument instanceof GroovyObject)
  )
    return args;
  const texts: Value[] = [];
  for (const argument of args)
    texts.push(argument instanceof GroovyObject ? yield* machine.text(argument, frame) : argument);
  return texts;
}

/** `getName()` and `setName(value)` of a field without own accessors. */
function accessor(object: GroovyObject, name: string, args: Value[]): Value | undefined {
  const match = /^(get|is|set)(\p{Lu}.*)$/u.exec(name);
  if (match === null || isThrowableClass(object.klass)) return undefined;
  const [, kind = '', capital = ''] = match;
  const cell =
    object.fields.get(capital.charAt(0).toLowerCase() + capital.slice(1)) ?? object.fields.get(capital);
  if (cell === undefined) return undefined;
  if (kind !== 'set') return args.length === 0 ? cell.value : undefined;
  if (args.length !== 1 || cell.final) return undefined;
  cell.value = args[0] ?? null;
  return null;
}

function exceptionMethod(exception: GroovyObject, name: string, args: Value[]): Value | undefined {
  if (name === 'addSuppressed' || name === 'printStackTrace' || name === 'setStackTrace') return null;
  if (args.length > 0) return name === 'initCause' ? exception : undefined;
  switch (name) {
    case 'getMessage':
    case 'getLocalizedMessage':
      return messageOfException(exception);
    case 'getCause':
      return exception.fields.get('cause')?.value ?? null;
    case 'getStackTrace':
      return [...exception.trace];
    case 'getCauses':
      return exception.fields.get('causes')?.value ?? [];
    case 'getResult':
      return exception.fields.get('result')?.value ?? null;
    default:
      return undefined;
  }
}

function enumMethod(object: GroovyObject, name: string, args: Value[]): Value | undefined {
  if (args.length > 0) return undefined;
  if (name === 'name') return object.fields.get('$name')?.value;
  return name === 'ordinal' ? object.fields.get('$ordinal')?.value : undefined;
}

function* invokeStatic(
  machine: Machine,
  klass: GroovyClass,
  name: string,
  args: Value[],
  frame: Frame,
): Gen<Value | undefined> {
  yield* linkClass(machine, klass, frame);
  const methods = findMethods(klass, name).filter((method) => method.static);
  const chosen = selectMethod(machine, methods, args, frame);
  if (chosen !== undefined) return yield* callMethod(machine, chosen, klass, args, frame);
  if (name === 'newInstance' || name === 'new') return yield* construct(machine, klass, args, frame);
  const field = klass.statics.get(name)?.value ?? null;
  if (isClosure(field)) return yield* machine.callClosure(field, args, frame);
  const constants = klass.statics.get('$constants')?.value;
  if (name === 'values' && args.length === 0 && constants !== undefined) return constants;
  if (name === 'valueOf' && constants !== undefined) {
    const wanted = args[0];
    const found = typeof wanted === 'string' ? klass.statics.get(wanted)?.value : undefined;
    return (
      found ??
      raise('IllegalArgumentException', `No enum constant ${klass.name}.${plainText(wanted ?? null)}`)
    );
  }
  return classMethod(klass, name, args);
}

function classMethod(klass: ClassValue, name: string, args: Value[]): Value | undefined {
  if (name === 'isInstance' || args.length > 0) return undefined;
  if (name === 'getName' || name === 'getCanonicalName' || name === 'getTypeName') return klass.name;
  return name === 'getSimpleName' ? klass.name.slice(klass.name.lastIndexOf('.') + 1) : undefined;
}

/** The standard methods: the value's own, those of collections, those of every object. */
function* invokeStandard(object: Value, name: string, args: Value[], call: Call): Gen<Value | undefined> {
  for (const attempt of candidates(object, name)) {
    try {
      return yield* attempt(args, call);
    } catch (error) {
      if (!(error instanceof Mismatch)) throw error;
    }
  }
  if (!(object instanceof GroovyMap)) return undefined;
  const held = object.get(name) ?? null;
  return isClosure(held) ? yield* call.machine.callClosure(held, args, call.frame) : undefined;
}

/** The result of a standard method that calls no user code; undefined when there is none for these arguments. */
export function invokePlain(object: Value, name: string, args: Value[], call: Call): Value | undefined {
  const plain = plainMethod(object, name);
  if (plain === undefined) return undefined;
  try {
    return plain(args, call);
  } catch (error) {
    if (error instanceof Mismatch) return undefined;
    throw error;
  }
}

type Attempt = (args: Value[], call: Call) => Gen;

function* candidates(object: Value, name: string): Generator<Attempt, void, undefined> {
  const plain = plainMethod(object, name);
  if (plain !== undefined) {
    yield function* (args, call) {
      return plain(args, call);
    };
  }
  if (object instanceof GroovyMap && name === 'get') {
    yield (args, { machine, frame }) => {
      if (args.length === 2 && !object.has(args[0] ?? null)) object.set(args[0] ?? null, args[1] ?? null);
      return readMap(machine, object, args[0] ?? null, frame);
    };
  }
  if (isClosure(object)) {
    const method = closureMethod(name);
    if (method !== undefined) yield (args, call) => method(object, args, call);
  }
  if (typeof object === 'string') {
    const method = STRING_CALLING_METHODS.get(name);
    if (method !== undefined) yield (args, call) => method(object, args, call);
  }
  if (isNumber(object)) {
    const method = NUMBER_LOOPS.get(name);
    if (method !== undefined) yield (args, call) => method(object, args, call);
  }
  const iterating = iterableMethod(object, name);
  if (iterating !== undefined) yield (args, call) => iterating(object, args, call);
  const general = objectMethod(name);
  if (
    general !== undefined &&
    (object !== null ||
      ['toString', 'equals', 'is', 'plus', 'asBoolean', 'getClass', 'iterator'].includes(name))
  ) {
    yield (args, call) => general(object, args, call);
  }
}

function plainMethod(object: Value, name: string): ((args: Value[], call: Call) => Value) | undefined {
  if (typeof object === 'string') return bind(STRING_METHODS.get(name), object);
  if (isNumber(object)) return bind(NUMBER_METHODS.get(name), object);
  if (object instanceof GroovyMap) return bind(MAP_METHODS.get(name), object);
  if (object instanceof GroovySet)
    return bind(SET_METHODS.get(name), object) ?? bind(READING_METHODS.get(name), object.values());
  if (object instanceof Matcher) return bind(MATCHER_METHODS.get(name), object);
  if (object instanceof Pattern) return bind(PATTERN_METHODS.get(name), object);
  const changing = Array.isArray(object) ? bind(LIST_METHODS.get(name), object) : undefined;
  if (changing !== undefined) return changing;
  const list = READING_METHODS.has(name) ? asList(object) : undefined;
  return list === undefined ? undefined : bind(READING_METHODS.get(name), list);
}

function bind<T>(
  method: ((self: T, args: Value[], call: Call) => Value) | undefined,
  self: T,
): ((args: Value[], call: Call) => Value) | undefined {
  return method === undefined ? undefined : (args, call) => method(self, args, call);
}

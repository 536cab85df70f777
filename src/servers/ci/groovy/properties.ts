import { messageOfException, isException, raise } from './exceptions.ts';
import type { Gen } from './fiber.ts';
import { isCollection, elementsOf } from './iteration.ts';
import { readMap } from './maps.ts';
import type { Machine } from './machine.ts';
import { findMethods, invokeMethod } from './methods.ts';
import { classNameOf } from './operations.ts';
import type { Frame } from './scope.ts';
import { classOf } from './types.ts';
import {
  GroovyClass,
  GroovyMap,
  GroovyObject,
  isClosure,
  NativeClass,
  NativeObject,
  type Value,
} from './values.ts';

function capitalized(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}

/** `object.name`; throws MissingPropertyException when there is none. */
export function* requireProperty(machine: Machine, object: Value, name: string, frame: Frame): Gen {
  if (object === null) {
    return raise('NullPointerException', `Cannot get property '${name}' on null object`);
  }
  const value = yield* readProperty(machine, object, name, frame);
  if (value !== undefined) return value;
  return raise(
    'groovy.lang.MissingPropertyException',
    `No such property: ${name} for class: ${object instanceof GroovyClass || object instanceof NativeClass ? object.name : classNameOf(object)}`,
  );
}

/** The property's value; undefined when the object has none of that name. */
export function* readProperty(
  machine: Machine,
  object: Value,
  name: string,
  frame: Frame,
): Gen<Value | undefined> {
  if (object === null) return undefined;
  if (object instanceof GroovyMap) return yield* readMap(machine, object, name, frame);
  if (object instanceof GroovyObject) return yield* objectProperty(machine, object, name, frame);
  if (object instanceof GroovyClass) return yield* staticProperty(machine, object, name, frame);
  if (object instanceof NativeClass) return nativeStatic(machine, object, name);
  if (isClosure(object)) {
    if (name === 'delegate') return object.delegate ?? object.scope?.frame.self ?? null;
    if (name === 'owner') return object.scope?.frame.closure ?? object.scope?.frame.self ?? null;
    if (name === 'resolveStrategy') return object.strategy;
    if (name === 'maximumNumberOfParameters') return object.arity;
  }
  if (name === 'class') return classOf(machine, object);
  if (object instanceof NativeObject) {
    const value = object.getProperty(name, frame);
    if (value !== undefined) return value;
  }
  for (const getter of [`get${capitalized(name)}`, `is${capitalized(name)}`]) {
    const value = yield* machine.tryInvoke(object, getter, [], frame);
    if (value !== undefined) return value;
  }
  if (!isCollection(object)) return undefined;
  // Arrays are lists here, and know their length.
  if (name === 'length' && Array.isArray(object) && !object.some((element) => element instanceof GroovyMap))
    return object.length;
  const results: Value[] = [];
  for (const element of elementsOf(object)) {
    results.push(element === null ? null : yield* requireProperty(machine, element, name, frame));
  }
  return results;
}

function* objectProperty(
  machine: Machine,
  object: GroovyObject,
  name: string,
  frame: Frame,
): Gen<Value | undefined> {
  const own = object.fields.get(name);
  if (own !== undefined && (frame.self === object || !(object.klass instanceof GroovyClass)))
    return own.value;
  for (const getter of [`get${capitalized(name)}`, `is${capitalized(name)}`]) {
    if (object.klass instanceof GroovyClass && findMethods(object.klass, getter).length > 0)
      return yield* invokeMethod(machine, object, getter, [], frame);
  }
  if (own !== undefined) return own.value;
  if (name === 'class') return object.klass;
  if (isException(object)) {
    if (name === 'localizedMessage') return messageOfException(object);
    if (name === 'stackTrace') return [...object.trace];
    if (name === 'result' || name === 'causes') return object.fields.get(name)?.value;
  }
  if (!(object.klass instanceof GroovyClass)) return undefined;
  const fixed = findStatic(object.klass, name);
  if (fixed !== undefined) return fixed.value;
  if (object.klass.script) {
    const value = yield* machine.world.variable(name, frame);
    if (value !== undefined) return value;
  }
  if (findMethods(object.klass, 'propertyMissing').length > 0)
    return yield* invokeMethod(machine, object, 'propertyMissing', [name], frame);
  return undefined;
}

function findStatic(klass: GroovyClass, name: string) {
  let current: GroovyClass | NativeClass | undefined = klass;
  while (current instanceof GroovyClass) {
    const cell = current.statics.get(name);
    if (cell !== undefined) return cell;
    current = current.superclass;
  }
  return undefined;
}

function* staticProperty(
  machine: Machine,
  klass: GroovyClass,
  name: string,
  frame: Frame,
): Gen<Value | undefined> {
  const cell = findStatic(klass, name);
  if (cell !== undefined) return cell.value;
  const getter = `get${capitalized(name)}`;
  if (findMethods(klass, getter).some((method) => method.static))
    return yield* invokeMethod(machine, klass, getter, [], frame);
  const inner = klass.module.classes.get(`${klass.name}.${name}`);
  return inner ?? classProperty(klass, name);
}

function nativeStatic(machine: Machine, klass: NativeClass, name: string): Value | undefined {
  return klass.constants.get(name) ?? classProperty(klass, name);
}

function classProperty(klass: GroovyClass | NativeClass, name: string): Value | undefined {
  switch (name) {
    case 'name':
    case 'canonicalName':
    case 'typeName':
      return klass.name;
    case 'simpleName':
      return klass.name.slice(klass.name.lastIndexOf('.') + 1);
    case 'class':
      return klass;
    case 'superclass':
      return (klass instanceof GroovyClass ? klass.superclass : klass.parent) ?? null;
    default:
      return undefined;
  }
}

/** `object.name = value`; throws when there is no such property. */
export function* requireWrite(
  machine: Machine,
  object: Value,
  name: string,
  value: Value,
  frame: Frame,
): Gen<void> {
  if (object === null) return raise('NullPointerException', `Cannot set property '${name}' on null object`);
  if (yield* writeProperty(machine, object, name, value, frame, true)) return;
  const known = yield* readProperty(machine, object, name, frame);
  if (known !== undefined)
    return raise(
      'groovy.lang.ReadOnlyPropertyException',
      `Cannot set readonly property: ${name} for class: ${classNameOf(object)}`,
    );
  return raise(
    'groovy.lang.MissingPropertyException',
    `No such property: ${name} for class: ${classNameOf(object)}`,
  );
}

/** True when the object has the property and took the value; `create`: scripts and maps may get new ones. */
export function* writeProperty(
  machine: Machine,
  object: Value,
  name: string,
  value: Value,
  frame: Frame,
  create: boolean,
): Gen<boolean> {
  if (object instanceof GroovyMap) {
    if (!create && !object.has(name)) return false;
    object.set(name, value);
    return true;
  }
  if (object instanceof NativeObject) return object.setProperty(name, value, frame);
  if (isClosure(object)) return writeClosure(object, name, value);
  if (object instanceof GroovyClass)
    return yield* writeCell(machine, findStatic(object, name), name, value, frame);
  if (!(object instanceof GroovyObject) || !(object.klass instanceof GroovyClass)) {
    if (!Array.isArray(object) || !create) return false;
    for (const element of object) yield* machine.setProperty(element, name, value, frame);
    return true;
  }
  const setter = `set${capitalized(name)}`;
  if (frame.self !== object && findMethods(object.klass, setter).length > 0) {
    yield* invokeMethod(machine, object, setter, [value], frame);
    return true;
  }
  const cell = object.fields.get(name) ?? findStatic(object.klass, name);
  if (cell !== undefined) return yield* writeCell(machine, cell, name, value, frame);
  if (findMethods(object.klass, setter).length > 0) {
    yield* invokeMethod(machine, object, setter, [value], frame);
    return true;
  }
  if (object.klass.script && create) {
    object.fields.set(name, { value, type: undefined, final: false });
    return true;
  }
  return false;
}

function* writeCell(
  machine: Machine,
  cell: ReturnType<typeof findStatic>,
  name: string,
  value: Value,
  frame: Frame,
): Gen<boolean> {
  if (cell === undefined) return false;
  if (cell.final && frame.method !== '<init>')
    raise(
      'groovy.lang.ReadOnlyPropertyException',
      `Cannot set readonly property: ${name} for class: ${frame.klass.name}`,
    );
  cell.value = cell.type === undefined ? value : yield* machine.cast(value, cell.type, frame);
  return true;
}

function writeClosure(closure: Value, name: string, value: Value): boolean {
  if (!isClosure(closure)) return false;
  if (name === 'delegate') closure.delegate = value;
  else if (name === 'resolveStrategy' && typeof value === 'number') closure.strategy = value;
  else return false;
  return true;
}

import { describeException, isException } from './exceptions.ts';
import type { Gen } from './fiber.ts';
import { MapEntryValue } from './iteration.ts';
import type { Machine } from './machine.ts';
import { findMethods, invokeMethod } from './methods.ts';
import { isNumber } from './numbers.ts';
import type { Frame } from './scope.ts';
import {
  GroovyClass,
  GroovyMap,
  GroovyObject,
  GroovyRange,
  GroovySet,
  identityOf,
  isClosure,
  LimitExceeded,
  NativeClass,
  type Value,
} from './values.ts';

const MAX_TEXT = 64 * 1024 * 1024;
const MAX_DEPTH = 100;

/** What `toString()`, GStrings and `println` make of a value. */
export function* textOf(machine: Machine, value: Value, frame: Frame, depth = 0): Gen<string> {
  if (typeof value === 'string') return value;
  if (value === null || typeof value !== 'object' || isNumber(value)) return String(value);
  if (depth > MAX_DEPTH) throw new LimitExceeded('the value is nested too deeply to print');
  if (Array.isArray(value)) return yield* listText(machine, value, frame, depth);
  if (value instanceof GroovyRange || value instanceof GroovySet)
    return yield* listText(machine, value.values(), frame, depth);
  if (value instanceof GroovyMap) return yield* mapText(machine, value, frame, depth);
  if (value instanceof MapEntryValue) {
    return `${yield* textOf(machine, value.key, frame, depth + 1)}=${yield* textOf(machine, value.value, frame, depth + 1)}`;
  }
  if (value instanceof GroovyClass)
    return `${value.node?.kind === 'interface' ? 'interface' : 'class'} ${value.name}`;
  if (value instanceof NativeClass) return `class ${value.name}`;
  if (value instanceof GroovyObject) return yield* objectText(machine, value, frame);
  return isClosure(value)
    ? `org.jenkinsci.plugins.workflow.cps.CpsClosure2@${identityOf(value).toString(16)}`
    : value.toString();
}

function* objectText(machine: Machine, object: GroovyObject, frame: Frame): Gen<string> {
  const { klass } = object;
  if (klass instanceof GroovyClass && findMethods(klass, 'toString').length > 0) {
    return yield* textOf(machine, yield* invokeMethod(machine, object, 'toString', [], frame), frame);
  }
  const constant = object.fields.get('$name')?.value;
  if (typeof constant === 'string') return constant;
  return isException(object) ? describeException(object) : `${klass.name}@${identityOf(object).toString(16)}`;
}

function* listText(machine: Machine, list: readonly Value[], frame: Frame, depth: number): Gen<string> {
  let text = '[';
  for (const [index, element] of list.entries()) {
    if (index > 0) text += ', ';
    text += element === list ? '(this Collection)' : yield* textOf(machine, element, frame, depth + 1);
    if (text.length > MAX_TEXT) throw new LimitExceeded('the text of a list grew too large');
  }
  return `${text}]`;
}

function* mapText(machine: Machine, map: GroovyMap, frame: Frame, depth: number): Gen<string> {
  if (map.size === 0) return depth === -1 ? '{}' : '[:]';
  let text = '[';
  for (const [key, value] of map.entries()) {
    if (text.length > 1) text += ', ';
    text += `${yield* textOf(machine, key, frame, depth + 1)}:`;
    text += value === map ? '(this Map)' : yield* textOf(machine, value, frame, depth + 1);
    if (text.length > MAX_TEXT) throw new LimitExceeded('the text of a map grew too large');
  }
  return `${text}]`;
}

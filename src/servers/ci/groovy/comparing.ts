import type { Gen } from './fiber.ts';
import type { Machine } from './machine.ts';
import { findMethods, invokeMethod } from './methods.ts';
import { compare, equal, truth, asList } from './operations.ts';
import { Pattern } from './regex.ts';
import type { Frame } from './scope.ts';
import {
  GroovyClass,
  GroovyMap,
  GroovyObject,
  GroovyRange,
  GroovySet,
  isClosure,
  NativeClass,
  NativeObject,
  type Value,
} from './values.ts';
import { isKindOf } from './types.ts';
import { compareNumbers, isNumber, toDouble } from './numbers.ts';

function defines(value: Value, method: string): value is GroovyObject {
  return (
    value instanceof GroovyObject &&
    value.klass instanceof GroovyClass &&
    findMethods(value.klass, method).length > 0
  );
}

export function* truthOf(machine: Machine, value: Value, frame: Frame): Gen<boolean> {
  if (!defines(value, 'asBoolean')) return truth(value);
  return truth(yield* invokeMethod(machine, value, 'asBoolean', [], frame));
}

export function* equalValues(machine: Machine, left: Value, right: Value, frame: Frame): Gen<boolean> {
  if (defines(left, 'equals') && right !== null)
    return truth(yield* invokeMethod(machine, left, 'equals', [right], frame));
  return equal(left, right);
}

export function* compareValues(machine: Machine, left: Value, right: Value, frame: Frame): Gen<number> {
  if (defines(left, 'compareTo')) {
    const result = yield* invokeMethod(machine, left, 'compareTo', [right], frame);
    return typeof result === 'number' ? result : 0;
  }
  if (left instanceof GroovyObject && right instanceof GroovyObject) {
    const [first, second] = [left.fields.get('$ordinal')?.value, right.fields.get('$ordinal')?.value];
    if (typeof first === 'number' && typeof second === 'number') return Math.sign(first - second);
  }
  return compare(left, right);
}

export function* isCaseOf(machine: Machine, test: Value, value: Value, frame: Frame): Gen<boolean> {
  if (test === null) return value === null;
  if (isClosure(test)) return yield* machine.truth(yield* machine.callClosure(test, [value], frame), frame);
  if (test instanceof GroovyClass) return isKindOf(value, test);
  if (test instanceof NativeClass) return machine.isInstance(value, test.name, frame);
  if (test instanceof Pattern)
    return value !== null && test.expression(true).test(yield* machine.text(value, frame));
  if (test instanceof GroovyRange && typeof test.from === 'number' && isNumber(value))
    return inRange(test, value);
  if (test instanceof GroovySet) return test.has(value);
  if (test instanceof GroovyMap) return truth(test.get(value) ?? null);
  const elements = asList(test);
  if (elements !== undefined) {
    for (const element of elements) if (yield* equalValues(machine, element, value, frame)) return true;
    return false;
  }
  if (defines(test, 'isCase')) return truth(yield* invokeMethod(machine, test, 'isCase', [value], frame));
  if (test instanceof NativeObject) {
    const result = yield* test.callMethod('isCase', [value], frame);
    if (result !== undefined) return truth(result);
  }
  return yield* equalValues(machine, test, value, frame);
}

function inRange(range: GroovyRange, value: Value): boolean {
  const bounds = range.bounds();
  if (bounds === undefined || !isNumber(value)) return false;
  const whole = toDouble(value) % 1 === 0;
  const [low, high] = [Math.min(bounds.first, bounds.last), Math.max(bounds.first, bounds.last)];
  return whole && compareNumbers(value, low) >= 0 && compareNumbers(value, high) <= 0;
}

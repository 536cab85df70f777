import { raise } from './exceptions.ts';
import type { Gen } from './fiber.ts';
import { isCollection } from './iteration.ts';
import { readMap } from './maps.ts';
import type { Machine } from './machine.ts';
import { classNameOf, plainText, shortText } from './operations.ts';
import { groupsOf, Matcher } from './regex.ts';
import type { Frame } from './scope.ts';
import {
  GroovyClass,
  GroovyMap,
  GroovyObject,
  GroovyRange,
  GroovySet,
  LimitExceeded,
  NativeClass,
  NativeObject,
  type Value,
  MAX_ELEMENTS,
} from './values.ts';

/** `object[indices]` */
export function* getAt(machine: Machine, object: Value, indices: Value[], frame: Frame): Gen {
  const [index = null] = indices;
  if (object === null) return raise('NullPointerException', 'Cannot invoke method getAt() on null object');
  if (object instanceof GroovyMap)
    return yield* readMap(machine, object, indices.length > 1 ? indices : index, frame);
  const elements = sequenceOf(object);
  if (elements !== undefined) {
    const wanted = indices.length > 1 ? indices : index;
    if (Array.isArray(wanted) || wanted instanceof GroovyRange) return pick(object, elements, wanted);
    const position = positionOf(wanted);
    if (position !== undefined) return elementAt(object, elements, position);
    if (typeof wanted === 'string' && isCollection(object))
      return yield* machine.getProperty(object, wanted, frame);
  }
  if (object instanceof GroovyObject || object instanceof NativeObject) {
    const result = yield* machine.tryInvoke(object, 'getAt', indices, frame);
    if (result !== undefined) return result;
  }
  if (typeof index === 'string' && indices.length === 1)
    return yield* machine.getProperty(object, index, frame);
  return raise(
    'groovy.lang.MissingMethodException',
    `No signature of method: ${classNameOf(object)}.getAt() is applicable for argument types: (${indices.map(classNameOf).join(', ')}) values: ${shortText(indices)}`,
  );
}

/** What can be indexed by numbers. */
function sequenceOf(object: Value): readonly Value[] | string | undefined {
  if (Array.isArray(object) || typeof object === 'string') return object;
  if (object instanceof GroovyRange || object instanceof GroovySet) return object.values();
  return object instanceof Matcher ? object.matches.map(groupsOf) : undefined;
}

function positionOf(index: Value): number | undefined {
  if (typeof index === 'number') return index;
  return typeof index === 'bigint' ? Number(index) : undefined;
}

function elementAt(object: Value, elements: readonly Value[] | string, index: number): Value {
  const position = index < 0 ? elements.length + index : index;
  if (typeof elements === 'string' || object instanceof Matcher) {
    if (position < 0 || position >= elements.length) {
      const name =
        object instanceof Matcher ? 'IndexOutOfBoundsException' : 'StringIndexOutOfBoundsException';
      return raise(
        name,
        object instanceof Matcher
          ? `index is out of range ${-elements.length}..${elements.length - 1} (index = ${index})`
          : `String index out of range: ${index}`,
      );
    }
    return elements[position] ?? null;
  }
  if (position < 0)
    return raise(
      'ArrayIndexOutOfBoundsException',
      `Negative array index [${index}] too large for array size ${elements.length}`,
    );
  return elements[position] ?? null;
}

function pick(object: Value, elements: readonly Value[] | string, wanted: Value[] | GroovyRange): Value {
  const picked = positionsOf(wanted, elements.length, typeof elements === 'string').map((index) =>
    elementAt(object, elements, index),
  );
  return typeof elements === 'string' ? textOfAll(picked) : picked;
}

function textOfAll(characters: readonly Value[]): string {
  return characters.map((character) => plainText(character)).join('');
}

function positionsOf(wanted: Value[] | GroovyRange, length: number, text: boolean): number[] {
  if (Array.isArray(wanted)) {
    return wanted.flatMap((index) => {
      if (index instanceof GroovyRange) return positionsOf(index, length, text);
      return [positionOf(index) ?? raise('IllegalArgumentException', 'an index must be a whole number')];
    });
  }
  if (typeof wanted.from !== 'number' || typeof wanted.to !== 'number')
    return raise('IllegalArgumentException', 'an index must be a whole number');
  const from = wanted.from < 0 ? length + wanted.from : wanted.from;
  const to = wanted.to < 0 ? length + wanted.to : wanted.to;
  if (from < 0 || (from > length && from !== to) || to > length || (to >= length && wanted.inclusive)) {
    if (text)
      return raise('StringIndexOutOfBoundsException', `begin ${from}, end ${to + 1}, length ${length}`);
    return raise('IndexOutOfBoundsException', `toIndex = ${to + 1}`);
  }
  return new GroovyRange(from, to, wanted.inclusive).values().map(Number);
}

/** `object[indices] = value` */
export function* putAt(
  machine: Machine,
  object: Value,
  indices: Value[],
  value: Value,
  frame: Frame,
): Gen<void> {
  const [index = null] = indices;
  if (object === null) return raise('NullPointerException', 'Cannot invoke method putAt() on null object');
  if (object instanceof GroovyMap) return object.set(indices.length > 1 ? indices : index, value);
  if (Array.isArray(object)) {
    const position = positionOf(index);
    if (position === undefined)
      return raise('IllegalArgumentException', 'the index of a list must be a whole number');
    return setElement(object, position, value);
  }
  if (object instanceof GroovyObject) {
    const result = yield* machine.tryInvoke(object, 'putAt', [index, value], frame);
    if (result !== undefined) return;
  }
  const byName =
    object instanceof GroovyObject ||
    object instanceof NativeObject ||
    object instanceof GroovyClass ||
    object instanceof NativeClass;
  if (typeof index === 'string' && byName) return yield* machine.setProperty(object, index, value, frame);
  return raise(
    'groovy.lang.MissingMethodException',
    `No signature of method: ${classNameOf(object)}.putAt() is applicable for argument types: (${[...indices, value].map(classNameOf).join(', ')}) values: ${shortText([...indices, value])}`,
  );
}

export function setElement(list: Value[], index: number, value: Value): void {
  const position = index < 0 ? list.length + index : index;
  if (position < 0)
    raise(
      'ArrayIndexOutOfBoundsException',
      `Negative array index [${index}] too large for array size ${list.length}`,
    );
  if (position >= MAX_ELEMENTS) throw new LimitExceeded('the list is too large');
  while (list.length < position) list.push(null);
  list[position] = value;
}

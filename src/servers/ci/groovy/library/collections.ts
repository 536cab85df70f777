import { raise } from '../exceptions.ts';
import { setElement } from '../indexing.ts';
import { MapEntryValue } from '../iteration.ts';
import { asList, equal } from '../operations.ts';
import {
  GroovyMap,
  GroovyRange,
  GroovySet,
  NativeObject,
  type Value,
  append,
  replaceElements,
} from '../values.ts';
import { closureAt, count, intAt, misfit, type PlainMethod } from './arguments.ts';

function othersOf(value: Value | undefined): readonly Value[] {
  if (value instanceof GroovySet) return value.values();
  return asList(value ?? null) ?? misfit();
}

/** java.util.Iterator. */
class ValueIterator extends NativeObject {
  readonly className = 'java.util.Iterator';
  readonly #elements: readonly Value[];
  #next = 0;

  constructor(elements: readonly Value[]) {
    super();
    this.#elements = elements;
  }

  override *callMethod(name: string, args: Value[]) {
    if (args.length > 0) return undefined;
    if (name === 'hasNext') return this.#next < this.#elements.length;
    if (name !== 'next') return undefined;
    if (this.#next >= this.#elements.length) raise('java.util.NoSuchElementException', 'no more elements');
    return this.#elements[this.#next++] ?? null;
  }

  override toString(): string {
    return 'java.util.Iterator';
  }
}

/** Reading methods that lists, ranges and sets share. */
const READING: Readonly<Record<string, PlainMethod<readonly Value[]>>> = {
  size: (self) => self.length,
  isEmpty: (self) => self.length === 0,
  contains: (self, args) => (count(args, 1), self.some((element) => equal(element, args[0] ?? null))),
  containsAll: (self, args) =>
    othersOf(args[0]).every((other) => self.some((element) => equal(element, other))),
  disjoint: (self, args) => !othersOf(args[0]).some((other) => self.some((element) => equal(element, other))),
  intersect: (self, args) =>
    self.filter((element) => othersOf(args[0]).some((other) => equal(element, other))),
  plus: (self, args) => [...self, ...(asList(args[0] ?? null) ?? [args[0] ?? null])],
  first: (self) =>
    self[0] ??
    (self.length === 0
      ? raise('java.util.NoSuchElementException', 'Cannot access first() element from an empty List')
      : null),
  head: (self) => self[0] ?? null,
  last: (self) =>
    self.length === 0
      ? raise('java.util.NoSuchElementException', 'Cannot access last() element from an empty List')
      : (self.at(-1) ?? null),
  tail: (self) => self.slice(1),
  init: (self) => self.slice(0, -1),
  take: (self, args) => self.slice(0, Math.max(0, intAt(args, 0))),
  takeRight: (self, args) => (intAt(args, 0) <= 0 ? [] : self.slice(-intAt(args, 0))),
  drop: (self, args) => self.slice(Math.max(0, intAt(args, 0))),
  dropRight: (self, args) => (intAt(args, 0) <= 0 ? [...self] : self.slice(0, -intAt(args, 0))),
  reverse: (self) => [...self].reverse(),
  indexOf: (self, args) => self.findIndex((element) => equal(element, args[0] ?? null)),
  lastIndexOf: (self, args) => self.findLastIndex((element) => equal(element, args[0] ?? null)),
  getIndices: (self) => new GroovyRange(0, self.length, false),
  subList: (self, args) => sub(self, intAt(args, 0), intAt(args, 1)),
  asImmutable: (self) => [...self],
  asUnmodifiable: (self) => [...self],
  toArray: (self) => [...self],
  iterator: (self) => new ValueIterator(self),
  listIterator: (self) => new ValueIterator(self),
  clone: (self) => [...self],
  encodeBase64: (self) =>
    Buffer.from(self.map((byte) => (typeof byte === 'number' ? byte & 255 : misfit()))).toString('base64'),
  transpose: (self) => transpose(self),
  combinations: (self) => combinations(self),
  get: (self, args) => self[at(self, args)] ?? null,
};

function sub(list: readonly Value[], from: number, to: number): Value[] {
  if (from < 0 || to > list.length || from > to)
    raise('IndexOutOfBoundsException', from < 0 ? `fromIndex = ${from}` : `toIndex = ${to}`);
  return list.slice(from, to);
}

function at(list: readonly Value[], args: Value[]): number {
  count(args, 1);
  const index = intAt(args, 0);
  return index >= 0 && index < list.length
    ? index
    : raise('IndexOutOfBoundsException', `Index: ${index}, Size: ${list.length}`);
}

function transpose(lists: readonly Value[]): Value[] {
  const rows = lists.map((row) => othersOf(row));
  const width = rows.length === 0 ? 0 : Math.min(...rows.map(({ length }) => length));
  return Array.from({ length: width }, (_, index): Value => rows.map((row) => row[index] ?? null));
}

function combinations(lists: readonly Value[]): Value[] {
  let result: Value[][] = [[]];
  for (const list of lists) {
    const elements = asList(list) ?? [list];
    if (result.length * elements.length > 1_000_000)
      raise('java.lang.OutOfMemoryError', 'too many combinations');
    result = elements.flatMap((element) => result.map((each) => [...each, element]));
  }
  return result;
}

/** Methods that change a list. */
const LIST: Readonly<Record<string, PlainMethod<Value[]>>> = {
  add(self, args) {
    count(args, 1, 2);
    if (args.length === 1) {
      append(self, [args[0] ?? null]);
      return true;
    }
    if (intAt(args, 0) > self.length)
      raise('IndexOutOfBoundsException', `Index: ${intAt(args, 0)}, Size: ${self.length}`);
    self.splice(intAt(args, 0), 0, args[1] ?? null);
    return null;
  },
  addAll(self, args) {
    if (args.length === 2) {
      const index = intAt(args, 0);
      replaceElements(self, [...self.slice(0, index), ...othersOf(args[1]), ...self.slice(index)]);
    } else append(self, othersOf(args[0]));
    return true;
  },
  push: (self, args) => (count(args, 1), append(self, args.slice(0, 1)), true),
  pop: (self) =>
    self.length === 0
      ? raise('java.util.NoSuchElementException', 'Cannot pop() an empty List')
      : (self.pop() ?? null),
  set(self, args) {
    count(args, 2);
    const index = at(self, [args[0] ?? null]);
    const before = self[index] ?? null;
    self[index] = args[1] ?? null;
    return before;
  },
  putAt(self, args) {
    count(args, 2);
    setElement(self, intAt(args, 0), args[1] ?? null);
    return null;
  },
  remove(self, args) {
    count(args, 1);
    if (typeof args[0] === 'number') return self.splice(at(self, args), 1)[0] ?? null;
    return removeElement(self, args[0] ?? null);
  },
  removeAt: (self, args) => self.splice(at(self, args), 1)[0] ?? null,
  removeElement: (self, args) => removeElement(self, args[0] ?? null),
  removeLast: (self) => self.pop() ?? null,
  clear(self) {
    self.length = 0;
    return null;
  },
  swap(self, args) {
    const [first, second] = [at(self, args.slice(0, 1)), at(self, args.slice(1))];
    const kept = self[first] ?? null;
    self[first] = self[second] ?? null;
    self[second] = kept;
    return self;
  },
};

function removeElement(list: Value[], wanted: Value): boolean {
  const index = list.findIndex((element) => equal(element, wanted));
  if (index >= 0) list.splice(index, 1);
  return index >= 0;
}

const SET: Readonly<Record<string, PlainMethod<GroovySet>>> = {
  add: (self, args) => (count(args, 1), self.add(args[0] ?? null)),
  addAll: (self, args) =>
    othersOf(args[0])
      .map((element) => self.add(element))
      .some(Boolean),
  remove: (self, args) => self.delete(args[0] ?? null),
  clear(self) {
    self.clear();
    return null;
  },
  contains: (self, args) => self.has(args[0] ?? null),
  plus: (self, args) =>
    new GroovySet([
      ...self.values(),
      ...(args[0] instanceof GroovySet ? args[0].values() : (asList(args[0] ?? null) ?? [args[0] ?? null])),
    ]),
};

const MAP: Readonly<Record<string, PlainMethod<GroovyMap>>> = {
  size: (self) => self.size,
  isEmpty: (self) => self.size === 0,
  containsKey: (self, args) => self.has(args[0] ?? null),
  containsValue: (self, args) => self.values().some((value) => equal(value, args[0] ?? null)),
  put(self, args) {
    count(args, 2);
    const before = self.get(args[0] ?? null) ?? null;
    self.set(args[0] ?? null, args[1] ?? null);
    return before;
  },
  putIfAbsent(self, args) {
    count(args, 2);
    const before = self.get(args[0] ?? null) ?? null;
    if (before === null) self.set(args[0] ?? null, args[1] ?? null);
    return before;
  },
  putAll(self, args) {
    const [other] = args;
    if (!(other instanceof GroovyMap)) misfit();
    for (const [key, value] of other.entries()) self.set(key, value);
    return null;
  },
  putAt(self, args) {
    count(args, 2);
    self.set(args[0] ?? null, args[1] ?? null);
    return null;
  },
  getOrDefault: (self, args) => (
    count(args, 2),
    self.has(args[0] ?? null) ? (self.get(args[0] ?? null) ?? null) : (args[1] ?? null)
  ),
  remove(self, args) {
    count(args, 1);
    const before = self.get(args[0] ?? null) ?? null;
    self.delete(args[0] ?? null);
    return before;
  },
  clear(self) {
    self.clear();
    return null;
  },
  keySet: (self) => new GroovySet(self.keys()),
  values: (self) => self.values(),
  entrySet: (self) => self.keys().map((key) => new MapEntryValue(self, key)),
  iterator: (self) => new ValueIterator(self.keys().map((key) => new MapEntryValue(self, key))),
  subMap: (self, args) =>
    GroovyMap.of(
      othersOf(args[0]).flatMap((key) => (self.has(key) ? [[key, self.get(key) ?? null] as const] : [])),
    ),
  plus: (self, args) =>
    args[0] instanceof GroovyMap ? GroovyMap.of([...self.entries(), ...args[0].entries()]) : misfit(),
  take: (self, args) => GroovyMap.of([...self.entries()].slice(0, intAt(args, 0))),
  drop: (self, args) => GroovyMap.of([...self.entries()].slice(intAt(args, 0))),
  asImmutable: (self) => GroovyMap.of(self.entries()),
  asUnmodifiable: (self) => GroovyMap.of(self.entries()),
  withDefault(self, args) {
    const map = GroovyMap.of(self.entries());
    map.fallback = closureAt(args, 0);
    return map;
  },
  clone: (self) => GroovyMap.of(self.entries()),
};

const table = <T>(methods: Readonly<Record<string, T>>): ReadonlyMap<string, T> =>
  new Map(Object.entries(methods));

export const READING_METHODS = table(READING);
export const LIST_METHODS = table(LIST);
export const SET_METHODS = table(SET);
export const MAP_METHODS = table(MAP);

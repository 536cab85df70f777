import { raise } from '../exceptions.ts';
import type { Gen } from '../fiber.ts';
import { elementsOf, MapEntryValue } from '../iteration.ts';
import { asList, compare, equal, plainText } from '../operations.ts';
import { binary } from '../operators.ts';
import { GroovyMap, GroovyRange, GroovySet, isClosure, replaceElements, type Value } from '../values.ts';
import { closureAt, count, intAt, misfit, type Call, type CallingMethod } from './arguments.ts';
import { callWith, remake, test } from './calling.ts';
import { extreme, sorted, uniqueBy } from './sorting.ts';

function flattened(value: readonly Value[]): Value[] {
  return value.flatMap((element) => {
    if (element instanceof GroovySet) return flattened(element.values());
    const list = asList(element);
    return list === undefined ? [element] : flattened(list);
  });
}

/** Methods that make something new of all elements, or change the collection. */
export const SHAPING: Readonly<Record<string, CallingMethod<Value>>> = {
  *sum(self, args, call) {
    const closure = isClosure(args.at(-1)) ? closureAt(args, args.length - 1) : undefined;
    let total: Value | undefined = args.length > 0 && !isClosure(args[0]) ? (args[0] ?? null) : undefined;
    for (const element of elementsOf(self)) {
      const value = closure === undefined ? element : yield* callWith(call, closure, element);
      total = total === undefined ? value : yield* binary(call.machine, '+', total, value, call.frame);
    }
    return total ?? null;
  },
  *count(self, args, call) {
    if (args.length === 0) misfit();
    const [wanted = null] = args;
    let found = 0;
    for (const element of elementsOf(self)) {
      if (
        isClosure(wanted)
          ? yield* test(call, wanted, element)
          : yield* call.machine.equal(element, wanted, call.frame)
      )
        found++;
    }
    return found;
  },
  *countBy(self, args, call) {
    const counts = new GroovyMap();
    for (const element of elementsOf(self)) {
      const key = yield* callWith(call, closureAt(args, 0), element);
      counts.set(key, Number(counts.get(key) ?? 0) + 1);
    }
    return counts;
  },
  *groupBy(self, args, call) {
    const groups = new GroovyMap();
    for (const element of elementsOf(self)) {
      const key = yield* callWith(call, closureAt(args, 0), element);
      const group = groups.get(key);
      if (group instanceof GroovyMap && element instanceof MapEntryValue)
        group.set(element.key, element.value);
      else if (Array.isArray(group)) group.push(element);
      else groups.set(key, remake(self instanceof GroovyMap ? self : [], [element]));
    }
    return groups;
  },
  max: (self, args, call) => extreme(self, args, call, 1),
  min: (self, args, call) => extreme(self, args, call, -1),
  *sort(self, args, call) {
    const order = isClosure(args.at(-1)) ? closureAt(args, args.length - 1) : undefined;
    const byKey = self instanceof GroovyMap && order === undefined;
    const result = byKey
      ? [...elementsOf(self)].sort((left, right) =>
          compare((left as MapEntryValue).key, (right as MapEntryValue).key),
        )
      : yield* sorted(call, elementsOf(self), order);
    if (self instanceof GroovyMap) return remake(self, result);
    if (Array.isArray(self) && args[0] !== false) {
      replaceElements(self, result);
      return self;
    }
    return result;
  },
  *toSorted(self, args, call) {
    const result = yield* sorted(call, elementsOf(self), args.length === 0 ? undefined : closureAt(args, 0));
    return self instanceof GroovyMap ? remake(self, result) : result;
  },
  *unique(self, args, call) {
    const by = isClosure(args.at(-1)) ? closureAt(args, args.length - 1) : undefined;
    const result = yield* uniqueBy(call, elementsOf(self), by);
    if (!Array.isArray(self) || args[0] === false) return remake(self, result);
    replaceElements(self, result);
    return self;
  },
  *toUnique(self, args, call) {
    return remake(
      self,
      yield* uniqueBy(call, elementsOf(self), args.length === 0 ? undefined : closureAt(args, 0)),
    );
  },
  *join(self, args, call) {
    count(args, 0, 1);
    const separator = args.length === 0 ? '' : yield* call.machine.text(args[0] ?? null, call.frame);
    const parts: string[] = [];
    for (const element of elementsOf(self)) parts.push(yield* call.machine.text(element, call.frame));
    return parts.join(separator);
  },
  *takeWhile(self, args, call) {
    const kept: Value[] = [];
    for (const element of elementsOf(self)) {
      if (!(yield* test(call, closureAt(args, 0), element))) break;
      kept.push(element);
    }
    return typeof self === 'string' ? plainJoin(kept) : remake(self, kept);
  },
  *dropWhile(self, args, call) {
    const elements = [...elementsOf(self)];
    while (elements[0] !== undefined && (yield* test(call, closureAt(args, 0), elements[0])))
      elements.shift();
    return typeof self === 'string' ? plainJoin(elements) : remake(self, elements);
  },
  *withIndex(self, args) {
    const offset = args.length > 0 ? intAt(args, 0) : 0;
    return elementsOf(self).map((element, index): Value => [element, index + offset]);
  },
  *indexed(self, args) {
    const offset = args.length > 0 ? intAt(args, 0) : 0;
    return GroovyMap.of(elementsOf(self).map((element, index) => [index + offset, element] as const));
  },
  *flatten(self) {
    if (self instanceof GroovyMap) misfit();
    return flattened(elementsOf(self));
  },
  *toList(self) {
    return [...elementsOf(self)];
  },
  *toSet(self) {
    return new GroovySet(elementsOf(self));
  },
  *collate(self, args) {
    const size = intAt(args, 0);
    if (size <= 0) raise('IllegalArgumentException', 'the size must be positive');
    const step = args.length > 1 && typeof args[1] === 'number' ? args[1] : size;
    const rest = args.at(-1) !== false;
    const elements = elementsOf(self);
    const parts: Value[] = [];
    for (let start = 0; start < elements.length; start += Math.max(1, step)) {
      if (rest || start + size <= elements.length) parts.push(elements.slice(start, start + size));
    }
    return parts;
  },
  *step(self, args, call) {
    if (!(self instanceof GroovyRange)) return misfit();
    const step = intAt(args, 0);
    if (step <= 0) raise('IllegalArgumentException', 'the step must be positive');
    const kept = self.values().filter((_, index) => index % step === 0);
    if (args.length === 1) return kept;
    for (const element of kept) yield* callWith(call, closureAt(args, 1), element);
    return null;
  },
  *removeAll(self, args, call) {
    return yield* keepIf(self, call, args, false);
  },
  *retainAll(self, args, call) {
    return yield* keepIf(self, call, args, true);
  },
};

function plainJoin(characters: readonly Value[]): string {
  return characters.map((character) => plainText(character)).join('');
}

function* keepIf(self: Value, call: Call, args: Value[], keep: boolean): Gen {
  const [wanted = null] = args;
  const kept: Value[] = [];
  for (const element of elementsOf(self)) {
    const matches = isClosure(wanted)
      ? yield* test(call, wanted, element)
      : elementsOf(wanted).some((other) => equal(other, element));
    if (matches === keep) kept.push(element);
  }
  if (Array.isArray(self)) {
    const changed = kept.length !== self.length;
    replaceElements(self, kept);
    return changed;
  }
  if (self instanceof GroovySet)
    for (const element of self.values()) if (!kept.includes(element)) self.delete(element);
  if (self instanceof GroovyMap) {
    const keys = new GroovySet(
      kept.flatMap((element) => (element instanceof MapEntryValue ? [element.key] : [])),
    );
    for (const key of self.keys()) if (!keys.has(key)) self.delete(key);
  }
  return true;
}

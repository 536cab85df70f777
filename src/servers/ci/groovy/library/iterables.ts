import { raise } from '../exceptions.ts';
import type { Gen } from '../fiber.ts';
import { elementsOf, MapEntryValue } from '../iteration.ts';
import { asList, compare, equal, plainText } from '../operations.ts';
import { binary } from '../operators.ts';
import {
  GroovyMap,
  GroovyObject,
  GroovyRange,
  GroovySet,
  isClosure,
  NativeObject,
  type Closure,
  type Value,
  append,
  replaceElements,
} from '../values.ts';
import { closureAt, count, intAt, misfit, type Call, type CallingMethod } from './arguments.ts';

/** Calls a closure with an element; a map's entry is two arguments for a closure that takes two. */
export function* callWith({ machine, frame }: Call, closure: Closure, element: Value, ...more: Value[]): Gen {
  if (frame.fiber.due()) yield* frame.fiber.pause();
  const pair = element instanceof MapEntryValue && closure.arity === 2 + more.length;
  const args = pair ? [element.key, element.value, ...more] : [element, ...more];
  return yield* machine.callClosure(closure, args, frame);
}

function* test(call: Call, closure: Closure, element: Value): Gen<boolean> {
  return yield* call.machine.truth(yield* callWith(call, closure, element), call.frame);
}

/** The same kind of collection as `like`, of some of its elements. */
function remake(like: Value, elements: readonly Value[]): Value {
  if (like instanceof GroovyMap) {
    return GroovyMap.of(
      elements.flatMap((element) =>
        element instanceof MapEntryValue ? [[element.key, element.value] as const] : [],
      ),
    );
  }
  if (like instanceof GroovySet) return new GroovySet(elements);
  return typeof like === 'string' ? [...elements] : [...elements];
}

/** Sorts stably by what user code says; a closure of one parameter gives the key. */
export function* sorted(call: Call, elements: readonly Value[], order?: Closure): Gen<Value[]> {
  const { machine, frame } = call;
  if (order === undefined && !elements.some((element) => element instanceof GroovyObject))
    return [...elements].sort(compare);
  let keyed: { element: Value; key: Value }[] = [];
  const comparator =
    order !== undefined && order.arity === 2 && !(elements[0] instanceof MapEntryValue && order.arity !== 2);
  for (const element of elements) {
    keyed.push({
      element,
      key: order === undefined || comparator ? element : yield* callWith(call, order, element),
    });
  }
  for (let width = 1; width < keyed.length; width *= 2) {
    const merged: typeof keyed = [];
    for (let start = 0; start < keyed.length; start += 2 * width) {
      const left = keyed.slice(start, start + width);
      const right = keyed.slice(start + width, start + 2 * width);
      while (left[0] !== undefined && right[0] !== undefined) {
        const result =
          comparator && order !== undefined
            ? yield* machine.callClosure(order, [left[0].key, right[0].key], frame)
            : yield* machine.compare(left[0].key, right[0].key, frame);
        merged.push(Number(result) <= 0 ? left[0] : right[0]);
        if (merged.at(-1) === left[0]) left.shift();
        else right.shift();
      }
      for (const rest of [...left, ...right]) merged.push(rest);
    }
    keyed = merged;
  }
  return keyed.map(({ element }) => element);
}

function* extreme(self: Value, args: Value[], call: Call, sign: number): Gen {
  const order = args.length === 0 ? undefined : closureAt(args, 0);
  let best: Value | undefined;
  let bestKey: Value = null;
  for (const element of elementsOf(self)) {
    if (order !== undefined && order.arity === 2 && !(element instanceof MapEntryValue)) {
      const result =
        best === undefined ? sign : yield* call.machine.callClosure(order, [element, best], call.frame);
      if (best === undefined || Math.sign(Number(result)) === sign) best = element;
      continue;
    }
    const key = order === undefined ? element : yield* callWith(call, order, element);
    if (best !== undefined && Math.sign(yield* call.machine.compare(key, bestKey, call.frame)) !== sign)
      continue;
    best = element;
    bestKey = key;
  }
  return best ?? null;
}

function* uniqueBy(call: Call, elements: readonly Value[], by: Closure | undefined): Gen<Value[]> {
  const kept: { element: Value; key: Value }[] = [];
  for (const element of elements) {
    const key = by === undefined || by.arity === 2 ? element : yield* callWith(call, by, element);
    let known = false;
    for (const other of kept) {
      known =
        by?.arity === 2
          ? (yield* call.machine.callClosure(by, [other.element, element], call.frame)) === 0
          : equal(other.key, key);
      if (known) break;
    }
    if (!known) kept.push({ element, key });
  }
  return kept.map(({ element }) => element);
}

function* putEntry(call: Call, map: GroovyMap, made: Value): Gen<void> {
  if (made instanceof GroovyMap) for (const [key, value] of made.entries()) map.set(key, value);
  else if (made instanceof MapEntryValue) map.set(made.key, made.value);
  else if (Array.isArray(made) && made.length === 2) map.set(made[0] ?? null, made[1] ?? null);
  else
    raise(
      'IllegalArgumentException',
      `collectEntries needs a map or a list of two, not ${yield* call.machine.text(made, call.frame)}`,
    );
}

function flattened(value: readonly Value[]): Value[] {
  return value.flatMap((element) => {
    if (element instanceof GroovySet) return flattened(element.values());
    const list = asList(element);
    return list === undefined ? [element] : flattened(list);
  });
}

/** Methods that any collection, map, text or matcher has, and that may call closures. */
const METHODS: Readonly<Record<string, CallingMethod<Value>>> = {
  *each(self, args, call) {
    const closure = closureAt(args, 0);
    for (const element of [...elementsOf(self)]) yield* callWith(call, closure, element);
    return self;
  },
  *forEach(self, args, call) {
    const closure = closureAt(args, 0);
    for (const element of [...elementsOf(self)]) yield* callWith(call, closure, element);
    return null;
  },
  *eachWithIndex(self, args, call) {
    const closure = closureAt(args, 0);
    for (const [index, element] of [...elementsOf(self)].entries())
      yield* callWith(call, closure, element, index);
    return self;
  },
  *reverseEach(self, args, call) {
    const closure = closureAt(args, 0);
    for (const element of [...elementsOf(self)].reverse()) yield* callWith(call, closure, element);
    return self;
  },
  *collect(self, args, call) {
    const into = args.length > 1 && Array.isArray(args[0]) ? args[0] : [];
    const closure = args.length === 0 ? undefined : closureAt(args, args.length - 1);
    for (const element of [...elementsOf(self)])
      into.push(closure === undefined ? element : yield* callWith(call, closure, element));
    return into;
  },
  *collectMany(self, args, call) {
    const result: Value[] = [];
    for (const element of elementsOf(self))
      append(result, elementsOf(yield* callWith(call, closureAt(args, 0), element)));
    return result;
  },
  *collectEntries(self, args, call) {
    const map = args[0] instanceof GroovyMap ? args[0] : new GroovyMap();
    const closure = isClosure(args.at(-1)) ? closureAt(args, args.length - 1) : undefined;
    for (const element of elementsOf(self))
      yield* putEntry(call, map, closure === undefined ? element : yield* callWith(call, closure, element));
    return map;
  },
  *find(self, args, call) {
    const closure = args.length === 0 ? undefined : closureAt(args, 0);
    for (const element of elementsOf(self)) {
      if (
        closure === undefined
          ? yield* call.machine.truth(element, call.frame)
          : yield* test(call, closure, element)
      )
        return element;
    }
    return null;
  },
  *findAll(self, args, call) {
    const closure = args.length === 0 ? undefined : closureAt(args, 0);
    const kept: Value[] = [];
    for (const element of elementsOf(self)) {
      if (
        closure === undefined
          ? yield* call.machine.truth(element, call.frame)
          : yield* test(call, closure, element)
      )
        kept.push(element);
    }
    return remake(self, kept);
  },
  *findResult(self, args, call) {
    for (const element of elementsOf(self)) {
      const result = yield* callWith(call, closureAt(args, args.length - 1), element);
      if (result !== null) return result;
    }
    return args.length > 1 ? (args[0] ?? null) : null;
  },
  *findResults(self, args, call) {
    const results: Value[] = [];
    for (const element of elementsOf(self)) {
      const result = yield* callWith(call, closureAt(args, 0), element);
      if (result !== null) results.push(result);
    }
    return results;
  },
  *findIndexOf(self, args, call) {
    for (const [index, element] of elementsOf(self).entries())
      if (yield* test(call, closureAt(args, args.length - 1), element)) return index;
    return -1;
  },
  *findLastIndexOf(self, args, call) {
    const elements = elementsOf(self);
    for (let index = elements.length - 1; index >= 0; index--)
      if (yield* test(call, closureAt(args, 0), elements[index] ?? null)) return index;
    return -1;
  },
  *findIndexValues(self, args, call) {
    const indices: Value[] = [];
    for (const [index, element] of elementsOf(self).entries())
      if (yield* test(call, closureAt(args, 0), element)) indices.push(BigInt(index));
    return indices;
  },
  *grep(self, args, call) {
    const kept: Value[] = [];
    for (const element of elementsOf(self)) {
      if (
        args.length === 0
          ? yield* call.machine.truth(element, call.frame)
          : yield* call.machine.isCase(args[0] ?? null, element, call.frame)
      )
        kept.push(element);
    }
    return kept;
  },
  *split(self, args, call) {
    const [yes, no]: [Value[], Value[]] = [[], []];
    for (const element of elementsOf(self))
      ((yield* test(call, closureAt(args, 0), element)) ? yes : no).push(element);
    return [yes, no];
  },
  *any(self, args, call) {
    for (const element of elementsOf(self)) {
      if (
        args.length === 0
          ? yield* call.machine.truth(element, call.frame)
          : yield* test(call, closureAt(args, 0), element)
      )
        return true;
    }
    return false;
  },
  *every(self, args, call) {
    for (const element of elementsOf(self)) {
      if (
        !(args.length === 0
          ? yield* call.machine.truth(element, call.frame)
          : yield* test(call, closureAt(args, 0), element))
      )
        return false;
    }
    return true;
  },
  *inject(self, args, call) {
    const elements = [...elementsOf(self)];
    const closure = closureAt(args, args.length - 1);
    let result: Value = args.length > 1 ? (args[0] ?? null) : (elements.shift() ?? null);
    for (const element of elements) {
      const entry =
        element instanceof MapEntryValue && closure.arity === 3 ? [element.key, element.value] : [element];
      if (call.frame.fiber.due()) yield* call.frame.fiber.pause();
      result = yield* call.machine.callClosure(closure, [result, ...entry], call.frame);
    }
    return result;
  },
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

/** Of objects that are no collection, only these: Groovy sees them as one element. */
const ON_ANYTHING: ReadonlySet<string> = new Set(
  'each eachWithIndex collect find findAll any every inject grep findIndexOf'.split(' '),
);

/** What only ordered collections have. */
const NOT_ON_MAPS: ReadonlySet<string> = new Set(
  'sum unique toUnique flatten withIndex indexed collate join toList toSet split reverseEach step'.split(' '),
);

const TABLE: ReadonlyMap<string, CallingMethod<Value>> = new Map(Object.entries(METHODS));

export function iterableMethod(self: Value, name: string): CallingMethod<Value> | undefined {
  const method = TABLE.get(name);
  if (method === undefined || (self instanceof GroovyMap && NOT_ON_MAPS.has(name))) return undefined;
  if (
    typeof self === 'string' &&
    ['split', 'count', 'max', 'min', 'sum', 'sort', 'unique', 'flatten'].includes(name)
  )
    return undefined;
  if (
    Array.isArray(self) ||
    self instanceof GroovyRange ||
    self instanceof GroovySet ||
    self instanceof GroovyMap ||
    typeof self === 'string'
  )
    return method;
  if (self instanceof NativeObject && self.className === 'java.util.regex.Matcher') return method;
  return ON_ANYTHING.has(name) ? method : undefined;
}

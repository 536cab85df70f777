import { raise } from '../exceptions.ts';
import type { Gen } from '../fiber.ts';
import { elementsOf, MapEntryValue } from '../iteration.ts';
import { append, GroovyMap, isClosure, type Value } from '../values.ts';
import { closureAt, type Call, type CallingMethod } from './arguments.ts';
import { callWith, remake, test } from './calling.ts';

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

/** Methods that look at one element after the other. */
export const WALKING: Readonly<Record<string, CallingMethod<Value>>> = {
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
};

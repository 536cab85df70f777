import type { Gen } from '../fiber.ts';
import { elementsOf, MapEntryValue } from '../iteration.ts';
import { compare, equal } from '../operations.ts';
import { GroovyObject, type Closure, type Value } from '../values.ts';
import { closureAt, type Call } from './arguments.ts';
import { callWith } from './calling.ts';

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

/** The largest (1) or smallest (-1) element. */
export function* extreme(self: Value, args: Value[], call: Call, sign: number): Gen {
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

/** The elements without those that are equal to an earlier one. */
export function* uniqueBy(call: Call, elements: readonly Value[], by: Closure | undefined): Gen<Value[]> {
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

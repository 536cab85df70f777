import type { Gen } from '../fiber.ts';
import { MapEntryValue } from '../iteration.ts';
import { GroovyMap, GroovySet, type Closure, type Value } from '../values.ts';
import type { Call } from './arguments.ts';

/** Calls a closure with an element; a map's entry is two arguments for a closure that takes two. */
export function* callWith({ machine, frame }: Call, closure: Closure, element: Value, ...more: Value[]): Gen {
  if (frame.fiber.due()) yield* frame.fiber.pause();
  const pair = element instanceof MapEntryValue && closure.arity === 2 + more.length;
  const args = pair ? [element.key, element.value, ...more] : [element, ...more];
  return yield* machine.callClosure(closure, args, frame);
}

/** Whether a closure holds for an element. */
export function* test(call: Call, closure: Closure, element: Value): Gen<boolean> {
  return yield* call.machine.truth(yield* callWith(call, closure, element), call.frame);
}

/** The same kind of collection as `like`, of some of its elements. */
export function remake(like: Value, elements: readonly Value[]): Value {
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

import type { Gen } from './fiber.ts';
import type { Machine } from './machine.ts';
import type { Frame } from './scope.ts';
import type { GroovyMap, Value } from './values.ts';

/** `map[key]`, `map.key` and `map.get(key)`: null for what is missing, unless the map makes what is missing. */
export function* readMap(machine: Machine, map: GroovyMap, key: Value, frame: Frame): Gen {
  const value = map.get(key);
  if (value !== undefined) return value;
  if (map.fallback === undefined) return null;
  const made = yield* machine.callClosure(map.fallback, [key], frame);
  map.set(key, made);
  return made;
}

import { GroovyMap, GroovyRange, GroovySet, NativeObject, type Value } from '../values.ts';
import type { CallingMethod } from './arguments.ts';
import { SHAPING } from './shaping.ts';
import { WALKING } from './walking.ts';

/** Of objects that are no collection, only these: Groovy sees them as one element. */
const ON_ANYTHING: ReadonlySet<string> = new Set(
  'each eachWithIndex collect find findAll any every inject grep findIndexOf'.split(' '),
);

/** What only ordered collections have. */
const NOT_ON_MAPS: ReadonlySet<string> = new Set(
  'sum unique toUnique flatten withIndex indexed collate join toList toSet split reverseEach step'.split(' '),
);

const TABLE: ReadonlyMap<string, CallingMethod<Value>> = new Map([
  ...Object.entries(WALKING),
  ...Object.entries(SHAPING),
]);

/** A method that any collection, map, text or matcher has, and that may call closures. */
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

import { GroovyMap, GroovyRange, GroovySet, NativeObject, type Value } from './values.ts';
import { groupsOf, Matcher } from './regex.ts';

/** An entry of a map, as `each` and `find` see it. */
export class MapEntryValue extends NativeObject {
  readonly className = 'java.util.LinkedHashMap$Entry';
  readonly map: GroovyMap;
  readonly key: Value;

  constructor(map: GroovyMap, key: Value) {
    super();
    this.map = map;
    this.key = key;
  }

  get value(): Value {
    return this.map.get(this.key) ?? null;
  }

  override getProperty(name: string): Value | undefined {
    return name === 'key' ? this.key : name === 'value' ? this.value : undefined;
  }

  override setProperty(name: string, value: Value): boolean {
    if (name === 'value') this.map.set(this.key, value);
    return name === 'value';
  }

  override *callMethod(name: string, args: Value[]) {
    if (name === 'getKey' && args.length === 0) return this.key;
    if (name === 'getValue' && args.length === 0) return this.value;
    if (name !== 'setValue' || args.length !== 1) return undefined;
    const before = this.value;
    this.map.set(this.key, args[0] ?? null);
    return before;
  }

  override toString(): string {
    return 'entry';
  }
}

/** What a loop over the value sees: elements, entries, characters, or the value itself. */
export function elementsOf(value: Value): readonly Value[] {
  if (value === null) return [];
  if (Array.isArray(value)) return value;
  if (value instanceof GroovyRange || value instanceof GroovySet) return value.values();
  if (value instanceof GroovyMap) return value.keys().map((key) => new MapEntryValue(value, key));
  if (typeof value === 'string')
    return Array.from({ length: value.length }, (_, index) => value.charAt(index));
  if (value instanceof Matcher) return value.matches.map(groupsOf);
  return [value];
}

/** Whether `each` and its kin treat the value as several. */
export function isCollection(value: Value): boolean {
  return (
    Array.isArray(value) ||
    value instanceof GroovyRange ||
    value instanceof GroovySet ||
    value instanceof GroovyMap ||
    value instanceof Matcher
  );
}

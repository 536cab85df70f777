import { raise } from './exceptions.ts';
import { compareNumbers, Decimal, Double, BigInteger, isNumber, toDouble } from './numbers.ts';
import { Matcher } from './regex.ts';
import {
  GroovyClass,
  GroovyMap,
  GroovyObject,
  GroovyRange,
  GroovySet,
  isClosure,
  hashOf,
  identityOf,
  NativeClass,
  NativeObject,
  type Value,
} from './values.ts';

/** Groovy's truth of everything but instances with an own `asBoolean`. */
export function truth(value: Value): boolean {
  if (value === null) return false;
  if (typeof value === 'boolean') return value;
  if (typeof value === 'string') return value.length > 0;
  if (isNumber(value)) return toDouble(value) !== 0;
  if (Array.isArray(value)) return value.length > 0;
  if (value instanceof GroovyMap || value instanceof GroovySet || value instanceof GroovyRange)
    return value.size > 0;
  return value instanceof Matcher ? value.matches.length > 0 : true;
}

/** The full Java name of the value's class. */
export function classNameOf(value: Value): string {
  if (value === null) return 'org.codehaus.groovy.runtime.NullObject';
  if (typeof value === 'boolean') return 'java.lang.Boolean';
  if (typeof value === 'string') return 'java.lang.String';
  if (typeof value === 'number') return 'java.lang.Integer';
  if (typeof value === 'bigint') return 'java.lang.Long';
  if (value instanceof Decimal) return 'java.math.BigDecimal';
  if (value instanceof Double) return 'java.lang.Double';
  if (value instanceof BigInteger) return 'java.math.BigInteger';
  if (Array.isArray(value)) return 'java.util.ArrayList';
  if (value instanceof GroovyMap) return 'java.util.LinkedHashMap';
  if (value instanceof GroovySet) return 'java.util.LinkedHashSet';
  if (value instanceof GroovyRange)
    return typeof value.from === 'number' ? 'groovy.lang.IntRange' : 'groovy.lang.ObjectRange';
  if (value instanceof GroovyObject) return value.klass.name;
  if (value instanceof NativeObject) return value.className;
  return value instanceof GroovyClass || value instanceof NativeClass
    ? 'java.lang.Class'
    : 'org.jenkinsci.plugins.workflow.cps.CpsClosure2';
}

/** Groovy's `==` without user-defined `equals`. */
export function equal(left: Value, right: Value): boolean {
  if (left === right) return true;
  if (left === null || right === null) return false;
  if (isNumber(left) && isNumber(right)) return compareNumbers(left, right) === 0;
  const [first, second] = [asList(left), asList(right)];
  if (first !== undefined && second !== undefined) {
    return (
      first.length === second.length && first.every((element, index) => equal(element, second[index] ?? null))
    );
  }
  if (left instanceof GroovyMap && right instanceof GroovyMap) {
    if (left.size !== right.size) return false;
    for (const [key, value] of left.entries()) {
      const other = right.get(key);
      if (other === undefined || !equal(value, other)) return false;
    }
    return true;
  }
  return hashOf(left) === hashOf(right);
}

/** A list's elements: of a list or a range. */
export function asList(value: Value): readonly Value[] | undefined {
  if (Array.isArray(value)) return value;
  return value instanceof GroovyRange ? value.values() : undefined;
}

/** Groovy's `<=>` without user-defined `compareTo`; null is smaller than everything. */
export function compare(left: Value, right: Value): number {
  if (left === right) return 0;
  if (left === null) return -1;
  if (right === null) return 1;
  if (isNumber(left) && isNumber(right)) return compareNumbers(left, right);
  if (typeof left === 'string' && typeof right === 'string') return compareText(left, right);
  // A string of one character compares with numbers as the character that it is.
  if (isNumber(left) && typeof right === 'string' && right.length === 1)
    return compareNumbers(left, right.charCodeAt(0));
  if (isNumber(right) && typeof left === 'string' && left.length === 1)
    return compareNumbers(left.charCodeAt(0), right);
  if (typeof left === 'boolean' && typeof right === 'boolean') return left ? 1 : -1;
  if (left instanceof NativeObject && right instanceof NativeObject && left.className === right.className) {
    const [first, second] = [left.identity(), right.identity()];
    if (typeof first === 'string' && typeof second === 'string') return compareText(first, second);
    if (typeof first === 'number' && typeof second === 'number') return Math.sign(first - second);
  }
  return raise(
    'groovy.lang.GroovyRuntimeException',
    `Cannot compare ${classNameOf(left)} with value '${shortText(left)}' and ${classNameOf(right)} with value '${shortText(right)}'`,
  );
}

/** As String.compareTo: the difference of the first characters that differ, or of the lengths. */
function compareText(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index++) {
    const difference = left.charCodeAt(index) - right.charCodeAt(index);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

/** A value for a message: short, and without asking user code. */
export function shortText(value: Value): string {
  const text = plainText(value, 4);
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}

/** A value's text, without asking user code. */
export function plainText(value: Value, depth = 100): string {
  if (depth < 0) return '…';
  if (value === null || typeof value !== 'object') return String(value);
  if (Array.isArray(value)) return `[${value.map((element) => plainText(element, depth - 1)).join(', ')}]`;
  if (value instanceof GroovyMap) {
    if (value.size === 0) return '[:]';
    const entries = Array.from(
      value.entries(),
      ([key, entry]) => `${plainText(key, depth - 1)}:${plainText(entry, depth - 1)}`,
    );
    return `[${entries.join(', ')}]`;
  }
  if (value instanceof GroovySet || value instanceof GroovyRange) return plainText(value.values(), depth);
  if (value instanceof GroovyClass || value instanceof NativeClass) return `class ${value.name}`;
  if (value instanceof GroovyObject) return `${value.klass.name}@${identityOf(value).toString(16)}`;
  return isClosure(value) ? `Closure@${identityOf(value).toString(16)}` : value.toString();
}

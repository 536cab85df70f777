import { EXCEPTIONS, isException, raise } from './exceptions.ts';
import type { Gen } from './fiber.ts';
import type { Machine } from './machine.ts';
import {
  BigInteger,
  Decimal,
  Double,
  isNumber,
  toDecimal,
  toDouble,
  toInt,
  toLong,
  toWhole,
} from './numbers.ts';
import { asList, classNameOf, shortText } from './operations.ts';
import { Pattern } from './regex.ts';
import type { Frame } from './scope.ts';
import {
  GroovyClass,
  GroovyMap,
  GroovyObject,
  GroovyRange,
  GroovySet,
  isClosure,
  NativeClass,
  NativeObject,
  type ClassValue,
  type Value,
} from './values.ts';

const PRIMITIVE_OF: ReadonlyMap<string, string> = new Map([
  ['int', 'Integer'],
  ['long', 'Long'],
  ['short', 'Short'],
  ['byte', 'Byte'],
  ['double', 'Double'],
  ['float', 'Float'],
  ['boolean', 'Boolean'],
  ['char', 'Character'],
]);

/** Which of the common types a value belongs to, by simple name. */
const TYPES: ReadonlyMap<string, (value: Value) => boolean> = new Map<string, (value: Value) => boolean>([
  ['Object', () => true],
  ['String', (value) => typeof value === 'string'],
  ['GString', (value) => typeof value === 'string'],
  [
    'CharSequence',
    (value) =>
      typeof value === 'string' || (value instanceof NativeObject && /StringBu/.test(value.className)),
  ],
  ['Character', (value) => typeof value === 'string' && value.length === 1],
  ['Boolean', (value) => typeof value === 'boolean'],
  ['Number', (value) => isNumber(value)],
  ['Integer', (value) => typeof value === 'number'],
  ['Short', (value) => typeof value === 'number'],
  ['Byte', (value) => typeof value === 'number'],
  ['Long', (value) => typeof value === 'bigint'],
  ['Double', (value) => value instanceof Double],
  ['Float', (value) => value instanceof Double],
  ['BigDecimal', (value) => value instanceof Decimal],
  ['BigInteger', (value) => value instanceof BigInteger],
  ['List', (value) => asList(value) !== undefined],
  ['ArrayList', (value) => Array.isArray(value)],
  ['LinkedList', (value) => Array.isArray(value)],
  ['AbstractList', (value) => asList(value) !== undefined],
  ['Collection', (value) => asList(value) !== undefined || value instanceof GroovySet],
  ['Iterable', (value) => asList(value) !== undefined || value instanceof GroovySet],
  ['Set', (value) => value instanceof GroovySet],
  ['HashSet', (value) => value instanceof GroovySet],
  ['LinkedHashSet', (value) => value instanceof GroovySet],
  ['Map', (value) => value instanceof GroovyMap],
  ['HashMap', (value) => value instanceof GroovyMap],
  ['LinkedHashMap', (value) => value instanceof GroovyMap],
  ['Range', (value) => value instanceof GroovyRange],
  ['IntRange', (value) => value instanceof GroovyRange],
  ['Closure', (value) => isClosure(value)],
  ['Class', (value) => value instanceof GroovyClass || value instanceof NativeClass],
  ['Serializable', () => true],
  ['Comparable', (value) => isNumber(value) || typeof value === 'string' || typeof value === 'boolean'],
  [
    'Script',
    (value) => value instanceof GroovyObject && value.klass instanceof GroovyClass && value.klass.script,
  ],
  ['GroovyObject', (value) => value instanceof GroovyObject],
]);

function simple(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}

/** Whether parameters and variables of the type take the value as it is or by widening (int to long). */
export function isInstanceOf(machine: Machine, value: Value, type: string, frame: Frame): boolean {
  if (type.endsWith('[]')) return Array.isArray(value);
  const primitive = PRIMITIVE_OF.get(type);
  if (value === null) return false;
  if (primitive !== undefined)
    return isInstanceOf(machine, value, `java.lang.${primitive}`, frame) || widens(type, value);
  const klass = machine.resolveClass(type, frame.klass.module);
  if (klass instanceof GroovyClass || (klass !== undefined && EXCEPTIONS.has(klass.name)))
    return isKindOf(value, klass);
  const test = TYPES.get(simple(type));
  if (test !== undefined && (klass === undefined || !klass.name.startsWith('hudson'))) return test(value);
  if (klass === undefined) return simple(classNameOf(value)) === simple(type);
  return classNameOf(value) === klass.name;
}

function widens(type: string, value: Value): boolean {
  if (type === 'long') return typeof value === 'number';
  if (type === 'double' || type === 'float') return isNumber(value);
  return false;
}

/** Whether the value is an instance of a class written in Groovy, or an exception of the class. */
export function isKindOf(value: Value, klass: ClassValue): boolean {
  if (!(value instanceof GroovyObject)) return false;
  const pending: (ClassValue | undefined)[] = [value.klass];
  while (pending.length > 0) {
    const next = pending.pop();
    if (next === klass) return true;
    if (next instanceof GroovyClass) pending.push(next.superclass, ...next.interfaces);
    else if (next !== undefined) pending.push(next.parent);
  }
  return false;
}

function castFailure(value: Value, type: string): never {
  return raise(
    'org.codehaus.groovy.runtime.typehandling.GroovyCastException',
    `Cannot cast object '${shortText(value)}' with class '${value === null ? 'null' : classNameOf(value)}' to class '${PRIMITIVE_OF.has(type) || type.includes('.') ? type : `java.lang.${type}`}'${value === null && PRIMITIVE_OF.has(type) ? `. Try 'java.lang.${PRIMITIVE_OF.get(type) ?? ''}' instead` : ''}`,
  );
}

/** `value as Type` (`explicit`), `(Type) value`, and what declarations with a type do to their values. */
export function* castValue(
  machine: Machine,
  value: Value,
  type: string,
  frame: Frame,
  explicit: boolean,
): Gen {
  if (type.endsWith('[]')) return castArray(value);
  const name = PRIMITIVE_OF.get(type) ?? simple(type);
  if (value === null) {
    if (name === 'Boolean') return type === 'boolean' ? false : null;
    if (PRIMITIVE_OF.has(type)) return castFailure(null, type);
    return null;
  }
  switch (name) {
    case 'Object':
    case 'void':
      return value;
    case 'String':
    case 'GString':
      return yield* machine.text(value, frame);
    case 'CharSequence':
      return typeof value === 'object' && TYPES.get('CharSequence')?.(value) === true
        ? value
        : yield* machine.text(value, frame);
    case 'Boolean':
      return yield* machine.truth(value, frame);
    case 'Character':
      return raise(
        'UnsupportedOperationException',
        'the type char is not supported; use a String of one character',
      );
    case 'Integer':
    case 'Short':
    case 'Byte':
    case 'Long':
    case 'Double':
    case 'Float':
    case 'BigDecimal':
    case 'BigInteger':
    case 'Number':
      return castNumber(value, name, type, explicit);
    case 'List':
    case 'ArrayList':
    case 'LinkedList':
    case 'Collection':
    case 'Iterable':
      return castList(value, type, explicit);
    case 'Set':
    case 'HashSet':
    case 'LinkedHashSet':
      return value instanceof GroovySet ? value : new GroovySet(castArray(value));
    case 'Pattern':
      return typeof value === 'string' ? new Pattern(value) : value;
    default:
      return yield* castObject(machine, value, type, frame, explicit);
  }
}

function castArray(value: Value): Value[] {
  if (Array.isArray(value)) return value;
  if (value instanceof GroovyRange || value instanceof GroovySet) return value.values();
  return typeof value === 'string'
    ? Array.from({ length: value.length }, (_, index) => value.charAt(index))
    : castFailure(value, 'java.lang.Object[]');
}

function castList(value: Value, type: string, explicit: boolean): Value {
  if (asList(value) !== undefined) return value;
  if (typeof value === 'string' && explicit) return castArray(value);
  if (value instanceof GroovySet && explicit)
    return simple(type) === 'Collection' || simple(type) === 'Iterable' ? value : value.values();
  return castFailure(value, `java.util.${simple(type)}`);
}

function castNumber(value: Value, name: string, type: string, explicit: boolean): Value {
  const number = typeof value === 'string' ? numberFromText(value, name, type, explicit) : value;
  if (!isNumber(number)) return castFailure(value, type);
  switch (name) {
    case 'Long':
      return toLong(number);
    case 'Double':
    case 'Float':
      return new Double(toDouble(number));
    case 'BigDecimal':
      return toDecimal(number);
    case 'BigInteger':
      return new BigInteger(toWhole(number));
    case 'Number':
      return number;
    default:
      return toInt(number);
  }
}

function numberFromText(text: string, name: string, type: string, explicit: boolean): Value {
  if (!explicit) return text.length === 1 ? text.charCodeAt(0) : castFailure(text, type);
  const decimal = Decimal.parse(text);
  if (
    decimal === undefined ||
    (['Integer', 'Long', 'Short', 'Byte', 'BigInteger'].includes(name) && decimal.scale !== 0)
  ) {
    return raise('NumberFormatException', `For input string: "${text}"`);
  }
  return decimal;
}

function* castObject(machine: Machine, value: Value, type: string, frame: Frame, explicit: boolean): Gen {
  if (machine.isInstance(value, type, frame)) return value;
  const klass = machine.resolveClass(type, frame.klass.module);
  if (klass instanceof GroovyClass) {
    if (klass.node?.kind === 'enum' && typeof value === 'string')
      return yield* machine.getProperty(klass, value, frame);
    if (value instanceof GroovyMap && klass.node?.kind !== 'interface')
      return yield* machine.construct(klass, [value], frame);
    if (Array.isArray(value)) return yield* machine.construct(klass, value, frame);
    return castFailure(value, klass.name);
  }
  if (klass === undefined) {
    if (explicit) return raise('java.lang.ClassNotFoundException', `unable to resolve class ${type}`);
    return value;
  }
  if (isException(value) || EXCEPTIONS.has(klass.name) || TYPES.has(simple(klass.name)))
    return castFailure(value, klass.name);
  return value;
}

/** `value.class` */
export function classOf(machine: Machine, value: Value): Value {
  if (value instanceof GroovyObject) return value.klass;
  const name = classNameOf(value);
  return machine.world.nativeClass(name) ?? new NativeClass(name);
}

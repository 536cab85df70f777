import type {
  ClassNode,
  ClosureExpression,
  Expression,
  ImportNode,
  MethodNode,
  Parameter,
  Statement,
} from './ast.ts';
import type { Gen } from './fiber.ts';
import type { Frame, Scope } from './scope.ts';
import { BigInteger, Decimal, Double, type GroovyNumber } from './numbers.ts';
import type { SourceFile } from './source.ts';

/**
 * What Groovy code computes with. Nothing of the host is reachable from it: maps are GroovyMaps, and methods and
 * properties are looked up in tables, never in JavaScript's prototypes.
 */
export type Value =
  | null
  | boolean
  | string
  | GroovyNumber
  | Value[]
  | GroovyMap
  | GroovySet
  | GroovyRange
  | Closure
  | GroovyObject
  | ClassValue
  | NativeObject;

export type ClassValue = GroovyClass | NativeClass;

/** java.util.LinkedHashMap: keys are equal as Groovy's are, order is that of insertion. */
export class GroovyMap {
  readonly #entries = new Map<unknown, { readonly key: Value; value: Value }>();
  /** Of `withDefault { … }`: makes the value of a key that is missing. */
  fallback: Closure | undefined;

  static of(entries: Iterable<readonly [Value, Value]>): GroovyMap {
    const map = new GroovyMap();
    for (const [key, value] of entries) map.set(key, value);
    return map;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: Value): Value | undefined {
    return this.#entries.get(hashOf(key))?.value;
  }

  has(key: Value): boolean {
    return this.#entries.has(hashOf(key));
  }

  set(key: Value, value: Value): void {
    const hash = hashOf(key);
    const entry = this.#entries.get(hash);
    if (entry === undefined) {
      if (this.#entries.size >= MAX_ELEMENTS) throw new LimitExceeded('a map grew too large');
      this.#entries.set(hash, { key, value });
    } else entry.value = value;
  }

  delete(key: Value): boolean {
    return this.#entries.delete(hashOf(key));
  }

  clear(): void {
    this.#entries.clear();
  }

  *entries(): Generator<[Value, Value], void, undefined> {
    for (const { key, value } of this.#entries.values()) yield [key, value];
  }

  keys(): Value[] {
    return Array.from(this.#entries.values(), ({ key }) => key);
  }

  values(): Value[] {
    return Array.from(this.#entries.values(), ({ value }) => value);
  }
}

/** java.util.LinkedHashSet. */
export class GroovySet {
  readonly #map = new GroovyMap();

  constructor(values: Iterable<Value> = []) {
    for (const value of values) this.add(value);
  }

  get size(): number {
    return this.#map.size;
  }

  add(value: Value): boolean {
    if (this.#map.has(value)) return false;
    this.#map.set(value, true);
    return true;
  }

  has(value: Value): boolean {
    return this.#map.has(value);
  }

  delete(value: Value): boolean {
    return this.#map.delete(value);
  }

  clear(): void {
    this.#map.clear();
  }

  values(): Value[] {
    return this.#map.keys();
  }
}

/** How many elements one collection may have. */
export const MAX_ELEMENTS = 2_000_000;

/** Adds to a list, within what a script may use. */
export function append(list: Value[], values: readonly Value[]): void {
  if (list.length + values.length > MAX_ELEMENTS) throw new LimitExceeded('a list grew too large');
  for (const value of values) list.push(value);
}

/** Replaces all elements of a list. */
export function replaceElements(list: Value[], values: readonly Value[]): void {
  list.length = 0;
  append(list, values);
}

/** `from..to` over whole numbers or single characters. */
export class GroovyRange {
  readonly from: number | string;
  readonly to: number | string;
  readonly inclusive: boolean;

  constructor(from: number | string, to: number | string, inclusive: boolean) {
    this.from = from;
    this.to = to;
    this.inclusive = inclusive;
  }

  bounds(): { first: number; last: number; step: 1 | -1 } | undefined {
    const first = typeof this.from === 'number' ? this.from : this.from.charCodeAt(0);
    const end = typeof this.to === 'number' ? this.to : this.to.charCodeAt(0);
    const step = end >= first ? 1 : -1;
    if (!this.inclusive && first === end) return undefined;
    return { first, last: this.inclusive ? end : end - step, step };
  }

  get size(): number {
    const bounds = this.bounds();
    return bounds === undefined ? 0 : Math.abs(bounds.last - bounds.first) + 1;
  }

  values(): (number | string)[] {
    const bounds = this.bounds();
    if (bounds === undefined) return [];
    if (this.size > MAX_ELEMENTS)
      throw new LimitExceeded(`a range of ${this.size} elements is too large to make a list of`);
    const numeric = typeof this.from === 'number';
    return Array.from({ length: this.size }, (_, index) => {
      const element = bounds.first + index * bounds.step;
      return numeric ? element : String.fromCharCode(element);
    });
  }
}

export interface Closure {
  readonly type: 'closure';
  readonly parameters: readonly Parameter[] | undefined;
  /** Code of the script, or a function of the host (`.&` on a native method, curried and composed closures). */
  readonly code: ClosureExpression | ((args: Value[], frame: Frame) => Gen);
  readonly scope: Scope | undefined;
  readonly arity: number;
  delegate: Value | undefined;
  /** As Closure.OWNER_FIRST (0), DELEGATE_FIRST (1), OWNER_ONLY (2), DELEGATE_ONLY (3), TO_SELF (4). */
  strategy: number;
}

export interface Cell {
  value: Value;
  /** The declared type, to which every assigned value is cast. */
  readonly type: string | undefined;
  readonly final: boolean;
}

/** An instance of a class written in Groovy, a script itself, or any exception. */
export class GroovyObject {
  readonly klass: ClassValue;
  readonly fields = new Map<string, Cell>();
  /** Of an exception: what it was made from in the host. */
  origin: unknown;
  /** Of an exception: where it came from, innermost first. */
  readonly trace: string[] = [];

  constructor(klass: ClassValue) {
    this.klass = klass;
  }
}

/** A file of Groovy after parsing: how its names resolve. */
export interface Module {
  readonly file: SourceFile;
  readonly package: string;
  readonly imports: readonly ImportNode[];
  readonly classes: Map<string, GroovyClass>;
}

export interface UserMethod {
  readonly name: string;
  readonly node: Pick<MethodNode, 'parameters' | 'returns' | 'at'>;
  readonly body: readonly Statement[];
  readonly static: boolean;
  readonly klass: GroovyClass;
}

/** A class written in Groovy; a script is one too. */
export class GroovyClass {
  readonly name: string;
  readonly module: Module;
  readonly node: ClassNode | undefined;
  readonly methods = new Map<string, UserMethod[]>();
  readonly constructors: UserMethod[] = [];
  readonly statics = new Map<string, Cell>();
  /** Fields of instances, in order, with what they start with. */
  readonly instanceFields: {
    name: string;
    type: string | undefined;
    final: boolean;
    initial: Expression | undefined;
  }[] = [];
  superclass: ClassValue | undefined;
  interfaces: ClassValue[] = [];
  linked = false;
  /** A script: what it does not know itself is looked for among globals and steps. */
  readonly script: boolean;

  constructor(name: string, module: Module, node: ClassNode | undefined, script: boolean) {
    this.name = name;
    this.module = module;
    this.node = node;
    this.script = script;
  }
}

export type NativeFunction = (args: Value[], frame: Frame) => Value;

/** A class of the Java or Groovy library, as far as pipelines may use it. */
export class NativeClass {
  readonly name: string;
  readonly parent: NativeClass | undefined;
  readonly construct: NativeFunction | undefined;
  readonly statics: ReadonlyMap<string, NativeFunction>;
  readonly constants: ReadonlyMap<string, Value>;

  constructor(
    name: string,
    options: {
      parent?: NativeClass | undefined;
      construct?: NativeFunction;
      statics?: Readonly<Record<string, NativeFunction>>;
      constants?: Readonly<Record<string, Value>>;
    } = {},
  ) {
    this.name = name;
    this.parent = options.parent;
    this.construct = options.construct;
    this.statics = new Map(Object.entries(options.statics ?? {}));
    this.constants = new Map(Object.entries(options.constants ?? {}));
  }
}

/** A value with behaviour that is written in TypeScript: a Date, a Matcher, `env`, `currentBuild`. */
export abstract class NativeObject {
  abstract readonly className: string;
  abstract toString(): string;

  /** The property's value; undefined when there is none of that name. */
  getProperty(_name: string, _frame: Frame): Value | undefined {
    return undefined;
  }

  /** True when the property could be set. */
  setProperty(_name: string, _value: Value, _frame: Frame): boolean {
    return false;
  }

  /** The method's result; undefined when there is no such method for these arguments. */
  *callMethod(_name: string, _args: Value[], _frame: Frame): Gen<Value | undefined> {
    return undefined;
  }

  /** What `==` compares and maps hash; the object itself unless told otherwise. */
  identity(): unknown {
    return this;
  }
}

/** A script asked for more memory than it may have. */
export class LimitExceeded extends Error {}

export function isClosure(value: unknown): value is Closure {
  return typeof value === 'object' && value !== null && 'type' in value && value.type === 'closure';
}

/** A key under which equal values meet in a JavaScript Map. */
export function hashOf(value: Value): unknown {
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value === 'string') return `s${value}`;
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return `l${value}`;
  if (value instanceof Decimal) return `d${value.toString()}`;
  if (value instanceof Double) return `f${value.toString()}`;
  if (value instanceof BigInteger) return `b${value.toString()}`;
  if (value instanceof GroovyRange) return hashOf(value.values());
  if (Array.isArray(value)) return `[${value.map(hashText).join(',')}]`;
  if (value instanceof GroovySet) return `{${value.values().map(hashText).sort().join(',')}}`;
  if (value instanceof GroovyMap) {
    return `(${Array.from(value.entries(), ([key, entry]) => `${hashText(key)}:${hashText(entry)}`)
      .sort()
      .join(',')})`;
  }
  return value instanceof NativeObject ? value.identity() : value;
}

const identities = new WeakMap<object, number>();
let lastIdentity = 0;

/** A number that tells one object from every other, as `System.identityHashCode`. */
export function identityOf(value: object): number {
  let identity = identities.get(value);
  if (identity === undefined) identities.set(value, (identity = ++lastIdentity));
  return identity;
}

function hashText(value: Value): string {
  const hash = hashOf(value);
  if (typeof hash === 'string') return JSON.stringify(hash);
  return typeof hash === 'object' && hash !== null ? `@${identityOf(hash)}` : String(hash);
}

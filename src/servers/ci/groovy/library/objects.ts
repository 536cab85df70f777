import type { BinaryOperator } from '../ast.ts';
import { raise } from '../exceptions.ts';
import type { Gen } from '../fiber.ts';
import { binary } from '../operators.ts';
import { isCollection } from '../iteration.ts';
import { getAt, putAt } from '../indexing.ts';
import { findMethods } from '../methods.ts';
import { asList } from '../operations.ts';
import { classOf } from '../types.ts';
import {
  GroovyClass,
  GroovyMap,
  GroovyObject,
  GroovyRange,
  GroovySet,
  identityOf,
  type Value,
} from '../values.ts';
import { closureAt, count, misfit, textAt, type Call, type CallingMethod } from './arguments.ts';
import { hashCode } from './strings.ts';

/** The operators by the names of their methods, for `a.plus(b)`. */
const OPERATORS: ReadonlyMap<string, BinaryOperator> = new Map<string, BinaryOperator>([
  ['plus', '+'],
  ['minus', '-'],
  ['multiply', '*'],
  ['leftShift', '<<'],
  ['and', '&'],
  ['or', '|'],
  ['xor', '^'],
]);

function operatorMethod(operator: BinaryOperator): CallingMethod<Value> {
  return function* (self, args, call) {
    count(args, 1);
    if (self instanceof GroovyObject) misfit();
    return yield* binary(call.machine, operator, self, args[0] ?? null, call.frame);
  };
}

function* withDelegate(self: Value, args: Value[], { machine, frame }: Call): Gen {
  const closure = { ...closureAt(args, 0), delegate: self, strategy: 1 };
  return yield* machine.callClosure(closure, [self], frame);
}

/** As `inspect()`: text in quotes. */
function* inspect(value: Value, call: Call): Gen<string> {
  if (typeof value === 'string')
    return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\n', '\\n')}'`;
  const list = asList(value) ?? (value instanceof GroovySet ? value.values() : undefined);
  if (list !== undefined) {
    const parts: string[] = [];
    for (const element of list) parts.push(yield* inspect(element, call));
    return `[${parts.join(', ')}]`;
  }
  if (!(value instanceof GroovyMap)) return yield* call.machine.text(value, call.frame);
  if (value.size === 0) return '[:]';
  const parts: string[] = [];
  for (const [key, entry] of value.entries())
    parts.push(`${yield* inspect(key, call)}:${yield* inspect(entry, call)}`);
  return `[${parts.join(', ')}]`;
}

const METHODS: Readonly<Record<string, CallingMethod<Value>>> = {
  *toString(self: Value, args: Value[], { machine, frame }: Call) {
    count(args, 0);
    if (self instanceof GroovyRange) return `${self.from}..${self.inclusive ? '' : '<'}${self.to}`;
    return yield* machine.text(self, frame);
  },
  *equals(self, args, { machine, frame }) {
    count(args, 1);
    return yield* machine.equal(self, args[0] ?? null, frame);
  },
  *is(self, args) {
    count(args, 1);
    return self === args[0];
  },
  *compareTo(self, args, { machine, frame }) {
    count(args, 1);
    return yield* machine.compare(self, args[0] ?? null, frame);
  },
  *hashCode(self, args, { machine, frame }) {
    count(args, 0);
    if (isCollection(self))
      return raise('UnsupportedOperationException', 'hashCode() of collections is not supported');
    return self instanceof GroovyObject ? identityOf(self) : hashCode(yield* machine.text(self, frame));
  },
  *getClass(self, _args, { machine }) {
    return classOf(machine, self);
  },
  *inspect(self, args, call) {
    count(args, 0);
    return yield* inspect(self, call);
  },
  *asBoolean(self, _args, { machine, frame }) {
    return yield* machine.truth(self, frame);
  },
  *asType(self, args, { machine, frame }) {
    const [klass] = args;
    if (klass === null || typeof klass !== 'object' || !('name' in klass)) return misfit();
    return yield* machine.cast(self, klass.name, frame, true);
  },
  with: withDelegate,
  *tap(self, args, call) {
    yield* withDelegate(self, args, call);
    return self;
  },
  *isCase(self, args, { machine, frame }) {
    count(args, 1);
    return yield* machine.isCase(self, args[0] ?? null, frame);
  },
  *getAt(self, args, { machine, frame }) {
    count(args, 1);
    if (self instanceof GroovyObject) misfit();
    return yield* getAt(machine, self, args, frame);
  },
  *putAt(self, args, { machine, frame }) {
    count(args, 2);
    if (self instanceof GroovyObject) misfit();
    yield* putAt(machine, self, args.slice(0, 1), args[1] ?? null, frame);
    return null;
  },
  *getProperty(self, args, { machine, frame }) {
    count(args, 1);
    return yield* machine.getProperty(self, textAt(args, 0), frame);
  },
  *setProperty(self, args, { machine, frame }) {
    count(args, 2);
    yield* machine.setProperty(self, textAt(args, 0), args[1] ?? null, frame);
    return null;
  },
  *invokeMethod(self, args, { machine, frame }) {
    count(args, 2);
    return yield* machine.invoke(
      self,
      textAt(args, 0),
      [...(asList(args[1] ?? null) ?? [args[1] ?? null])],
      frame,
    );
  },
  *respondsTo(self, args) {
    if (!(self instanceof GroovyObject) || !(self.klass instanceof GroovyClass))
      return raise(
        'UnsupportedOperationException',
        'respondsTo() is supported for objects of classes written in Groovy only',
      );
    return findMethods(self.klass, textAt(args, 0)).map(({ name }) => name);
  },
  *hasProperty(self, args) {
    if (self instanceof GroovyMap) return self.has(textAt(args, 0));
    if (!(self instanceof GroovyObject))
      return raise(
        'UnsupportedOperationException',
        'hasProperty() is supported for objects of classes written in Groovy only',
      );
    return self.fields.has(textAt(args, 0));
  },
  *iterator(self, args, { machine, frame }) {
    count(args, 0);
    if (self !== null && (typeof self === 'string' || self instanceof GroovyObject)) misfit();
    return yield* machine.invoke([self], 'iterator', [], frame);
  },
};

const TABLE: ReadonlyMap<string, CallingMethod<Value>> = new Map([
  ...Object.entries(METHODS),
  ...Array.from(OPERATORS, ([name, operator]): [string, CallingMethod<Value>] => [
    name,
    operatorMethod(operator),
  ]),
]);

/** Methods that every object has. */
export function objectMethod(name: string): CallingMethod<Value> | undefined {
  return TABLE.get(name);
}

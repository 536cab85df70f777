import type { Argument, CallExpression, Expression, PropertyExpression } from './ast.ts';
import { assign, assignMultiple, stepBy } from './assignment.ts';
import { raise } from './exceptions.ts';
import type { Gen } from './fiber.ts';
import { getAt } from './indexing.ts';
import { elementsOf, isCollection } from './iteration.ts';
import { invokePlain } from './invoke.ts';
import { invokeSuper } from './objects.ts';
import type { Machine } from './machine.ts';
import { isNumber, negate, toLong, type GroovyNumber } from './numbers.ts';
import { binary } from './operators.ts';
import { Pattern } from './regex.ts';
import { readVariable, packageProperty } from './names.ts';
import { quick } from './quick.ts';
import type { Scope } from './scope.ts';
import {
  GroovyMap,
  GroovyRange,
  LimitExceeded,
  type Closure,
  type Value,
  append,
  MAX_ELEMENTS,
} from './values.ts';

const MAX_TEXT = 64 * 1024 * 1024;

/** The value of an expression. */
export function* evaluateExpression(machine: Machine, node: Expression, scope: Scope): Gen {
  switch (node.kind) {
    case 'literal':
      return node.value;
    case 'variable': {
      const cell = scope.find(node.name);
      return cell === undefined ? yield* readVariable(machine, node, scope) : cell.value;
    }
    case 'group':
      return yield* evaluateExpression(machine, node.value, scope);
    case 'gstring':
      return yield* interpolate(machine, node.parts, scope);
    case 'this':
    case 'super':
      return scope.frame.self;
    case 'list': {
      const list: Value[] = [];
      for (const { value, spread } of node.elements) {
        const element = yield* evaluateExpression(machine, value, scope);
        append(list, spread ? elementsOf(element) : [element]);
      }
      return list;
    }
    case 'map': {
      const map = new GroovyMap();
      for (const { key, value, spread } of node.entries) {
        const first = yield* evaluateExpression(machine, key, scope);
        if (spread) spreadInto(map, first);
        else map.set(first, yield* evaluateExpression(machine, value, scope));
      }
      return map;
    }
    case 'range':
      return range(
        yield* evaluateExpression(machine, node.from, scope),
        yield* evaluateExpression(machine, node.to, scope),
        node.inclusive,
      );
    case 'property':
      return yield* property(machine, node, scope);
    case 'index': {
      const object = yield* evaluateExpression(machine, node.object, scope);
      const indices: Value[] = [];
      for (const index of node.indices) indices.push(yield* evaluateExpression(machine, index, scope));
      scope.frame.at = node.at;
      return yield* getAt(machine, object, indices, scope.frame);
    }
    case 'call':
      return yield* call(machine, node, scope);
    case 'invoke': {
      const callee = yield* evaluateExpression(machine, node.callee, scope);
      const args = yield* evaluateArguments(machine, node.args, scope);
      scope.frame.at = node.at;
      return yield* machine.invoke(callee, 'call', args, scope.frame);
    }
    case 'new': {
      const args = yield* evaluateArguments(machine, node.args, scope);
      scope.frame.at = node.at;
      const klass = machine.resolveClass(node.type.name, scope.frame.klass.module);
      if (klass === undefined)
        return raise('java.lang.ClassNotFoundException', `unable to resolve class ${node.type.name}`);
      return yield* machine.construct(klass, args, scope.frame);
    }
    case 'newArray':
      return yield* newArray(machine, node, scope);
    case 'closure': {
      const closure: Closure = {
        type: 'closure',
        parameters: node.parameters,
        code: node,
        scope,
        arity: node.parameters?.length ?? 1,
        delegate: undefined,
        strategy: 0,
      };
      return closure;
    }
    case 'unary':
      return yield* unary(machine, node, scope);
    case 'step':
      return yield* stepBy(machine, node, scope);
    case 'binary': {
      const left = quick(node.left, scope) ?? (yield* evaluateExpression(machine, node.left, scope));
      const right = quick(node.right, scope) ?? (yield* evaluateExpression(machine, node.right, scope));
      scope.frame.at = node.at;
      return yield* binary(machine, node.operator, left, right, scope.frame);
    }
    case 'logical': {
      const left = yield* holds(machine, node.left, scope);
      if (left === (node.operator === '||')) return left;
      return yield* holds(machine, node.right, scope);
    }
    case 'assign':
      return yield* assign(machine, node, scope);
    case 'multiAssign':
      return yield* assignMultiple(machine, node, scope);
    case 'ternary':
      return yield* evaluateExpression(
        machine,
        (yield* holds(machine, node.test, scope)) ? node.yes : node.no,
        scope,
      );
    case 'elvis': {
      const value = yield* evaluateExpression(machine, node.value, scope);
      return (yield* machine.truth(value, scope.frame))
        ? value
        : yield* evaluateExpression(machine, node.otherwise, scope);
    }
    case 'instanceof':
      return machine.isInstance(
        yield* evaluateExpression(machine, node.value, scope),
        node.type.name,
        scope.frame,
      );
    case 'cast': {
      const value = yield* evaluateExpression(machine, node.value, scope);
      scope.frame.at = node.at;
      return yield* machine.cast(
        value,
        node.type.name + '[]'.repeat(node.type.dimensions),
        scope.frame,
        !node.strict,
      );
    }
    case 'pointer':
      return pointer(machine, yield* evaluateExpression(machine, node.object, scope), node.name);
  }
}

function* holds(machine: Machine, node: Expression, scope: Scope): Gen<boolean> {
  const value = quick(node, scope) ?? (yield* evaluateExpression(machine, node, scope));
  return typeof value === 'boolean' ? value : yield* machine.truth(value, scope.frame);
}

function* interpolate(machine: Machine, parts: readonly (string | Expression)[], scope: Scope): Gen<string> {
  let text = '';
  for (const part of parts) {
    if (typeof part === 'string') text += part;
    else text += yield* textOfPart(machine, part, scope);
    if (text.length > MAX_TEXT) throw new LimitExceeded('a string grew too large');
  }
  return text;
}

function* textOfPart(machine: Machine, part: Expression, scope: Scope): Gen<string> {
  const value = quick(part, scope) ?? (yield* evaluateExpression(machine, part, scope));
  return typeof value === 'string' ? value : yield* machine.text(value, scope.frame);
}

function spreadInto(map: GroovyMap, value: Value): void {
  if (!(value instanceof GroovyMap))
    return raise('IllegalArgumentException', 'only a map can be spread into a map');
  for (const [key, entry] of value.entries()) map.set(key, entry);
}

function range(from: Value, to: Value, inclusive: boolean): Value {
  const [first, last] = [rangeEnd(from), rangeEnd(to)];
  if (typeof first === typeof last) return new GroovyRange(first, last, inclusive);
  return raise('IllegalArgumentException', 'the two ends of a range must be of one kind');
}

function rangeEnd(value: Value): number | string {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  if (typeof value === 'string' && value.length === 1) return value;
  return raise(
    'IllegalArgumentException',
    'ranges are supported over whole numbers and single characters only',
  );
}

function* property(machine: Machine, node: PropertyExpression, scope: Scope): Gen {
  const { frame } = scope;
  const fromPackage = typeof node.name === 'string' ? packageProperty(machine, node, scope) : undefined;
  if (fromPackage !== undefined) return fromPackage;
  const object = yield* evaluateExpression(machine, node.object, scope);
  if (object === null && (node.safe || node.spread)) return null;
  const name = typeof node.name === 'string' ? node.name : yield* nameOf(machine, node.name, scope);
  frame.at = node.at;
  if (!node.spread) return yield* machine.getProperty(object, name, frame);
  const results: Value[] = [];
  for (const element of elementsOf(object))
    results.push(element === null ? null : yield* machine.getProperty(element, name, frame));
  return results;
}

function* nameOf(machine: Machine, name: string | Expression, scope: Scope): Gen<string> {
  return typeof name === 'string'
    ? name
    : yield* machine.text(yield* evaluateExpression(machine, name, scope), scope.frame);
}

export function* evaluateArguments(machine: Machine, args: readonly Argument[], scope: Scope): Gen<Value[]> {
  const positional: Value[] = [];
  let named: GroovyMap | undefined;
  for (const argument of args) {
    const value = quick(argument.value, scope) ?? (yield* evaluateExpression(machine, argument.value, scope));
    switch (argument.kind) {
      case 'positional':
        positional.push(value);
        break;
      case 'spread':
        append(positional, elementsOf(value));
        break;
      case 'named':
        named ??= new GroovyMap();
        named.set(yield* evaluateExpression(machine, argument.key, scope), value);
        break;
      case 'spreadMap':
        named ??= new GroovyMap();
        spreadInto(named, value);
    }
  }
  return named === undefined ? positional : [named, ...positional];
}

function* call(machine: Machine, node: CallExpression, scope: Scope): Gen {
  const { frame } = scope;
  if (frame.fiber.due()) yield* frame.fiber.pause();
  if (node.object === undefined) {
    const name = yield* nameOf(machine, node.name, scope);
    const args = yield* evaluateArguments(machine, node.args, scope);
    frame.at = node.at;
    return yield* machine.callHere(name, args, scope);
  }
  const object =
    (node.object.kind === 'property' ? packageProperty(machine, node.object, scope) : undefined) ??
    (yield* evaluateExpression(machine, node.object, scope));
  if (object === null && (node.safe || node.spread)) return null;
  const name = yield* nameOf(machine, node.name, scope);
  const args = yield* evaluateArguments(machine, node.args, scope);
  frame.at = node.at;
  if (node.object.kind === 'super') return yield* invokeSuper(machine, name, args, frame);
  if (!node.spread)
    return (
      invokePlain(object, name, args, { machine, frame }) ??
      (yield* machine.invoke(object, name, args, frame))
    );
  const results: Value[] = [];
  for (const element of isCollection(object) ? elementsOf(object) : [object]) {
    results.push(element === null ? null : yield* machine.invoke(element, name, args, frame));
  }
  return results;
}

function* newArray(machine: Machine, node: Expression & { kind: 'newArray' }, scope: Scope): Gen {
  const [size, ...more] = node.sizes;
  if (size === undefined || more.length > 0)
    return raise('UnsupportedOperationException', 'arrays of several dimensions are not supported');
  const length = yield* evaluateExpression(machine, size, scope);
  if (typeof length !== 'number' || length < 0)
    return raise('IllegalArgumentException', 'the size of an array must be a whole number');
  if (length > MAX_ELEMENTS) throw new LimitExceeded('the array is too large');
  const numeric = ['int', 'long', 'short', 'byte', 'double', 'float'].includes(node.type.name);
  return Array.from({ length }, (): Value => (numeric ? 0 : node.type.name === 'boolean' ? false : null));
}

function* unary(machine: Machine, node: Expression & { kind: 'unary' }, scope: Scope): Gen {
  const value = yield* evaluateExpression(machine, node.operand, scope);
  switch (node.operator) {
    case '!':
      return !(yield* machine.truth(value, scope.frame));
    case '-':
      return isNumber(value) ? negate(value) : yield* machine.invoke(value, 'negative', [], scope.frame);
    case '+':
      return isNumber(value) ? value : yield* machine.invoke(value, 'positive', [], scope.frame);
    case '~':
      if (typeof value === 'string') return new Pattern(value);
      return isNumber(value)
        ? complement(value)
        : yield* machine.invoke(value, 'bitwiseNegate', [], scope.frame);
  }
}

function complement(value: GroovyNumber): GroovyNumber {
  return typeof value === 'number' ? ~value : ~toLong(value);
}

/** `object.&name`: a closure that calls the method. */
function pointer(machine: Machine, object: Value, name: string): Closure {
  return {
    type: 'closure',
    parameters: undefined,
    code: (args, frame) => machine.invoke(object, name, args, frame),
    scope: undefined,
    arity: -1,
    delegate: undefined,
    strategy: 0,
  };
}

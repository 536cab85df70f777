import type { BinaryOperator } from './ast.ts';
import { raise } from './exceptions.ts';
import type { Gen } from './fiber.ts';
import { MapEntryValue } from './iteration.ts';
import type { Machine } from './machine.ts';
import { arithmetic, isNumber, toInt, toLong, type GroovyNumber } from './numbers.ts';
import { asList, classNameOf, equal, shortText } from './operations.ts';
import { Matcher, Pattern } from './regex.ts';
import type { Frame } from './scope.ts';
import {
  GroovyMap,
  GroovyObject,
  GroovySet,
  isClosure,
  LimitExceeded,
  NativeObject,
  type Value,
  append,
  MAX_ELEMENTS,
} from './values.ts';

const MAX_SIZE = 16 * 1024 * 1024;

/** The methods that stand behind operators, for objects that define them. */
const METHODS: Readonly<Record<string, string>> = {
  '+': 'plus',
  '-': 'minus',
  '*': 'multiply',
  '/': 'div',
  '%': 'mod',
  '**': 'power',
  '<<': 'leftShift',
  '>>': 'rightShift',
  '>>>': 'rightShiftUnsigned',
  '&': 'and',
  '|': 'or',
  '^': 'xor',
};

/** `left operator right` */
export function* binary(
  machine: Machine,
  operator: BinaryOperator,
  left: Value,
  right: Value,
  frame: Frame,
): Gen {
  switch (operator) {
    case '==':
      return yield* machine.equal(left, right, frame);
    case '!=':
      return !(yield* machine.equal(left, right, frame));
    case '===':
      return left === right;
    case '!==':
      return left !== right;
    case '<':
      return (yield* machine.compare(left, right, frame)) < 0;
    case '<=':
      return (yield* machine.compare(left, right, frame)) <= 0;
    case '>':
      return (yield* machine.compare(left, right, frame)) > 0;
    case '>=':
      return (yield* machine.compare(left, right, frame)) >= 0;
    case '<=>':
      return Math.sign(yield* machine.compare(left, right, frame));
    case 'in':
      return yield* machine.isCase(right, left, frame);
    case '=~':
      return new Matcher(patternOf(right), yield* machine.text(left, frame));
    case '==~':
      return patternOf(right)
        .expression(true)
        .test(yield* machine.text(left, frame));
    default:
      return yield* calculate(machine, operator, left, right, frame);
  }
}

export function patternOf(value: Value): Pattern {
  if (value instanceof Pattern) return value;
  if (typeof value === 'string') return new Pattern(value);
  return raise('IllegalArgumentException', 'the right side of =~ must be a pattern');
}

function* calculate(
  machine: Machine,
  operator: BinaryOperator,
  left: Value,
  right: Value,
  frame: Frame,
): Gen {
  if (isNumber(left) && isNumber(right)) return calculateNumbers(operator, left, right);
  const method = METHODS[operator] ?? operator;
  switch (operator) {
    case '+':
      if (typeof left === 'string') return joined(left, yield* machine.text(right, frame));
      if (typeof right === 'string' && (left === null || typeof left !== 'object' || isNumber(left))) {
        return joined(yield* machine.text(left, frame), right);
      }
      break;
    case '<<':
      if (typeof left === 'string') return joined(left, yield* machine.text(right, frame));
      break;
    case '-':
      if (typeof left === 'string') return yield* withoutFirst(machine, left, right, frame);
      break;
    case '*':
      if (typeof right === 'number') {
        if (typeof left === 'string') return repeated(left, right);
        const list = asList(left);
        if (list !== undefined) return repeatedList(list, right);
      }
      break;
    case '&':
    case '|':
    case '^':
      if (typeof left === 'boolean') return logical(operator, left, yield* machine.truth(right, frame));
      break;
    default:
  }
  const result = collections(operator, left, right);
  if (result !== undefined) return result;
  if (left instanceof GroovyObject || left instanceof NativeObject || isClosure(left))
    return yield* machine.invoke(left, method, [right], frame);
  return cannotCalculate(operator, method, left, right);
}

function cannotCalculate(operator: string, method: string, left: Value, right: Value): never {
  if (left === null)
    return raise('NullPointerException', `Cannot execute null${operator}${shortText(right)}`);
  if (right === null && isNumber(left))
    return raise(
      'groovy.lang.GroovyRuntimeException',
      `Ambiguous method overloading for method ${classNameOf(left)}#${method}.\nCannot resolve which method to invoke for [null]`,
    );
  return raise(
    'groovy.lang.MissingMethodException',
    `No signature of method: ${classNameOf(left)}.${method}() is applicable for argument types: (${classNameOf(right)}) values: [${shortText(right)}]`,
  );
}

function calculateNumbers(operator: string, left: GroovyNumber, right: GroovyNumber): Value {
  switch (operator) {
    case '+':
    case '-':
    case '*':
    case '/':
    case '%':
    case '**':
      return arithmetic(operator, left, right);
    default:
      return bits(operator, left, right);
  }
}

function bits(operator: string, left: GroovyNumber, right: GroovyNumber): Value {
  if (typeof left === 'number' && (typeof right === 'number' || operator.length > 1)) {
    const other = toInt(right);
    switch (operator) {
      case '&':
        return left & other;
      case '|':
        return left | other;
      case '^':
        return left ^ other;
      case '<<':
        return left << other;
      case '>>':
        return left >> other;
      default:
        return (left >>> other) | 0;
    }
  }
  if (typeof left === 'object' || typeof right === 'object')
    return raise('UnsupportedOperationException', `the operator ${operator} needs whole numbers`);
  const [first, second] = [toLong(left), toLong(right)];
  switch (operator) {
    case '&':
      return first & second;
    case '|':
      return first | second;
    case '^':
      return first ^ second;
    case '<<':
      return BigInt.asIntN(64, first << (second & 63n));
    case '>>':
      return first >> (second & 63n);
    default:
      return BigInt.asIntN(64, BigInt.asUintN(64, first) >> (second & 63n));
  }
}

function logical(operator: '&' | '|' | '^', left: boolean, right: boolean): boolean {
  return operator === '&' ? left && right : operator === '|' ? left || right : left !== right;
}

export function joined(left: string, right: string): string {
  if (left.length + right.length > 4 * MAX_SIZE) throw new LimitExceeded('a string grew too large');
  return left + right;
}

export function repeated(text: string, times: number): string {
  if (times < 0)
    return raise(
      'IllegalArgumentException',
      `multiply() should be called with a number of 0 or greater not: ${times}`,
    );
  if (text.length * times > MAX_SIZE) throw new LimitExceeded('a string grew too large');
  return text.repeat(times);
}

function repeatedList(list: readonly Value[], times: number): Value[] {
  if (list.length * times > MAX_ELEMENTS) throw new LimitExceeded('a list grew too large');
  const result: Value[] = [];
  for (let round = 0; round < times; round++) append(result, list);
  return result;
}

function* withoutFirst(machine: Machine, text: string, removed: Value, frame: Frame): Gen<string> {
  if (removed instanceof Pattern) {
    const match = removed.expression().exec(text);
    return match === null ? text : text.slice(0, match.index) + text.slice(match.index + match[0].length);
  }
  const part = yield* machine.text(removed, frame);
  const index = text.indexOf(part);
  return index < 0 ? text : text.slice(0, index) + text.slice(index + part.length);
}

/** Operators on lists, sets and maps; undefined when they are none. */
function collections(operator: BinaryOperator, left: Value, right: Value): Value | undefined {
  const list = asList(left);
  if (list !== undefined) return lists(operator, left, list, right);
  if (left instanceof GroovySet) return sets(operator, left, right);
  return left instanceof GroovyMap ? maps(operator, left, right) : undefined;
}

function appended(list: readonly Value[], more: readonly Value[]): Value[] {
  const result = [...list];
  append(result, more);
  return result;
}

function lists(
  operator: BinaryOperator,
  self: Value,
  list: readonly Value[],
  right: Value,
): Value | undefined {
  const others = asList(right) ?? (right instanceof GroovySet ? right.values() : undefined);
  switch (operator) {
    case '+':
      return appended(list, others ?? [right]);
    case '-':
      return list.filter((element) => !(others ?? [right]).some((other) => equal(element, other)));
    case '<<':
      if (!Array.isArray(self)) return undefined;
      append(self, [right]);
      return self;
    case '&':
      return others === undefined
        ? undefined
        : [
            ...new GroovySet(
              list.filter((element) => others.some((other) => equal(element, other))),
            ).values(),
          ];
    case '|':
      return others === undefined ? undefined : new GroovySet([...list, ...others]).values();
    default:
      return undefined;
  }
}

function sets(operator: BinaryOperator, set: GroovySet, right: Value): Value | undefined {
  const others = asList(right) ?? (right instanceof GroovySet ? right.values() : undefined);
  switch (operator) {
    case '+':
    case '|':
      return new GroovySet([...set.values(), ...(others ?? [right])]);
    case '-':
      return new GroovySet(
        set.values().filter((element) => !(others ?? [right]).some((other) => equal(element, other))),
      );
    case '&':
      return others === undefined
        ? undefined
        : new GroovySet(set.values().filter((element) => others.some((other) => equal(element, other))));
    case '<<':
      set.add(right);
      return set;
    default:
      return undefined;
  }
}

function maps(operator: BinaryOperator, map: GroovyMap, right: Value): Value | undefined {
  switch (operator) {
    case '+':
      return right instanceof GroovyMap ? GroovyMap.of([...map.entries(), ...right.entries()]) : undefined;
    case '-':
      if (!(right instanceof GroovyMap)) return undefined;
      return GroovyMap.of(
        [...map.entries()].filter(
          ([key, value]) => !(right.has(key) && equal(right.get(key) ?? null, value)),
        ),
      );
    case '<<':
      if (right instanceof GroovyMap) for (const [key, value] of right.entries()) map.set(key, value);
      else if (right instanceof MapEntryValue) map.set(right.key, right.value);
      else return undefined;
      return map;
    default:
      return undefined;
  }
}

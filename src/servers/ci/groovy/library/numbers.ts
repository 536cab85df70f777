import { raise } from '../exceptions.ts';
import type { Gen } from '../fiber.ts';
import {
  arithmetic,
  BigInteger,
  compareNumbers,
  Decimal,
  Double,
  integerDivide,
  negate,
  toDecimal,
  toDouble,
  toInt,
  toLong,
  toWhole,
  type GroovyNumber,
} from '../numbers.ts';
import type { Value } from '../values.ts';
import {
  closureAt,
  count,
  intAt,
  misfit,
  numberAt,
  type Call,
  type CallingMethod,
  type PlainMethod,
} from './arguments.ts';

/** BigDecimal.ROUND_HALF_UP and RoundingMode.HALF_UP */
export const HALF_UP = 4;

function round(self: GroovyNumber, args: Value[]): Value {
  if (args.length === 0)
    return self instanceof Double
      ? toLong(new Decimal(BigInt(Math.round(self.value)), 0))
      : toDecimal(self).rounded(0).unscaled;
  if (!(self instanceof Double)) return misfit();
  return new Double(toDecimal(self).rounded(intAt(args, 0)).toNumber());
}

function setScale(self: Decimal, args: Value[]): Value {
  const rounded = self.rounded(intAt(args, 0));
  const [, mode] = args;
  if (mode === HALF_UP || compareNumbers(rounded, self) === 0) return rounded;
  return mode === undefined
    ? raise('ArithmeticException', 'Rounding necessary')
    : raise('UnsupportedOperationException', 'of the rounding modes only HALF_UP is supported');
}

const PLAIN: Readonly<Record<string, PlainMethod<GroovyNumber>>> = {
  toInteger: toInt,
  intValue: toInt,
  shortValue: toInt,
  toLong,
  longValue: toLong,
  toDouble: (self) => new Double(toDouble(self)),
  doubleValue: (self) => new Double(toDouble(self)),
  toFloat: (self) => new Double(toDouble(self)),
  floatValue: (self) => new Double(toDouble(self)),
  toBigDecimal: toDecimal,
  toBigInteger: (self) => new BigInteger(toWhole(self)),
  abs: (self) => (compareNumbers(self, 0) < 0 ? negate(self) : self),
  negate,
  negative: negate,
  unaryMinus: negate,
  plus: (self, args) => arithmetic('+', self, numberAt(args, 0)),
  minus: (self, args) => arithmetic('-', self, numberAt(args, 0)),
  multiply: (self, args) => arithmetic('*', self, numberAt(args, 0)),
  div: (self, args) => arithmetic('/', self, numberAt(args, 0)),
  divide: (self, args) => arithmetic('/', self, numberAt(args, 0)),
  mod: (self, args) => arithmetic('%', self, numberAt(args, 0)),
  power: (self, args) => arithmetic('**', self, numberAt(args, 0)),
  intdiv: (self, args) => integerDivide(self, numberAt(args, 0)),
  next: (self) => arithmetic('+', self, 1),
  previous: (self) => arithmetic('-', self, 1),
  round,
  setScale: (self, args) => setScale(toDecimal(self), args),
  trunc: (self) => (self instanceof Double ? new Double(Math.trunc(self.value)) : self),
  ceil: (self) => new Double(Math.ceil(toDouble(self))),
  floor: (self) => new Double(Math.floor(toDouble(self))),
  isNaN: (self) => Number.isNaN(toDouble(self)),
  isInfinite: (self) => Math.abs(toDouble(self)) === Number.POSITIVE_INFINITY,
  toPlainString: (self) => toDecimal(self).toPlainString(),
  stripTrailingZeros: (self) => toDecimal(self).stripped(),
  max: (self, args) => (compareNumbers(self, numberAt(args, 0)) >= 0 ? self : numberAt(args, 0)),
  min: (self, args) => (compareNumbers(self, numberAt(args, 0)) <= 0 ? self : numberAt(args, 0)),
  hashCode: toInt,
};

function* repeat(from: number, to: number, step: number, call: Call, closure: Value[]): Gen {
  const { frame, machine } = call;
  const body = closureAt(closure, closure.length - 1);
  for (let index = from; step > 0 ? index <= to : index >= to; index += step) {
    if (frame.fiber.due()) yield* frame.fiber.pause();
    yield* machine.callClosure(body, [index], frame);
  }
  return null;
}

const CALLING: Readonly<Record<string, CallingMethod<GroovyNumber>>> = {
  times: (self, args, call) => repeat(0, toInt(self) - 1, 1, call, args),
  upto: (self, args, call) =>
    compareNumbers(self, numberAt(args, 0)) > 0
      ? outOfOrder('upto', self, args)
      : repeat(toInt(self), intAt(args, 0), 1, call, args),
  downto: (self, args, call) =>
    compareNumbers(self, numberAt(args, 0)) < 0
      ? outOfOrder('downto', self, args)
      : repeat(toInt(self), intAt(args, 0), -1, call, args),
  step(self, args, call) {
    count(args, 3);
    const step = intAt(args, 1);
    if (step === 0) raise('groovy.lang.GroovyRuntimeException', 'Infinite loop: step by 0');
    return repeat(toInt(self), intAt(args, 0) - Math.sign(step), step, call, args);
  },
};

function outOfOrder(method: string, self: GroovyNumber, args: Value[]): never {
  return raise(
    'groovy.lang.GroovyRuntimeException',
    `The argument (${String(numberAt(args, 0))}) to ${method}() cannot be ${method === 'upto' ? 'less' : 'greater'} than the value (${String(self)}) it's called on.`,
  );
}

export const NUMBER_METHODS: ReadonlyMap<string, PlainMethod<GroovyNumber>> = new Map(Object.entries(PLAIN));
export const NUMBER_LOOPS: ReadonlyMap<string, CallingMethod<GroovyNumber>> = new Map(
  Object.entries(CALLING),
);

import { raise } from '../exceptions.ts';
import { intAt, numberAt, textAt } from '../library/arguments.ts';
import { formatText, javaText } from '../library/format.ts';
import { StringBuilderValue } from '../library/string-builder.ts';
import { HALF_UP } from '../library/numbers.ts';
import { parseDouble } from '../library/strings.ts';
import {
  BigInteger,
  compareNumbers,
  Decimal,
  Double,
  isNumber,
  MAX_INT,
  MIN_INT,
  negate,
  toDecimal,
  toDouble,
  toInt,
  toLong,
  toWhole,
} from '../numbers.ts';
import { asList, compare, plainText } from '../operations.ts';
import { NativeClass, type NativeFunction, type Value } from '../values.ts';

import { TextValue } from './values.ts';

const real = (compute: (value: number) => number): NativeFunction => {
  return (args) => new Double(compute(toDouble(numberAt(args, 0))));
};

function parseWhole(text: string, radix: number): bigint {
  const clean = text.startsWith('+') ? text.slice(1) : text;
  const digits = /^-?[0-9a-zA-Z]+$/.test(clean) ? Number.parseInt(clean, radix) : Number.NaN;
  if (Number.isNaN(digits) || digits.toString(radix) !== clean.toLowerCase().replace(/^(-?)0+(?=.)/, '$1')) {
    if (!/^-?\d{1,4000}$/.test(clean) || radix !== 10)
      raise('NumberFormatException', `For input string: "${text}"`);
    return BigInt(clean);
  }
  return BigInt(digits);
}

const parseInteger: NativeFunction = (args) => {
  if (isNumber(args[0] ?? null)) return toInt(numberAt(args, 0));
  const whole = parseWhole(textAt(args, 0), args.length > 1 ? intAt(args, 1) : 10);
  return whole >= BigInt(MIN_INT) && whole <= BigInt(MAX_INT)
    ? Number(whole)
    : raise('NumberFormatException', `For input string: "${textAt(args, 0)}"`);
};

const parseLong: NativeFunction = (args) => {
  if (isNumber(args[0] ?? null)) return toLong(numberAt(args, 0));
  return BigInt.asIntN(64, parseWhole(textAt(args, 0), args.length > 1 ? intAt(args, 1) : 10));
};

const parseDoubleOf: NativeFunction = (args) => {
  const [first = null] = args;
  return isNumber(first) ? new Double(toDouble(first)) : parseDouble(textAt(args, 0));
};

const builder = (name: string): NativeFunction => {
  return (args) => new StringBuilderValue(name, typeof args[0] === 'string' ? args[0] : '');
};

function decimalOf(args: Value[]): Decimal {
  const [first = null] = args;
  if (isNumber(first)) return toDecimal(first);
  return (
    Decimal.parse(textAt(args, 0)) ?? raise('NumberFormatException', `For input string: "${textAt(args, 0)}"`)
  );
}

/** A class or method that scripts may not use, with what to use instead. */
function restricted(what: string): NativeFunction {
  return () =>
    raise(
      'org.jenkinsci.plugins.scriptsecurity.sandbox.RejectedAccessException',
      `Scripts not permitted to use ${what}`,
    );
}

/** java.lang, java.io and java.math. */
export const JAVA_LANG: readonly NativeClass[] = [
  new NativeClass('java.lang.Object', {
    construct: () => new TextValue('java.lang.Object', 'java.lang.Object@1'),
  }),
  new NativeClass('java.lang.String', {
    construct: (args) => {
      const [first = ''] = args;
      const bytes = asList(first);
      return bytes === undefined
        ? textAt([first], 0)
        : Buffer.from(bytes.map((byte) => Number(byte as number) & 255)).toString('utf8');
    },
    statics: {
      valueOf: (args: Value[]) => javaText(args[0] ?? null),
      format: (args) =>
        formatText(textAt(args, 0), args.length === 2 && Array.isArray(args[1]) ? args[1] : args.slice(1)),
      join: (args) => {
        const [, second = null] = args;
        const parts = args.length === 2 ? (asList(second) ?? [second]) : args.slice(1);
        return parts.map((part) => (typeof part === 'string' ? part : plainText(part))).join(textAt(args, 0));
      },
    },
  }),
  new NativeClass('java.lang.Integer', {
    construct: parseInteger,
    statics: {
      parseInt: parseInteger,
      valueOf: parseInteger,
      toString: (args: Value[]) =>
        args.length === 2 ? intAt(args, 0).toString(intAt(args, 1)) : String(intAt(args, 0)),
      toHexString: (args) => (intAt(args, 0) >>> 0).toString(16),
      toBinaryString: (args) => (intAt(args, 0) >>> 0).toString(2),
      toOctalString: (args) => (intAt(args, 0) >>> 0).toString(8),
      compare: (args) => compare(numberAt(args, 0), numberAt(args, 1)),
      max: (args) => Math.max(intAt(args, 0), intAt(args, 1)),
      min: (args) => Math.min(intAt(args, 0), intAt(args, 1)),
    },
    constants: { MAX_VALUE: MAX_INT, MIN_VALUE: MIN_INT },
  }),
  new NativeClass('java.lang.Long', {
    construct: parseLong,
    statics: {
      parseLong,
      valueOf: parseLong,
      toString: (args: Value[]) => String(numberAt(args, 0)),
      toHexString: (args) => BigInt.asUintN(64, toWhole(numberAt(args, 0))).toString(16),
    },
    constants: { MAX_VALUE: 2n ** 63n - 1n, MIN_VALUE: -(2n ** 63n) },
  }),
  new NativeClass('java.lang.Double', {
    statics: {
      parseDouble: parseDoubleOf,
      valueOf: parseDoubleOf,
      isNaN: (args) => Number.isNaN(toDouble(numberAt(args, 0))),
      toString: (args: Value[]) => String(new Double(toDouble(numberAt(args, 0)))),
    },
    constants: {
      MAX_VALUE: new Double(Number.MAX_VALUE),
      MIN_VALUE: new Double(Number.MIN_VALUE),
      NaN: new Double(Number.NaN),
      POSITIVE_INFINITY: new Double(Number.POSITIVE_INFINITY),
    },
  }),
  new NativeClass('java.lang.Float', { statics: { parseFloat: parseDoubleOf, valueOf: parseDoubleOf } }),
  new NativeClass('java.lang.Number'),
  new NativeClass('java.lang.Character', {
    statics: {
      isDigit: (args) => /^\d$/.test(textAt(args, 0)),
      isLetter: (args) => /^\p{L}$/u.test(textAt(args, 0)),
      isLetterOrDigit: (args) => /^[\p{L}\d]$/u.test(textAt(args, 0)),
      isUpperCase: (args) => /^\p{Lu}$/u.test(textAt(args, 0)),
      isLowerCase: (args) => /^\p{Ll}$/u.test(textAt(args, 0)),
      isWhitespace: (args) => /^\s$/.test(textAt(args, 0)),
      toUpperCase: (args) => textAt(args, 0).toUpperCase(),
      toLowerCase: (args) => textAt(args, 0).toLowerCase(),
    },
  }),
  new NativeClass('java.lang.Boolean', {
    statics: {
      parseBoolean: (args) => plainText(args[0] ?? '').toLowerCase() === 'true',
      valueOf: (args: Value[]) =>
        typeof args[0] === 'boolean' ? args[0] : plainText(args[0] ?? '').toLowerCase() === 'true',
      toString: (args: Value[]) => plainText(args[0] ?? null),
    },
    constants: { TRUE: true, FALSE: false },
  }),
  new NativeClass('java.lang.Math', {
    statics: {
      abs: (args) =>
        compareNumbers(numberAt(args, 0), 0) < 0 ? negate(numberAt(args, 0)) : numberAt(args, 0),
      max: (args) =>
        compareNumbers(numberAt(args, 0), numberAt(args, 1)) >= 0 ? numberAt(args, 0) : numberAt(args, 1),
      min: (args) =>
        compareNumbers(numberAt(args, 0), numberAt(args, 1)) <= 0 ? numberAt(args, 0) : numberAt(args, 1),
      pow: (args) => new Double(toDouble(numberAt(args, 0)) ** toDouble(numberAt(args, 1))),
      round: (args) => BigInt(Math.floor(toDouble(numberAt(args, 0)) + 0.5)),
      floorMod: (args) => ((intAt(args, 0) % intAt(args, 1)) + intAt(args, 1)) % intAt(args, 1),
      floorDiv: (args) => Math.floor(intAt(args, 0) / intAt(args, 1)),
      random: () => new Double(Math.random()),
      signum: real(Math.sign),
      sqrt: real(Math.sqrt),
      cbrt: real(Math.cbrt),
      floor: real(Math.floor),
      ceil: real(Math.ceil),
      log: real(Math.log),
      log10: real(Math.log10),
      exp: real(Math.exp),
      sin: real(Math.sin),
      cos: real(Math.cos),
      tan: real(Math.tan),
    },
    constants: { PI: new Double(Math.PI), E: new Double(Math.E) },
  }),
  new NativeClass('java.lang.System', {
    statics: {
      currentTimeMillis: () => BigInt(Date.now()),
      nanoTime: () => process.hrtime.bigint(),
      lineSeparator: () => '\n',
      getenv: restricted('staticMethod java.lang.System getenv'),
      getProperty: restricted('staticMethod java.lang.System getProperty java.lang.String'),
      exit: restricted('staticMethod java.lang.System exit int'),
    },
  }),
  new NativeClass('java.lang.Runtime', {
    statics: { getRuntime: restricted('staticMethod java.lang.Runtime getRuntime') },
  }),
  new NativeClass('java.lang.Thread', {
    statics: { sleep: restricted('staticMethod java.lang.Thread sleep long (use the step sleep)') },
  }),
  new NativeClass('java.lang.StringBuilder', { construct: builder('java.lang.StringBuilder') }),
  new NativeClass('java.lang.StringBuffer', { construct: builder('java.lang.StringBuffer') }),
  new NativeClass('java.io.StringWriter', { construct: builder('java.io.StringWriter') }),
  new NativeClass('java.io.Serializable'),
  new NativeClass('java.io.File', {
    construct: restricted('new java.io.File java.lang.String (use readFile, writeFile and fileExists)'),
  }),
  new NativeClass('java.lang.Comparable'),
  new NativeClass('java.lang.CharSequence'),
  new NativeClass('java.lang.Iterable'),
  new NativeClass('java.lang.Override'),
  new NativeClass('java.lang.Class', {
    statics: { forName: restricted('staticMethod java.lang.Class forName java.lang.String') },
  }),
  new NativeClass('java.math.BigDecimal', {
    construct: decimalOf,
    statics: { valueOf: decimalOf },
    constants: {
      ZERO: new Decimal(0n, 0),
      ONE: new Decimal(1n, 0),
      TEN: new Decimal(10n, 0),
      ROUND_HALF_UP: HALF_UP,
    },
  }),
  new NativeClass('java.math.RoundingMode', {
    constants: { HALF_UP, UP: 0, DOWN: 1, CEILING: 2, FLOOR: 3, HALF_DOWN: 5, HALF_EVEN: 6 },
  }),
  new NativeClass('java.math.BigInteger', {
    construct: (args) => new BigInteger(parseWhole(textAt(args, 0), args.length > 1 ? intAt(args, 1) : 10)),
    statics: { valueOf: (args: Value[]) => new BigInteger(toWhole(numberAt(args, 0))) },
    constants: { ZERO: new BigInteger(0n), ONE: new BigInteger(1n), TEN: new BigInteger(10n) },
  }),
];

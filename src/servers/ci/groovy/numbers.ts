/**
 * Groovy's numbers. An Integer is a JS number, a Long a bigint; the other kinds have a class each, so that `1.10`
 * still prints as `1.10` and `10 / 4` is exactly `2.5`.
 */

/** More digits than anybody needs, and few enough to compute with. */
const MAX_SCALE = 100_000;

/** java.math.BigDecimal: `unscaled * 10^-scale`. */
export class Decimal {
  readonly unscaled: bigint;
  readonly scale: number;

  constructor(unscaled: bigint, scale: number) {
    if (Math.abs(scale) > MAX_SCALE) throw new ArithmeticFailure('the number has too many digits');
    this.unscaled = unscaled;
    this.scale = scale;
  }

  /** Reads `12`, `-1.50` or `1e-3`; undefined when the text is no decimal number. */
  static parse(text: string): Decimal | undefined {
    const match = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,5}))?$/.exec(text);
    if (match === null) return undefined;
    const [, sign = '', whole = '', fraction = '', exponent = '0'] = match;
    if (whole === '' && fraction === '') return undefined;
    const unscaled = BigInt(`${whole}${fraction}`);
    return new Decimal(sign === '-' ? -unscaled : unscaled, fraction.length - Number(exponent));
  }

  static fromNumber(value: number): Decimal {
    return Decimal.parse(String(value)) ?? new Decimal(0n, 0);
  }

  toNumber(): number {
    return Number(this.toString());
  }

  /** The whole part, as a cast to a whole number gives it. */
  toBigInt(): bigint {
    return this.scale <= 0
      ? this.unscaled * 10n ** BigInt(-this.scale)
      : this.unscaled / 10n ** BigInt(this.scale);
  }

  precision(): number {
    return digits(this.unscaled).length;
  }

  /** As `setScale(scale, ROUND_HALF_UP)`. */
  rounded(scale: number): Decimal {
    if (scale >= this.scale) return new Decimal(this.unscaled * 10n ** BigInt(scale - this.scale), scale);
    return new Decimal(divideHalfUp(this.unscaled, 10n ** BigInt(this.scale - scale)), scale);
  }

  stripped(): Decimal {
    let { unscaled, scale } = this;
    if (unscaled === 0n) return new Decimal(0n, 0);
    while (unscaled % 10n === 0n) {
      unscaled /= 10n;
      scale--;
    }
    return new Decimal(unscaled, scale);
  }

  /** As BigDecimal.toString: plain where it can be, scientific otherwise. */
  toString(): string {
    const text = digits(this.unscaled);
    const sign = this.unscaled < 0n ? '-' : '';
    const adjusted = text.length - 1 - this.scale;
    if (this.scale >= 0 && adjusted >= -6) return sign + placePoint(text, this.scale);
    const mantissa = text.length === 1 ? text : `${text[0] ?? ''}.${text.slice(1)}`;
    return `${sign}${mantissa}E${adjusted >= 0 ? '+' : ''}${adjusted}`;
  }

  toPlainString(): string {
    const sign = this.unscaled < 0n ? '-' : '';
    return this.scale >= 0
      ? sign + placePoint(digits(this.unscaled), this.scale)
      : this.toBigInt().toString();
  }
}

/** java.lang.Double and Float. */
export class Double {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }

  /** As Double.toString: always with a fraction, scientific from 10^7 on and below 10^-3. */
  toString(): string {
    const { value } = this;
    if (Number.isNaN(value)) return 'NaN';
    if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity';
    const size = Math.abs(value);
    if (size === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
    if (size >= 1e-3 && size < 1e7) {
      const text = String(value);
      return text.includes('.') ? text : `${text}.0`;
    }
    const [mantissa = '', exponent = '0'] = value.toExponential().split('e');
    return `${mantissa.includes('.') ? mantissa : `${mantissa}.0`}E${Number(exponent)}`;
  }
}

/** java.math.BigInteger. */
export class BigInteger {
  readonly value: bigint;

  constructor(value: bigint) {
    this.value = value;
  }

  toString(): string {
    return this.value.toString();
  }
}

export type GroovyNumber = number | bigint | Decimal | Double | BigInteger;

/** Division by zero and the like; the interpreter turns it into java.lang.ArithmeticException. */
export class ArithmeticFailure extends Error {}

/** An operation that the kind of number does not have; becomes java.lang.UnsupportedOperationException. */
export class UnsupportedFailure extends Error {}

export function isNumber(value: unknown): value is GroovyNumber {
  return (
    typeof value === 'number' ||
    typeof value === 'bigint' ||
    value instanceof Decimal ||
    value instanceof Double ||
    value instanceof BigInteger
  );
}

export const MAX_INT = 2147483647;
export const MIN_INT = -2147483648;
const MAX_LONG = 2n ** 63n - 1n;
const MIN_LONG = -(2n ** 63n);

function digits(value: bigint): string {
  return (value < 0n ? -value : value).toString();
}

function placePoint(text: string, scale: number): string {
  if (scale === 0) return text;
  const padded = text.padStart(scale + 1, '0');
  return `${padded.slice(0, -scale)}.${padded.slice(-scale)}`;
}

function divideHalfUp(dividend: bigint, divisor: bigint): bigint {
  const negative = dividend < 0n !== divisor < 0n;
  const left = dividend < 0n ? -dividend : dividend;
  const right = divisor < 0n ? -divisor : divisor;
  const quotient = (left * 2n + right) / (right * 2n);
  return negative ? -quotient : quotient;
}

/** The narrowest of Integer, Long and BigInteger that holds a whole number (what a literal without suffix becomes). */
export function wholeNumber(value: bigint): GroovyNumber {
  if (value >= BigInt(MIN_INT) && value <= BigInt(MAX_INT)) return Number(value);
  return value >= MIN_LONG && value <= MAX_LONG ? value : new BigInteger(value);
}

export function toDouble(value: GroovyNumber): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  return value instanceof Decimal ? value.toNumber() : Number(value.value);
}

export function toDecimal(value: GroovyNumber): Decimal {
  if (value instanceof Decimal) return value;
  if (value instanceof Double) return Decimal.fromNumber(value.value);
  return new Decimal(toWhole(value), 0);
}

/** The whole part as a bigint. */
export function toWhole(value: GroovyNumber): bigint {
  if (typeof value === 'number') return BigInt(value);
  if (typeof value === 'bigint') return value;
  if (value instanceof Decimal) return value.toBigInt();
  if (value instanceof BigInteger) return value.value;
  if (Number.isNaN(value.value)) return 0n;
  if (!Number.isFinite(value.value)) return value.value > 0 ? MAX_LONG : MIN_LONG;
  return BigInt(Math.trunc(value.value));
}

/** A cast to int, which keeps the lowest 32 bits. */
export function toInt(value: GroovyNumber): number {
  if (typeof value === 'number') return value;
  if (value instanceof Double) return Math.min(MAX_INT, Math.max(MIN_INT, Math.trunc(value.value) || 0));
  return Number(BigInt.asIntN(32, toWhole(value)));
}

export function toLong(value: GroovyNumber): bigint {
  return BigInt.asIntN(64, toWhole(value));
}

export type Arithmetic = '+' | '-' | '*' | '/' | '%' | '**';

/** `left operator right` with the promotions of Groovy: Integer, Long, BigInteger, BigDecimal, Double. */
export function arithmetic(operator: Arithmetic, left: GroovyNumber, right: GroovyNumber): GroovyNumber {
  if (operator === '**') return power(left, right);
  if (left instanceof Double || right instanceof Double)
    return new Double(doubles(operator, toDouble(left), toDouble(right)));
  if (operator === '%' && (left instanceof Decimal || right instanceof Decimal)) {
    const name =
      left instanceof Decimal
        ? 'java.math.BigDecimal'
        : typeof left === 'number'
          ? 'java.lang.Integer'
          : 'java.lang.Long';
    throw new UnsupportedFailure(`Cannot use mod() on this number type: ${name} with value: ${String(left)}`);
  }
  if (operator === '/' || (operator !== '%' && (left instanceof Decimal || right instanceof Decimal))) {
    return decimals(operator, toDecimal(left), toDecimal(right));
  }
  if (typeof left === 'number' && typeof right === 'number') return integers(operator, left, right);
  const result = bounded(wholes(operator, toWhole(left), toWhole(right)));
  const big = left instanceof BigInteger || right instanceof BigInteger;
  return big ? new BigInteger(result) : BigInt.asIntN(64, result);
}

function integers(operator: '+' | '-' | '*' | '%', left: number, right: number): number {
  switch (operator) {
    case '+':
      return (left + right) | 0;
    case '-':
      return (left - right) | 0;
    case '*':
      return Math.imul(left, right);
    case '%':
      if (right === 0) throw new ArithmeticFailure('Division by zero');
      return (left % right) | 0;
  }
}

/** Larger whole numbers take longer to compute with than a script may take. */
const MAX_WHOLE = 2n ** 65_536n;

function bounded(value: bigint): bigint {
  if (value > MAX_WHOLE || value < -MAX_WHOLE) throw new ArithmeticFailure('the number has too many digits');
  return value;
}

function wholes(operator: '+' | '-' | '*' | '%', left: bigint, right: bigint): bigint {
  switch (operator) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '%':
      if (right === 0n) throw new ArithmeticFailure('Division by zero');
      return left % right;
  }
}

function doubles(operator: '+' | '-' | '*' | '/' | '%', left: number, right: number): number {
  switch (operator) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '/':
      return left / right;
    case '%':
      return left % right;
  }
}

function decimals(operator: '+' | '-' | '*' | '/', left: Decimal, right: Decimal): Decimal {
  const scale = Math.max(left.scale, right.scale);
  switch (operator) {
    case '+':
      return new Decimal(left.rounded(scale).unscaled + right.rounded(scale).unscaled, scale);
    case '-':
      return new Decimal(left.rounded(scale).unscaled - right.rounded(scale).unscaled, scale);
    case '*':
      return new Decimal(bounded(left.unscaled * right.unscaled), left.scale + right.scale);
    case '/':
      return divide(left, right);
  }
}

/** Exact where the quotient ends; otherwise Groovy's BigDecimalMath: ten more digits than the operands have. */
function divide(left: Decimal, right: Decimal): Decimal {
  if (right.unscaled === 0n) throw new ArithmeticFailure('Division by zero');
  const preferred = left.scale - right.scale;
  let factors = right.unscaled < 0n ? -right.unscaled : right.unscaled;
  factors /= gcd(factors, left.unscaled < 0n ? -left.unscaled : left.unscaled);
  let twos = 0;
  let fives = 0;
  for (; factors % 2n === 0n; factors /= 2n) twos++;
  for (; factors % 5n === 0n; factors /= 5n) fives++;
  if (factors === 1n) {
    const extra = Math.max(twos, fives);
    const exact = new Decimal((left.unscaled * 10n ** BigInt(extra)) / right.unscaled, preferred + extra);
    return narrowed(exact, preferred);
  }
  const precision = Math.max(left.precision(), right.precision()) + 10;
  const shift = Math.max(0, precision + right.precision() - left.precision() + 2);
  const wide = new Decimal((left.unscaled * 10n ** BigInt(shift)) / right.unscaled, preferred + shift);
  const result = wide.rounded(wide.scale - (wide.precision() - precision));
  const scale = Math.max(left.scale, right.scale, 10);
  return result.scale > scale ? result.rounded(scale) : result;
}

function narrowed(value: Decimal, preferred: number): Decimal {
  let { unscaled, scale } = value;
  while (scale > preferred && unscaled % 10n === 0n) {
    unscaled /= 10n;
    scale--;
  }
  return new Decimal(unscaled, scale);
}

function gcd(left: bigint, right: bigint): bigint {
  while (right !== 0n) [left, right] = [right, left % right];
  return left === 0n ? 1n : left;
}

function power(left: GroovyNumber, right: GroovyNumber): GroovyNumber {
  const whole = typeof right === 'number' || typeof right === 'bigint';
  if (!whole || left instanceof Double || Number(right) < 0)
    return new Double(toDouble(left) ** toDouble(right));
  if (Number(right) > 10_000) throw new ArithmeticFailure(`the exponent ${right} is too large`);
  const exponent = BigInt(right);
  const digitCount = digits(left instanceof Decimal ? left.unscaled : toWhole(left)).length;
  if (digitCount * Number(exponent) > 20_000) throw new ArithmeticFailure('the number has too many digits');
  if (left instanceof Decimal) return new Decimal(left.unscaled ** exponent, left.scale * Number(exponent));
  const result = toWhole(left) ** exponent;
  const narrow = wholeNumber(result);
  return left instanceof BigInteger || typeof narrow !== 'number' ? new BigInteger(result) : narrow;
}

/** Integer division as `intdiv`. */
export function integerDivide(left: GroovyNumber, right: GroovyNumber): GroovyNumber {
  if (toWhole(right) === 0n) throw new ArithmeticFailure('Division by zero');
  if (typeof left === 'number' && typeof right === 'number') return Math.trunc(left / right) | 0;
  return BigInt.asIntN(64, toWhole(left) / toWhole(right));
}

export function compareNumbers(left: GroovyNumber, right: GroovyNumber): number {
  if (typeof left === 'number' && typeof right === 'number') return Math.sign(left - right);
  if (left instanceof Double || right instanceof Double) {
    const [first, second] = [toDouble(left), toDouble(right)];
    return first < second ? -1 : first > second ? 1 : 0;
  }
  const [first, second] = [toDecimal(left), toDecimal(right)];
  const scale = Math.max(first.scale, second.scale);
  const [a, b] = [first.rounded(scale).unscaled, second.rounded(scale).unscaled];
  return a < b ? -1 : a > b ? 1 : 0;
}

export function negate(value: GroovyNumber): GroovyNumber {
  if (value instanceof Double) return new Double(-value.value);
  return arithmetic('-', value instanceof Decimal ? new Decimal(0n, 0) : 0, value);
}

import { raise } from '../exceptions.ts';
import { Decimal, Double, isNumber, toDecimal, toDouble, toWhole, type GroovyNumber } from '../numbers.ts';
import { classNameOf, plainText, truth } from '../operations.ts';
import { GroovyMap, type Value } from '../values.ts';

const DIRECTIVE = /%(?:(\d+)\$)?([-#+ 0,(]*)(\d{1,4})?(?:\.(\d{1,3}))?([a-zA-Z%])/g;

/** Java's `String.format`; values print as `plainText` unless a text was made of them before. */
export function formatText(
  pattern: string,
  args: readonly Value[],
  text: (value: Value) => string = javaText,
): string {
  let next = 0;
  if (/%(?!(?:\d+\$)?[-#+ 0,(]*\d*(?:\.\d+)?[a-zA-Z%])/.test(pattern))
    raise('java.util.IllegalFormatException', `Conversion = '%'`);
  return pattern.replaceAll(
    DIRECTIVE,
    (
      directive,
      position: string | undefined,
      flags: string,
      width: string | undefined,
      precision: string | undefined,
      conversion: string,
    ) => {
      if (conversion === 'n') return '\n';
      if (conversion === '%') return pad('%', flags, width);
      const index = position === undefined ? next++ : Number(position) - 1;
      if (index >= args.length) raise('java.util.IllegalFormatException', `Format specifier '${directive}'`);
      const value = args[index] ?? null;
      return pad(convert(value, conversion, flags, precision, width, text), flags, width);
    },
  );
}

function pad(text: string, flags: string, width: string | undefined): string {
  const size = Number(width ?? 0);
  return flags.includes('-') ? text.padEnd(size) : text.padStart(size);
}

function convert(
  value: Value,
  conversion: string,
  flags: string,
  precision: string | undefined,
  width: string | undefined,
  text: (value: Value) => string,
): string {
  switch (conversion) {
    case 's':
    case 'S': {
      const plain = text(value).slice(0, precision === undefined ? undefined : Number(precision));
      return conversion === 'S' ? plain.toUpperCase() : plain;
    }
    case 'b':
      return String(value !== null && (typeof value === 'boolean' ? value : true) && truth(value));
    case 'c':
      if (typeof value === 'number') return String.fromCodePoint(value);
      return raise('java.util.IllegalFormatException', `c != ${classNameOf(value)}`);
    case 'h':
      return text(value);
    default:
      if (value === null) return 'null';
      if (!isNumber(value))
        raise('java.util.IllegalFormatException', `${conversion} != ${classNameOf(value)}`);
      return number(value, conversion, flags, precision, width);
  }
}

function number(
  value: GroovyNumber,
  conversion: string,
  flags: string,
  precision: string | undefined,
  width: string | undefined,
): string {
  switch (conversion) {
    case 'd': {
      if (value instanceof Decimal || value instanceof Double)
        raise('java.util.IllegalFormatException', `d != ${classNameOf(value)}`);
      const whole = toWhole(value);
      return signed(grouped((whole < 0n ? -whole : whole).toString(), flags), whole < 0n, flags, width);
    }
    case 'x':
    case 'X':
    case 'o': {
      const whole = typeof value === 'number' ? BigInt(value >>> 0) : BigInt.asUintN(64, toWhole(value));
      const digits = signed(whole.toString(conversion === 'o' ? 8 : 16), false, flags, width);
      return conversion === 'X' ? digits.toUpperCase() : digits;
    }
    case 'f': {
      const decimal = value instanceof Double ? Decimal.fromNumber(value.value) : toDecimal(value);
      const rounded = decimal.rounded(Number(precision ?? 6));
      const plain = rounded.toPlainString().replace('-', '');
      const [whole = '', fraction] = plain.split('.');
      const body = grouped(whole, flags) + (fraction === undefined ? '' : `.${fraction}`);
      return signed(body, rounded.unscaled < 0n, flags, width);
    }
    case 'e':
      return toDouble(value)
        .toExponential(Number(precision ?? 6))
        .replace(/e([+-])(\d)$/, 'e$10$2');
    default:
      return raise('java.util.IllegalFormatException', `Conversion = '${conversion}'`);
  }
}

function grouped(digits: string, flags: string): string {
  return flags.includes(',') ? digits.replaceAll(/\B(?=(\d{3})+$)/g, ',') : digits;
}

function signed(body: string, negative: boolean, flags: string, width: string | undefined): string {
  const sign = negative ? '-' : flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : '';
  if (!flags.includes('0') || width === undefined) return sign + body;
  return sign + body.padStart(Number(width) - sign.length, '0');
}

/** As Java's own `toString`: maps as `{a=1}`. */
export function javaText(value: Value): string {
  if (Array.isArray(value)) return `[${value.map(javaText).join(', ')}]`;
  if (!(value instanceof GroovyMap)) return plainText(value);
  return `{${Array.from(value.entries(), ([key, entry]) => `${javaText(key)}=${javaText(entry)}`).join(', ')}}`;
}

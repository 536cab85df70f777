import { raise } from '../exceptions.ts';
import { Double, isNumber, toDouble } from '../numbers.ts';
import { plainText } from '../operations.ts';
import { NativeObject, type Value } from '../values.ts';

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];

/** The parts of a moment as they are in a time zone; the machine's own when undefined. */
function partsOf(millis: number, zone: string | undefined) {
  const date = new Date(millis);
  const offset = zone === undefined ? -date.getTimezoneOffset() : zoneOffset(date, zone);
  const local = new Date(millis + offset * 60_000);
  return { local, offset };
}

function zoneOffset(date: Date, zone: string): number {
  if (/^(UTC|GMT|Z)$/.test(zone)) return 0;
  let name: string | undefined;
  try {
    name = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' })
      .formatToParts(date)
      .find(({ type }) => type === 'timeZoneName')?.value;
  } catch {
    return 0;
  }
  const match = /GMT(?:([+-])(\d{2}):(\d{2}))?/.exec(name ?? '');
  if (match?.[1] === undefined) return 0;
  return (match[1] === '-' ? -1 : 1) * (Number(match[2]) * 60 + Number(match[3]));
}

function offsetText(offset: number, separator: string): string {
  const size = Math.abs(offset);
  return `${offset < 0 ? '-' : '+'}${String(Math.floor(size / 60)).padStart(2, '0')}${separator}${String(size % 60).padStart(2, '0')}`;
}

/** As SimpleDateFormat and `Date.format`. */
export function formatDate(millis: number, pattern: string, zone?: string): string {
  const { local, offset } = partsOf(millis, zone);
  let result = '';
  for (const [run] of pattern.matchAll(/'(?:[^']|'')*'|([a-zA-Z])\1*|[^a-zA-Z']+/g)) {
    if (run.startsWith("'")) result += run === "''" ? "'" : run.slice(1, -1).replaceAll("''", "'");
    else if (!/^[a-zA-Z]/.test(run)) result += run;
    else result += field(run, local, offset, zone);
  }
  return result;
}

function field(run: string, local: Date, offset: number, zone: string | undefined): string {
  const padded = (value: number) => String(value).padStart(run.length, '0');
  const hours = local.getUTCHours();
  switch (run.charAt(0)) {
    case 'y':
    case 'u':
      return run.length === 2
        ? String(local.getUTCFullYear() % 100).padStart(2, '0')
        : padded(local.getUTCFullYear());
    case 'M': {
      const name = MONTHS[local.getUTCMonth()] ?? '';
      return run.length >= 4 ? name : run.length === 3 ? name.slice(0, 3) : padded(local.getUTCMonth() + 1);
    }
    case 'd':
      return padded(local.getUTCDate());
    case 'D':
      return padded(
        Math.floor(
          (Date.UTC(local.getUTCFullYear(), local.getUTCMonth(), local.getUTCDate()) -
            Date.UTC(local.getUTCFullYear(), 0, 0)) /
            86_400_000,
        ),
      );
    case 'E': {
      const name = DAYS[local.getUTCDay()] ?? '';
      return run.length >= 4 ? name : name.slice(0, 3);
    }
    case 'H':
      return padded(hours);
    case 'k':
      return padded(hours === 0 ? 24 : hours);
    case 'K':
      return padded(hours % 12);
    case 'h':
      return padded(hours % 12 === 0 ? 12 : hours % 12);
    case 'm':
      return padded(local.getUTCMinutes());
    case 's':
      return padded(local.getUTCSeconds());
    case 'S':
      return padded(local.getUTCMilliseconds());
    case 'a':
      return hours < 12 ? 'AM' : 'PM';
    case 'Z':
      return offsetText(offset, '');
    case 'X':
      return offset === 0
        ? 'Z'
        : run.length === 1
          ? offsetText(offset, '').slice(0, 3)
          : offsetText(offset, run.length === 3 ? ':' : '');
    case 'z':
      return zone ?? (offset === 0 ? 'UTC' : `GMT${offsetText(offset, ':')}`);
    default:
      return raise('IllegalArgumentException', `Illegal pattern character '${run.charAt(0)}'`);
  }
}

/** java.util.Date. */
export class DateValue extends NativeObject {
  readonly className = 'java.util.Date';
  readonly millis: number;

  constructor(millis: number) {
    super();
    this.millis = millis;
  }

  override identity(): unknown {
    return this.millis;
  }

  override getProperty(name: string): Value | undefined {
    return name === 'time' ? BigInt(this.millis) : undefined;
  }

  override *callMethod(name: string, args: Value[]) {
    const [first = null, second] = args;
    switch (name) {
      case 'format':
        if (typeof first !== 'string') return undefined;
        return formatDate(
          this.millis,
          first,
          second === undefined || second === null ? undefined : plainText(second),
        );
      case 'getTime':
        return BigInt(this.millis);
      case 'plus':
      case 'minus':
        if (!isNumber(first)) return undefined;
        return new DateValue(this.millis + (name === 'plus' ? 1 : -1) * toDouble(first) * 86_400_000);
      case 'before':
        return first instanceof DateValue ? this.millis < first.millis : undefined;
      case 'after':
        return first instanceof DateValue ? this.millis > first.millis : undefined;
      case 'toInstant':
        return new InstantValue(this.millis);
      default:
        return undefined;
    }
  }

  override toString(): string {
    return formatDate(this.millis, 'EEE MMM dd HH:mm:ss z yyyy');
  }
}

/** java.time.Instant. */
export class InstantValue extends NativeObject {
  readonly className = 'java.time.Instant';
  readonly millis: number;

  constructor(millis: number) {
    super();
    this.millis = millis;
  }

  override identity(): unknown {
    return this.millis;
  }

  override *callMethod(name: string, args: Value[]) {
    const [first = null] = args;
    switch (name) {
      case 'toEpochMilli':
        return BigInt(this.millis);
      case 'getEpochSecond':
        return BigInt(Math.floor(this.millis / 1000));
      case 'plusSeconds':
        return isNumber(first) ? new InstantValue(this.millis + toDouble(first) * 1000) : undefined;
      case 'minusSeconds':
        return isNumber(first) ? new InstantValue(this.millis - toDouble(first) * 1000) : undefined;
      case 'plusMillis':
        return isNumber(first) ? new InstantValue(this.millis + toDouble(first)) : undefined;
      default:
        return undefined;
    }
  }

  override toString(): string {
    return new Date(this.millis).toISOString().replace('.000Z', 'Z');
  }
}

/** java.text.SimpleDateFormat. */
export class DateFormatValue extends NativeObject {
  readonly className = 'java.text.SimpleDateFormat';
  readonly #pattern: string;
  #zone: string | undefined;

  constructor(pattern: string) {
    super();
    this.#pattern = pattern;
  }

  override setProperty(name: string, value: Value): boolean {
    if (name === 'timeZone') this.#zone = plainText(value);
    return name === 'timeZone';
  }

  override *callMethod(name: string, args: Value[]) {
    const [first = null] = args;
    if (name === 'setTimeZone') {
      this.setProperty('timeZone', first);
      return null;
    }
    if (name !== 'format') return undefined;
    if (first instanceof DateValue) return formatDate(first.millis, this.#pattern, this.#zone);
    return isNumber(first) && !(first instanceof Double)
      ? formatDate(toDouble(first), this.#pattern, this.#zone)
      : undefined;
  }

  override toString(): string {
    return this.#pattern;
  }
}

import { randomUUID } from 'node:crypto';
import { raise } from '../exceptions.ts';
import { intAt, misfit, numberAt, textAt } from '../library/arguments.ts';
import { DateFormatValue, DateValue, InstantValue } from '../library/dates.ts';
import { toDouble } from '../numbers.ts';
import { asList, compare, equal, plainText } from '../operations.ts';
import { Pattern } from '../regex.ts';
import { GroovyMap, GroovySet, NativeClass, type NativeFunction, type Value } from '../values.ts';

import { Base64Value, RandomValue, TextValue } from './values.ts';

function copyOf(value: Value | undefined): Value[] {
  if (value === undefined || typeof value === 'number') return [];
  return [...(asList(value) ?? (value instanceof GroovySet ? value.values() : misfit()))];
}

function copyMap(value: Value | undefined): GroovyMap {
  return value instanceof GroovyMap ? GroovyMap.of(value.entries()) : new GroovyMap();
}

const newList: NativeFunction = (args) => copyOf(args[0]);
const newMap: NativeFunction = (args) => copyMap(args[0]);
const newSet: NativeFunction = (args) => new GroovySet(copyOf(args[0]));
function encodeUrl(text: string): string {
  return encodeURIComponent(text)
    .replaceAll('%20', '+')
    .replaceAll(/[!'()~]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** java.util, java.text, java.time and java.net. */
export const JAVA_UTIL: readonly NativeClass[] = [
  new NativeClass('java.util.List', { statics: { of: (args) => [...args] } }),
  new NativeClass('java.util.Map', {
    statics: {
      of: (args) =>
        GroovyMap.of(
          Array.from(
            { length: args.length / 2 },
            (_, index) => [args[2 * index] ?? null, args[2 * index + 1] ?? null] as const,
          ),
        ),
    },
  }),
  new NativeClass('java.util.Set', { statics: { of: (args) => new GroovySet(args) } }),
  new NativeClass('java.util.Collection'),
  new NativeClass('java.util.Iterator'),
  new NativeClass('java.util.ArrayList', { construct: newList }),
  new NativeClass('java.util.LinkedList', { construct: newList }),
  new NativeClass('java.util.Stack', { construct: newList }),
  new NativeClass('java.util.HashMap', { construct: newMap }),
  new NativeClass('java.util.LinkedHashMap', { construct: newMap }),
  new NativeClass('java.util.concurrent.ConcurrentHashMap', { construct: newMap }),
  new NativeClass('java.util.HashSet', { construct: newSet }),
  new NativeClass('java.util.LinkedHashSet', { construct: newSet }),
  new NativeClass('java.util.Arrays', {
    statics: {
      asList: (args) => (args.length === 1 && Array.isArray(args[0]) ? [...args[0]] : [...args]),
      toString: (args: Value[]) => plainText(args[0] ?? null),
    },
  }),
  new NativeClass('java.util.Collections', {
    statics: {
      emptyList: () => [],
      emptyMap: () => new GroovyMap(),
      emptySet: () => new GroovySet(),
      singletonList: (args) => [args[0] ?? null],
      unmodifiableList: (args) => copyOf(args[0]),
      unmodifiableMap: (args) => copyMap(args[0]),
      max: (args) => copyOf(args[0]).sort(compare).at(-1) ?? null,
      min: (args) => copyOf(args[0]).sort(compare)[0] ?? null,
      sort: (args) => (Array.isArray(args[0]) ? (args[0].sort(compare), null) : misfit()),
      reverse: (args) => (Array.isArray(args[0]) ? (args[0].reverse(), null) : misfit()),
    },
  }),
  new NativeClass('java.util.Objects', {
    statics: {
      equals: (args) => equal(args[0] ?? null, args[1] ?? null),
      isNull: (args) => (args[0] ?? null) === null,
      nonNull: (args) => (args[0] ?? null) !== null,
      toString: (args: Value[]) =>
        args[0] === null && args.length > 1 ? (args[1] ?? null) : plainText(args[0] ?? null),
      requireNonNull: (args) =>
        args[0] ?? raise('NullPointerException', typeof args[1] === 'string' ? args[1] : ''),
    },
  }),
  new NativeClass('java.util.UUID', {
    statics: {
      randomUUID: () => new TextValue('java.util.UUID', randomUUID()),
      fromString: (args) => new TextValue('java.util.UUID', textAt(args, 0)),
    },
  }),
  new NativeClass('java.util.Random', { construct: () => new RandomValue() }),
  new NativeClass('java.util.Date', {
    construct: (args) => new DateValue(args.length === 0 ? Date.now() : toDouble(numberAt(args, 0))),
  }),
  new NativeClass('java.util.TimeZone', {
    statics: { getTimeZone: (args) => new TextValue('java.util.TimeZone', textAt(args, 0)) },
  }),
  new NativeClass('java.util.Locale', { constants: { ENGLISH: 'en', US: 'en_US', ROOT: '' } }),
  new NativeClass('java.text.SimpleDateFormat', {
    construct: (args) => new DateFormatValue(textAt(args, 0)),
  }),
  new NativeClass('java.time.Instant', {
    statics: {
      now: () => new InstantValue(Date.now()),
      ofEpochMilli: (args) => new InstantValue(toDouble(numberAt(args, 0))),
      ofEpochSecond: (args) => new InstantValue(toDouble(numberAt(args, 0)) * 1000),
    },
  }),
  new NativeClass('java.util.Base64', {
    statics: {
      getEncoder: () => new Base64Value(true, false),
      getUrlEncoder: () => new Base64Value(true, true),
      getDecoder: () => new Base64Value(false, false),
      getUrlDecoder: () => new Base64Value(false, true),
    },
  }),
  new NativeClass('java.util.regex.Pattern', {
    statics: {
      compile: (args) => new Pattern(textAt(args, 0), args.length > 1 ? flagsOf(intAt(args, 1)) : ''),
      quote: (args) => `\\Q${textAt(args, 0)}\\E`,
      matches: (args) => new Pattern(textAt(args, 0)).expression(true).test(textAt(args, 1)),
    },
    constants: { CASE_INSENSITIVE: 2, MULTILINE: 8, DOTALL: 32 },
  }),
  new NativeClass('java.util.regex.Matcher', {
    statics: { quoteReplacement: (args) => textAt(args, 0).replaceAll(/[\\$]/g, '\\$&') },
  }),
  new NativeClass('java.net.URLEncoder', { statics: { encode: (args) => encodeUrl(textAt(args, 0)) } }),
  new NativeClass('java.net.URLDecoder', {
    statics: { decode: (args) => decodeURIComponent(textAt(args, 0).replaceAll('+', ' ')) },
  }),
];

function flagsOf(flags: number): string {
  return `${(flags & 2) === 0 ? '' : 'i'}${(flags & 8) === 0 ? '' : 'm'}${(flags & 32) === 0 ? '' : 's'}`;
}

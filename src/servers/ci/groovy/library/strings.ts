import { raise } from '../exceptions.ts';
import { BigInteger, Decimal, Double, MAX_INT, MIN_INT } from '../numbers.ts';
import { compare, equal } from '../operations.ts';
import { patternOf, repeated } from '../operators.ts';
import { expandReplacement, Pattern, replaceMatches } from '../regex.ts';
import { LimitExceeded, type Value } from '../values.ts';
import { count, intAt, misfit, textAt, type PlainMethod } from './arguments.ts';
import { formatText } from './format.ts';

type StringMethod = PlainMethod<string>;

const MAX_PADDING = 1_000_000;

/** Whitespace as Java's `trim` sees it: everything up to the blank. */
function trim(text: string): string {
  return text.replace(/^[\0- ]+/, '').replace(/[\0- ]+$/, '');
}

function padding(self: string, args: Value[]): string {
  const width = intAt(args, 0);
  if (width > MAX_PADDING) throw new LimitExceeded('the padding is too large');
  const fill = args.length > 1 ? textAt(args, 1) : ' ';
  return fill
    .repeat(Math.ceil(Math.max(0, width - self.length) / Math.max(1, fill.length)))
    .slice(0, Math.max(0, width - self.length));
}

function center(self: string, args: Value[]): string {
  const width = intAt(args, 0);
  if (width > MAX_PADDING) throw new LimitExceeded('the padding is too large');
  const fill = args.length > 1 ? textAt(args, 1) : ' ';
  const missing = Math.max(0, width - self.length);
  const left = Math.floor(missing / 2);
  return fill.repeat(left).slice(0, left) + self + fill.repeat(missing - left).slice(0, missing - left);
}

/** As Java's `String.split`: trailing empty parts are dropped, and a leading one of no width. */
export function splitBy(text: string, pattern: Pattern, limit = 0): string[] {
  if (text === '') return [''];
  const parts: string[] = [];
  let last = 0;
  for (const match of text.matchAll(pattern.expression())) {
    if (limit > 0 && parts.length === limit - 1) break;
    const end = match.index + match[0].length;
    if (end === 0 || (match[0] === '' && match.index >= text.length)) continue;
    parts.push(text.slice(last, match.index));
    last = end;
  }
  parts.push(text.slice(last));
  if (limit === 0) while (parts.length > 1 && parts.at(-1) === '') parts.pop();
  return parts.length === 1 && parts[0] === '' && limit === 0 && last > 0 ? [] : parts;
}

function split(self: string, args: Value[]): Value {
  count(args, 0, 2);
  if (args.length === 0) return trim(self) === '' ? [] : trim(self).split(/[\s]+/);
  const [separator] = args;
  return splitBy(
    self,
    separator instanceof Pattern ? separator : new Pattern(textAt(args, 0)),
    args.length > 1 ? intAt(args, 1) : 0,
  );
}

function tokenize(self: string, args: Value[]): Value {
  count(args, 0, 1);
  const delimiters = args.length === 0 ? ' \t\n\r\f' : textAt(args, 0);
  const tokens: string[] = [];
  let token = '';
  for (const character of self) {
    if (!delimiters.includes(character)) token += character;
    else if (token !== '') {
      tokens.push(token);
      token = '';
    }
  }
  return token === '' ? tokens : [...tokens, token];
}

export function linesOf(text: string): string[] {
  if (text === '') return [];
  const lines = text.split(/\r\n|\n|\r/);
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

function integer(text: string): number {
  const clean = trim(text);
  const value = /^[+-]?\d+$/.test(clean) ? Number(clean) : Number.NaN;
  return value >= MIN_INT && value <= MAX_INT
    ? value
    : raise('NumberFormatException', `For input string: "${clean}"`);
}

function decimal(text: string): Decimal {
  const clean = trim(text);
  return (
    Decimal.parse(clean) ??
    raise(
      'NumberFormatException',
      clean === '' ? 'null' : `Character array is missing "exponent" mark 'e' or 'E'.`,
    )
  );
}

export function parseDouble(text: string): Double {
  const clean = trim(text);
  if (/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?[fFdD]?$/.test(clean))
    return new Double(Number.parseFloat(clean));
  const special = /^([+-]?)(NaN|Infinity)$/.exec(clean);
  if (special === null)
    return raise('NumberFormatException', clean === '' ? 'empty String' : `For input string: "${clean}"`);
  return new Double(Number(`${special[1] ?? ''}${special[2] ?? ''}`));
}

function whole(text: string): bigint {
  const clean = trim(text);
  return /^[+-]?\d{1,4000}$/.test(clean)
    ? BigInt(clean.replace('+', ''))
    : raise('NumberFormatException', `For input string: "${clean}"`);
}

function isWhole(text: string, bits: number): boolean {
  const clean = trim(text);
  return (
    /^[+-]?\d{1,40}$/.test(clean) &&
    BigInt.asIntN(bits, BigInt(clean.replace('+', ''))) === BigInt(clean.replace('+', ''))
  );
}

function slice(self: string, from: number, to: number): string {
  if (from < 0 || to > self.length || from > to)
    raise('StringIndexOutOfBoundsException', `begin ${from}, end ${to}, length ${self.length}`);
  return self.slice(from, to);
}

function replaceAll(self: string, args: Value[], onlyFirst: boolean): string {
  count(args, 2);
  const replacement = textAt(args, 1);
  return replaceMatches(
    self,
    patternOf(args[0] ?? misfit()),
    (match) => expandReplacement(replacement, match),
    onlyFirst,
  );
}

/** Java's `String.hashCode`. */
export function hashCode(text: string): number {
  let hash = 0;
  for (let index = 0; index < text.length; index++) hash = (Math.imul(hash, 31) + text.charCodeAt(index)) | 0;
  return hash;
}

function stripIndent(self: string, args: Value[]): string {
  const lines = self.split('\n');
  const given = args.length > 0 ? intAt(args, 0) : undefined;
  const indents = lines
    .filter((line) => line.trim() !== '')
    .map((line) => line.length - line.trimStart().length);
  const indent = given ?? (indents.length === 0 ? 0 : Math.min(...indents));
  return lines.map((line) => line.slice(Math.min(indent, line.length))).join('\n');
}

function capitalize(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

const METHODS: Readonly<Record<string, StringMethod>> = {
  length: (self) => self.length,
  size: (self) => self.length,
  trim,
  strip: (self) => self.trim(),
  isEmpty: (self) => self.length === 0,
  isBlank: (self) => self.trim() === '',
  isAllWhitespace: (self) => trim(self) === '',
  toUpperCase: (self) => self.toUpperCase(),
  toLowerCase: (self) => self.toLowerCase(),
  capitalize,
  uncapitalize: (self) => self.charAt(0).toLowerCase() + self.slice(1),
  reverse: (self) =>
    Array.from({ length: self.length }, (_, index) => self.charAt(self.length - 1 - index)).join(''),
  contains: (self, args) => self.includes(textAt(args, 0)),
  startsWith: (self, args) => self.startsWith(textAt(args, 0), args.length > 1 ? intAt(args, 1) : 0),
  endsWith: (self, args) => self.endsWith(textAt(args, 0)),
  equalsIgnoreCase: (self, args) =>
    typeof args[0] === 'string' && self.toLowerCase() === args[0].toLowerCase(),
  compareToIgnoreCase: (self, args) => compare(self.toLowerCase(), textAt(args, 0).toLowerCase()),
  indexOf: (self, args) => self.indexOf(textAt(args, 0), args.length > 1 ? intAt(args, 1) : 0),
  lastIndexOf: (self, args) =>
    self.lastIndexOf(textAt(args, 0), args.length > 1 ? intAt(args, 1) : undefined),
  charAt: (self, args) => slice(self, intAt(args, 0), intAt(args, 0) + 1),
  codePointAt: (self, args) =>
    self.codePointAt(intAt(args, 0)) ?? raise('StringIndexOutOfBoundsException', `index ${intAt(args, 0)}`),
  substring: (self, args) => slice(self, intAt(args, 0), args.length > 1 ? intAt(args, 1) : self.length),
  concat: (self, args) => self + textAt(args, 0),
  replace: (self, args) =>
    args.length === 2 ? self.replaceAll(textAt(args, 0), () => textAt(args, 1)) : misfit(),
  replaceAll: (self, args) => replaceAll(self, args, false),
  replaceFirst: (self, args) => replaceAll(self, args, true),
  matches: (self, args) =>
    patternOf(args[0] ?? misfit())
      .expression(true)
      .test(self),
  split,
  tokenize,
  readLines: (self) => linesOf(self),
  lines: (self) => linesOf(self),
  normalize: (self) => self.replaceAll(/\r\n?/g, '\n'),
  padLeft: (self, args) => padding(self, args) + self,
  padRight: (self, args) => self + padding(self, args),
  center,
  multiply: (self, args) => repeated(self, intAt(args, 0)),
  repeat: (self, args) => repeated(self, intAt(args, 0)),
  take: (self, args) => self.slice(0, Math.max(0, intAt(args, 0))),
  drop: (self, args) => self.slice(Math.max(0, intAt(args, 0))),
  minus: (self, args) => self.replace(textAt(args, 0), ''),
  toInteger: (self) => integer(self),
  toLong: (self) => BigInt.asIntN(64, whole(self)),
  toBigInteger: (self) => new BigInteger(whole(self)),
  toBigDecimal: (self) => decimal(self),
  toDouble: (self) => parseDouble(self),
  toFloat: (self) => parseDouble(self),
  toBoolean: (self) => ['true', 'y', '1'].includes(trim(self).toLowerCase()),
  isInteger: (self) => isWhole(self, 32),
  isLong: (self) => isWhole(self, 64),
  isNumber: (self) => Decimal.parse(trim(self)) !== undefined,
  isBigDecimal: (self) => Decimal.parse(trim(self)) !== undefined,
  isBigInteger: (self) => /^[+-]?\d+$/.test(trim(self)),
  isDouble: (self) => /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(trim(self)),
  isFloat: (self) => /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(trim(self)),
  toList: (self) => Array.from({ length: self.length }, (_, index) => self.charAt(index)),
  toCharArray: (self) => Array.from({ length: self.length }, (_, index) => self.charAt(index)),
  getChars: (self) => Array.from({ length: self.length }, (_, index) => self.charAt(index)),
  getBytes: (self) => Array.from(Buffer.from(self, 'utf8'), (byte) => (byte << 24) >> 24),
  stripIndent,
  stripMargin: (self, args) => {
    const mark = args.length > 0 ? textAt(args, 0) : '|';
    return self
      .split('\n')
      .map((line) => (line.trimStart().startsWith(mark) ? line.trimStart().slice(mark.length) : line))
      .join('\n');
  },
  hashCode: (self) => hashCode(self),
  count: (self, args) => self.split(textAt(args, 0)).length - 1,
  next: (self) => self.slice(0, -1) + String.fromCharCode(self.charCodeAt(self.length - 1) + 1),
  previous: (self) => self.slice(0, -1) + String.fromCharCode(self.charCodeAt(self.length - 1) - 1),
  decodeBase64: (self) => Array.from(Buffer.from(self, 'base64'), (byte) => (byte << 24) >> 24),
  encodeBase64: (self) => Buffer.from(self, 'utf8').toString('base64'),
  tr: (self, args) => translate(self, textAt(args, 0), textAt(args, 1)),
  expand: (self) => self.replaceAll('\t', '        '),
  intern: (self) => self,
  formatted: (self, args) => formatText(self, args),
  contentEquals: (self, args) => equal(self, args[0] ?? null),
  execute: () =>
    raise(
      'org.jenkinsci.plugins.scriptsecurity.sandbox.RejectedAccessException',
      'Scripts not permitted to use staticMethod org.codehaus.groovy.runtime.ProcessGroovyMethods execute java.lang.String',
    ),
};

function translate(text: string, from: string, to: string): string {
  const [source, target] = [expandRange(from), expandRange(to)];
  return Array.from(text, (character) => {
    const index = source.indexOf(character);
    return index < 0 ? character : target.charAt(Math.min(index, target.length - 1));
  }).join('');
}

function expandRange(set: string): string {
  return set.replaceAll(/(.)-(.)/gs, (_, first: string, last: string) => {
    const [start, end] = [first.charCodeAt(0), last.charCodeAt(0)];
    return Array.from({ length: Math.max(0, end - start + 1) }, (_each, index) =>
      String.fromCharCode(start + index),
    ).join('');
  });
}

export const STRING_METHODS: ReadonlyMap<string, StringMethod> = new Map(Object.entries(METHODS));

import { raise } from '../exceptions.ts';
import { Decimal, Double, isNumber } from '../numbers.ts';
import { asList, plainText } from '../operations.ts';
import { GroovyMap, GroovySet, LimitExceeded, NativeObject, type Value } from '../values.ts';
import { wholeNumber } from '../numbers.ts';
import { DateValue, formatDate } from './dates.ts';

const MAX_DEPTH = 200;

/** Reads JSON as JsonSlurper does: objects become maps, fractions exact decimals. */
export function parseJson(text: string): Value {
  if (text.trim() === '') return raise('IllegalArgumentException', 'Text must not be null or empty');
  return new JsonReader(text).read();
}

class JsonReader {
  readonly #text: string;
  #offset = 0;

  constructor(text: string) {
    this.#text = text;
  }

  read(): Value {
    const value = this.#value(0);
    this.#space();
    if (this.#offset < this.#text.length) this.#fail();
    return value;
  }

  #space(): void {
    while (/\s/.test(this.#text[this.#offset] ?? '')) this.#offset++;
  }

  #fail(): never {
    const line = this.#text.slice(0, this.#offset).split('\n').length;
    const found = this.#text[this.#offset];
    return raise(
      'groovy.json.JsonException',
      found === undefined
        ? `Unexpected end of JSON at line ${line}`
        : `Unable to determine the current character, it is not a string, number, array, or object: '${found}' at line ${line}, index ${this.#offset}`,
    );
  }

  #take(character: string): boolean {
    this.#space();
    if (this.#text[this.#offset] !== character) return false;
    this.#offset++;
    return true;
  }

  #value(depth: number): Value {
    if (depth > MAX_DEPTH) throw new LimitExceeded('the JSON is nested too deeply');
    if (this.#take('{')) return this.#object(depth);
    if (this.#take('[')) return this.#array(depth);
    if (this.#text[this.#offset] === '"') return this.#string();
    for (const [word, value] of [
      ['true', true],
      ['false', false],
      ['null', null],
    ] as const) {
      if (!this.#text.startsWith(word, this.#offset)) continue;
      this.#offset += word.length;
      return value;
    }
    return this.#number();
  }

  #object(depth: number): Value {
    const map = new GroovyMap();
    if (this.#take('}')) return map;
    do {
      this.#space();
      if (this.#text[this.#offset] !== '"') this.#fail();
      const key = this.#string();
      if (!this.#take(':')) this.#fail();
      map.set(key, this.#value(depth + 1));
    } while (this.#take(','));
    if (!this.#take('}')) this.#fail();
    return map;
  }

  #array(depth: number): Value {
    const list: Value[] = [];
    if (this.#take(']')) return list;
    do list.push(this.#value(depth + 1));
    while (this.#take(','));
    if (!this.#take(']')) this.#fail();
    return list;
  }

  #string(): string {
    const pattern = /"(?:[^"\\\u0000-\u001f]|\\.)*"/y;
    pattern.lastIndex = this.#offset;
    const match = pattern.exec(this.#text);
    if (match === null) return this.#fail();
    try {
      const text: unknown = JSON.parse(match[0]);
      this.#offset += match[0].length;
      return String(text);
    } catch {
      return this.#fail();
    }
  }

  #number(): Value {
    const pattern = /-?\d+(\.\d+)?([eE][+-]?\d{1,4})?/y;
    pattern.lastIndex = this.#offset;
    const match = pattern.exec(this.#text);
    if (match === null) return this.#fail();
    this.#offset += match[0].length;
    if (match[1] === undefined && match[2] === undefined) return wholeNumber(BigInt(match[0]));
    return Decimal.parse(match[0]) ?? 0;
  }
}

/** As JsonOutput.toJson. */
export function jsonText(value: Value, depth = 0): string {
  if (depth > MAX_DEPTH) throw new LimitExceeded('the value is nested too deeply for JSON');
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return quoted(value);
  if (isNumber(value)) {
    if (value instanceof Double && !Number.isFinite(value.value))
      raise(
        'groovy.json.JsonException',
        `Number ${value.toString()} can't be serialized as JSON: infinite or NaN are not allowed in JSON.`,
      );
    return value.toString();
  }
  const list = asList(value) ?? (value instanceof GroovySet ? value.values() : undefined);
  if (list !== undefined) return `[${list.map((element) => jsonText(element, depth + 1)).join(',')}]`;
  if (value instanceof GroovyMap) {
    const entries = Array.from(
      value.entries(),
      ([key, entry]) =>
        `${quoted(typeof key === 'string' ? key : plainText(key))}:${jsonText(entry, depth + 1)}`,
    );
    return `{${entries.join(',')}}`;
  }
  if (value instanceof DateValue) return quoted(formatDate(value.millis, "yyyy-MM-dd'T'HH:mm:ssZ", 'UTC'));
  if (value instanceof NativeObject) return quoted(value.toString());
  return raise('groovy.json.JsonException', `${plainText(value)} cannot be written as JSON`);
}

function quoted(text: string): string {
  return JSON.stringify(text).replaceAll(
    /[\u007f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** As JsonOutput.prettyPrint: four blanks a level. */
export function prettyJson(json: string): string {
  return prettyValue(parseJson(json), 0);
}

function prettyValue(value: Value, level: number): string {
  const indent = '    '.repeat(level + 1);
  const end = '    '.repeat(level);
  if (Array.isArray(value)) {
    if (value.length === 0) return `[\n${indent}\n${end}]`;
    return `[\n${value.map((element) => indent + prettyValue(element, level + 1)).join(',\n')}\n${end}]`;
  }
  if (!(value instanceof GroovyMap)) return jsonText(value);
  if (value.size === 0) return `{\n${indent}\n${end}}`;
  const entries = Array.from(
    value.entries(),
    ([key, entry]) => `${indent}${jsonText(key)}: ${prettyValue(entry, level + 1)}`,
  );
  return `{\n${entries.join(',\n')}\n${end}}`;
}

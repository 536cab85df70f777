import { asArray, asObject, type JsonObject } from '../storage/json.ts';

const SECOND = 1;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const YEAR = 365 * DAY;

/** How long ago a time was, as people read it: `45s`, `5m12s`, `3h`, `2d4h`. */
export function age(timestamp: unknown): string {
  if (typeof timestamp !== 'string') return '<unknown>';
  return duration((Date.now() - Date.parse(timestamp)) / 1000);
}

/** A number of seconds, exact where it is short (apimachinery, `HumanDuration`). */
export function duration(given: number): string {
  const seconds = Math.floor(given);
  if (Number.isNaN(seconds) || seconds < -1) return '<invalid>';
  if (seconds < 0) return '0s';
  if (seconds < 2 * MINUTE) return `${seconds}s`;
  if (seconds < 10 * MINUTE) return two(seconds, MINUTE, 'm', SECOND, 's');
  if (seconds < 3 * HOUR) return `${Math.floor(seconds / MINUTE)}m`;
  if (seconds < 8 * HOUR) return two(seconds, HOUR, 'h', MINUTE, 'm');
  if (seconds < 2 * DAY) return `${Math.floor(seconds / HOUR)}h`;
  if (seconds < 8 * DAY) return two(seconds, DAY, 'd', HOUR, 'h');
  if (seconds < 2 * YEAR) return `${Math.floor(seconds / DAY)}d`;
  if (seconds < 8 * YEAR) return two(seconds, YEAR, 'y', DAY, 'd');
  return `${Math.floor(seconds / YEAR)}y`;
}

function two(seconds: number, large: number, largeUnit: string, small: number, smallUnit: string): string {
  const rest = Math.floor((seconds % large) / small);
  const whole = `${Math.floor(seconds / large)}${largeUnit}`;
  return rest === 0 ? whole : `${whole}${rest}${smallUnit}`;
}

/** A field by its dotted path, undefined when any part of the way is missing. */
export function at(object: unknown, path: string): unknown {
  let value = object;
  for (const key of path.split('.')) value = asObject(value)[key];
  return value;
}

/** The items of a list by the dotted path of it. */
export function listAt(object: unknown, path: string): JsonObject[] {
  return asArray(at(object, path)).map(asObject);
}

export function numberAt(object: unknown, path: string): number {
  const value = at(object, path);
  return typeof value === 'number' ? value : 0;
}

/** Text of a scalar; `fallback` for what is missing or empty. */
export function textAt(object: unknown, path: string, fallback = '<none>'): string {
  return textOf(at(object, path), fallback);
}

export function textOf(value: unknown, fallback = '<none>'): string {
  if (value === undefined || value === null || value === '') return fallback;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Labels as `a=b,c=d`. */
export function labelText(labels: unknown): string {
  const entries = Object.entries(asObject(labels)).map(([key, value]) => `${key}=${textOf(value, '')}`);
  return entries.length === 0 ? '<none>' : entries.sort().join(',');
}

export function join(values: readonly string[], fallback = '<none>'): string {
  return values.length === 0 ? fallback : values.join(',');
}

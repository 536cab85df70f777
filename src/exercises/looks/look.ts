import type { Site } from '../site.ts';

/** What a look at the live system sees. Undefined is "not there". */
export type Value = string | number | boolean | readonly string[] | undefined;

/** A question to the live system, answered by one of the standard APIs. */
export interface Look {
  ask(site: Site): Promise<Value>;
  /** Where a person sees the same: a command or a page. */
  where(site: Site): string;
}

/** A value as people read it. */
export function show(value: Value): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'object') return value.length === 0 ? 'none' : value.join(', ');
  const line = String(value).trim();
  if (line === '') return 'an empty text';
  const short = line.length > 160 ? `${line.slice(0, 157)}...` : line;
  return short.replaceAll(/\s*\n\s*/g, ' ');
}

/** What a field holds, as far as it can be compared. */
export function asValue(found: unknown): Value {
  if (found === undefined || found === null) return undefined;
  if (typeof found === 'string' || typeof found === 'number' || typeof found === 'boolean') return found;
  if (Array.isArray(found))
    return found.map((item) => (typeof item === 'string' ? item : JSON.stringify(item)));
  return JSON.stringify(found);
}

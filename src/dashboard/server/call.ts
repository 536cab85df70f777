import type { HttpBindings } from '@hono/node-server';
import type { Context, Hono } from 'hono';
import { BodyTooLarge, readBody } from '../../lib/http/body.ts';
import type { Playground } from '../../flow/playground.ts';
import type { ExerciseGuide } from '../exercises.ts';
import { Refusal } from './refusal.ts';
import type { LoopSource } from './source/source.ts';

type Env = { Bindings: HttpBindings };
export type DashboardContext = Context<Env>;
export type Routes = Hono<Env>;

/** What the routes work with. */
export interface Parts {
  readonly playground: Playground;
  readonly engine: string;
  readonly source: LoopSource;
  readonly guide: ExerciseGuide | undefined;
}

/** Comments and reviews are short; a webhook carries a list of commits. */
const BODY_LIMIT = 5 * 1024 * 1024;

export async function bodyOf(context: DashboardContext): Promise<Buffer> {
  try {
    return await readBody(context.env.incoming, BODY_LIMIT);
  } catch (error) {
    if (error instanceof BodyTooLarge) throw new Refusal(413, 'too-large', error.message);
    throw error;
  }
}

/** The body as a JSON object. It has to say that it is one: a form of another page cannot. */
export async function fieldsOf(context: DashboardContext): Promise<Readonly<Record<string, unknown>>> {
  if (!(context.req.header('content-type') ?? '').startsWith('application/json'))
    throw new Refusal(415, 'not-json', 'the body has to be JSON');
  const body = await bodyOf(context);
  try {
    const value: unknown = JSON.parse(body.toString('utf8'));
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch {
    // Refused below, like everything else that is no object.
  }
  throw new Refusal(400, 'not-json', 'the body has to be a JSON object');
}

/** A text of the body; `fallback` where it may be left out. @throws Refusal 400 */
export function textField(
  fields: Readonly<Record<string, unknown>>,
  name: string,
  fallback?: string,
): string {
  const value = fields[name] ?? fallback;
  if (typeof value === 'string' && (value.trim() !== '' || fallback !== undefined)) return value;
  throw new Refusal(400, 'field-missing', `"${name}" has to be a text`);
}

/** One of some words. @throws Refusal 400 */
export function choiceField<const Word extends string>(
  fields: Readonly<Record<string, unknown>>,
  name: string,
  words: readonly Word[],
): Word {
  const word = words.find((candidate) => candidate === fields[name]);
  if (word !== undefined) return word;
  throw new Refusal(400, 'field-wrong', `"${name}" has to be one of ${words.join(', ')}`);
}

/** A number in the path. @throws Refusal 404 */
export function numberOf(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new Refusal(404, 'not-found', `"${text.slice(0, 30)}" is no number`);
}

export function found<T>(value: T | undefined, what: string): T {
  if (value !== undefined) return value;
  throw new Refusal(404, 'not-found', `there is no ${what}`);
}

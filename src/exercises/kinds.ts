import { z } from 'zod';
import { closest } from '../lib/closest.ts';

/** The kinds of one vocabulary: what may stand below each kind's name, and what is made of it. */
export type KindTable<T> = Readonly<Record<string, z.ZodType<T>>>;

/**
 * A map with one key that names a kind, `{ file: { … } }`, and possibly some of the keys that all kinds share.
 * The issues of the kind's own fields keep their place.
 */
export function oneKind<T, S extends z.ZodRawShape>(
  what: string,
  kinds: KindTable<T>,
  shared: z.ZodObject<S>,
): z.ZodType<T & z.output<z.ZodObject<S>>> {
  const names = Object.keys(kinds);
  return z.unknown().transform((value, context) => {
    const fail = (path: PropertyKey[], message: string) => {
      context.addIssue({ code: 'custom', path, message });
      return z.NEVER;
    };
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      return fail([], `write a ${what} as a map: one of ${names.join(', ')}`);
    const entries: [string, unknown][] = Object.entries(value);
    const common = Object.fromEntries(entries.filter(([key]) => key in shared.shape));
    const named = entries.filter(([key]) => !(key in shared.shape));
    const [only, ...more] = named;
    if (only === undefined) return fail([], `name a kind of ${what}: one of ${names.join(', ')}`);
    if (more.length > 0)
      return fail(
        more.map(([key]) => key).slice(0, 1),
        `one kind of ${what} is enough; take this one, or "${only[0]}", away`,
      );
    const [name, fields] = only;
    const schema = Object.hasOwn(kinds, name) ? kinds[name] : undefined;
    if (schema === undefined) {
      const near = closest(name, names);
      return fail(
        [name],
        `unknown ${what} "${name}"; ${near === undefined ? `choose one of ${names.join(', ')}` : `did you mean "${near}"?`}`,
      );
    }
    const kind = schema.safeParse(fields);
    const rest = shared.safeParse(common);
    for (const issue of kind.error?.issues ?? []) report(context, issue, [name]);
    for (const issue of rest.error?.issues ?? []) report(context, issue, []);
    if (!kind.success || !rest.success) return z.NEVER;
    return { ...kind.data, ...rest.data };
  });
}

function report(context: z.RefinementCtx, issue: z.core.$ZodIssue, before: PropertyKey[]): void {
  if (issue.code === 'unrecognized_keys') {
    for (const key of issue.keys) {
      context.addIssue({
        code: 'custom',
        path: [...before, ...issue.path, key],
        message: `unknown key "${key}"`,
      });
    }
  } else context.addIssue({ code: 'custom', path: [...before, ...issue.path], message: issue.message });
}

/** A regular expression; `^` and `$` stand for the ends of lines. */
export const pattern = z.string().transform((source, context) => {
  try {
    return new RegExp(source, 'm');
  } catch {
    context.addIssue({ code: 'custom', message: `"${source}" is no regular expression` });
    return z.NEVER;
  }
});

export const text = z.string({ error: 'write a text' }).min(1, 'write a text');

/** The first group of the pattern's first match, or all of it; the text itself without a pattern. */
export function pick(content: string | undefined, wanted: RegExp | undefined): string | undefined {
  if (content === undefined || wanted === undefined) return content;
  const match = wanted.exec(content);
  return match === null ? undefined : (match[1] ?? match[0]);
}

/** Whether a name fits one with `*` for any letters. */
export function fits(name: string, glob: string): boolean {
  const source = glob
    .split('*')
    .map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&'))
    .join('.*');
  return new RegExp(`^${source}$`).test(name);
}

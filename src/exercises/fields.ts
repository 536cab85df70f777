import { z } from 'zod';

/** The way to a value inside a document: keys of maps, and numbers of list entries from 0. */
export type FieldPath = readonly (string | number)[];

const PART = /([^.[\]"]+)|\[(\d+)\]|\["([^"]+)"\]/y;

/**
 * Reads a way as people write it: `spec.template.spec.containers[0].image`,
 * `metadata.annotations["example.com/key"]`. Undefined where it is none.
 */
export function parseField(written: string): FieldPath | undefined {
  const path: (string | number)[] = [];
  let at = 0;
  while (at < written.length) {
    if (written[at] === '.' && at > 0) at += 1;
    PART.lastIndex = at;
    const match = PART.exec(written);
    if (match === null) return undefined;
    const [whole, key, index, quoted] = match;
    path.push(index === undefined ? (key ?? quoted ?? '') : Number(index));
    at += whole.length;
  }
  return path.length === 0 ? undefined : path;
}

/** The value there; undefined where the document does not reach that far. */
export function readField(document: unknown, path: FieldPath): unknown {
  let value = document;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string | number, unknown>)[key];
  }
  return value;
}

export const fieldPath = z.string().transform((written, context) => {
  const path = parseField(written);
  if (path !== undefined) return { written, path };
  context.addIssue({
    code: 'custom',
    message: `"${written}" is no way to a field; write for example spec.replicas or metadata.annotations["a.b/c"]`,
  });
  return z.NEVER;
});

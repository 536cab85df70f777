import { LineCounter, isMap, isNode, isScalar, parseDocument, type Document } from 'yaml';
import type { z } from 'zod';
import type { Problem } from '../config/load.ts';
import { closest } from '../lib/closest.ts';

type Read<T> = { readonly value: T } | { readonly problems: readonly Problem[] };

/**
 * Reads a YAML document by a schema. All problems come together, each with its place: file, line and column.
 * @param known the keys of the document, for guessing what was meant.
 */
export function readDocument<T>(
  text: string,
  file: string,
  schema: z.ZodType<T>,
  known: readonly string[],
): Read<T> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  if (document.errors.length > 0)
    return { problems: document.errors.map(({ pos, message }) => ({ place: at(pos[0]), message })) };
  const result = schema.safeParse(document.toJS());
  if (result.success) return { value: result.data };
  const problems = result.error.issues.flatMap((issue): Problem[] => {
    const path = issue.path.map((key) => (typeof key === 'symbol' ? String(key) : key));
    const place = (below: readonly (string | number)[]) => at(offsetOf(document, below));
    if (issue.code !== 'unrecognized_keys')
      return [{ place: place(path), message: `${writtenOf(path)}: ${issue.message}` }];
    return issue.keys.map((key) => {
      const near = closest(key, path.length === 0 ? known : []);
      const guess = near === undefined ? '' : `; did you mean "${near}"?`;
      return { place: place([...path, key]), message: `unknown key "${key}"${guess}` };
    });
  });
  return { problems };
}

/** Where a path stands, by its key or list entry; for what is missing, the nearest thing around it. */
function offsetOf(document: Document, path: readonly (string | number)[]): number {
  for (let length = path.length; length > 0; length -= 1) {
    const key = path[length - 1];
    const above: unknown = length === 1 ? document.contents : document.getIn(path.slice(0, length - 1), true);
    const pair = isMap(above)
      ? above.items.find((item) => isScalar(item.key) && item.key.value === key)
      : undefined;
    const node: unknown = pair === undefined ? document.getIn(path.slice(0, length), true) : pair.key;
    if (isNode(node) && node.range != null) return node.range[0];
  }
  return 0;
}

function writtenOf(path: readonly (string | number)[]): string {
  const text = path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${key}`)).join('');
  return text.replace(/^\./, '') || 'the document';
}

import { isObject } from '../storage/json.ts';

type Step =
  | { readonly kind: 'field'; readonly name: string }
  | { readonly kind: 'index'; readonly index: number }
  | { readonly kind: 'all' }
  | { readonly kind: 'filter'; readonly path: string; readonly equals: unknown };

const STEP =
  /\.([\w-]+(?:\\\.[\w/-]+)*)|\[(-?\d+)\]|\[\*\]|\.\*|\['([^']*)'\]|\["([^"]*)"\]|\[\?\(@((?:\.[\w-]+)+)\s*==\s*(?:"([^"]*)"|'([^']*)'|(\w+))\)\]/y;

/**
 * The values at a path of the JSONPath subset that CustomResourceDefinitions use: fields (with `\.` in names), indexes,
 * `[*]`, and filters of the form `[?(@.type=="Ready")]`. A path that is not understood has no values.
 */
export function readJsonPath(root: unknown, path: string): unknown[] {
  const steps = parse(path);
  if (steps === undefined) return [];
  return steps.reduce<unknown[]>((values, step) => values.flatMap((value) => follow(value, step)), [root]);
}

function parse(path: string): Step[] | undefined {
  const steps: Step[] = [];
  const text = path.startsWith('.') || path.startsWith('[') ? path : `.${path}`;
  for (STEP.lastIndex = 0; STEP.lastIndex < text.length;) {
    const match = STEP.exec(text);
    if (match === null) return undefined;
    const [whole, name, index, single, double, filter, one, other, word] = match;
    const field = name?.replaceAll('\\.', '.') ?? single ?? double;
    if (field !== undefined) steps.push({ kind: 'field', name: field });
    else if (index !== undefined) steps.push({ kind: 'index', index: Number(index) });
    else if (filter !== undefined) {
      steps.push({ kind: 'filter', path: filter, equals: one ?? other ?? literal(word) });
    } else if (whole === '[*]' || whole === '.*') steps.push({ kind: 'all' });
  }
  return steps;
}

function literal(word: string | undefined): unknown {
  if (word === 'true' || word === 'false') return word === 'true';
  return word !== undefined && /^\d+$/.test(word) ? Number(word) : word;
}

function follow(value: unknown, step: Step): unknown[] {
  switch (step.kind) {
    case 'field':
      return isObject(value) && Object.hasOwn(value, step.name) ? [value[step.name]] : [];
    case 'index': {
      const item: unknown = Array.isArray(value) ? value.at(step.index) : undefined;
      return item === undefined ? [] : [item];
    }
    case 'all':
      return Array.isArray(value) ? value : isObject(value) ? Object.values(value) : [];
    case 'filter':
      return Array.isArray(value)
        ? value.filter((item) => readJsonPath(item, step.path)[0] === step.equals)
        : [];
  }
}

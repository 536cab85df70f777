import { JenkinsError } from './errors.ts';

/**
 * An object of the remote API: its class, the properties that show even where it is mentioned by another one, and all others,
 * computed only when they are asked for.
 */
export interface Bean {
  readonly class: string;
  readonly brief: Readonly<Record<string, BeanValue>>;
  readonly more?: () => Readonly<Record<string, BeanValue>>;
}

export type BeanValue =
  null | boolean | number | string | Bean | PlainObject | readonly BeanValue[] | (() => BeanValue);

/** Data without a class. */
interface PlainObject {
  readonly plain: Readonly<Record<string, unknown>>;
}

export const plain = (value: Readonly<Record<string, unknown>>): PlainObject => ({ plain: value });

/** One level of a `tree` parameter: the names that are wanted, each with its own level and range. */
interface Tree {
  readonly children: ReadonlyMap<string, Tree>;
  readonly range: { readonly from: number; readonly to: number } | undefined;
}

/** What `…/api/json` answers, by the parameters `tree` and `depth`. @throws JenkinsError 400 when the tree does not parse. */
export function renderJson(bean: Bean, query: URLSearchParams): unknown {
  const tree = query.get('tree');
  if (tree !== null && tree !== '') return selected(bean, parseTree(tree));
  const depth = Math.min(Number(query.get('depth') ?? 0) || 0, 8);
  return full(bean, depth);
}

function full(value: BeanValue, depth: number): unknown {
  if (typeof value === 'function') return full(value(), depth);
  if (Array.isArray(value)) return (value as readonly BeanValue[]).map((one) => full(one, depth));
  if (!isObject(value)) return value;
  if ('plain' in value) return value.plain;
  const properties = depth >= 0 ? { ...value.brief, ...value.more?.() } : value.brief;
  return Object.fromEntries([
    ['_class', value.class],
    ...Object.entries(properties).map(([name, inner]) => [name, full(inner, depth - 1)]),
  ]);
}

function selected(value: BeanValue, tree: Tree): unknown {
  if (typeof value === 'function') return selected(value(), tree);
  if (Array.isArray(value)) {
    const { from, to } = tree.range ?? { from: 0, to: value.length };
    return (value as readonly BeanValue[]).slice(from, to).map((one) => selected(one, tree));
  }
  if (!isObject(value)) return value;
  if ('plain' in value) return selectPlain(value.plain, tree);
  let properties = value.brief;
  if ([...tree.children.keys()].some((name) => name === '*' || !(name in properties))) {
    properties = { ...properties, ...value.more?.() };
  }
  const result: Record<string, unknown> = { _class: value.class };
  if (tree.children.has('*')) return full(value, 0);
  for (const [name, inner] of tree.children) {
    const property = properties[name];
    if (property !== undefined) result[name] = selected(property, inner);
  }
  return result;
}

function selectPlain(value: unknown, tree: Tree): unknown {
  if (Array.isArray(value)) return value.map((one) => selectPlain(one, tree));
  if (typeof value !== 'object' || value === null || tree.children.size === 0 || tree.children.has('*'))
    return value;
  const record = value as Record<string, unknown>;
  const names = [...tree.children].filter(([name]) => name in record);
  return Object.fromEntries(names.map(([name, inner]) => [name, selectPlain(record[name], inner)]));
}

function isObject(value: BeanValue): value is Bean | PlainObject {
  return typeof value === 'object' && value !== null;
}

/** `a,b[c,d[e]],f[g]{0,10}`. */
export function parseTree(text: string): Tree {
  let at = 0;
  const wrong = () =>
    new JenkinsError(400, `the tree parameter does not parse at position ${at}: ${text.slice(0, 200)}`);
  const level = (depth: number): Map<string, Tree> => {
    if (depth > 20) throw wrong();
    const children = new Map<string, Tree>();
    for (;;) {
      const name = /^\s*([\w$*.-]+)\s*/.exec(text.slice(at));
      if (name === null) throw wrong();
      at += name[0].length;
      let inner = new Map<string, Tree>();
      if (text[at] === '[') {
        at += 1;
        inner = level(depth + 1);
        if (text[at] !== ']') throw wrong();
        at += 1;
      }
      children.set(name[1] ?? '', { children: inner, range: range() });
      if (text[at] !== ',') return children;
      at += 1;
    }
  };
  const range = (): Tree['range'] => {
    const found = /^\{\s*(\d*)\s*(,?)\s*(\d*)\s*\}/.exec(text.slice(at));
    if (found === null) return undefined;
    at += found[0].length;
    const [, first = '', comma, last = ''] = found;
    const from = first === '' ? 0 : Number(first);
    if (comma === '') return { from, to: from + 1 };
    return { from, to: last === '' ? Number.POSITIVE_INFINITY : Number(last) };
  };
  const children = level(0);
  if (at < text.length) throw wrong();
  return { children, range: undefined };
}

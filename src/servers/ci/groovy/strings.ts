const SIMPLE: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  b: '\b',
  f: '\f',
  '\\': '\\',
  "'": "'",
  '"': '"',
  $: '$',
};

export interface Escape {
  readonly text: string;
  /** How many characters the escape takes, the backslash included. */
  readonly length: number;
}

/** The escape sequence that begins at the backslash at `start`; undefined when there is no such escape. */
export function readEscape(source: string, start: number): Escape | undefined {
  const next = source[start + 1];
  if (next === undefined) return undefined;
  if (Object.hasOwn(SIMPLE, next)) return { text: SIMPLE[next] ?? '', length: 2 };
  if (next === '\n') return { text: '', length: 2 };
  if (next === '\r') return { text: '', length: source[start + 2] === '\n' ? 3 : 2 };
  if (next === 'u') {
    const match = /^u+([0-9a-fA-F]{4})/.exec(source.slice(start + 1, start + 40));
    return match === null
      ? undefined
      : { text: String.fromCharCode(Number.parseInt(match[1] ?? '', 16)), length: match[0].length + 1 };
  }
  const octal = /^(?:[0-3][0-7]{0,2}|[4-7][0-7]?)/.exec(source.slice(start + 1, start + 4));
  return octal === null
    ? undefined
    : { text: String.fromCharCode(Number.parseInt(octal[0], 8)), length: octal[0].length + 1 };
}

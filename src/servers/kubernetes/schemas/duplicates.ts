/**
 * Finds keys that stand twice in an object of a JSON text, which `JSON.parse` drops in silence. The text is known
 * to be valid JSON.
 * @returns the paths of the second occurrences, `spec.replicas` or `spec.containers[0].image`.
 */
export function duplicateKeys(text: string): string[] {
  const found: string[] = [];
  let at = 0;
  value('');
  return found;

  function space(): void {
    while (at < text.length && ' \t\n\r'.includes(text.charAt(at))) at += 1;
  }

  function string(): string {
    const start = at;
    at += 1;
    while (at < text.length && text.charAt(at) !== '"') at += text.charAt(at) === '\\' ? 2 : 1;
    at += 1;
    return JSON.parse(text.slice(start, at)) as string;
  }

  function value(path: string): void {
    space();
    const first = text.charAt(at);
    if (first === '{') object(path);
    else if (first === '[') array(path);
    else if (first === '"') string();
    else while (at < text.length && !',]} \t\n\r'.includes(text.charAt(at))) at += 1;
    space();
  }

  function object(path: string): void {
    const seen = new Set<string>();
    at += 1;
    space();
    while (text.charAt(at) === '"') {
      const key = string();
      const below = path === '' ? key : `${path}.${key}`;
      if (seen.has(key)) found.push(below);
      seen.add(key);
      space();
      at += 1;
      value(below);
      if (text.charAt(at) === ',') at += 1;
      space();
    }
    at += 1;
  }

  function array(path: string): void {
    at += 1;
    space();
    for (let i = 0; at < text.length && text.charAt(at) !== ']'; i += 1) {
      value(`${path}[${i}]`);
      if (text.charAt(at) === ',') at += 1;
      space();
    }
    at += 1;
  }
}

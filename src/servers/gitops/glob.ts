const compiled = new Map<string, RegExp>();

/**
 * Whether a text matches a glob: `*` any run of characters, `?` one, `{a,b}` alternatives, `[a-c]` a class.
 * @param separator where given, `*` and `?` stop at it and `**` does not.
 */
export function matchesGlob(pattern: string, text: string, separator = ''): boolean {
  const id = `${separator}\n${pattern}`;
  let expression = compiled.get(id);
  if (expression === undefined) {
    expression = compile(pattern, separator);
    // Patterns come from specs, so the cache has to have an end.
    if (compiled.size > 500) compiled.clear();
    compiled.set(id, expression);
  }
  return expression.test(text);
}

function compile(pattern: string, separator: string): RegExp {
  const any = separator === '' ? '.' : `[^${separator}]`;
  let source = '';
  let depth = 0;
  for (let index = 0; index < pattern.length; index += 1) {
    const character = pattern.charAt(index);
    if (character === '*') {
      if (pattern.charAt(index + 1) === '*') {
        index += 1;
        source += '.*';
      } else {
        source += `${any}*`;
      }
    } else if (character === '?') source += any;
    else if (character === '{') {
      depth += 1;
      source += '(?:';
    } else if (character === '}' && depth > 0) {
      depth -= 1;
      source += ')';
    } else if (character === ',' && depth > 0) source += '|';
    else if (character === '[' && pattern.indexOf(']', index) > index + 1) {
      const end = pattern.indexOf(']', index);
      const body = pattern
        .slice(index + 1, end)
        .replaceAll('\\', '\\\\')
        .replace(/^!/, '^');
      source += `[${body}]`;
      index = end;
    } else source += character.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
  }
  try {
    return new RegExp(`^${source}${')'.repeat(depth)}$`, 's');
  } catch {
    // An impossible class such as [z-a]: the pattern matches itself only.
    return new RegExp(`^${pattern.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')}$`, 's');
  }
}

import { raise } from './exceptions.ts';
import { NativeObject, type Value } from './values.ts';

/** java.util.regex.Pattern, run by JavaScript's engine after translation. */
export class Pattern extends NativeObject {
  readonly className = 'java.util.regex.Pattern';
  readonly source: string;
  readonly flags: string;
  readonly #compiled: RegExp;

  constructor(source: string, flags = '') {
    super();
    this.source = source;
    const translated = translate(source, flags);
    this.flags = translated.flags;
    try {
      this.#compiled = new RegExp(translated.source, `${translated.flags}dg`);
    } catch (error) {
      raise(
        'java.util.regex.PatternSyntaxException',
        `${error instanceof Error ? error.message.replace(/^Invalid regular expression: /, '') : ''} near ${source}`,
      );
    }
  }

  /** A fresh expression with the flags `d` and `g`, or also anchored at both ends. */
  expression(whole = false): RegExp {
    const { source, flags } = this.#compiled;
    return whole
      ? new RegExp(`(?<![\\s\\S])(?:${source})(?![\\s\\S])`, this.flags + 'd')
      : new RegExp(source, flags);
  }

  override toString(): string {
    return this.source;
  }

  override identity(): unknown {
    return this;
  }
}

/** java.util.regex.Matcher: all matches at once, and the cursor of `find()`. */
export class Matcher extends NativeObject {
  readonly className = 'java.util.regex.Matcher';
  readonly pattern: Pattern;
  readonly text: string;
  readonly matches: readonly RegExpExecArray[];
  cursor = -1;
  /** The match that `group()` reads: set by `find()`, `matches()` and `lookingAt()`. */
  current: RegExpExecArray | undefined;

  constructor(pattern: Pattern, text: string) {
    super();
    this.pattern = pattern;
    this.text = text;
    this.matches = Array.from(text.matchAll(pattern.expression()));
  }

  override toString(): string {
    return `java.util.regex.Matcher[pattern=${this.pattern.source} region=0,${this.text.length} lastmatch=${this.current?.[0] ?? ''}]`;
  }
}

/** What `matcher[0]` is: the text of the match, or a list with its groups where the pattern has some. */
export function groupsOf(match: RegExpExecArray): Value {
  if (match.length === 1) return match[0];
  return Array.from(match, (group: string | undefined): Value => group ?? null);
}

const POSIX: Readonly<Record<string, string>> = {
  Alpha: 'a-zA-Z',
  Digit: '0-9',
  Alnum: 'a-zA-Z0-9',
  Upper: 'A-Z',
  Lower: 'a-z',
  Punct: '!-\\/:-@\\[-`{-~',
  Space: '\\s',
  XDigit: '0-9a-fA-F',
  Blank: ' \\t',
  Print: ' -~',
  Graph: '!-~',
  Cntrl: '\\x00-\\x1f\\x7f',
};

/** Java's syntax of regular expressions as JavaScript's; what has no equal is refused. */
function translate(source: string, given: string): { source: string; flags: string } {
  let flags = given;
  let rest = source;
  const leading = /^\(\?([imsxu]+)\)/.exec(rest);
  if (leading !== null) {
    const names = leading[1] ?? '';
    if (names.includes('x'))
      raise('java.util.regex.PatternSyntaxException', `the flag (?x) is not supported near ${source}`);
    flags = [...new Set([...flags, ...names.replace('u', '')])].join('');
    rest = rest.slice(leading[0].length);
  }
  if (/(?<!\\)\(\?[imsxu-]+[:)]/.test(rest)) {
    raise(
      'java.util.regex.PatternSyntaxException',
      `flags are supported only at the start of an expression near ${source}`,
    );
  }
  let result = '';
  let inClass = false;
  for (let index = 0; index < rest.length; index++) {
    const character = rest[index] ?? '';
    if (character === '\\') {
      const next = rest[index + 1] ?? '';
      index++;
      if (next === 'Q') {
        const end = rest.indexOf('\\E', index);
        const stop = end < 0 ? rest.length : end;
        result += rest.slice(index + 1, stop).replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
        index = stop + 1;
      } else if (next === 'p' || next === 'P') {
        const posix = /^\{(\w+)\}/.exec(rest.slice(index + 1));
        const set =
          posix === null
            ? undefined
            : Object.hasOwn(POSIX, posix[1] ?? '')
              ? POSIX[posix[1] ?? '']
              : undefined;
        if (posix === null || set === undefined || (inClass && next === 'P')) {
          raise(
            'java.util.regex.PatternSyntaxException',
            `this class of characters is not supported near ${source}`,
          );
        }
        result += inClass ? set : `[${next === 'P' ? '^' : ''}${set}]`;
        index += posix[0].length;
      } else result += escapeOf(next, source);
    } else if (!inClass && /[*+?}]/.test(character) && rest[index + 1] === '+') {
      raise(
        'java.util.regex.PatternSyntaxException',
        `possessive quantifiers are not supported near ${source}`,
      );
    } else if (inClass && character === '&' && rest[index + 1] === '&') {
      raise(
        'java.util.regex.PatternSyntaxException',
        `intersections of classes (&&) are not supported near ${source}`,
      );
    } else if (!inClass && rest.startsWith('(?>', index)) {
      raise('java.util.regex.PatternSyntaxException', `atomic groups are not supported near ${source}`);
    } else {
      if (character === '[' && inClass) {
        result += '\\[';
        continue;
      }
      if (character === '[') inClass = true;
      else if (character === ']') inClass = false;
      result += character;
    }
  }
  return { source: result, flags };
}

function escapeOf(character: string, source: string): string {
  switch (character) {
    case '':
      return raise(
        'java.util.regex.PatternSyntaxException',
        `Unexpected internal error near index ${source.length - 1}\n${source}`,
      );
    case 'A':
      return '(?<![\\s\\S])';
    case 'z':
      return '(?![\\s\\S])';
    case 'Z':
      return '(?=\\n?(?![\\s\\S]))';
    case 'h':
      return '[ \\t\\xA0]';
    case 'R':
      return '(?:\\r\\n|[\\n\\r\\u2028\\u2029])';
    case 'a':
      return '\\x07';
    case 'e':
      return '\\x1b';
    case 'G':
    case 'X':
      return raise(
        'java.util.regex.PatternSyntaxException',
        `\\${character} is not supported near ${source}`,
      );
    default:
      return `\\${character}`;
  }
}

/** Puts the groups of a match into Java's replacement text: `$1`, `${name}`, `\$`. */
export function expandReplacement(replacement: string, match: RegExpExecArray): string {
  let result = '';
  for (let index = 0; index < replacement.length; index++) {
    const character = replacement[index] ?? '';
    if (character === '\\') {
      index++;
      if (index >= replacement.length)
        raise('IllegalArgumentException', 'character to be escaped is missing');
      result += replacement[index] ?? '';
    } else if (character === '$') {
      const named = /^\$\{([A-Za-z][A-Za-z0-9]*)\}/.exec(replacement.slice(index));
      if (named !== null) {
        const groups = match.groups ?? {};
        const name = named[1] ?? '';
        if (!Object.hasOwn(groups, name)) raise('IllegalArgumentException', `No group with name {${name}}`);
        result += groups[name] ?? '';
        index += named[0].length - 1;
        continue;
      }
      const digit = Number(
        /^\$(\d)/.exec(replacement.slice(index))?.[1] ??
          raise('IllegalArgumentException', 'Illegal group reference'),
      );
      if (digit >= match.length) raise('IndexOutOfBoundsException', `No group ${digit}`);
      let group = digit;
      index++;
      while (
        /\d/.test(replacement[index + 1] ?? '') &&
        group * 10 + Number(replacement[index + 1]) < match.length
      ) {
        group = group * 10 + Number(replacement[++index]);
      }
      result += match[group] ?? '';
    } else result += character;
  }
  return result;
}

/** As String.replaceAll and replaceFirst. */
export function replaceMatches(
  text: string,
  pattern: Pattern,
  replacement: (match: RegExpExecArray) => string,
  onlyFirst = false,
): string {
  let result = '';
  let last = 0;
  for (const match of text.matchAll(pattern.expression())) {
    result += text.slice(last, match.index) + replacement(match);
    last = match.index + match[0].length;
    if (onlyFirst) break;
  }
  return result + text.slice(last);
}

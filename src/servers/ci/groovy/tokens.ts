import type { GroovyNumber } from './numbers.ts';
import type { Position } from './source.ts';

export type TokenType =
  'identifier' | 'keyword' | 'number' | 'string' | 'gstring' | 'operator' | 'newline' | 'end';

export interface Token {
  readonly type: TokenType;
  /** The name, keyword or operator itself; the decoded value of a string. */
  readonly text: string;
  readonly at: Position;
  /** Offsets into the source. */
  readonly start: number;
  readonly end: number;
  readonly number?: GroovyNumber;
  /** Of a GString: its texts and the tokens between `${` and `}`. */
  readonly parts?: readonly (string | readonly Token[])[];
}

/** What Groovy reserves; all of it may still follow a dot or name an argument. */
export const KEYWORDS: ReadonlySet<string> = new Set(
  (
    'abstract as assert boolean break byte case catch char class const continue def default do double else enum extends false ' +
    'final finally float for goto if implements import in instanceof int interface long native new null package ' +
    'private protected public return short static super switch synchronized this throw throws trait transient true ' +
    'try void volatile while'
  ).split(' '),
);

/** What may stand before a declaration. */
export const MODIFIERS: ReadonlySet<string> = new Set(
  'def final static private protected public abstract synchronized transient volatile native'.split(' '),
);

export const PRIMITIVES: ReadonlySet<string> = new Set(
  'boolean byte char double float int long short void'.split(' '),
);

/** Longest first, so that the lexer may take the first that fits. */
export const OPERATORS: readonly string[] = (
  '>>>= <=> ==~ === !== **= ..< >>> <<= >>= ... ?. *. .& .@ ?: -> == != <= >= && || ++ -- += -= *= /= %= &= |= ^= << >> ' +
  '=~ ** .. :: + - * / % = < > ! ~ ? : & | ^ ( ) [ ] { } , ; . @'
).split(' ');

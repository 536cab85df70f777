import { Decimal, Double, BigInteger, wholeNumber, type GroovyNumber } from './numbers.ts';
import { GroovySyntaxError, problemAt, type Position, type SourceFile } from './source.ts';
import { readEscape } from './strings.ts';
import { KEYWORDS, OPERATORS, type Token, type TokenType } from './tokens.ts';

const IDENTIFIER = /[\p{L}_$][\p{L}\p{N}_$]*/uy;
/** In `"$name.other"` a dollar ends the name. */
const PLAIN_NAME = /[\p{L}_][\p{L}\p{N}_]*/uy;
const NUMBER =
  /0[xX][0-9a-fA-F_]+[iIlLgG]?|0[bB][01_]+[iIlLgG]?|\d[\d_]*(?:\.\d[\d_]*)?(?:[eE][+-]?\d+)?[iIlLgGfFdD]?/y;
const MAX_NESTING = 200;

interface Quote {
  readonly open: string;
  readonly close: string;
  readonly interpolates: boolean;
  readonly multiline: boolean;
  readonly escapes: 'java' | 'slashy' | 'dollar';
}

const QUOTES: readonly Quote[] = [
  { open: `'''`, close: `'''`, interpolates: false, multiline: true, escapes: 'java' },
  { open: `"""`, close: `"""`, interpolates: true, multiline: true, escapes: 'java' },
  { open: `'`, close: `'`, interpolates: false, multiline: false, escapes: 'java' },
  { open: `"`, close: `"`, interpolates: true, multiline: false, escapes: 'java' },
  { open: `$/`, close: `/$`, interpolates: true, multiline: true, escapes: 'dollar' },
  { open: `/`, close: `/`, interpolates: true, multiline: true, escapes: 'slashy' },
];

/**
 * All tokens of a source file, `end` being the last.
 * @throws GroovySyntaxError for anything that is no token.
 */
export function tokenize(file: SourceFile): Token[] {
  return new Lexer(file).all();
}

class Lexer {
  readonly #file: SourceFile;
  readonly #source: string;
  readonly #lineStarts: number[] = [0];
  #offset = 0;
  /** Open brackets: line ends count only inside `{`, or outside of all. */
  #brackets: string[] = [];
  #nesting = 0;

  constructor(file: SourceFile) {
    this.#file = file;
    this.#source = file.source;
    for (let index = 0; index < this.#source.length; index++) {
      const character = this.#source[index];
      if (character === '\n' || (character === '\r' && this.#source[index + 1] !== '\n'))
        this.#lineStarts.push(index + 1);
    }
  }

  all(): Token[] {
    if (this.#source.startsWith('#!')) this.#skipLine();
    if (this.#source.startsWith('\uFEFF')) this.#offset = 1;
    const tokens: Token[] = [];
    for (;;) {
      const token = this.#next(tokens.at(-1));
      tokens.push(token);
      if (token.type === 'end') return tokens;
    }
  }

  #next(previous: Token | undefined): Token {
    if (this.#skipSpace()) return this.#token('newline', '\n', this.#offset, this.#offset);
    const start = this.#offset;
    if (start >= this.#source.length) return this.#token('end', '', start, start);
    const quote = this.#quoteHere(previous);
    if (quote !== undefined) return this.#string(quote);
    const name = this.#match(IDENTIFIER);
    if (name !== undefined)
      return this.#token(KEYWORDS.has(name) ? 'keyword' : 'identifier', name, start, this.#offset);
    const digits = this.#match(NUMBER);
    if (digits !== undefined) return this.#number(digits, start);
    return this.#operator(start);
  }

  #operator(start: number): Token {
    const text = OPERATORS.find((operator) => this.#source.startsWith(operator, start));
    if (text === undefined)
      this.#fail(start, `unexpected char: '${String.fromCodePoint(this.#source.codePointAt(start) ?? 0)}'`);
    this.#offset = start + text.length;
    if (text === '(' || text === '[' || text === '{') this.#brackets.push(text);
    if (text === ')' || text === ']' || text === '}') this.#brackets.pop();
    return this.#token('operator', text, start, this.#offset);
  }

  #number(text: string, start: number): Token {
    if (this.#match(IDENTIFIER) !== undefined) this.#fail(start, `unexpected token: ${text}`);
    const number = parseNumber(text.replaceAll('_', ''));
    if (number === undefined) this.#fail(start, `Invalid number: ${text}`);
    return { ...this.#token('number', text, start, this.#offset), number };
  }

  /** Skips blanks and comments; true when a line end that counts was among them. */
  #skipSpace(): boolean {
    let newline = false;
    for (;;) {
      const character = this.#source[this.#offset];
      if (character === '\n' || character === '\r') newline = true;
      else if (this.#source.startsWith('//', this.#offset)) {
        this.#skipLine();
        continue;
      } else if (this.#source.startsWith('/*', this.#offset)) {
        const end = this.#source.indexOf('*/', this.#offset + 2);
        if (end < 0) this.#fail(this.#offset, 'unclosed comment');
        this.#offset = end + 2;
        continue;
      } else if (character === '\\' && /^\\\r?\n/.test(this.#source.slice(this.#offset, this.#offset + 3))) {
        this.#offset += this.#source[this.#offset + 1] === '\r' ? 3 : 2;
        continue;
      } else if (character === undefined || !/\s/.test(character)) {
        const innermost = this.#brackets.at(-1);
        return newline && innermost !== '(' && innermost !== '[';
      }
      this.#offset++;
    }
  }

  #skipLine(): void {
    while (this.#offset < this.#source.length && !/[\n\r]/.test(this.#source[this.#offset] ?? ''))
      this.#offset++;
  }

  #quoteHere(previous: Token | undefined): Quote | undefined {
    const quote = QUOTES.find(({ open }) => this.#source.startsWith(open, this.#offset));
    if (quote?.escapes !== 'slashy') return quote;
    return endsOperand(previous) ? undefined : quote;
  }

  #string(quote: Quote): Token {
    const start = this.#offset;
    const parts: (string | readonly Token[])[] = [];
    let text = '';
    this.#offset += quote.open.length;
    while (!this.#atClose(quote)) {
      const character = this.#source[this.#offset];
      if (character === undefined || (!quote.multiline && (character === '\n' || character === '\r'))) {
        this.#fail(start, `unclosed string, expecting ${quote.close}`);
      }
      const inner = quote.interpolates && character === '$' ? this.#interpolation(quote) : undefined;
      if (inner !== undefined) {
        parts.push(text, inner);
        text = '';
      } else text += this.#stringCharacter(quote);
    }
    this.#offset += quote.close.length;
    if (parts.length === 0) return this.#token('string', text, start, this.#offset);
    return { ...this.#token('gstring', '', start, this.#offset), parts: [...parts, text] };
  }

  #atClose({ close }: Quote): boolean {
    return this.#source.startsWith(close, this.#offset);
  }

  #stringCharacter(quote: Quote): string {
    const start = this.#offset;
    const character = this.#source[start] ?? '';
    const next = this.#source[start + 1];
    this.#offset++;
    if (character === '\r') {
      if (next === '\n') this.#offset++;
      return '\n';
    }
    if (character === '\\' && quote.escapes === 'java') {
      const escape = readEscape(this.#source, start);
      if (escape === undefined) this.#fail(start, `unexpected char: '\\'`);
      this.#offset = start + escape.length;
      return escape.text;
    }
    if (character === '\\' && quote.escapes === 'slashy' && next === '/') {
      this.#offset++;
      return '/';
    }
    if (character === '$' && quote.escapes === 'dollar' && (next === '$' || next === '/')) {
      this.#offset++;
      return next;
    }
    if (character === '$' && quote.escapes === 'java' && quote.interpolates) {
      this.#fail(
        start,
        `illegal string body character after dollar sign; solution: either escape a literal dollar sign "\\$5" or bracket the value expression "\${5}"`,
      );
    }
    return character;
  }

  /** The tokens of `${…}` or of `$name.other`; undefined when the dollar is only a dollar. */
  #interpolation(quote: Quote): readonly Token[] | undefined {
    const dollar = this.#offset;
    if (quote.escapes === 'dollar' && /^\$[$/]/.test(this.#source.slice(dollar, dollar + 2)))
      return undefined;
    if (this.#source[dollar + 1] === '{') return this.#braced();
    this.#offset = dollar + 1;
    const tokens: Token[] = [];
    for (;;) {
      const start = this.#offset;
      const name = this.#match(PLAIN_NAME);
      if (name === undefined) {
        this.#offset = tokens.length === 0 ? dollar : start - 1;
        if (tokens.length === 0) return undefined;
        tokens.pop();
        break;
      }
      tokens.push(this.#token(KEYWORDS.has(name) ? 'keyword' : 'identifier', name, start, this.#offset));
      if (this.#source[this.#offset] !== '.') break;
      tokens.push(this.#token('operator', '.', this.#offset, this.#offset + 1));
      this.#offset++;
    }
    return [...tokens, this.#token('end', '', this.#offset, this.#offset)];
  }

  #braced(): readonly Token[] {
    const outer = this.#brackets;
    if (++this.#nesting > MAX_NESTING) this.#fail(this.#offset, 'strings are nested too deeply');
    this.#brackets = ['{'];
    const start = this.#offset;
    this.#offset += 2;
    const tokens: Token[] = [];
    for (;;) {
      const token = this.#next(tokens.at(-1));
      if (token.type === 'end') this.#fail(start, 'unclosed ${ in a string');
      if (token.text === '}' && token.type === 'operator' && this.#brackets.length === 0) {
        this.#brackets = outer;
        this.#nesting--;
        return [...tokens, this.#token('end', '', token.start, token.start)];
      }
      tokens.push(token);
    }
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#offset;
    const match = pattern.exec(this.#source);
    if (match === null) return undefined;
    this.#offset += match[0].length;
    return match[0];
  }

  #token(type: TokenType, text: string, start: number, end: number): Token {
    return { type, text, start, end, at: this.#position(start) };
  }

  #position(offset: number): Position {
    let low = 0;
    let high = this.#lineStarts.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.#lineStarts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - (this.#lineStarts[low] ?? 0) + 1 };
  }

  #fail(offset: number, message: string): never {
    throw new GroovySyntaxError([problemAt(this.#file, this.#position(offset), message)]);
  }
}

/** Whether a slash after this token divides (otherwise it begins a string). */
function endsOperand(token: Token | undefined): boolean {
  if (token === undefined) return false;
  if (token.type === 'operator')
    return token.text === ')' || token.text === ']' || token.text === '}' || token.text === '++';
  if (token.type === 'keyword') return ['this', 'super', 'true', 'false', 'null'].includes(token.text);
  return token.type !== 'newline';
}

function parseNumber(text: string): GroovyNumber | undefined {
  const hexadecimal = /^0[xXbB]/.test(text);
  const suffix = (
    /[iIlLgG]$/.exec(text)?.[0] ?? (hexadecimal ? '' : (/[fFdD]$/.exec(text)?.[0] ?? ''))
  ).toLowerCase();
  const digits = suffix === '' ? text : text.slice(0, -1);
  const fractional = !hexadecimal && /[.eE]/.test(digits);
  if (suffix === 'f' || suffix === 'd') return new Double(Number(digits));
  if (fractional) return suffix === '' || suffix === 'g' ? Decimal.parse(digits) : undefined;
  const octal = /^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits;
  if (/^0\d+$/.test(octal)) return undefined;
  if (digits.length > 5000) return undefined;
  const value = BigInt(octal);
  if (suffix === 'g') return new BigInteger(value);
  return suffix === 'l' ? BigInt.asIntN(64, value) : wholeNumber(value);
}

import type { TypeName } from './ast.ts';
import { GroovySyntaxError, problemAt, type Position, type SourceFile } from './source.ts';
import { PRIMITIVES, type Token } from './tokens.ts';

const MAX_DEPTH = 250;

/** What every part of the parser does with tokens: look, take, expect, and try a reading that may not fit. */
export abstract class TokenStream {
  protected readonly file: SourceFile;
  readonly #tokens: readonly Token[];
  #index = 0;
  #depth: number;
  #closers: ReadonlyMap<number, number> | undefined;

  constructor(file: SourceFile, tokens: readonly Token[], depth = 0) {
    this.file = file;
    this.#tokens = tokens;
    this.#depth = depth;
  }

  protected get depth(): number {
    return this.#depth;
  }

  protected peek(ahead = 0): Token {
    const token = this.#tokens[Math.min(this.#index + ahead, this.#tokens.length - 1)];
    if (token === undefined) throw new Error('a token stream ends with an end token');
    return token;
  }

  protected take(): Token {
    const token = this.peek();
    if (this.#index < this.#tokens.length - 1) this.#index++;
    return token;
  }

  protected isOperator(text: string, ahead = 0): boolean {
    const token = this.peek(ahead);
    return token.type === 'operator' && token.text === text;
  }

  protected isKeyword(text: string, ahead = 0): boolean {
    const token = this.peek(ahead);
    return token.type === 'keyword' && token.text === text;
  }

  protected acceptOperator(text: string): Token | undefined {
    return this.isOperator(text) ? this.take() : undefined;
  }

  protected acceptKeyword(text: string): Token | undefined {
    return this.isKeyword(text) ? this.take() : undefined;
  }

  protected expectOperator(text: string): Token {
    return this.acceptOperator(text) ?? this.expected(`'${text}'`);
  }

  protected expectKeyword(text: string): Token {
    return this.acceptKeyword(text) ?? this.expected(`'${text}'`);
  }

  protected expectName(): Token {
    return this.peek().type === 'identifier' ? this.take() : this.expected('IDENT');
  }

  protected skipNewlines(): void {
    while (this.peek().type === 'newline') this.take();
  }

  /** Skips line ends when what stands after them fits; stays otherwise. */
  protected skipNewlinesBefore(fits: () => boolean): boolean {
    const start = this.#index;
    this.skipNewlines();
    if (fits()) return true;
    this.#index = start;
    return false;
  }

  /** Runs a reading that answers undefined, or fails, when it does not fit; the stream is then as before. */
  protected attempt<T>(read: () => T | undefined): T | undefined {
    const start = this.#index;
    const depth = this.#depth;
    try {
      const result = read();
      if (result === undefined) this.#index = start;
      return result;
    } catch (error) {
      if (!(error instanceof GroovySyntaxError)) throw error;
      this.#index = start;
      this.#depth = depth;
      return undefined;
    }
  }

  /** Whether a reading from here would be true; nothing is taken. */
  protected looks(read: () => boolean): boolean {
    const start = this.#index;
    try {
      return read();
    } catch (error) {
      if (!(error instanceof GroovySyntaxError)) throw error;
      return false;
    } finally {
      this.#index = start;
    }
  }

  /** How far ahead the bracket that closes the next token stands; undefined when that is no bracket or is never closed. */
  protected closer(): number | undefined {
    this.#closers ??= matchBrackets(this.#tokens);
    const close = this.#closers.get(this.#index);
    return close === undefined ? undefined : close - this.#index;
  }

  protected nested<T>(read: () => T): T {
    if (++this.#depth > MAX_DEPTH) this.fail(this.peek().at, 'the code is nested too deeply');
    const result = read();
    this.#depth--;
    return result;
  }

  protected expected(what: string): never {
    const token = this.peek();
    return this.fail(token.at, `expecting ${what}, found '${describe(token)}'`);
  }

  protected unexpected(token: Token = this.peek()): never {
    return this.fail(token.at, `unexpected token: ${describe(token)}`);
  }

  protected fail(at: Position, message: string): never {
    throw new GroovySyntaxError([problemAt(this.file, at, message)]);
  }

  /** `String`, `java.util.Map<String, List<Integer>>`, `int[]`. */
  protected typeName(): TypeName {
    const first = this.peek();
    if (first.type !== 'identifier' && !PRIMITIVES.has(first.text)) this.expected('a type');
    this.take();
    let name = first.text;
    while (this.isOperator('.') && this.peek(1).type === 'identifier') {
      this.take();
      name += `.${this.take().text}`;
    }
    if (this.isOperator('<')) this.#typeArguments();
    let dimensions = 0;
    while (this.isOperator('[') && this.isOperator(']', 1)) {
      this.take();
      this.take();
      dimensions++;
    }
    return { name, dimensions, at: first.at };
  }

  #typeArguments(): void {
    let open = 0;
    do {
      const token = this.take();
      if (token.text === '<') open++;
      else if (/^>+$/.test(token.text)) open -= token.text.length;
      else if (!/^[?.,&[\]]$/.test(token.text) && token.type !== 'identifier' && token.type !== 'keyword')
        this.unexpected(token);
    } while (open > 0);
  }
}

function describe(token: Token): string {
  switch (token.type) {
    case 'end':
      return '';
    case 'newline':
      return '\\n';
    default:
      return token.text;
  }
}

function matchBrackets(tokens: readonly Token[]): ReadonlyMap<number, number> {
  const closers = new Map<number, number>();
  const open: number[] = [];
  for (const [index, { type, text }] of tokens.entries()) {
    if (type !== 'operator') continue;
    if (text === '(' || text === '[' || text === '{') open.push(index);
    if (text !== ')' && text !== ']' && text !== '}') continue;
    const start = open.pop();
    if (start !== undefined) closers.set(start, index);
  }
  return closers;
}

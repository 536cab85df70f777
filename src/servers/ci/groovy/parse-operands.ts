import type { Argument, ClosureExpression, Expression, MapEntry, Parameter, Statement } from './ast.ts';
import type { Position } from './source.ts';
import { TokenStream } from './token-stream.ts';
import { PRIMITIVES, type Token } from './tokens.ts';

/** Operands and what is attached to them: literals, collections, closures, calls, properties and indices. */
export abstract class OperandParser extends TokenStream {
  protected abstract expression(): Expression;
  protected abstract commandExpression(): Expression;
  protected abstract block(): Statement[];
  protected abstract parameters(end: string): Parameter[];
  /** A parser for the tokens inside `${…}`. */
  protected abstract inner(tokens: readonly Token[]): OperandParser;

  /** An operand with its calls, properties and indices. */
  protected operand(): Expression {
    return this.suffixes(this.#primary());
  }

  /** Everything that follows an operand: `.name`, `?.name`, `[…]`, `(…)` and closures given as last argument. */
  protected suffixes(start: Expression): Expression {
    let result = start;
    for (;;) {
      const token = this.peek();
      if (token.type === 'newline') {
        if (!this.skipNewlinesBefore(() => ['.', '?.', '*.'].some((dot) => this.isOperator(dot))))
          return result;
        continue;
      }
      if (token.type !== 'operator') return result;
      const next = this.#suffix(result, token);
      if (next === undefined) return result;
      result = next;
    }
  }

  #suffix(object: Expression, token: Token): Expression | undefined {
    switch (token.text) {
      case '.':
      case '?.':
      case '*.':
        this.take();
        this.skipNewlines();
        return this.#member(object, token.text);
      case '.@':
        this.fail(token.at, 'direct field access (.@) is not supported');
        break;
      case '.&':
        this.take();
        return { kind: 'pointer', object, name: this.#memberName().text, at: token.at };
      case '[':
        if (object.kind === 'variable' && spaced(this.file.source, token) && this.#looksLikeCommandList())
          return undefined;
        return this.#index(object, token);
      case '(':
        if (object.kind === 'literal' && typeof object.value !== 'string') return undefined;
        return this.#call(object, this.#parenthesized());
      case '{':
        if (!takesClosure(object)) return undefined;
        return this.#call(object, []);
      default:
        return undefined;
    }
    return undefined;
  }

  /** `stash [name: 'x']`: a map after a blank can be no index. */
  #looksLikeCommandList(): boolean {
    return (
      this.isOperator(':', 1) ||
      (['identifier', 'string', 'keyword'].includes(this.peek(1).type) && this.isOperator(':', 2))
    );
  }

  #index(object: Expression, open: Token): Expression {
    this.take();
    const indices = [this.expression()];
    while (this.acceptOperator(',')) indices.push(this.expression());
    this.expectOperator(']');
    return { kind: 'index', object, indices, at: open.at };
  }

  #memberName(): Token {
    const token = this.peek();
    if (token.type === 'identifier' || token.type === 'keyword' || token.type === 'string')
      return this.take();
    return this.expected('IDENT');
  }

  #member(object: Expression, dot: string): Expression {
    const safe = dot === '?.';
    const spread = dot === '*.';
    const token = this.peek();
    if (token.type === 'gstring') {
      this.take();
      return { kind: 'property', object, name: this.#gstring(token), safe, spread, at: token.at };
    }
    if (this.isOperator('(')) {
      this.take();
      const name = this.expression();
      this.expectOperator(')');
      return { kind: 'property', object, name, safe, spread, at: token.at };
    }
    const name = this.#memberName();
    return { kind: 'property', object, name: name.text, safe, spread, at: name.at };
  }

  /** A call of `callee`: arguments in parentheses, then closures that belong to it. */
  #call(callee: Expression, parenthesized: Argument[]): Expression {
    const args = [...parenthesized];
    while (this.isOperator('{')) args.push({ kind: 'positional', value: this.closure() });
    const named = calledName(callee);
    if (named === undefined) return { kind: 'invoke', callee, args, at: callee.at };
    const { object, name, safe, spread } = named;
    return { kind: 'call', object, name, args, safe, spread, at: callee.at };
  }

  #parenthesized(): Argument[] {
    this.expectOperator('(');
    if (this.acceptOperator(')')) return [];
    const args = this.argumentList(')');
    this.expectOperator(')');
    return args;
  }

  /** Arguments up to `end`; undefined for those of a command, which end with the line. */
  protected argumentList(end: string | undefined): Argument[] {
    const args: Argument[] = [];
    for (;;) {
      args.push(this.#argument());
      if (!this.acceptOperator(',')) return args;
      this.skipNewlines();
      if (end !== undefined && this.isOperator(end)) return args;
    }
  }

  #argument(): Argument {
    if (this.acceptOperator('*')) {
      if (this.acceptOperator(':')) return { kind: 'spreadMap', value: this.expression() };
      return { kind: 'spread', value: this.expression() };
    }
    const key = this.#namedKey();
    if (key !== undefined) {
      this.skipNewlines();
      return { kind: 'named', key, value: this.expression() };
    }
    return { kind: 'positional', value: this.expression() };
  }

  /** `name:` or `'name':` or `(expression):`. */
  #namedKey(): Expression | undefined {
    const token = this.peek();
    if (this.isOperator(':', 1)) {
      if (['identifier', 'keyword', 'string', 'number', 'gstring'].includes(token.type)) {
        this.take();
        this.take();
        if (token.type === 'gstring') return this.#gstring(token);
        return {
          kind: 'literal',
          value: token.type === 'number' ? (token.number ?? 0) : token.text,
          at: token.at,
        };
      }
    }
    const close = this.isOperator('(') ? this.closer() : undefined;
    if (close === undefined || !this.isOperator(':', close + 1)) return undefined;
    this.take();
    const key = this.expression();
    this.expectOperator(')');
    this.expectOperator(':');
    return key;
  }

  #primary(): Expression {
    const token = this.peek();
    const { at } = token;
    switch (token.type) {
      case 'identifier':
        this.take();
        return { kind: 'variable', name: token.text, at };
      case 'number':
        this.take();
        return { kind: 'literal', value: token.number ?? 0, at };
      case 'string':
        this.take();
        return { kind: 'literal', value: token.text, at };
      case 'gstring':
        this.take();
        return this.#gstring(token);
      case 'keyword':
        return this.#keyword(token);
      case 'operator':
        return this.#bracketed(token);
      default:
        return this.unexpected(token);
    }
  }

  #keyword(token: Token): Expression {
    const { at } = token;
    if (PRIMITIVES.has(token.text)) {
      this.take();
      return { kind: 'variable', name: token.text, at };
    }
    switch (token.text) {
      case 'this':
      case 'super':
        this.take();
        return { kind: token.text, at };
      case 'true':
      case 'false':
        this.take();
        return { kind: 'literal', value: token.text === 'true', at };
      case 'null':
        this.take();
        return { kind: 'literal', value: null, at };
      case 'new':
        this.take();
        return this.#creation(at);
      default:
        return this.unexpected(token);
    }
  }

  #creation(at: Position): Expression {
    const type = this.typeName();
    if (this.isOperator('[')) {
      const sizes: Expression[] = [];
      while (this.acceptOperator('[')) {
        sizes.push(this.expression());
        this.expectOperator(']');
      }
      return { kind: 'newArray', type, sizes, at };
    }
    const args = this.#parenthesized();
    if (this.isOperator('{')) this.fail(this.peek().at, 'anonymous inner classes are not supported');
    return { kind: 'new', type, args, at };
  }

  #bracketed(token: Token): Expression {
    switch (token.text) {
      case '(': {
        this.take();
        const value = this.expression();
        this.expectOperator(')');
        return value.kind === 'variable' || value.kind === 'property'
          ? { kind: 'group', value, at: token.at }
          : value;
      }
      case '[':
        return this.#collection();
      case '{':
        return this.closure();
      default:
        return this.unexpected(token);
    }
  }

  #collection(): Expression {
    const { at } = this.take();
    if (this.isOperator(':') && this.isOperator(']', 1)) {
      this.take();
      this.take();
      return { kind: 'map', entries: [], at };
    }
    const elements: { value: Expression; spread: boolean }[] = [];
    const entries: MapEntry[] = [];
    while (!this.isOperator(']')) {
      const argument = this.#argument();
      if (argument.kind === 'named')
        entries.push({ key: argument.key, value: argument.value, spread: false });
      else if (argument.kind === 'spreadMap')
        entries.push({ key: argument.value, value: argument.value, spread: true });
      else elements.push({ value: argument.value, spread: argument.kind === 'spread' });
      if (elements.length > 0 && entries.length > 0) this.unexpected();
      if (!this.acceptOperator(',')) break;
    }
    this.expectOperator(']');
    return entries.length > 0 ? { kind: 'map', entries, at } : { kind: 'list', elements, at };
  }

  protected closure(): ClosureExpression {
    const { at } = this.expectOperator('{');
    return this.nested(() => {
      const parameters = this.hasArrow() ? this.#closureParameters() : undefined;
      const body = this.block();
      this.expectOperator('}');
      return { kind: 'closure', parameters, body, at };
    });
  }

  /** Whether an arrow stands before anything that can be no parameter. */
  protected hasArrow(from = 0): boolean {
    let depth = 0;
    for (let ahead = from; ; ahead++) {
      const { type, text } = this.peek(ahead);
      if (type === 'end') return false;
      if (
        type === 'newline' &&
        depth === 0 &&
        ahead > from &&
        !this.isOperator(',', ahead - 1) &&
        !this.isOperator('->', ahead + 1)
      )
        return false;
      if (type !== 'operator') continue;
      if (depth === 0 && (text === '->' || text === ';')) return text === '->';
      if (text === '(' || text === '[' || text === '{') depth++;
      if ((text === ')' || text === ']' || text === '}') && --depth < 0) return false;
    }
  }

  #closureParameters(): Parameter[] {
    this.skipNewlines();
    const found = this.isOperator('->') ? [] : this.parameters('->');
    this.skipNewlines();
    this.expectOperator('->');
    return found;
  }

  #gstring(token: Token): Expression {
    const parts = (token.parts ?? []).map((part) =>
      typeof part === 'string' ? part : this.inner(part).interpolated(),
    );
    return { kind: 'gstring', parts, at: token.at };
  }

  /** The one expression between `${` and `}`. */
  interpolated(): Expression {
    this.skipNewlines();
    const { at } = this.peek();
    if (this.isOperator('->')) this.fail(at, 'lazy evaluation in a GString (${-> …}) is not supported');
    if (this.peek().type === 'end') return { kind: 'literal', value: null, at };
    const value = this.commandExpression();
    this.skipNewlines();
    while (this.acceptOperator(';')) this.skipNewlines();
    if (this.peek().type !== 'end') this.unexpected();
    return value;
  }
}

interface CalledName {
  readonly object: Expression | undefined;
  readonly name: string | Expression;
  readonly safe: boolean;
  readonly spread: boolean;
}

/** What is called when arguments follow `expression`; undefined when it is a value that is called itself. */
export function calledName(expression: Expression): CalledName | undefined {
  if (expression.kind === 'variable')
    return { object: undefined, name: expression.name, safe: false, spread: false };
  if (expression.kind === 'literal' && typeof expression.value === 'string') {
    return { object: undefined, name: expression.value, safe: false, spread: false };
  }
  if (expression.kind === 'this' || expression.kind === 'super') {
    return { object: undefined, name: expression.kind, safe: false, spread: false };
  }
  if (expression.kind !== 'property') return undefined;
  return expression;
}

function takesClosure(expression: Expression): boolean {
  return ['variable', 'property', 'call', 'invoke'].includes(expression.kind);
}

/** Whether a blank stands before the token. */
export function spaced(source: string, token: Token): boolean {
  return /\s/.test(source[token.start - 1] ?? '');
}

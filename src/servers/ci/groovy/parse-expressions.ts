import type {
  Argument,
  BinaryOperator,
  ClosureExpression,
  Expression,
  MapEntry,
  Parameter,
  Statement,
  TypeName,
} from './ast.ts';
import { BigInteger, MIN_INT, type GroovyNumber } from './numbers.ts';
import type { Position } from './source.ts';
import { TokenStream } from './token-stream.ts';
import { PRIMITIVES, type Token } from './tokens.ts';

/** Binary operators by precedence, loosest first; `..` binds like a shift. */
const LEVELS: readonly (readonly string[])[] = [
  ['||'],
  ['&&'],
  ['|'],
  ['^'],
  ['&'],
  ['=~', '==~'],
  ['==', '!=', '<=>', '===', '!=='],
  ['<', '<=', '>', '>=', 'in', 'instanceof', 'as'],
  ['<<', '>>', '>>>', '..', '..<'],
  ['+', '-'],
  ['*', '/', '%'],
];

const LEVEL_OF: ReadonlyMap<string, number> = new Map(
  LEVELS.flatMap((operators, level) => operators.map((operator): [string, number] => [operator, level])),
);

const ASSIGNMENTS: ReadonlySet<string> = new Set('= += -= *= /= %= **= <<= >>= >>>= &= |= ^='.split(' '));

/** Keywords that can begin an expression. */
const STARTERS: ReadonlySet<string> = new Set('this super true false null new'.split(' '));

export abstract class ExpressionParser extends TokenStream {
  protected abstract block(): Statement[];
  protected abstract parameters(end: string): Parameter[];
  /** A parser for the tokens inside `${…}`. */
  protected abstract inner(tokens: readonly Token[]): ExpressionParser;

  /** An expression where a command (`sh 'make'`) may stand: as a statement, after `=`, after `return`. */
  protected commandExpression(): Expression {
    return this.nested(() => {
      if (this.#isTuple()) return this.#tuple();
      const expression = this.#command(this.conditional());
      return this.#assignment(expression);
    });
  }

  expression(): Expression {
    return this.nested(() => this.#assignment(this.conditional()));
  }

  #assignment(target: Expression): Expression {
    const operator = this.peek();
    if (operator.type !== 'operator' || !ASSIGNMENTS.has(operator.text)) return target;
    if (!['variable', 'property', 'index'].includes(target.kind)) {
      this.fail(
        target.at,
        `[${describeKind(target)}] is a constant expression, but it should be a variable expression`,
      );
    }
    this.take();
    this.skipNewlines();
    const value = this.commandExpression();
    const binary = operator.text === '=' ? undefined : (operator.text.slice(0, -1) as BinaryOperator);
    return { kind: 'assign', operator: binary, target, value, at: operator.at };
  }

  #isTuple(): boolean {
    const close = this.isOperator('(') ? this.closer() : undefined;
    return close !== undefined && this.isOperator('=', close + 1);
  }

  /** `(a, b) = …` */
  #tuple(): Expression {
    const { at } = this.expectOperator('(');
    const targets = [this.#unary()];
    while (this.acceptOperator(',')) targets.push(this.#unary());
    this.expectOperator(')');
    this.expectOperator('=');
    this.skipNewlines();
    return { kind: 'multiAssign', targets, value: this.commandExpression(), at };
  }

  /** Turns `a b, c: d e f` into `a(b, c: d).e(f)`. */
  #command(first: Expression): Expression {
    let result = first;
    for (;;) {
      const name = calledName(result);
      if (name === undefined || !this.#startsArgument(result)) return result;
      const args = this.#argumentList(undefined);
      const at = result.at;
      result = {
        kind: 'call',
        object: name.object,
        name: name.name,
        args,
        safe: name.safe,
        spread: name.spread,
        at,
      };
      const next = this.peek();
      if (next.type !== 'identifier') return result;
      this.take();
      result = { kind: 'property', object: result, name: next.text, safe: false, spread: false, at: next.at };
      result = this.#suffixes(result);
    }
  }

  /** Whether the next token, on the same line, begins the first argument of a command. */
  #startsArgument(callee: Expression): boolean {
    const next = this.peek();
    if (callee.kind !== 'variable' && callee.kind !== 'property') return false;
    switch (next.type) {
      case 'identifier':
      case 'number':
      case 'string':
      case 'gstring':
        return true;
      case 'keyword':
        return STARTERS.has(next.text) || PRIMITIVES.has(next.text) || this.isOperator(':', 1);
      case 'operator':
        return next.text === '!' ? callee.kind === 'variable' : next.text === '[' && this.#spaced(next);
      default:
        return false;
    }
  }

  #spaced(token: Token): boolean {
    return /\s/.test(this.file.source[token.start - 1] ?? '');
  }

  protected conditional(): Expression {
    const test = this.#binary(0);
    if (this.isOperator('?') || this.skipNewlinesBefore(() => this.isOperator('?'))) {
      const at = this.take().at;
      this.skipNewlines();
      const yes = this.expression();
      this.skipNewlines();
      this.expectOperator(':');
      this.skipNewlines();
      return { kind: 'ternary', test, yes, no: this.expression(), at };
    }
    if (this.isOperator('?:') || this.skipNewlinesBefore(() => this.isOperator('?:'))) {
      const at = this.take().at;
      this.skipNewlines();
      return { kind: 'elvis', value: test, otherwise: this.nested(() => this.conditional()), at };
    }
    return test;
  }

  #binary(minimum: number): Expression {
    let left = this.#unary();
    for (;;) {
      const operator = this.peek();
      const level =
        operator.type === 'operator' || operator.type === 'keyword' ? LEVEL_OF.get(operator.text) : undefined;
      if (level === undefined || level < minimum) return left;
      this.take();
      this.skipNewlines();
      left = this.#combine(left, operator, level);
    }
  }

  #combine(left: Expression, operator: Token, level: number): Expression {
    const { at } = operator;
    switch (operator.text) {
      case 'instanceof':
        return { kind: 'instanceof', value: left, type: this.typeName(), at };
      case 'as':
        return { kind: 'cast', value: left, type: this.typeName(), strict: false, at };
      case '&&':
      case '||':
        return {
          kind: 'logical',
          operator: operator.text,
          left,
          right: this.nested(() => this.#binary(level + 1)),
          at,
        };
      case '..':
      case '..<':
        return {
          kind: 'range',
          from: left,
          to: this.nested(() => this.#binary(level + 1)),
          inclusive: operator.text === '..',
          at,
        };
      default: {
        const right = this.nested(() => this.#binary(level + 1));
        return { kind: 'binary', operator: operator.text as BinaryOperator, left, right, at };
      }
    }
  }

  #unary(): Expression {
    const token = this.peek();
    if (token.type === 'operator') {
      if (token.text === '!' || token.text === '-' || token.text === '+' || token.text === '~') {
        this.take();
        const operand = this.nested(() => this.#unary());
        const smallest =
          token.text === '-' && operand.kind === 'literal' ? smallestNumber(operand.value) : undefined;
        if (smallest !== undefined) return { kind: 'literal', value: smallest, at: token.at };
        return { kind: 'unary', operator: token.text, operand, at: token.at };
      }
      if (token.text === '++' || token.text === '--') {
        this.take();
        const target = this.nested(() => this.#unary());
        return { kind: 'step', operator: token.text, prefix: true, target, at: token.at };
      }
      const cast = token.text === '(' ? this.attempt(() => this.#castType()) : undefined;
      if (cast !== undefined) {
        return {
          kind: 'cast',
          value: this.nested(() => this.#unary()),
          type: cast,
          strict: true,
          at: token.at,
        };
      }
    }
    return this.#power();
  }

  /** `(String)` where an operand follows. */
  #castType(): TypeName | undefined {
    this.expectOperator('(');
    const type = this.typeName();
    this.expectOperator(')');
    const simple = type.name.slice(type.name.lastIndexOf('.') + 1);
    if (!PRIMITIVES.has(simple) && !/^\p{Lu}/u.test(simple)) return undefined;
    const next = this.peek();
    if (['identifier', 'number', 'string', 'gstring'].includes(next.type)) return type;
    if (next.type === 'keyword') return STARTERS.has(next.text) ? type : undefined;
    if (next.type === 'operator' && ['(', '[', '{'].includes(next.text)) return type;
    return PRIMITIVES.has(simple) && this.isOperator('-') ? type : undefined;
  }

  #power(): Expression {
    const base = this.#postfix();
    const operator = this.acceptOperator('**');
    if (operator === undefined) return base;
    this.skipNewlines();
    return {
      kind: 'binary',
      operator: '**',
      left: base,
      right: this.nested(() => this.#unary()),
      at: operator.at,
    };
  }

  #postfix(): Expression {
    const target = this.#suffixes(this.#primary());
    const token = this.peek();
    if (token.type !== 'operator' || (token.text !== '++' && token.text !== '--')) return target;
    this.take();
    return { kind: 'step', operator: token.text, prefix: false, target, at: token.at };
  }

  /** Everything that follows an operand: `.name`, `?.name`, `[…]`, `(…)` and closures given as last argument. */
  #suffixes(start: Expression): Expression {
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
        if (object.kind === 'variable' && this.#spaced(token) && this.#looksLikeCommandList())
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
    const args = this.#argumentList(')');
    this.expectOperator(')');
    return args;
  }

  /** Arguments up to `end`; undefined for those of a command, which end with the line. */
  #argumentList(end: string | undefined): Argument[] {
    const args: Argument[] = [];
    for (;;) {
      args.push(this.#argument(end === undefined));
      if (!this.acceptOperator(',')) return args;
      this.skipNewlines();
      if (end !== undefined && this.isOperator(end)) return args;
    }
  }

  #argument(command: boolean): Argument {
    if (this.acceptOperator('*')) {
      if (this.acceptOperator(':')) return { kind: 'spreadMap', value: this.expression() };
      return { kind: 'spread', value: this.expression() };
    }
    const key = this.#namedKey();
    if (key !== undefined) {
      this.skipNewlines();
      return { kind: 'named', key, value: this.expression() };
    }
    return {
      kind: 'positional',
      value: command ? this.nested(() => this.#assignment(this.conditional())) : this.expression(),
    };
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
      const argument = this.#argument(false);
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

/** `-2147483648` is an Integer although `2147483648` is a Long, and so on. */
function smallestNumber(value: (Expression & { kind: 'literal' })['value']): GroovyNumber | undefined {
  if (value === 2n ** 31n) return MIN_INT;
  return value instanceof BigInteger && value.value === 2n ** 63n ? -(2n ** 63n) : undefined;
}

interface CalledName {
  readonly object: Expression | undefined;
  readonly name: string | Expression;
  readonly safe: boolean;
  readonly spread: boolean;
}

/** What is called when arguments follow `expression`; undefined when it is a value that is called itself. */
function calledName(expression: Expression): CalledName | undefined {
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

function describeKind(expression: Expression): string {
  return expression.kind === 'literal' ? String(expression.value) : expression.kind;
}

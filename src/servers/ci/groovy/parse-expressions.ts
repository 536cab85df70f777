import type { BinaryOperator, Expression, TypeName } from './ast.ts';
import { BigInteger, MIN_INT, type GroovyNumber } from './numbers.ts';
import { calledName, OperandParser, spaced } from './parse-operands.ts';
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

/** Operators, assignments and commands without parentheses. */
export abstract class ExpressionParser extends OperandParser {
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
      const args = this.argumentList(undefined);
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
      result = this.suffixes(result);
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
        return next.text === '!'
          ? callee.kind === 'variable'
          : next.text === '[' && spaced(this.file.source, next);
      default:
        return false;
    }
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
    const target = this.operand();
    const token = this.peek();
    if (token.type !== 'operator' || (token.text !== '++' && token.text !== '--')) return target;
    this.take();
    return { kind: 'step', operator: token.text, prefix: false, target, at: token.at };
  }
}

/** `-2147483648` is an Integer although `2147483648` is a Long, and so on. */
function smallestNumber(value: (Expression & { kind: 'literal' })['value']): GroovyNumber | undefined {
  if (value === 2n ** 31n) return MIN_INT;
  return value instanceof BigInteger && value.value === 2n ** 63n ? -(2n ** 63n) : undefined;
}

function describeKind(expression: Expression): string {
  return expression.kind === 'literal' ? String(expression.value) : expression.kind;
}

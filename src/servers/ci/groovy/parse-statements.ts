import type { CatchClause, Declared, Expression, Parameter, Statement, SwitchCase } from './ast.ts';
import { ExpressionParser } from './parse-expressions.ts';
import { MODIFIERS, PRIMITIVES, type Token } from './tokens.ts';

export abstract class StatementParser extends ExpressionParser {
  /** The statements up to a closing brace (not taken) or the end. */
  protected block(): Statement[] {
    const statements: Statement[] = [];
    this.skipSeparators();
    while (!this.isOperator('}') && this.peek().type !== 'end') {
      statements.push(...this.statement());
      this.endOfStatement();
    }
    return statements;
  }

  protected braced(): Statement[] {
    this.expectOperator('{');
    const body = this.block();
    this.expectOperator('}');
    return body;
  }

  protected skipSeparators(): void {
    while (this.peek().type === 'newline' || this.isOperator(';')) this.take();
  }

  protected endOfStatement(): void {
    if (this.isOperator('}') || this.peek().type === 'end') return;
    if (this.peek().type !== 'newline' && !this.isOperator(';')) this.unexpected();
    this.skipSeparators();
  }

  /** One statement; several where one line declares several names. */
  protected statement(): Statement[] {
    return this.nested(() => {
      const token = this.peek();
      if (token.type === 'keyword') {
        const statement = this.#keywordStatement(token);
        if (statement !== undefined) return [statement];
      }
      if (token.type === 'operator' && token.text === '@') this.annotationsIgnored();
      if (this.startsDeclaration()) return this.declaration();
      if (this.isOperator('{') && !this.hasArrow(1)) {
        this.fail(
          token.at,
          'Ambiguous expression could be a parameterless closure expression, an isolated open code block, or it may continue a previous statement',
        );
      }
      if (token.type === 'identifier' && this.isOperator(':', 1))
        this.fail(token.at, 'labelled statements are not supported');
      const value = this.commandExpression();
      return [{ kind: 'expression', value, at: value.at }];
    });
  }

  protected annotationsIgnored(): void {
    while (this.isOperator('@') && !this.isKeyword('interface', 1)) {
      this.take();
      this.typeName();
      if (this.isOperator('(')) this.skipParentheses();
      this.skipNewlines();
    }
  }

  protected skipParentheses(): void {
    const close = this.closer();
    if (close === undefined) this.unexpected();
    for (let count = 0; count <= close; count++) this.take();
  }

  #keywordStatement(token: Token): Statement | undefined {
    const { at } = token;
    switch (token.text) {
      case 'if':
        return this.#if();
      case 'while':
        this.take();
        return { kind: 'while', test: this.condition(), body: this.#body(), at };
      case 'for':
        return this.#for();
      case 'try':
        return this.#try();
      case 'switch':
        return this.#switch();
      case 'return': {
        this.take();
        const ends =
          this.peek().type === 'newline' ||
          this.peek().type === 'end' ||
          this.isOperator('}') ||
          this.isOperator(';');
        return { kind: 'return', value: ends ? undefined : this.commandExpression(), at };
      }
      case 'throw':
        this.take();
        return { kind: 'throw', value: this.expression(), at };
      case 'break':
      case 'continue':
        this.take();
        if (this.peek().type === 'identifier') this.fail(this.peek().at, 'labels are not supported');
        return { kind: token.text, at };
      case 'assert':
        return this.#assert();
      case 'do':
        return this.fail(at, 'do … while is not supported by Groovy 2');
      case 'synchronized':
        return this.isOperator('(', 1) ? this.fail(at, 'synchronized blocks are not supported') : undefined;
      default:
        return undefined;
    }
  }

  protected condition(): Expression {
    this.expectOperator('(');
    const test = this.expression();
    this.expectOperator(')');
    return test;
  }

  /** A braced block or one statement, as after `if (…)`. */
  #body(): Statement[] {
    this.skipNewlines();
    if (this.acceptOperator(';')) return [];
    return this.isOperator('{') ? this.braced() : this.statement();
  }

  #if(): Statement {
    const { at } = this.take();
    const test = this.condition();
    const yes = this.#body();
    const hasElse = this.attempt(() => {
      this.skipSeparators();
      return this.acceptKeyword('else');
    });
    return { kind: 'if', test, yes, no: hasElse === undefined ? [] : this.#body(), at };
  }

  #for(): Statement {
    const { at } = this.take();
    this.expectOperator('(');
    const variable = this.attempt(() => this.#loopVariable());
    if (variable !== undefined) {
      const source = this.expression();
      this.expectOperator(')');
      return { kind: 'forIn', variable, source, body: this.#body(), at };
    }
    const initial = this.isOperator(';') ? [] : this.statement();
    this.expectOperator(';');
    const test = this.isOperator(';') ? undefined : this.expression();
    this.expectOperator(';');
    const update: Expression[] = [];
    while (!this.isOperator(')')) {
      update.push(this.expression());
      if (!this.acceptOperator(',')) break;
    }
    this.expectOperator(')');
    return { kind: 'for', initial, test, update, body: this.#body(), at };
  }

  #loopVariable(): Declared | undefined {
    const { at } = this.peek();
    while (this.isKeyword('def') || this.isKeyword('final')) this.take();
    const plain = this.peek().type === 'identifier' && (this.isKeyword('in', 1) || this.isOperator(':', 1));
    const type = plain ? undefined : this.typeName();
    const name = this.expectName().text;
    return (this.acceptKeyword('in') ?? this.acceptOperator(':')) === undefined
      ? undefined
      : { name, type, at };
  }

  #try(): Statement {
    const { at } = this.take();
    const body = this.braced();
    const catches: CatchClause[] = [];
    while (this.#acceptNext('catch')) catches.push(this.#catch());
    const final = this.#acceptNext('finally') ? this.braced() : undefined;
    if (catches.length === 0 && final === undefined) this.expected("'catch' or 'finally'");
    return { kind: 'try', body, catches, final: final ?? [], at };
  }

  #acceptNext(keyword: string): boolean {
    if (!this.skipNewlinesBefore(() => this.isKeyword(keyword))) return false;
    this.take();
    this.skipNewlines();
    return true;
  }

  #catch(): CatchClause {
    const { at } = this.expectOperator('(');
    this.acceptKeyword('final');
    this.acceptKeyword('def');
    const types = [];
    if (!(this.peek().type === 'identifier' && this.isOperator(')', 1))) {
      do types.push(this.typeName());
      while (this.acceptOperator('|'));
    }
    const name = this.expectName().text;
    this.expectOperator(')');
    this.skipNewlines();
    return { types, name, body: this.braced(), at };
  }

  #switch(): Statement {
    const { at } = this.take();
    const value = this.condition();
    this.skipNewlines();
    this.expectOperator('{');
    const cases: SwitchCase[] = [];
    this.skipSeparators();
    while (!this.acceptOperator('}')) {
      const label = this.peek();
      let test: Expression | undefined;
      if (this.acceptKeyword('case')) test = this.expression();
      else this.expectKeyword('default');
      this.expectOperator(':');
      cases.push({ test, body: this.#caseBody(), at: label.at });
    }
    return { kind: 'switch', value, cases, at };
  }

  #caseBody(): Statement[] {
    const body: Statement[] = [];
    this.skipSeparators();
    while (!this.isKeyword('case') && !this.isKeyword('default') && !this.isOperator('}')) {
      if (this.peek().type === 'end') this.unexpected();
      body.push(...(this.isOperator('{') ? this.#innerBlock() : this.statement()));
      this.endOfStatement();
    }
    return body;
  }

  #innerBlock(): Statement[] {
    const { at } = this.peek();
    return [{ kind: 'block', body: this.braced(), at }];
  }

  #assert(): Statement {
    const { at } = this.take();
    const start = this.peek().start;
    const test = this.expression();
    const source = this.file.source.slice(start, this.peek().start).trim();
    let message: Expression | undefined;
    if (this.acceptOperator(':') ?? this.acceptOperator(',')) {
      this.skipNewlines();
      message = this.expression();
    }
    return { kind: 'assert', test, source, message, at };
  }

  /** `def x`, `final String x`, `String x`, `int[] x`, `java.util.Map<A, B> x`, but not the command `echo x`. */
  protected startsDeclaration(): boolean {
    const token = this.peek();
    if (token.type === 'keyword' && MODIFIERS.has(token.text)) return true;
    if (token.type !== 'identifier' && !PRIMITIVES.has(token.text)) return false;
    return this.looks(() => {
      const { name } = this.typeName();
      const simple = name.slice(name.lastIndexOf('.') + 1);
      const named =
        this.peek().type === 'identifier' || (this.peek().type === 'string' && this.isOperator('(', 1));
      return named && (PRIMITIVES.has(simple) || /^\p{Lu}/u.test(simple));
    });
  }

  protected declaration(): Statement[] {
    const { at } = this.peek();
    while (this.peek().type === 'keyword' && MODIFIERS.has(this.peek().text)) {
      this.take();
      this.skipNewlines();
    }
    if (this.isOperator('(')) return [this.#multipleDeclaration()];
    const type = this.peek().type === 'identifier' && !this.#typedName() ? undefined : this.typeName();
    const statements: Statement[] = [];
    do {
      this.skipNewlines();
      const name = this.expectName();
      statements.push({
        kind: 'declare',
        names: [{ name: name.text, type, at: name.at }],
        multiple: false,
        initial: this.#initializer(),
        field: false,
        at: statements.length === 0 ? at : name.at,
      });
    } while (this.acceptOperator(','));
    return statements;
  }

  /** After modifiers: whether a type and then a name follow. */
  #typedName(): boolean {
    return this.looks(() => {
      this.typeName();
      return this.peek().type === 'identifier' || this.peek().type === 'string';
    });
  }

  #initializer(): Expression | undefined {
    if (this.acceptOperator('=') === undefined) return undefined;
    this.skipNewlines();
    return this.commandExpression();
  }

  /** `def (a, b) = [1, 2]` */
  #multipleDeclaration(): Statement {
    const { at } = this.expectOperator('(');
    const names: Declared[] = [];
    do {
      const type = this.#typedName() ? this.typeName() : undefined;
      const name = this.expectName();
      names.push({ name: name.text, type, at: name.at });
    } while (this.acceptOperator(','));
    this.expectOperator(')');
    const initial = this.#initializer();
    return { kind: 'declare', names, multiple: true, initial, field: false, at };
  }

  /** Parameters up to `end`, which is not taken. */
  protected parameters(end: string): Parameter[] {
    const found: Parameter[] = [];
    this.skipNewlines();
    while (!this.isOperator(end)) {
      this.annotationsIgnored();
      while (this.isKeyword('def') || this.isKeyword('final')) this.take();
      const { at } = this.peek();
      const type = this.#typedParameter() ? this.typeName() : undefined;
      const varargs = this.acceptOperator('...') !== undefined;
      const name = this.expectName().text;
      found.push({
        name,
        type,
        initial: this.acceptOperator('=') ? this.expression() : undefined,
        varargs,
        at,
      });
      this.skipNewlines();
      if (!this.acceptOperator(',')) break;
      this.skipNewlines();
    }
    return found;
  }

  #typedParameter(): boolean {
    return this.looks(() => {
      this.typeName();
      return this.peek().type === 'identifier' || this.isOperator('...');
    });
  }
}

import { remembered } from '../../../lib/remembered.ts';
import type {
  AnnotationNode,
  Argument,
  ClassNode,
  FieldNode,
  ImportNode,
  MethodNode,
  ScriptNode,
  Statement,
  TypeName,
} from './ast.ts';
import { tokenize } from './lexer.ts';
import { StatementParser } from './parse-statements.ts';
import type { SourceFile } from './source.ts';
import { MODIFIERS, PRIMITIVES, type Token } from './tokens.ts';

/**
 * Reads a whole Groovy file: a script (`Jenkinsfile`, `vars/*.groovy`) or classes (`src/**.groovy`). The same Jenkinsfile and
 * library are read by one build after another, and the tree of a file is only read.
 * @throws GroovySyntaxError with the line, the column and the line's text.
 */
export const parseGroovy = remembered(
  64,
  ({ file, source }: SourceFile) => `${file}\0${source}`,
  (file): ScriptNode => new Parser(file, tokenize(file)).script(),
);

interface Modifiers {
  readonly annotations: readonly AnnotationNode[];
  readonly words: ReadonlySet<string>;
}

interface Members {
  fields: FieldNode[];
  methods: MethodNode[];
  constructors: MethodNode[];
  initializers: { static: boolean; body: readonly Statement[] }[];
  inner: ClassNode[];
}

class Parser extends StatementParser {
  readonly #imports: ImportNode[] = [];
  readonly #classes: ClassNode[] = [];
  readonly #methods: MethodNode[] = [];
  readonly #annotations: AnnotationNode[] = [];

  protected override inner(tokens: readonly Token[]): Parser {
    return new Parser(this.file, tokens, this.depth);
  }

  script(): ScriptNode {
    const body: Statement[] = [];
    let packageName = '';
    this.skipSeparators();
    while (this.peek().type !== 'end') {
      if (this.isOperator('}')) this.unexpected();
      const { annotations, words } = this.#modifiers();
      this.#annotations.push(...annotations);
      if (this.isKeyword('package')) packageName = this.#package();
      else if (this.isKeyword('import')) this.#imports.push(this.#import());
      else if (this.#startsClass()) this.#classes.push(this.#class());
      else if (this.#isMethod(words)) this.#methods.push(this.#method(words, false));
      else if (words.size > 0) body.push(...this.#declared(annotations));
      else if (annotations.length > 0 && this.#isMark(annotations)) this.take();
      else body.push(...(annotations.length > 0 ? this.#declared(annotations) : this.statement()));
      this.endOfStatement();
    }
    return {
      package: packageName,
      imports: this.#imports,
      classes: this.#classes,
      methods: this.#methods,
      body,
      annotations: this.#annotations,
    };
  }

  /** `@Library('x') _` annotates nothing but the underscore. */
  #isMark(annotations: readonly AnnotationNode[]): boolean {
    return annotations.some(({ name }) => name === 'Library') && this.peek().text === '_';
  }

  #declared(annotations: readonly AnnotationNode[]): Statement[] {
    const field = annotations.some(({ name }) => name === 'Field' || name === 'groovy.transform.Field');
    return this.declaration().map((statement) =>
      statement.kind === 'declare' ? { ...statement, field } : statement,
    );
  }

  #modifiers(): Modifiers {
    const annotations: AnnotationNode[] = [];
    const words = new Set<string>();
    for (;;) {
      if (this.isOperator('@') && !this.isKeyword('interface', 1)) annotations.push(this.#annotation());
      else if (this.peek().type === 'keyword' && MODIFIERS.has(this.peek().text) && !this.isOperator('(', 1))
        words.add(this.take().text);
      else if (this.isKeyword('def')) return { annotations, words: words.add('def') };
      else return { annotations, words };
      if (words.size > 0 || annotations.length > 0) this.skipNewlines();
    }
  }

  #annotation(): AnnotationNode {
    const { at } = this.expectOperator('@');
    const name = this.typeName().name;
    const args: Argument[] = [];
    if (this.acceptOperator('(')) {
      while (!this.isOperator(')')) {
        const named = this.peek().type === 'identifier' && this.isOperator('=', 1);
        if (named) {
          const key = this.take();
          this.take();
          args.push({
            kind: 'named',
            key: { kind: 'literal', value: key.text, at: key.at },
            value: this.expression(),
          });
        } else args.push({ kind: 'positional', value: this.expression() });
        if (!this.acceptOperator(',')) break;
      }
      this.expectOperator(')');
    }
    return { name, args, at };
  }

  #package(): string {
    this.take();
    return this.typeName().name;
  }

  #import(): ImportNode {
    const { at } = this.take();
    const isStatic = this.acceptKeyword('static') !== undefined;
    let name = this.expectName().text;
    let star = false;
    while (this.acceptOperator('.')) {
      star = this.acceptOperator('*') !== undefined;
      if (star) break;
      name += `.${this.peek().type === 'keyword' ? this.take().text : this.expectName().text}`;
    }
    const alias =
      this.acceptKeyword('as') === undefined ? name.slice(name.lastIndexOf('.') + 1) : this.expectName().text;
    return { name, alias, star, static: isStatic, at };
  }

  #startsClass(): boolean {
    return (
      ['class', 'interface', 'enum', 'trait'].some((keyword) => this.isKeyword(keyword)) ||
      (this.isOperator('@') && this.isKeyword('interface', 1))
    );
  }

  #class(): ClassNode {
    const { at, text } = this.take();
    if (text === '@' || text === 'trait')
      this.fail(at, `${text === '@' ? 'annotation types' : 'traits'} are not supported`);
    const kind = text as 'class' | 'interface' | 'enum';
    const { name } = this.typeName();
    let superclass: TypeName | undefined;
    const interfaces: TypeName[] = [];
    for (;;) {
      this.skipNewlines();
      if (this.acceptKeyword('extends')) {
        if (kind === 'interface') interfaces.push(...this.#typeNames());
        else superclass = this.typeName();
      } else if (this.acceptKeyword('implements')) interfaces.push(...this.#typeNames());
      else break;
    }
    this.expectOperator('{');
    this.skipSeparators();
    const constants = kind === 'enum' ? this.#constants() : [];
    const members = this.nested(() => this.#members(name, kind === 'interface'));
    this.expectOperator('}');
    return { kind, name, superclass, interfaces, constants, ...members, at };
  }

  #typeNames(): TypeName[] {
    const names = [this.typeName()];
    while (this.acceptOperator(',')) {
      this.skipNewlines();
      names.push(this.typeName());
    }
    return names;
  }

  #constants(): ClassNode['constants'] {
    const constants: { name: string; args: readonly Argument[]; at: Token['at'] }[] = [];
    while (
      this.peek().type === 'identifier' &&
      (['(', ',', ';', '}'].some((text) => this.isOperator(text, 1)) || this.peek(1).type === 'newline')
    ) {
      const name = this.take();
      const call = this.isOperator('(') ? this.#arguments() : [];
      constants.push({ name: name.text, args: call, at: name.at });
      this.skipNewlines();
      if (!this.acceptOperator(',')) break;
      this.skipNewlines();
    }
    this.skipSeparators();
    return constants;
  }

  #arguments(): readonly Argument[] {
    this.expectOperator('(');
    const args: Argument[] = [];
    while (!this.isOperator(')')) {
      args.push({ kind: 'positional', value: this.expression() });
      if (!this.acceptOperator(',')) break;
    }
    this.expectOperator(')');
    return args;
  }

  #members(className: string, inInterface: boolean): Members {
    const members: Members = { fields: [], methods: [], constructors: [], initializers: [], inner: [] };
    this.skipSeparators();
    while (!this.isOperator('}')) {
      if (this.peek().type === 'end') this.expected("'}'");
      this.#member(members, className, inInterface);
      this.endOfStatement();
    }
    return members;
  }

  #member(members: Members, className: string, inInterface: boolean): void {
    const { at } = this.peek();
    const { words } = this.#modifiers();
    if (this.isOperator('{')) members.initializers.push({ static: words.has('static'), body: this.braced() });
    else if (this.#startsClass()) members.inner.push(this.#class());
    else if (this.peek().text === className && this.isOperator('(', 1))
      members.constructors.push(this.#constructorMethod());
    else if (this.#isMethod(words)) members.methods.push(this.#method(words, inInterface));
    else if (words.size > 0 || this.startsDeclaration()) {
      for (const statement of this.declaration()) {
        if (statement.kind !== 'declare' || statement.multiple)
          this.fail(at, 'a class cannot declare several fields from one list');
        const [declared] = statement.names;
        if (declared === undefined) continue;
        members.fields.push({
          ...declared,
          static: words.has('static') || inInterface,
          final: words.has('final'),
          initial: statement.initial,
        });
      }
    } else this.unexpected();
  }

  /** `def name(…)`, `String name(…)`, `void name(…)`, `private name(…)`: something that declares, a name, `(`, and a body. */
  #isMethod(words: ReadonlySet<string>): boolean {
    return this.looks(() => {
      this.acceptKeyword('def');
      if (this.isOperator('<')) return false;
      const first = this.peek();
      const bare = (first.type === 'identifier' || first.type === 'string') && this.isOperator('(', 1);
      if (!bare) {
        const { name } = this.typeName();
        const simple = name.slice(name.lastIndexOf('.') + 1);
        if (words.size === 0 && !PRIMITIVES.has(simple) && !/^\p{Lu}/u.test(simple)) return false;
      } else if (words.size === 0) return false;
      const named = this.peek().type === 'identifier' || this.peek().type === 'string';
      return named && this.isOperator('(', 1);
    });
  }

  #method(words: ReadonlySet<string>, inInterface: boolean): MethodNode {
    const { at } = this.peek();
    this.acceptKeyword('def');
    const returns = this.isOperator('(', 1) ? undefined : this.typeName();
    const name = this.take().text;
    const parameters = this.#parameterList();
    if (this.acceptKeyword('throws')) this.#typeNames();
    const abstract = words.has('abstract') || inInterface;
    if (abstract && !this.isOperator('{'))
      return { name, parameters, returns, static: false, abstract, body: [], at };
    this.skipNewlines();
    return {
      name,
      parameters,
      returns,
      static: words.has('static'),
      abstract: false,
      body: this.braced(),
      at,
    };
  }

  #constructorMethod(): MethodNode {
    const { at, text } = this.take();
    const parameters = this.#parameterList();
    if (this.acceptKeyword('throws')) this.#typeNames();
    this.skipNewlines();
    return {
      name: text,
      parameters,
      returns: undefined,
      static: false,
      abstract: false,
      body: this.braced(),
      at,
    };
  }

  #parameterList(): MethodNode['parameters'] {
    this.expectOperator('(');
    const parameters = this.parameters(')');
    this.expectOperator(')');
    return parameters;
  }
}

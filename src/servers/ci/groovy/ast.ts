import type { GroovyNumber } from './numbers.ts';
import type { Position } from './source.ts';

interface Node {
  readonly at: Position;
}

/** A type as it is written; `dimensions` counts `[]`. */
export interface TypeName extends Node {
  readonly name: string;
  readonly dimensions: number;
}

export type BinaryOperator =
  | ('+' | '-' | '*' | '/' | '%' | '**' | '<<' | '>>' | '>>>' | '&' | '|' | '^')
  | ('==' | '!=' | '===' | '!==' | '<' | '>' | '<=' | '>=' | '<=>' | '=~' | '==~' | 'in');

export type Argument =
  | { readonly kind: 'positional' | 'spread'; readonly value: Expression }
  | { readonly kind: 'named'; readonly key: Expression; readonly value: Expression }
  | { readonly kind: 'spreadMap'; readonly value: Expression };

export interface Parameter extends Node {
  readonly name: string;
  readonly type: TypeName | undefined;
  readonly initial: Expression | undefined;
  readonly varargs: boolean;
}

export interface ClosureExpression extends Node {
  readonly kind: 'closure';
  /** Undefined when no arrow is written: then `it` is the one, optional parameter. */
  readonly parameters: readonly Parameter[] | undefined;
  readonly body: readonly Statement[];
}

export interface CallExpression extends Node {
  readonly kind: 'call';
  /** Undefined for a call without receiver: `sh 'x'`. */
  readonly object: Expression | undefined;
  readonly name: string | Expression;
  readonly args: readonly Argument[];
  readonly safe: boolean;
  readonly spread: boolean;
}

export interface PropertyExpression extends Node {
  readonly kind: 'property';
  readonly object: Expression;
  readonly name: string | Expression;
  readonly safe: boolean;
  readonly spread: boolean;
}

export interface VariableExpression extends Node {
  readonly kind: 'variable';
  readonly name: string;
}

export interface MapEntry {
  readonly key: Expression;
  readonly value: Expression;
  /** `*: other`; `key` is then unused. */
  readonly spread: boolean;
}

export type Expression =
  | (Node & { readonly kind: 'literal'; readonly value: null | boolean | string | GroovyNumber })
  | (Node & { readonly kind: 'gstring'; readonly parts: readonly (string | Expression)[] })
  | VariableExpression
  /** Parentheses around a name: a value, so that `(name) 'x'` is no command. */
  | (Node & { readonly kind: 'group'; readonly value: Expression })
  | (Node & { readonly kind: 'this' | 'super' })
  | (Node & {
      readonly kind: 'list';
      readonly elements: readonly { readonly value: Expression; readonly spread: boolean }[];
    })
  | (Node & { readonly kind: 'map'; readonly entries: readonly MapEntry[] })
  | (Node & {
      readonly kind: 'range';
      readonly from: Expression;
      readonly to: Expression;
      readonly inclusive: boolean;
    })
  | PropertyExpression
  | (Node & { readonly kind: 'index'; readonly object: Expression; readonly indices: readonly Expression[] })
  | CallExpression
  | (Node & { readonly kind: 'invoke'; readonly callee: Expression; readonly args: readonly Argument[] })
  | (Node & { readonly kind: 'new'; readonly type: TypeName; readonly args: readonly Argument[] })
  | (Node & { readonly kind: 'newArray'; readonly type: TypeName; readonly sizes: readonly Expression[] })
  | ClosureExpression
  | (Node & {
      readonly kind: 'unary';
      readonly operator: '!' | '-' | '+' | '~';
      readonly operand: Expression;
    })
  | (Node & {
      readonly kind: 'step';
      readonly operator: '++' | '--';
      readonly prefix: boolean;
      readonly target: Expression;
    })
  | (Node & {
      readonly kind: 'binary';
      readonly operator: BinaryOperator;
      readonly left: Expression;
      readonly right: Expression;
    })
  | (Node & {
      readonly kind: 'logical';
      readonly operator: '&&' | '||';
      readonly left: Expression;
      readonly right: Expression;
    })
  | (Node & {
      readonly kind: 'assign';
      /** Undefined for a plain `=`. */
      readonly operator: BinaryOperator | undefined;
      readonly target: Expression;
      readonly value: Expression;
    })
  | (Node & {
      readonly kind: 'multiAssign';
      readonly targets: readonly Expression[];
      readonly value: Expression;
    })
  | (Node & {
      readonly kind: 'ternary';
      readonly test: Expression;
      readonly yes: Expression;
      readonly no: Expression;
    })
  | (Node & { readonly kind: 'elvis'; readonly value: Expression; readonly otherwise: Expression })
  | (Node & { readonly kind: 'instanceof'; readonly value: Expression; readonly type: TypeName })
  | (Node & {
      readonly kind: 'cast';
      readonly value: Expression;
      readonly type: TypeName;
      readonly strict: boolean;
    })
  | (Node & { readonly kind: 'pointer'; readonly object: Expression; readonly name: string });

export interface Declared extends Node {
  readonly name: string;
  readonly type: TypeName | undefined;
}

export interface CatchClause extends Node {
  readonly types: readonly TypeName[];
  readonly name: string;
  readonly body: readonly Statement[];
}

export interface SwitchCase extends Node {
  /** Undefined for `default`. */
  readonly test: Expression | undefined;
  readonly body: readonly Statement[];
}

export type Statement =
  | (Node & { readonly kind: 'expression'; readonly value: Expression })
  | (Node & {
      readonly kind: 'declare';
      readonly names: readonly Declared[];
      readonly multiple: boolean;
      readonly initial: Expression | undefined;
      readonly field: boolean;
    })
  | (Node & {
      readonly kind: 'if';
      readonly test: Expression;
      readonly yes: readonly Statement[];
      readonly no: readonly Statement[];
    })
  | (Node & { readonly kind: 'while'; readonly test: Expression; readonly body: readonly Statement[] })
  | (Node & {
      readonly kind: 'forIn';
      readonly variable: Declared;
      readonly source: Expression;
      readonly body: readonly Statement[];
    })
  | (Node & {
      readonly kind: 'for';
      readonly initial: readonly Statement[];
      readonly test: Expression | undefined;
      readonly update: readonly Expression[];
      readonly body: readonly Statement[];
    })
  | (Node & {
      readonly kind: 'try';
      readonly body: readonly Statement[];
      readonly catches: readonly CatchClause[];
      readonly final: readonly Statement[];
    })
  | (Node & { readonly kind: 'switch'; readonly value: Expression; readonly cases: readonly SwitchCase[] })
  | (Node & { readonly kind: 'throw'; readonly value: Expression })
  | (Node & { readonly kind: 'return'; readonly value: Expression | undefined })
  | (Node & { readonly kind: 'break' | 'continue' })
  | (Node & {
      readonly kind: 'assert';
      readonly test: Expression;
      readonly source: string;
      readonly message: Expression | undefined;
    })
  | (Node & { readonly kind: 'block'; readonly body: readonly Statement[] });

export interface MethodNode extends Node {
  readonly name: string;
  readonly parameters: readonly Parameter[];
  readonly returns: TypeName | undefined;
  readonly static: boolean;
  readonly abstract: boolean;
  readonly body: readonly Statement[];
}

export interface FieldNode extends Node {
  readonly name: string;
  readonly type: TypeName | undefined;
  readonly static: boolean;
  readonly final: boolean;
  readonly initial: Expression | undefined;
}

export interface ClassNode extends Node {
  readonly kind: 'class' | 'interface' | 'enum' | 'trait';
  readonly name: string;
  readonly superclass: TypeName | undefined;
  readonly interfaces: readonly TypeName[];
  readonly fields: readonly FieldNode[];
  readonly methods: readonly MethodNode[];
  readonly constructors: readonly MethodNode[];
  readonly constants: readonly {
    readonly name: string;
    readonly args: readonly Argument[];
    readonly at: Position;
  }[];
  readonly initializers: readonly { readonly static: boolean; readonly body: readonly Statement[] }[];
  readonly inner: readonly ClassNode[];
}

export interface ImportNode extends Node {
  /** The class or, when `star`, the package (or the class whose static members are meant). */
  readonly name: string;
  readonly alias: string;
  readonly star: boolean;
  readonly static: boolean;
}

export interface AnnotationNode extends Node {
  readonly name: string;
  readonly args: readonly Argument[];
}

/** A whole file: the statements of its script body, and what it declares. */
export interface ScriptNode {
  readonly package: string;
  readonly imports: readonly ImportNode[];
  readonly classes: readonly ClassNode[];
  readonly methods: readonly MethodNode[];
  readonly body: readonly Statement[];
  /** The annotations that matter outside the language: `@Library`. */
  readonly annotations: readonly AnnotationNode[];
}

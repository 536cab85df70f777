import type { Argument, ClosureExpression, Expression, Statement } from '../../groovy/ast.ts';
import type { Position } from '../../groovy/source.ts';

/** A directive such as `timeout(time: 5, unit: 'MINUTES')` inside of `options`. */
export interface Directive {
  readonly name: string;
  readonly args: readonly Argument[];
  readonly body: readonly Directive[];
  /** The closure as it is written, where a directive takes code: `expression { … }`. */
  readonly code: ClosureExpression | undefined;
  readonly call: Expression;
  readonly at: Position;
}

export type Agent =
  | { readonly kind: 'any' | 'none' }
  | { readonly kind: 'label'; readonly label: Expression; readonly customWorkspace: Expression | undefined }
  /** Containers: refused when the stage runs. */
  | { readonly kind: 'container'; readonly type: string; readonly at: Position };

export interface Variable {
  readonly name: string;
  readonly value: Expression;
  readonly at: Position;
}

export interface PostCondition {
  readonly condition: string;
  readonly steps: readonly Statement[];
}

/** The directives that a pipeline and a stage have in common. */
export interface Scoped {
  readonly agent: Agent | undefined;
  readonly environment: readonly Variable[];
  readonly options: readonly Directive[];
  readonly post: readonly PostCondition[];
  readonly at: Position;
}

export interface Axis {
  readonly name: Expression;
  readonly values: readonly Expression[];
}

export interface Matrix extends Pick<Scoped, 'agent' | 'environment' | 'options' | 'post'> {
  readonly axes: readonly Axis[];
  /** Each a list of axes; a cell that fits all of one is left out. */
  readonly excludes: readonly (readonly (Axis & { readonly not: boolean })[])[];
  readonly when: readonly Directive[];
  readonly stages: readonly Stage[];
}

export interface Stage extends Scoped {
  readonly name: Expression;
  /** The name as it is written, for messages. */
  readonly label: string;
  readonly when: readonly Directive[];
  readonly input: Directive | undefined;
  readonly failFast: boolean;
  readonly content:
    | { readonly kind: 'steps'; readonly steps: readonly Statement[] }
    | { readonly kind: 'stages' | 'parallel'; readonly stages: readonly Stage[] }
    | { readonly kind: 'matrix'; readonly matrix: Matrix };
}

export interface Pipeline extends Scoped {
  readonly agent: Agent;
  readonly parameters: readonly Directive[];
  readonly triggers: readonly Directive[];
  readonly stages: readonly Stage[];
}

/** In the order in which Jenkins looks at them. */
export const POST_CONDITIONS = [
  'always',
  'changed',
  'fixed',
  'regression',
  'aborted',
  'failure',
  'success',
  'unstable',
  'unsuccessful',
  'notBuilt',
  'cleanup',
] as const;

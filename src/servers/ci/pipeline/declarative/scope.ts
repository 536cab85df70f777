import type { Expression } from '../../groovy/ast.ts';
import type { Gen } from '../../groovy/fiber.ts';
import { Scope } from '../../groovy/scope.ts';
import { inContext, type Build } from '../build.ts';
import type { PipelineContext } from '../context.ts';

/** The scope of the pipeline's block, for code that runs in another context. */
export function scopeIn(outer: Scope, context: PipelineContext): Scope {
  return new Scope({ ...inContext(outer.frame, context) }, outer);
}

export function* textIn(build: Build, expression: Expression, scope: Scope): Gen<string> {
  return yield* build.interpreter.text(yield* build.interpreter.evaluate(expression, scope), scope.frame);
}

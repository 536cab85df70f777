import type { Expression, Statement } from '../../groovy/ast.ts';
import type { Gen } from '../../groovy/fiber.ts';
import { toThrow } from '../../groovy/failures.ts';
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

/** Runs the steps of a section; a failure knows the place of its step. */
export function* runSteps(build: Build, steps: readonly Statement[], scope: Scope): Gen<void> {
  try {
    yield* build.interpreter.run(steps, scope);
  } catch (error) {
    throw toThrow(error, scope.frame) ?? error;
  }
}

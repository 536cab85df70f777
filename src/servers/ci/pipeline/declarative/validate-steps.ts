import type { ClosureExpression, Statement } from '../../groovy/ast.ts';
import { sectionOf, type Problems } from './read.ts';

/** Checks that a `steps` block contains steps only; code belongs into `script { … }`. */
export function validateSteps(
  problems: Problems,
  closure: ClosureExpression,
  whenEmpty: string,
): readonly Statement[] {
  if (closure.body.length === 0) problems.add(closure.at, whenEmpty);
  for (const statement of closure.body) validateStep(problems, statement);
  return closure.body;
}

function validateStep(problems: Problems, statement: Statement): void {
  const step = sectionOf(statement);
  if (step === undefined) {
    const call = statement.kind === 'expression' ? statement.value : undefined;
    const onObject = call?.kind === 'call' && call.object !== undefined;
    problems.add(
      statement.at,
      onObject ? 'Method calls on objects not allowed outside "script" blocks.' : 'Expected a step',
    );
    return;
  }
  // What a step does with its closure is its own affair, except that blocks of steps contain steps.
  if (step.closure === undefined || step.name === 'script' || step.closure.parameters !== undefined) return;
  for (const inner of step.closure.body) validateStep(problems, inner);
}

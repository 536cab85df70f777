import { evaluateArguments } from '../../groovy/expressions.ts';
import type { Gen } from '../../groovy/fiber.ts';
import { plainText } from '../../groovy/operations.ts';
import type { Scope } from '../../groovy/scope.ts';
import { GroovyMap, type Value } from '../../groovy/values.ts';
import type { Build } from '../build.ts';
import type { PipelineContext } from '../context.ts';
import { aborted } from '../interruptions.ts';
import type { Directive } from './model.ts';
import { scopeIn } from './scope.ts';

/** The `input` of a stage: asks by the host's step; what is answered becomes variables of the stage. */
export function* askInput(
  build: Build,
  input: Directive,
  outer: Scope,
  context: PipelineContext,
): Gen<PipelineContext> {
  const scope = scopeIn(outer, context);
  const args = new GroovyMap();
  for (const field of input.body) {
    if (field.name === 'parameters') args.set('parameters', yield* parameters(build, field, scope));
    else args.set(field.name, (yield* evaluateArguments(build.interpreter, field.args, scope))[0] ?? null);
  }
  if (input.code === undefined) {
    const [first = null] = yield* evaluateArguments(build.interpreter, input.args, scope);
    if (first instanceof GroovyMap) for (const [key, value] of first.entries()) args.set(key, value);
    else args.set('message', first);
  }
  const answer = yield* build.interpreter.world.call('input', [args], scope.frame);
  if (answer === undefined) throw aborted('this CI server has no step "input"');
  const names = namesOf(args.get('parameters') ?? null);
  const [only, ...more] = names;
  const variables: Record<string, string> = {};
  if (answer instanceof GroovyMap)
    for (const [key, value] of answer.entries()) variables[plainText(key)] = plainText(value);
  else if (only !== undefined && more.length === 0) variables[only] = plainText(answer);
  return context.withVariables(variables);
}

function* parameters(build: Build, field: Directive, scope: Scope): Gen {
  const found: Value[] = [];
  const statements = field.code?.body ?? [];
  for (const statement of statements) {
    if (statement.kind === 'expression')
      found.push(yield* build.interpreter.evaluate(statement.value, scope));
  }
  if (field.code === undefined)
    return (yield* evaluateArguments(build.interpreter, field.args, scope))[0] ?? null;
  return found;
}

function namesOf(value: Value): string[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((each) => (each instanceof GroovyMap ? [plainText(each.get('name') ?? null)] : []));
}

import { raise } from '../../groovy/exceptions.ts';
import { evaluateArguments } from '../../groovy/expressions.ts';
import type { Gen } from '../../groovy/fiber.ts';
import type { Scope } from '../../groovy/scope.ts';
import { GroovyMap, isClosure, type Value } from '../../groovy/values.ts';
import { inContext, type Build } from '../build.ts';
import type { PipelineContext } from '../context.ts';
import { retrying, durationText, withTimeout } from '../flow/guards.ts';
import { duration } from '../flow/basic.ts';
import { asList, plainText, truth } from '../../groovy/operations.ts';
import { isNumber, toDouble } from '../../groovy/numbers.ts';
import { contextOf } from '../context.ts';
import type { Directive } from './model.ts';

/** Whether an option is set: `skipDefaultCheckout()` and `skipDefaultCheckout(true)`, but not `(false)`. */
export function hasOption(options: readonly Directive[], name: string): boolean {
  return options.some((option) => {
    const [only] = option.args;
    return option.name === name && !(only?.value.kind === 'literal' && only.value.value === false);
  });
}

/** Options that are steps around the stages: by what they are named. */
const WRAPPERS: ReadonlySet<string> = new Set([
  'timeout',
  'retry',
  'timestamps',
  'withEnv',
  'lock',
  'catchError',
  'warnError',
  'waitUntil',
]);

/** Runs `body` inside of the options that are blocks, the first outermost. */
export function* withOptions(
  build: Build,
  options: readonly Directive[],
  scope: Scope,
  context: PipelineContext,
  body: (context: PipelineContext) => Gen,
): Gen {
  const [option, ...rest] = options.filter(({ name }) => WRAPPERS.has(name));
  if (option === undefined) return yield* body(context);
  const args = yield* evaluateArguments(build.interpreter, option.args, scope);
  const inner = (changed: PipelineContext) => withOptions(build, rest, scope, changed, body);
  build.trace(option.name);
  build.trace('{');
  try {
    return yield* wrapped(build, option, args, scope, context, inner);
  } finally {
    build.trace('}');
    build.trace(`// ${option.name}`);
  }
}

function* wrapped(
  build: Build,
  option: Directive,
  args: Value[],
  scope: Scope,
  context: PipelineContext,
  inner: (context: PipelineContext) => Gen,
): Gen {
  const named = args[0] instanceof GroovyMap ? args[0] : new GroovyMap();
  const only = args[0] instanceof GroovyMap ? null : (args[0] ?? null);
  switch (option.name) {
    case 'timeout': {
      const millis = duration(
        numberOf(named.get('time') ?? only, 'timeout'),
        plainText(named.get('unit') ?? 'MINUTES'),
      );
      context.log(`Timeout set to expire in ${durationText(millis)}\n`);
      return yield* withTimeout({ context }, millis, truth(named.get('activity') ?? null), inner);
    }
    case 'retry':
      return yield* retrying({ build, context }, numberOf(named.get('count') ?? only, 'retry'), () =>
        inner(context),
      );
    case 'timestamps':
      build.timestamps = true;
      return yield* inner(context);
    case 'withEnv': {
      const variables = (asList(only) ?? []).map((entry) => plainText(entry).split(/=(.*)/s));
      return yield* inner(
        context.withVariables(Object.fromEntries(variables.map(([name = '', value = '']) => [name, value]))),
      );
    }
    default: {
      const result = yield* build.interpreter.world.call(
        option.name,
        [...args, blockOf(inner)],
        inContext(scope.frame, context),
      );
      return result === undefined
        ? raise('IllegalArgumentException', `there is no option ${option.name}`)
        : result;
    }
  }
}

/** The rest of the pipeline as the closure of a block step. */
function blockOf(inner: (context: PipelineContext) => Gen): Value {
  const closure: Value = {
    type: 'closure',
    parameters: [],
    code: (_args, frame) => inner(contextOf(frame)),
    scope: undefined,
    arity: 0,
    delegate: undefined,
    strategy: 0,
  };
  return isClosure(closure) ? closure : null;
}

function numberOf(value: Value, option: string): number {
  return isNumber(value)
    ? toDouble(value)
    : raise('IllegalArgumentException', `the option ${option} needs a number`);
}

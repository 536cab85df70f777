import { evaluateArguments } from '../../groovy/expressions.ts';
import { waitFor, type Gen } from '../../groovy/fiber.ts';
import { plainText } from '../../groovy/operations.ts';
import type { Scope } from '../../groovy/scope.ts';
import { GroovyMap } from '../../groovy/values.ts';
import type { Build } from '../build.ts';
import type { PipelineContext } from '../context.ts';
import { aborted, asGroovy } from '../interruptions.ts';
import type { Variable } from './model.ts';
import { scopeIn, textIn } from './scope.ts';

/** Runs `body` with the variables of an `environment` section; each may use those before it. */
export function* withEnvironment(
  build: Build,
  variables: readonly Variable[],
  outer: Scope,
  context: PipelineContext,
  body: (context: PipelineContext) => Gen,
): Gen {
  if (variables.length === 0) return yield* body(context);
  let ready = context;
  for (const { name, value } of variables) {
    const isCredential = value.kind === 'call' && value.object === undefined && value.name === 'credentials';
    const scope = scopeIn(outer, ready);
    if (!isCredential) ready = ready.withVariables({ [name]: yield* textIn(build, value, scope) });
    else {
      const [id = null] = yield* evaluateArguments(build.interpreter, value.args, scope);
      ready = ready.withVariables(
        yield* credential(
          build,
          name,
          plainText(id instanceof GroovyMap ? (id.get('credentialsId') ?? null) : id),
          ready,
        ),
      );
    }
  }
  build.trace('withEnv');
  build.trace('{');
  try {
    return yield* body(ready);
  } finally {
    build.trace('}');
    build.trace('// withEnv');
  }
}

function* credential(
  build: Build,
  name: string,
  id: string,
  context: PipelineContext,
): Gen<Record<string, string>> {
  const { host } = build;
  if (host.credentials === undefined) throw aborted('credentials() is not available here');
  build.trace('withCredentials');
  try {
    const found = yield* waitFor(host.credentials(id, context));
    return {
      [name]: found.value,
      ...(found.username === undefined ? {} : { [`${name}_USR`]: found.username }),
      ...(found.password === undefined ? {} : { [`${name}_PSW`]: found.password }),
    };
  } catch (error) {
    throw asGroovy(error, context.signal);
  }
}

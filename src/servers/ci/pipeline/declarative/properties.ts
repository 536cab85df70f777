import { evaluateArguments } from '../../groovy/expressions.ts';
import type { Gen } from '../../groovy/fiber.ts';
import { plainText } from '../../groovy/operations.ts';
import type { Scope } from '../../groovy/scope.ts';
import { GroovyMap, type Value } from '../../groovy/values.ts';
import type { Build } from '../build.ts';
import { toHost } from '../convert.ts';
import { describable } from '../symbols.ts';
import type { PipelineValue } from '../host.ts';
import type { Directive, Pipeline } from './model.ts';

/** Options that the server acts on; the others belong to the language. */
const FOR_THE_SERVER: ReadonlySet<string> = new Set(
  'buildDiscarder disableConcurrentBuilds disableResume durabilityHint overrideIndexTriggers quietPeriod rateLimitBuilds copyArtifactPermission preserveStashes'.split(
    ' ',
  ),
);

/** Tells the host what the pipeline asks of the server, and gives parameters without a value their default. */
export function* announceProperties(
  build: Build,
  { options, parameters, triggers }: Pipeline,
  scope: Scope,
): Gen<void> {
  const found: Record<string, PipelineValue> = {};
  for (const option of options)
    if (FOR_THE_SERVER.has(option.name)) found[option.name] = toHost(yield* described(build, option, scope));
  const list: Value[] = [];
  for (const parameter of parameters) list.push(yield* described(build, parameter, scope));
  if (parameters.length > 0) found['parameters'] = list.map((value) => toHost(value));
  const due: PipelineValue[] = [];
  for (const trigger of triggers) due.push(toHost(yield* described(build, trigger, scope)));
  if (triggers.length > 0) found['triggers'] = due;
  build.host.onProperties(found);
  const params = yield* build.interpreter.world.variable('params', scope.frame);
  if (!(params instanceof GroovyMap)) return;
  for (const each of list) {
    if (!(each instanceof GroovyMap)) continue;
    const name = plainText(each.get('name') ?? null);
    if (params.has(name)) continue;
    const value = defaultOf(each);
    params.set(name, value);
    if (!build.env.has(name)) build.env.set(name, plainText(value));
  }
}

function* described(build: Build, { name, args }: Directive, scope: Scope): Gen {
  return describable(name, yield* evaluateArguments(build.interpreter, args, scope));
}

function defaultOf(parameter: GroovyMap): Value {
  const given = parameter.get('defaultValue');
  switch (parameter.get('$class')) {
    case 'booleanParam':
      return given === true || given === 'true';
    case 'choice': {
      const choices = parameter.get('choices') ?? null;
      const list = typeof choices === 'string' ? choices.split('\n') : choices;
      return Array.isArray(list) ? plainText(list[0] ?? '') : '';
    }
    default:
      return given === undefined || given === null ? '' : plainText(given);
  }
}

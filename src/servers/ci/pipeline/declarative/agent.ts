import { resolve } from 'node:path';
import type { Gen } from '../../groovy/fiber.ts';
import { GroovyMap } from '../../groovy/values.ts';
import type { Scope } from '../../groovy/scope.ts';
import type { Build } from '../build.ts';
import type { PipelineContext } from '../context.ts';
import { inStage, onNode } from '../flow/stage.ts';
import { aborted } from '../interruptions.ts';
import type { Agent } from './model.ts';
import { scopeIn, textIn } from './scope.ts';

interface Wanted {
  readonly agent: Agent | undefined;
  readonly checkout: boolean;
  /** The checkout is a stage of its own. */
  readonly synthetic: boolean;
}

/** Runs `body` where the agent directive says, with the sources checked out. */
export function* withAgent(
  build: Build,
  wanted: Wanted,
  outer: Scope,
  context: PipelineContext,
  body: (context: PipelineContext) => Gen,
): Gen {
  const { agent, checkout } = wanted;
  if (agent === undefined || agent.kind === 'none') return yield* body(context);
  if (agent.kind === 'container') {
    const engine = build.host.containerEngine ?? 'k3d';
    throw aborted(
      `agent { ${agent.type} … } needs a container runtime, which this CI server does not have; the engine "${engine}" does`,
    );
  }
  const scope = scopeIn(outer, context);
  const label = agent.kind !== 'label' ? undefined : yield* textIn(build, agent.label, scope);
  const folder =
    agent.kind === 'label' && agent.customWorkspace !== undefined
      ? yield* textIn(build, agent.customWorkspace, scope)
      : undefined;
  return yield* onNode(build, label, context, function* (located) {
    const inside = folder === undefined ? located : located.with({ cwd: resolve(located.cwd ?? '', folder) });
    if (!checkout || build.host.scm === null || !build.host.steps.has('checkout')) return yield* body(inside);
    const ready = wanted.synthetic
      ? yield* checkOutInStage(build, outer, inside)
      : yield* checkOut(build, outer, inside);
    build.trace('withEnv');
    build.trace('{');
    try {
      return yield* body(ready);
    } finally {
      build.trace('}');
      build.trace('// withEnv');
    }
  });
}

function* checkOutInStage(build: Build, outer: Scope, context: PipelineContext): Gen<PipelineContext> {
  let ready = context;
  yield* inStage(build, 'Declarative: Checkout SCM', context, function* (inner) {
    ready = context.withVariables(yield* checkedOut(build, outer, inner));
    return null;
  });
  return ready;
}

function* checkOut(build: Build, outer: Scope, context: PipelineContext): Gen<PipelineContext> {
  return context.withVariables(yield* checkedOut(build, outer, context));
}

/** `checkout scm`: the variables that it gives, GIT_COMMIT among them. */
function* checkedOut(build: Build, outer: Scope, context: PipelineContext): Gen<Record<string, string>> {
  const { frame } = scopeIn(outer, context);
  const { world } = build.interpreter;
  const scm = (yield* world.variable('scm', frame)) ?? null;
  const result = yield* world.call('checkout', [scm], frame);
  const variables: Record<string, string> = {};
  if (result instanceof GroovyMap) {
    for (const [key, value] of result.entries())
      if (typeof key === 'string' && typeof value === 'string') variables[key] = value;
  }
  return variables;
}

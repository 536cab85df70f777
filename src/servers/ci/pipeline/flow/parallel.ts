import { raise } from '../../groovy/exceptions.ts';
import { drive, waitFor, type Gen } from '../../groovy/fiber.ts';
import { plainText } from '../../groovy/operations.ts';
import { GroovyMap, isClosure, type Value } from '../../groovy/values.ts';
import type { Build } from '../build.ts';
import type { PipelineContext } from '../context.ts';
import type { BuildResult } from '../host.ts';
import { interrupted, SiblingFailed } from '../interruptions.ts';
import { describeError, isInterruption, resultOf, worst } from '../results.ts';
import { flagArgument, type FlowStep } from './step.ts';

export interface Branch {
  readonly name: string;
  readonly run: (context: PipelineContext) => Gen;
}

/**
 * Runs branches side by side and gives their values by name. The first failure is thrown when all have ended; with
 * `failFast` the others are interrupted at once.
 */
export function* runBranches(
  build: Build,
  context: PipelineContext,
  branches: readonly Branch[],
  failFast: boolean,
  reported: boolean,
): Gen<GroovyMap> {
  const controller = new AbortController();
  const signal = AbortSignal.any([context.signal, controller.signal]);
  let failure: { readonly error: unknown } | undefined;
  let result: BuildResult = 'SUCCESS';
  build.trace('parallel');
  const values = yield* waitFor(
    Promise.all(
      branches.map(async ({ name, run }): Promise<Value> => {
        const stage = reported ? build.beginStage(name, context) : undefined;
        const inner = context.with({ signal }).withPrefix(`[${name}] `);
        build.trace(`{ (Branch: ${name})`);
        try {
          const value = await drive(run(stage === undefined ? inner : inner.withStage(stage)));
          stage?.end('SUCCESS');
          return value;
        } catch (error) {
          const ended =
            controller.signal.aborted && !context.signal.aborted
              ? interrupted('Failed in another branch', 'ABORTED', error)
              : error;
          const own = isInterruption(ended) ? 'ABORTED' : resultOf(ended);
          if (controller.signal.aborted) stage?.mark(own);
          else stage?.worsen(own);
          stage?.end(own, describeError(ended));
          if (!controller.signal.aborted) result = worst(result, own);
          failure ??= { error: ended };
          if (failFast && !controller.signal.aborted)
            controller.abort(new SiblingFailed(`Failed in branch ${name}`));
          if (!isInterruption(ended)) context.log(`Failed in branch ${name}\n`);
          return null;
        } finally {
          build.trace('}');
        }
      }),
    ),
  );
  build.trace('// parallel');
  if (failure !== undefined) throw failure.error;
  return GroovyMap.of(branches.map(({ name }, index) => [name, values[index] ?? null] as const));
}

export const parallel: FlowStep = {
  *run(call) {
    const { build, context, frame, named } = call;
    const branches: Branch[] = [];
    for (const [key, body] of named.entries()) {
      const name = plainText(key);
      if (name === 'failFast') continue;
      if (!isClosure(body))
        raise('IllegalArgumentException', `the branch "${name}" of parallel must be a closure`);
      else branches.push({ name, run: (inner) => build.runClosure(body, inner, frame) });
    }
    if (branches.length === 0) raise('IllegalArgumentException', 'No branches to run');
    return yield* runBranches(build, context, branches, flagArgument(call, 'failFast', false), true);
  },
};

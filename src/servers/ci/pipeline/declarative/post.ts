import type { Gen } from '../../groovy/fiber.ts';
import type { Scope } from '../../groovy/scope.ts';
import type { Build } from '../build.ts';
import type { PipelineContext } from '../context.ts';
import type { BuildResult } from '../host.ts';
import { isFatal } from '../interruptions.ts';
import { describeError, worst } from '../results.ts';
import { POST_CONDITIONS, type PostCondition } from './model.ts';
import { runSteps, scopeIn } from './scope.ts';

/**
 * Runs the conditions of a `post` section that hold, in Jenkins' order; a failure of one does not keep the others from running. They
 * run as well when the build was stopped, until it is stopped once more.
 */
export function* runPost(
  build: Build,
  post: readonly PostCondition[],
  result: () => BuildResult,
  outer: Scope,
  interrupted: PipelineContext,
): Gen {
  const context = interrupted.signal.aborted
    ? interrupted.with({ signal: build.host.afterwards })
    : interrupted;
  let failure: { readonly error: unknown } | undefined;
  for (const condition of POST_CONDITIONS) {
    const section = post.find((each) => each.condition === condition);
    if (
      section === undefined ||
      !applies(
        condition,
        failure === undefined ? result() : worst(result(), 'FAILURE'),
        build.host.build.previousResult,
      )
    )
      continue;
    try {
      yield* runSteps(build, section.steps, scopeIn(outer, context));
    } catch (error) {
      if (isFatal(error)) throw error;
      context.log(`Error when executing ${condition} post condition:\n${describeError(error)}\n`);
      failure ??= { error };
    }
  }
  if (failure !== undefined) throw failure.error;
  return null;
}

function applies(
  condition: (typeof POST_CONDITIONS)[number],
  result: BuildResult,
  previous: BuildResult | undefined,
): boolean {
  switch (condition) {
    case 'always':
    case 'cleanup':
      return true;
    case 'changed':
      return previous !== result;
    case 'fixed':
      return result === 'SUCCESS' && (previous === 'FAILURE' || previous === 'UNSTABLE');
    case 'regression':
      return (
        previous !== undefined &&
        previous !== result &&
        worst(previous, result) === result &&
        ['FAILURE', 'UNSTABLE', 'ABORTED'].includes(result)
      );
    case 'aborted':
      return result === 'ABORTED';
    case 'failure':
      return result === 'FAILURE';
    case 'success':
      return result === 'SUCCESS';
    case 'unstable':
      return result === 'UNSTABLE';
    case 'notBuilt':
      return result === 'NOT_BUILT';
    case 'unsuccessful':
      return result !== 'SUCCESS';
  }
}

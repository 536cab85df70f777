import { GroovyThrow } from '../../groovy/exceptions.ts';
import { waitFor } from '../../groovy/fiber.ts';
import { truth } from '../../groovy/operations.ts';
import type { BuildResult } from '../host.ts';
import { asGroovy, interrupted, isFatal } from '../interruptions.ts';
import { describeError, isInterruption, isResult, resultOf, worst } from '../results.ts';
import { duration, pause } from './basic.ts';
import {
  flagArgument,
  numberArgument,
  requireBody,
  runBlock,
  textArgument,
  type FlowCall,
  type FlowStep,
} from './step.ts';
import { raise } from '../../groovy/exceptions.ts';
import type { Gen } from '../../groovy/fiber.ts';

/** Why a `timeout` cut its body short. */
class TimeoutReached extends Error {}

/** Runs `body` with a signal that is aborted after `millis`. */
export function* withTimeout(
  call: Pick<FlowCall, 'context'>,
  millis: number,
  activity: boolean,
  body: (context: FlowCall['context']) => Gen,
): Gen {
  const { context } = call;
  if (activity) raise('UnsupportedOperationException', 'timeout: activity is not supported');
  const controller = new AbortController();
  const reached = new TimeoutReached('Timeout has been exceeded');
  const timer = setTimeout(
    () => {
      context.log('Cancelling nested steps due to timeout\n');
      controller.abort(reached);
    },
    Math.min(millis, 2 ** 31 - 1),
  );
  try {
    return yield* body(context.with({ signal: AbortSignal.any([context.signal, controller.signal]) }));
  } catch (error) {
    if (controller.signal.aborted && !context.signal.aborted && !isFatal(error))
      throw interrupted('Timeout has been exceeded', 'ABORTED', error);
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

export const timeout: FlowStep = {
  *run(call) {
    const time =
      numberArgument(call, 'time', true) ?? raise('IllegalArgumentException', 'timeout needs "time"');
    const unit = textArgument(call, 'unit') ?? 'MINUTES';
    const millis = duration(time, unit);
    call.build.trace('timeout');
    call.context.log(`Timeout set to expire in ${durationText(millis)}\n`);
    return yield* withTimeout(call, millis, flagArgument(call, 'activity', false), (context) =>
      runBlock(call, context),
    );
  },
};

/** As Util.getTimeSpanString: `1 min 0 sec`. */
export function durationText(millis: number): string {
  const seconds = Math.floor(millis / 1000);
  if (seconds < 1) return `${millis} ms`;
  if (seconds < 60) return `${Math.round(millis / 100) / 10} sec`.replace(/^(\d+) sec$/, '$1 sec');
  const [days, hours, minutes] = [
    Math.floor(seconds / 86_400),
    Math.floor(seconds / 3600) % 24,
    Math.floor(seconds / 60) % 60,
  ];
  if (days > 0) return `${days} days ${hours} hr`;
  return hours > 0 ? `${hours} hr ${minutes} min` : `${minutes} min ${seconds % 60} sec`;
}

/** Runs `body` again while it fails, at most `count` times in all. */
export function* retrying(call: Pick<FlowCall, 'build' | 'context'>, count: number, body: () => Gen): Gen {
  // What failed attempts made of the build is forgotten with them.
  const { result } = call.build;
  for (let attempt = 1; ; attempt++) {
    try {
      return yield* body();
    } catch (error) {
      if (attempt >= count || isInterruption(error) || isFatal(error) || call.context.signal.aborted)
        throw error;
      call.context.log(`ERROR: ${describeError(error)}\nRetrying\n`);
      call.build.result = result;
    }
  }
}

export const retry: FlowStep = {
  *run(call) {
    const count =
      numberArgument(call, 'count', true) ?? raise('IllegalArgumentException', 'retry needs "count"');
    const body = requireBody(call);
    const { build, context, frame } = call;
    build.trace('retry');
    try {
      return yield* retrying(call, count, function* () {
        build.trace('{');
        try {
          return yield* build.runClosure(body, context, frame);
        } finally {
          build.trace('}');
        }
      });
    } finally {
      build.trace('// retry');
    }
  },
};

function resultArgument(call: FlowCall, name: string): BuildResult | undefined {
  const text = textArgument(call, name);
  if (text === undefined) return undefined;
  return isResult(text)
    ? text
    : raise(
        'IllegalArgumentException',
        `${name} must be one of SUCCESS, UNSTABLE, FAILURE, NOT_BUILT, ABORTED, not ${text}`,
      );
}

function* caught(
  call: FlowCall,
  buildResult: BuildResult,
  stageResult: BuildResult,
  message: string | undefined,
): Gen {
  const { build, context } = call;
  build.trace(call.name);
  try {
    return yield* runBlock(call, context);
  } catch (error) {
    const interruption = isInterruption(error);
    if (isFatal(error) || context.signal.aborted || !(error instanceof GroovyThrow)) throw error;
    if (interruption && !flagArgument(call, 'catchInterruptions', true)) throw error;
    const [forBuild, forStage] = interruption
      ? [worst(buildResult, resultOf(error)), worst(stageResult, resultOf(error))]
      : [buildResult, stageResult];
    if (message !== undefined)
      context.log(
        `${forBuild === 'UNSTABLE' || forStage === 'UNSTABLE' ? 'WARNING' : 'ERROR'}: ${message}\n`,
      );
    context.log(`ERROR: ${describeError(error)}\n`);
    if (forBuild !== 'SUCCESS') build.worsen(forBuild);
    context.stage?.mark(forStage);
    return null;
  }
}

export const catchError: FlowStep = {
  run(call) {
    const buildResult = resultArgument(call, 'buildResult') ?? 'FAILURE';
    return caught(
      call,
      buildResult,
      resultArgument(call, 'stageResult') ?? 'SUCCESS',
      textArgument(call, 'message', true),
    );
  },
};

export const warnError: FlowStep = {
  run: (call) => caught(call, 'UNSTABLE', 'UNSTABLE', textArgument(call, 'message', true)),
};

export const waitUntil: FlowStep = {
  *run(call) {
    const { build, context, frame } = call;
    const body = requireBody(call);
    const most = numberArgument(call, 'initialRecurrencePeriod') ?? 250;
    build.trace('waitUntil');
    try {
      for (let wait = most; ; wait = Math.min(wait * 1.2, 15_000)) {
        build.trace('{');
        const done = truth(yield* build.runClosure(body, context, frame));
        build.trace('}');
        if (done) return null;
        if (!flagArgument(call, 'quiet', false)) context.log(`Will try again after ${durationText(wait)}\n`);
        yield* waitFor(pause(wait, context.signal));
      }
    } catch (error) {
      throw isFatal(error) ? error : asGroovy(error, context.signal);
    } finally {
      build.trace('// waitUntil');
    }
  },
};

import { raise } from '../../groovy/exceptions.ts';
import { waitFor, type Gen } from '../../groovy/fiber.ts';
import type { Build } from '../build.ts';
import type { PipelineContext } from '../context.ts';
import { asGroovy, endedBySibling } from '../interruptions.ts';
import { describeError, resultOf } from '../results.ts';
import { requireBody, requireText, runBlock, textArgument, type FlowStep } from './step.ts';

/** Runs something as a stage: in the log, and in the host's list of stages. */
export function* inStage(
  build: Build,
  name: string,
  context: PipelineContext,
  body: (context: PipelineContext) => Gen,
): Gen {
  const stage = build.beginStage(name, context);
  build.trace('stage');
  build.trace(`{ (${name})`);
  try {
    const value = yield* body(context.withStage(stage));
    stage.end('SUCCESS');
    return value;
  } catch (error) {
    const result = context.signal.aborted ? 'ABORTED' : resultOf(error);
    if (endedBySibling(context.signal)) stage.mark(result);
    else stage.worsen(result);
    stage.end(result, describeError(error));
    throw error;
  } finally {
    stage.end('FAILURE');
    build.trace('}');
    build.trace('// stage');
  }
}

export const stage: FlowStep = {
  *run(call) {
    const { build, context, frame } = call;
    const name = requireText(call, 'name');
    const { body } = call;
    if (body === undefined)
      return raise('IllegalArgumentException', `stage '${name}' needs a body: stage('${name}') { … }`);
    return yield* inStage(build, name, context, (inner) => build.runClosure(body, inner, frame));
  },
};

/** Runs something in a workspace that the host gives. */
export function* onNode(
  build: Build,
  label: string | undefined,
  context: PipelineContext,
  body: (context: PipelineContext) => Gen,
): Gen {
  build.trace('node');
  let node;
  try {
    node = yield* waitFor(build.host.allocateNode(label));
  } catch (error) {
    throw asGroovy(error, context.signal);
  }
  build.trace('{');
  try {
    return yield* body(context.onNode(node.cwd, node.env));
  } finally {
    build.trace('}');
    build.trace('// node');
    yield* waitFor(node.release());
  }
}

export const node: FlowStep = {
  *run(call) {
    const { build, context, frame } = call;
    const body = requireBody(call);
    return yield* onNode(build, textArgument(call, 'label', true), context, (inner) =>
      build.runClosure(body, inner, frame),
    );
  },
};

export const script: FlowStep = {
  *run(call) {
    call.build.trace('script');
    return yield* runBlock(call, call.context);
  },
};

import { raise } from '../groovy/exceptions.ts';
import { drive, waitFor, type Gen } from '../groovy/fiber.ts';
import { plainText } from '../groovy/operations.ts';
import { GroovyMap, type Value } from '../groovy/values.ts';
import { inContext } from './build.ts';
import { PipelineContext } from './context.ts';
import { fromHost, toHost } from './convert.ts';
import type { FlowCall } from './flow/step.ts';
import type { PipelineValue, Step, StepContext } from './host.ts';
import { asGroovy } from './interruptions.ts';

/** Runs a step of the host: values translated, the body in the context that the step gives. */
export function* runHostStep(step: Step, call: FlowCall): Gen {
  const { build, name, context, body, frame } = call;
  build.trace(name);
  const args = argumentsFor(step, call);
  const values = new BodyValues();
  const runBody = async (given: StepContext): Promise<PipelineValue> => {
    const inner = given instanceof PipelineContext ? given : context.with(given);
    build.trace('{');
    try {
      const value =
        body === undefined
          ? null
          : await drive(build.interpreter.callClosure(body, [], inContext(frame, inner)));
      return values.toHost(value);
    } finally {
      build.trace('}');
    }
  };
  try {
    const act = () => step.run({ name, args, context, ...(body === undefined ? {} : { body: runBody }) });
    const { stage } = context;
    const result = yield* waitFor(name === 'input' && stage !== undefined ? stage.paused(act) : act());
    return values.fromHost(result ?? null);
  } catch (error) {
    throw asGroovy(error, context.signal);
  } finally {
    if (body !== undefined) build.trace(`// ${name}`);
  }
}

/** The values of bodies on their way through the host's step: what the step hands on is the very value again. */
class BodyValues {
  readonly #values = new WeakMap<object, Value>();

  toHost(value: Value): PipelineValue {
    if (
      value === null ||
      typeof value === 'string' ||
      typeof value === 'boolean' ||
      typeof value === 'number'
    )
      return value;
    const ticket = {};
    this.#values.set(ticket, value);
    return ticket;
  }

  fromHost(value: PipelineValue): Value {
    const own = typeof value === 'object' && value !== null ? this.#values.get(value) : undefined;
    return own === undefined ? fromHost(value) : own;
  }
}

function argumentsFor(step: Step, { name, named, positional }: FlowCall): Record<string, PipelineValue> {
  const args = hostEntries(named);
  const [first, ...more] = positional;
  if (more.length > 0)
    raise(
      'IllegalArgumentException',
      `Expected named arguments but got ${plainText([first ?? null, ...more])}`,
    );
  if (first !== undefined) {
    if (step.defaultArgument !== undefined) args.push([step.defaultArgument, toHost(first)]);
    else if (first instanceof GroovyMap) args.push(...hostEntries(first));
    else raise('IllegalArgumentException', `the step "${name}" takes named arguments only`);
  }
  return Object.fromEntries(args);
}

function hostEntries(map: GroovyMap): [string, PipelineValue][] {
  return Array.from(map.entries(), ([key, value]): [string, PipelineValue] => [
    plainText(key),
    toHost(value),
  ]);
}

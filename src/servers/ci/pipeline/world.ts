import type { Gen } from '../groovy/fiber.ts';
import { raise } from '../groovy/exceptions.ts';
import type { World } from '../groovy/machine.ts';
import { NATIVE_CLASSES } from '../groovy/natives.ts';
import type { Frame } from '../groovy/scope.ts';
import {
  GroovyMap,
  isClosure,
  type Closure,
  type GroovyClass,
  type NativeClass,
  type Value,
} from '../groovy/values.ts';
import type { Build } from './build.ts';
import { closest } from '../../../lib/closest.ts';
import { contextOf } from './context.ts';
import { fromHost, HostValue } from './convert.ts';
import { FLOW_STEPS } from './flow/all.ts';
import { BuildValue, EnvironmentValue, StepsValue } from './globals.ts';
import { runHostStep } from './host-step.ts';
import { interrupted } from './interruptions.ts';
import { describable, isSymbol, SYMBOL_NAMES } from './symbols.ts';

const GLOBALS = ['env', 'params', 'currentBuild', 'scm', 'steps'];

/** What a pipeline's code finds around it: globals, environment variables, libraries and steps. */
export class PipelineWorld implements World {
  readonly #build: Build;
  readonly #env: EnvironmentValue;
  readonly #currentBuild: BuildValue;
  readonly #steps: StepsValue;
  readonly #params: Value;
  readonly #scm: Value;

  constructor(build: Build) {
    this.#build = build;
    this.#env = new EnvironmentValue(build);
    this.#currentBuild = new BuildValue(build);
    this.#steps = new StepsValue(this);
    this.#params = GroovyMap.of(
      Object.entries(build.host.params).map(([name, value]) => [name, fromHost(value)] as const),
    );
    this.#scm = new HostValue(build.host.scm);
  }

  log(text: string, frame: Frame): void {
    contextOf(frame).log(text);
  }

  *variable(name: string, frame: Frame): Gen<Value | undefined> {
    return (
      this.global(name) ??
      (yield* this.#build.libraries.variable(name, frame)) ??
      contextOf(frame).variable(name)
    );
  }

  /** The globals that every pipeline has. */
  global(name: string): Value | undefined {
    switch (name) {
      case 'env':
        return this.#env;
      case 'params':
        return this.#params;
      case 'currentBuild':
        return this.#currentBuild;
      case 'steps':
        return this.#steps;
      case 'scm':
        if (this.#build.host.scm === null)
          raise(
            'hudson.AbortException',
            '‘checkout scm’ is only available when using “Multibranch Pipeline” or “Pipeline script from SCM”',
          );
        return this.#scm;
      default:
        return undefined;
    }
  }

  *call(name: string, args: Value[], frame: Frame): Gen<Value | undefined> {
    const { interpreter, libraries, host } = this.#build;
    if (libraries.has(name)) {
      const variable = yield* libraries.variable(name, frame);
      if (variable !== undefined) return yield* interpreter.invoke(variable, 'call', args, frame);
    }
    const context = contextOf(frame);
    const flow = FLOW_STEPS.get(name);
    const step = host.steps.get(name);
    if (flow === undefined && step === undefined) return isSymbol(name) ? describable(name, args) : undefined;
    if (context.signal.aborted) throw interrupted('The build was aborted', 'ABORTED', context.signal.reason);
    const call = { build: this.#build, name, ...split(args), frame, context };
    if (step !== undefined && (flow === undefined || flow.mayBeReplaced))
      return yield* runHostStep(step, call);
    return flow === undefined ? undefined : yield* flow.run(call);
  }

  noSuchMethod(name: string, _frame: Frame): string {
    const steps = [...new Set([...this.#build.host.steps.keys(), ...FLOW_STEPS.keys()])].sort();
    const globals = [...GLOBALS, ...this.#build.libraries.variableNames()];
    const similar = closest(name, [...steps, ...globals, ...SYMBOL_NAMES]);
    const hint = similar === undefined ? '' : `\nDid you mean '${similar}'?`;
    return `No such DSL method '${name}' found among steps [${steps.join(', ')}] or symbols [${SYMBOL_NAMES.join(', ')}] or globals [${globals.sort().join(', ')}]${hint}`;
  }

  libraryClass(name: string): GroovyClass | undefined {
    return this.#build.libraries.findClass(name);
  }

  nativeClass(name: string): NativeClass | undefined {
    return NATIVE_CLASSES.get(name);
  }
}

/** Named arguments, the rest, and the closure of a block step. */
function split(args: readonly Value[]): { named: GroovyMap; positional: Value[]; body: Closure | undefined } {
  const positional = [...args];
  const last = positional.at(-1);
  const body = isClosure(last) ? last : undefined;
  if (body !== undefined) positional.pop();
  const [first] = positional;
  const named = first instanceof GroovyMap && !first.has('$class') ? first : undefined;
  if (named !== undefined) positional.shift();
  return { named: named ?? new GroovyMap(), positional, body };
}

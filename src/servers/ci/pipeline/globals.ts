import type { Gen } from '../groovy/fiber.ts';
import { raise } from '../groovy/exceptions.ts';
import { plainText } from '../groovy/operations.ts';
import type { Frame } from '../groovy/scope.ts';
import { GroovyMap, NativeObject, type Value } from '../groovy/values.ts';
import type { Build } from './build.ts';
import { contextOf } from './context.ts';
import { isResult, worst } from './results.ts';

/** `env` */
export class EnvironmentValue extends NativeObject {
  readonly className = 'org.jenkinsci.plugins.workflow.cps.EnvActionImpl';
  readonly #build: Build;

  constructor(build: Build) {
    super();
    this.#build = build;
  }

  override getProperty(name: string, frame: Frame): Value | undefined {
    if (name === 'environment') return this.#all(frame);
    return contextOf(frame).variable(name) ?? null;
  }

  override setProperty(name: string, value: Value): boolean {
    this.#build.env.set(name, plainText(value));
    return true;
  }

  override *callMethod(name: string, args: Value[], frame: Frame) {
    if (name === 'getEnvironment' && args.length === 0) return this.#all(frame);
    if (name === 'getProperty' && args.length === 1)
      return contextOf(frame).variable(plainText(args[0] ?? null)) ?? null;
    if (name === 'containsKey' && args.length === 1)
      return contextOf(frame).variable(plainText(args[0] ?? null)) !== undefined;
    return undefined;
  }

  #all(frame: Frame): Value {
    return GroovyMap.of(Object.entries(contextOf(frame).env));
  }

  override toString(): string {
    return 'org.jenkinsci.plugins.workflow.cps.EnvActionImpl';
  }
}

/** `currentBuild`, and `currentBuild.previousBuild`. */
export class BuildValue extends NativeObject {
  readonly className = 'org.jenkinsci.plugins.workflow.support.steps.build.RunWrapper';
  readonly #build: Build;

  constructor(build: Build) {
    super();
    this.#build = build;
  }

  override getProperty(name: string): Value | undefined {
    const { host } = this.#build;
    switch (name) {
      case 'result':
        return this.#build.result ?? null;
      case 'currentResult':
        return this.#build.currentResult;
      case 'displayName':
        return this.#build.displayName ?? host.build.displayName;
      case 'description':
        return this.#build.description ?? null;
      case 'number':
        return host.build.number;
      case 'id':
        return String(host.build.number);
      case 'fullDisplayName':
      case 'projectName':
      case 'absoluteUrl':
        return host.build[name];
      case 'fullProjectName':
        return this.#build.env.get('JOB_NAME') ?? host.build.projectName;
      case 'duration':
        return BigInt(Date.now() - this.#build.startTime);
      case 'durationString':
        return `${Math.round((Date.now() - this.#build.startTime) / 100) / 10} sec and counting`;
      case 'timeInMillis':
      case 'startTimeInMillis':
        return BigInt(this.#build.startTime);
      case 'changeSets':
      case 'upstreamBuilds':
        return [];
      case 'keepLog':
        return false;
      case 'buildVariables':
        return new GroovyMap();
      case 'previousBuild':
      case 'previousCompletedBuild':
      case 'previousBuiltBuild':
        return host.build.previousResult === undefined
          ? null
          : new PreviousBuild(host.build.number - 1, host.build.previousResult);
      default:
        return undefined;
    }
  }

  override setProperty(name: string, value: Value, frame: Frame): boolean {
    switch (name) {
      case 'result': {
        const text = plainText(value);
        if (!isResult(text)) raise('IllegalArgumentException', `there is no result ${text}`);
        // Jenkins ignores a better result than the one that is set.
        this.#build.result = worst(this.#build.result ?? 'SUCCESS', text);
        contextOf(frame).stage?.worsen(text);
        return true;
      }
      case 'displayName':
        this.#build.displayName = plainText(value);
        return true;
      case 'description':
        this.#build.description = value === null ? undefined : plainText(value);
        return true;
      case 'keepLog':
        return true;
      default:
        return false;
    }
  }

  override *callMethod(name: string, args: Value[]): Gen<Value | undefined> {
    const better = args[0];
    if (name === 'resultIsBetterOrEqualTo' && isResult(better))
      return worst(this.#build.currentResult, better) === better;
    if (name === 'resultIsWorseOrEqualTo' && isResult(better))
      return worst(this.#build.currentResult, better) === this.#build.currentResult;
    if (name === 'getBuildCauses') return [];
    const property = /^get(\p{Lu})(.*)$/u.exec(name);
    if (property === null || args.length > 0) return undefined;
    return this.getProperty(`${(property[1] ?? '').toLowerCase()}${property[2] ?? ''}`);
  }

  override toString(): string {
    return this.className;
  }
}

class PreviousBuild extends NativeObject {
  readonly className = 'org.jenkinsci.plugins.workflow.support.steps.build.RunWrapper';
  readonly #number: number;
  readonly #result: string;

  constructor(number: number, result: string) {
    super();
    this.#number = number;
    this.#result = result;
  }

  override getProperty(name: string): Value | undefined {
    if (name === 'result' || name === 'currentResult') return this.#result;
    if (name === 'number') return this.#number;
    if (name === 'displayName') return `#${this.#number}`;
    return name === 'id' ? String(this.#number) : undefined;
  }

  override *callMethod(name: string, args: Value[]): Gen<Value | undefined> {
    if (args.length > 0) return undefined;
    if (name === 'getResult' || name === 'getCurrentResult') return this.#result;
    return name === 'getNumber' ? this.#number : undefined;
  }

  override toString(): string {
    return this.className;
  }
}

/** What `steps` needs of the world around the pipeline. */
interface StepSource {
  global(name: string): Value | undefined;
  call(name: string, args: Value[], frame: Frame): Gen<Value | undefined>;
  noSuchMethod(name: string, frame: Frame): string;
}

/** `steps`: the steps without the script's own methods. */
export class StepsValue extends NativeObject {
  readonly className = 'org.jenkinsci.plugins.workflow.cps.DSL';
  readonly #source: StepSource;

  constructor(source: StepSource) {
    super();
    this.#source = source;
  }

  override getProperty(name: string): Value | undefined {
    return this.#source.global(name);
  }

  override *callMethod(name: string, args: Value[], frame: Frame): Gen<Value | undefined> {
    const result = yield* this.#source.call(name, args, frame);
    return result !== undefined
      ? result
      : raise('java.lang.NoSuchMethodError', this.#source.noSuchMethod(name, frame));
  }

  override toString(): string {
    return this.className;
  }
}

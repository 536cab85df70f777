import type { ScriptNode, Statement } from '../groovy/ast.ts';
import { Fiber, type Gen } from '../groovy/fiber.ts';
import { Interpreter } from '../groovy/interpreter.ts';
import type { World } from '../groovy/machine.ts';
import { parseGroovy } from '../groovy/parser.ts';
import type { Frame } from '../groovy/scope.ts';
import type { SourceFile } from '../groovy/source.ts';
import { GroovyObject, type Closure, type GroovyClass, type Value } from '../groovy/values.ts';
import { contextOf, PipelineContext, type SharedContext } from './context.ts';
import type { BuildResult, PipelineHost } from './host.ts';
import { Libraries } from './libraries.ts';
import { worst } from './results.ts';
import { StageRecord } from './stages.ts';

/** One run of a pipeline: its interpreter, its libraries, and what it has become so far. */
export class Build implements SharedContext {
  readonly host: PipelineHost;
  readonly interpreter: Interpreter;
  readonly libraries: Libraries;
  readonly env: Map<string, string>;
  readonly startTime: number;
  displayName: string | undefined;
  description: string | undefined;
  /** What is decided of the result so far; undefined while all is well. */
  result: BuildResult | undefined;
  /** Puts the time before each line. */
  timestamps = false;
  #stages = 0;
  #atLineStart = true;

  constructor(host: PipelineHost, worldOf: (build: Build) => World) {
    this.host = host;
    this.startTime = host.build.startTime;
    this.env = new Map(Object.entries(host.env));
    this.libraries = new Libraries(this);
    this.interpreter = new Interpreter(worldOf(this));
  }

  log(text: string): void {
    if (!this.timestamps) return this.host.log(text);
    const stamp = `[${new Date().toISOString()}] `;
    const stamped = (this.#atLineStart ? stamp : '') + text.replaceAll(/\n(?=[\s\S])/g, `\n${stamp}`);
    this.#atLineStart = text.endsWith('\n');
    this.host.log(stamped);
  }

  /** A line of the engine itself: `[Pipeline] sh`. */
  trace(text: string): void {
    this.log(`[Pipeline] ${text}\n`);
  }

  worsen(result: BuildResult, context?: PipelineContext): void {
    this.result = worst(this.result ?? 'SUCCESS', result);
    context?.stage?.worsen(result);
  }

  get currentResult(): BuildResult {
    return this.result ?? 'SUCCESS';
  }

  rootContext(): PipelineContext {
    return new PipelineContext({
      shared: this,
      overlay: new Map(),
      cwd: undefined,
      signal: this.host.signal,
      stage: undefined,
      prefix: undefined,
      node: false,
    });
  }

  beginStage(name: string, context: PipelineContext): StageRecord {
    this.#stages++;
    return new StageRecord(this.host, String(this.#stages), name, context.stage);
  }

  /** Parses a file and makes a script object of it; its body does not run. */
  *loadScript(
    file: SourceFile,
    name: string,
    frame: Frame | undefined,
  ): Gen<{ node: ScriptNode; script: GroovyObject; klass: GroovyClass }> {
    const node = parseGroovy(file);
    const { script: klass } = this.interpreter.define(file, node, name);
    const script = new GroovyObject(klass);
    const fiber = frame?.fiber ?? new Fiber(this.rootContext(), this.host.signal);
    yield* this.interpreter.initializeFields(node.body, this.interpreter.scriptScope(script, fiber));
    return { node, script, klass };
  }

  /** Runs a closure in a context. */
  runClosure(closure: Closure, context: PipelineContext, frame: Frame, args: Value[] = []): Gen {
    return this.interpreter.callClosure(closure, args, inContext(frame, context));
  }
}

/** The same place in the code, seen from another context. */
export function inContext(frame: Frame, context: PipelineContext): Frame {
  if (contextOf(frame) === context) return frame;
  return { ...frame, fiber: new Fiber(context, context.signal) };
}

/** The statements of a script's body: fields are set before. */
export function withoutFields(body: readonly Statement[]): Statement[] {
  return body.filter((statement) => !(statement.kind === 'declare' && statement.field));
}

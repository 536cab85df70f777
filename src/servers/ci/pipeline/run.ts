import type { AnnotationNode, ScriptNode } from '../groovy/ast.ts';
import { describeException, GroovyThrow } from '../groovy/exceptions.ts';
import { drive, Fiber, type Gen } from '../groovy/fiber.ts';
import { parseGroovy } from '../groovy/parser.ts';
import { GroovySyntaxError, type Problem } from '../groovy/source.ts';
import { toThrow } from '../groovy/failures.ts';
import { Build, withoutFields } from './build.ts';
import { parsePipeline } from './declarative/parse.ts';
import { sectionOf } from './declarative/read.ts';
import type { PipelineHost } from './host.ts';
import { asGroovy } from './interruptions.ts';
import type { PipelineError, PipelineOutcome, PipelineScript } from './outcome.ts';
import { describeError, isInterruption, resultOf, worst } from './results.ts';
import { PipelineWorld } from './world.ts';

/** The name of the class that a Jenkinsfile is, as messages give it. */
const SCRIPT_CLASS = 'WorkflowScript';

/**
 * Runs a Jenkinsfile, declarative or scripted, to its outcome. Never throws: what goes wrong is told to the log and in
 * the outcome.
 */
export async function runPipeline(script: PipelineScript, host: PipelineHost): Promise<PipelineOutcome> {
  const build = new Build(host, (made) => new PipelineWorld(made));
  let failure: { readonly error: unknown } | undefined;
  try {
    await runScript(build, script);
  } catch (error) {
    failure = { error };
  }
  if (failure !== undefined) {
    build.worsen(host.signal.aborted ? 'ABORTED' : resultOf(failure.error));
    tell(build, failure.error);
  }
  return {
    result:
      failure === undefined
        ? build.currentResult
        : worst(build.currentResult, host.signal.aborted ? 'ABORTED' : 'SUCCESS'),
    ...(failure === undefined ? {} : { error: errorOf(failure.error, host) }),
    ...(build.displayName === undefined ? {} : { displayName: build.displayName }),
    ...(build.description === undefined ? {} : { description: build.description }),
  };
}

async function runScript(build: Build, script: PipelineScript): Promise<void> {
  const { host } = build;
  for (const name of host.implicitLibraries) await load(build, name);
  const node = parseGroovy(script);
  checkDeclarative(node, script);
  for (const identifier of libraryAnnotations(node.annotations)) await load(build, identifier);
  build.trace('Start of Pipeline');
  try {
    await drive(execute(build, script));
  } finally {
    build.trace('End of Pipeline');
  }
}

async function load(build: Build, identifier: string): Promise<void> {
  try {
    await build.libraries.load(identifier);
  } catch (error) {
    throw asGroovy(error, build.host.signal);
  }
}

function* execute(build: Build, file: PipelineScript): Gen {
  const { interpreter, host } = build;
  const { node, script } = yield* build.loadScript(file, SCRIPT_CLASS, undefined);
  const fiber = new Fiber(build.rootContext(), host.signal);
  const scope = interpreter.scriptScope(script, fiber);
  try {
    return yield* interpreter.runBody(withoutFields(node.body), scope);
  } catch (error) {
    throw toThrow(error, scope.frame) ?? error;
  }
}

/** The identifiers of `@Library('a')` and `@Library(['a', 'b@v'])`. */
function libraryAnnotations(annotations: readonly AnnotationNode[]): string[] {
  return annotations
    .filter(({ name }) => name === 'Library')
    .flatMap(({ args }) =>
      args.flatMap(({ value }) =>
        value.kind === 'list' ? value.elements.map((element) => element.value) : [value],
      ),
    )
    .flatMap((value) => (value.kind === 'literal' && typeof value.value === 'string' ? [value.value] : []));
}

function checkDeclarative(node: ScriptNode, file: PipelineScript): void {
  for (const statement of node.body) {
    const section = sectionOf(statement);
    if (section?.name === 'pipeline' && section.closure !== undefined) parsePipeline(section.closure, file);
  }
}

/** Everything that is wrong with a Jenkinsfile or another Groovy file, without running it; empty when nothing is. */
export function checkSyntax(script: PipelineScript): readonly Problem[] {
  try {
    checkDeclarative(parseGroovy(script), script);
    return [];
  } catch (error) {
    if (error instanceof GroovySyntaxError) return error.problems;
    throw error;
  }
}

/** Writes the failure to the log as Jenkins does: expected ones on a line, others with their places. */
function tell(build: Build, error: unknown): void {
  if (error instanceof GroovySyntaxError)
    build.log(`org.codehaus.groovy.control.MultipleCompilationErrorsException: ${error.message}`);
  else if (error instanceof GroovyThrow) {
    const expected = error.exception.klass.name === 'hudson.AbortException';
    if (isInterruption(error)) build.log(`${describeError(error)}\n`);
    else if (expected) build.log(`ERROR: ${describeError(error)}\n`);
    else
      build.log(
        `${describeException(error.exception)}\n${error.exception.trace.map((line) => `\tat ${line}\n`).join('') || placeOf(error)}`,
      );
  } else build.log(`ERROR: ${describeError(error)}\n`);
}

function placeOf({ file, at }: GroovyThrow): string {
  return at === undefined ? '' : `\tat ${SCRIPT_CLASS}.run(${file ?? SCRIPT_CLASS}:${at.line})\n`;
}

function errorOf(error: unknown, host: PipelineHost): PipelineError {
  if (error instanceof GroovySyntaxError) {
    const [first] = error.problems;
    return {
      kind: 'syntax',
      message: error.message,
      ...(first === undefined ? {} : { file: first.file, line: first.line, column: first.column }),
    };
  }
  const message = describeError(error);
  if (!(error instanceof GroovyThrow))
    return { kind: host.signal.aborted ? 'interrupted' : 'script', message };
  const kind = isInterruption(error)
    ? 'interrupted'
    : error.exception.klass.name === 'hudson.AbortException'
      ? 'step'
      : 'script';
  const place =
    error.at === undefined
      ? {}
      : { file: error.file ?? SCRIPT_CLASS, line: error.at.line, column: error.at.column };
  return { kind, message, ...place };
}

import { GroovyThrow, isException, messageOfException, describeException } from '../groovy/exceptions.ts';
import { StepFailure, type BuildResult } from './host.ts';

/** From good to bad, as Jenkins orders them. */
const RESULTS: readonly BuildResult[] = ['SUCCESS', 'UNSTABLE', 'FAILURE', 'NOT_BUILT', 'ABORTED'];

/** The worse of two results. */
export function worst(left: BuildResult, right: BuildResult): BuildResult {
  return RESULTS.indexOf(left) >= RESULTS.indexOf(right) ? left : right;
}

export function isResult(value: unknown): value is BuildResult {
  return typeof value === 'string' && (RESULTS as readonly string[]).includes(value);
}

/** What the build becomes when nothing catches the error. */
export function resultOf(error: unknown): BuildResult {
  if (error instanceof StepFailure) return error.result;
  if (!(error instanceof GroovyThrow)) return 'FAILURE';
  const given = error.exception.fields.get('result')?.value;
  if (isResult(given)) return given;
  const { origin } = error.exception;
  return origin instanceof StepFailure ? origin.result : 'FAILURE';
}

/** Whether the error is an interruption: a stop, a timeout, a failed sibling of `parallel`. */
export function isInterruption(error: unknown): boolean {
  return error instanceof GroovyThrow && error.exception.klass.name.endsWith('.FlowInterruptedException');
}

/** The message for people: of an expected failure its message alone, else the class with it. */
export function describeError(error: unknown): string {
  if (!(error instanceof GroovyThrow) || !isException(error.exception))
    return error instanceof Error ? error.message : String(error);
  const expected = ['hudson.AbortException', 'org.jenkinsci.plugins.workflow.steps.FlowInterruptedException'];
  const message = messageOfException(error.exception);
  return expected.includes(error.exception.klass.name) && message !== null
    ? message
    : describeException(error.exception);
}

import { exceptionNamed, GroovyThrow, newException } from '../groovy/exceptions.ts';
import { messageOf } from '../../../lib/errors.ts';
import { GroovySyntaxError } from '../groovy/source.ts';
import { StepFailure, type BuildResult } from './host.ts';

/** What steps throw when their work is cut short; the exception that scripts see. */
export function interrupted(message: string, result: BuildResult = 'ABORTED', origin?: unknown): GroovyThrow {
  const exception = newException(
    exceptionNamed('org.jenkinsci.plugins.workflow.steps.FlowInterruptedException'),
    message,
  );
  exception.fields.set('result', { value: result, type: undefined, final: true });
  exception.fields.set('causes', { value: [], type: undefined, final: true });
  exception.origin = origin;
  return new GroovyThrow(exception);
}

/** hudson.AbortException: a failure that needs no stack trace. */
export function aborted(message: string, result: BuildResult = 'FAILURE'): GroovyThrow {
  return asGroovy(new StepFailure(message, result));
}

/** What a step of the host threw, as the exception that scripts see. */
export function asGroovy(error: unknown, signal?: AbortSignal): GroovyThrow {
  if (error instanceof GroovyThrow) return error;
  if (signal?.aborted === true) return interrupted(reasonText(signal.reason), 'ABORTED', error);
  const name = error instanceof StepFailure ? 'hudson.AbortException' : 'java.lang.RuntimeException';
  if (error instanceof StepFailure && error.result === 'ABORTED')
    return interrupted(error.message, 'ABORTED', error);
  const exception = newException(exceptionNamed(name), messageOf(error));
  if (error instanceof StepFailure) {
    exception.fields.set('message', { value: error.message, type: undefined, final: true });
    exception.fields.set('result', { value: error.result, type: undefined, final: true });
  }
  exception.origin = error;
  return new GroovyThrow(exception);
}

/** Errors that no script may catch: a file that does not parse. */
export function isFatal(error: unknown): boolean {
  return error instanceof GroovySyntaxError;
}

function reasonText(reason: unknown): string {
  return reason instanceof Error && reason.name !== 'AbortError' ? reason.message : 'The build was aborted';
}

/** Why a branch of `parallel` is ended: another one failed, and `failFast` is set. */
export class SiblingFailed extends Error {}

/** Whether work was ended only because a sibling failed: then it is the sibling that the build's result is about. */
export function endedBySibling(signal: AbortSignal): boolean {
  return signal.aborted && signal.reason instanceof SiblingFailed;
}

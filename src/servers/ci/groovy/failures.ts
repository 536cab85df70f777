import { exceptionNamed, GroovyThrow, newException } from './exceptions.ts';
import { CallDepthExceeded } from './fiber.ts';
import { ArithmeticFailure, UnsupportedFailure } from './numbers.ts';
import type { Frame } from './scope.ts';
import { LimitExceeded } from './values.ts';

/**
 * Whatever went wrong, as a Groovy exception with its place; undefined for what scripts cannot catch, a defect of
 * the interpreter among it.
 */
export function toThrow(error: unknown, frame: Frame): GroovyThrow | undefined {
  const thrown = asThrow(error);
  if (thrown !== undefined && thrown.at === undefined) {
    thrown.at = frame.at;
    thrown.file = frame.klass.module.file.file;
  }
  return thrown;
}

function asThrow(error: unknown): GroovyThrow | undefined {
  if (error instanceof GroovyThrow) return error;
  if (error instanceof ArithmeticFailure) return thrown('java.lang.ArithmeticException', error.message);
  if (error instanceof UnsupportedFailure)
    return thrown('java.lang.UnsupportedOperationException', error.message);
  if (error instanceof CallDepthExceeded) return thrown('java.lang.StackOverflowError', error.message);
  if (error instanceof LimitExceeded) return thrown('java.lang.OutOfMemoryError', error.message);
  if (
    error instanceof RangeError &&
    /call stack|string length|array length|BigInt size/i.test(error.message)
  ) {
    const name = /call stack/i.test(error.message) ? 'StackOverflowError' : 'OutOfMemoryError';
    return thrown(`java.lang.${name}`, error.message);
  }
  return undefined;
}

function thrown(name: string, message: string): GroovyThrow {
  return new GroovyThrow(newException(exceptionNamed(name), message));
}

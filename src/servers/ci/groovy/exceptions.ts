import type { Position } from './source.ts';
import { GroovyObject, NativeClass, type GroovyClass, type Value } from './values.ts';

/** Name and parent of every exception that scripts may name, catch or throw. */
const HIERARCHY: readonly (readonly [name: string, parent: string | undefined])[] = [
  ['java.lang.Throwable', undefined],
  ['java.lang.Exception', 'java.lang.Throwable'],
  ['java.lang.Error', 'java.lang.Throwable'],
  ['java.lang.AssertionError', 'java.lang.Error'],
  ['org.codehaus.groovy.runtime.powerassert.PowerAssertionError', 'java.lang.AssertionError'],
  ['java.lang.VirtualMachineError', 'java.lang.Error'],
  ['java.lang.StackOverflowError', 'java.lang.VirtualMachineError'],
  ['java.lang.OutOfMemoryError', 'java.lang.VirtualMachineError'],
  ['java.lang.NoSuchMethodError', 'java.lang.Error'],
  ['java.lang.CloneNotSupportedException', 'java.lang.Exception'],
  ['java.lang.InterruptedException', 'java.lang.Exception'],
  ['java.lang.ClassNotFoundException', 'java.lang.Exception'],
  ['java.lang.RuntimeException', 'java.lang.Exception'],
  ['java.lang.ArithmeticException', 'java.lang.RuntimeException'],
  ['java.lang.ClassCastException', 'java.lang.RuntimeException'],
  ['java.lang.IllegalArgumentException', 'java.lang.RuntimeException'],
  ['java.lang.NumberFormatException', 'java.lang.IllegalArgumentException'],
  ['java.util.IllegalFormatException', 'java.lang.IllegalArgumentException'],
  ['java.util.regex.PatternSyntaxException', 'java.lang.IllegalArgumentException'],
  ['groovy.json.JsonException', 'java.lang.RuntimeException'],
  ['java.lang.IllegalStateException', 'java.lang.RuntimeException'],
  ['java.lang.IndexOutOfBoundsException', 'java.lang.RuntimeException'],
  ['java.lang.ArrayIndexOutOfBoundsException', 'java.lang.IndexOutOfBoundsException'],
  ['java.lang.StringIndexOutOfBoundsException', 'java.lang.IndexOutOfBoundsException'],
  ['java.lang.NullPointerException', 'java.lang.RuntimeException'],
  ['java.lang.SecurityException', 'java.lang.RuntimeException'],
  ['java.lang.UnsupportedOperationException', 'java.lang.RuntimeException'],
  ['java.util.NoSuchElementException', 'java.lang.RuntimeException'],
  ['java.util.ConcurrentModificationException', 'java.lang.RuntimeException'],
  ['java.util.EmptyStackException', 'java.lang.RuntimeException'],
  ['groovy.lang.GroovyRuntimeException', 'java.lang.RuntimeException'],
  ['groovy.lang.MissingMethodException', 'groovy.lang.GroovyRuntimeException'],
  ['groovy.lang.MissingPropertyException', 'groovy.lang.GroovyRuntimeException'],
  ['groovy.lang.ReadOnlyPropertyException', 'groovy.lang.MissingPropertyException'],
  ['org.codehaus.groovy.runtime.typehandling.GroovyCastException', 'java.lang.ClassCastException'],
  ['org.jenkinsci.plugins.scriptsecurity.sandbox.RejectedAccessException', 'java.lang.SecurityException'],
  ['java.io.IOException', 'java.lang.Exception'],
  ['java.io.FileNotFoundException', 'java.io.IOException'],
  ['java.io.NotSerializableException', 'java.io.IOException'],
  ['java.nio.file.NoSuchFileException', 'java.io.IOException'],
  ['java.util.concurrent.TimeoutException', 'java.lang.Exception'],
  ['java.text.ParseException', 'java.lang.Exception'],
  ['hudson.AbortException', 'java.io.IOException'],
  ['org.jenkinsci.plugins.workflow.steps.FlowInterruptedException', 'java.lang.InterruptedException'],
];

const classes = new Map<string, NativeClass>();

/** Of an exception's first argument: its message, or what describes its cause. */
function messageFrom(first: Value): string | null {
  if (first instanceof GroovyObject) return describeException(first);
  return first === null || typeof first === 'object' ? null : String(first);
}

function exceptionClass(name: string, parent: NativeClass | undefined): NativeClass {
  const klass: NativeClass = new NativeClass(name, {
    parent,
    construct: (args) => {
      const first = args[0] ?? null;
      const cause = args.find((argument) => argument instanceof GroovyObject);
      return newException(klass, messageFrom(first), cause);
    },
  });
  return klass;
}

for (const [name, parent] of HIERARCHY) {
  classes.set(name, exceptionClass(name, parent === undefined ? undefined : classes.get(parent)));
}

/** The classes of exceptions, by full name. */
export const EXCEPTIONS: ReadonlyMap<string, NativeClass> = classes;

export function exceptionNamed(name: string): NativeClass {
  const klass = classes.get(name) ?? classes.get('java.lang.RuntimeException');
  if (klass === undefined) throw new Error(`no exception class ${name}`);
  return klass;
}

export function newException(
  klass: NativeClass | GroovyClass,
  message: string | null,
  cause: Value = null,
): GroovyObject {
  const exception = new GroovyObject(klass);
  exception.fields.set('message', { value: message, type: undefined, final: true });
  exception.fields.set('cause', { value: cause, type: undefined, final: true });
  return exception;
}

/** A Groovy exception on its way up. */
export class GroovyThrow extends Error {
  readonly exception: GroovyObject;
  /** Where it was thrown, once known. */
  file: string | undefined;
  at: Position | undefined;

  constructor(exception: GroovyObject) {
    super(describeException(exception));
    this.name = 'GroovyThrow';
    this.exception = exception;
  }
}

/** Throws a Java exception of the given class, `java.lang.` being the default package. */
export function raise(name: string, message: string): never {
  throw new GroovyThrow(
    newException(exceptionNamed(name.includes('.') ? name : `java.lang.${name}`), message),
  );
}

export function messageOfException(exception: GroovyObject): string | null {
  const message = exception.fields.get('message')?.value;
  return typeof message === 'string' ? message : null;
}

/** As Throwable.toString: the class, and the message if there is one. */
export function describeException(exception: GroovyObject): string {
  const message = messageOfException(exception);
  return message === null ? exception.klass.name : `${exception.klass.name}: ${message}`;
}

/** Whether instances of the class are exceptions. */
export function isThrowableClass(klass: NativeClass | GroovyClass): boolean {
  let current: NativeClass | GroovyClass | undefined = klass;
  while (current !== undefined) {
    if (current instanceof NativeClass) return EXCEPTIONS.has(current.name);
    current = current.superclass;
  }
  return false;
}

export function isException(value: Value): value is GroovyObject {
  return value instanceof GroovyObject && isThrowableClass(value.klass);
}

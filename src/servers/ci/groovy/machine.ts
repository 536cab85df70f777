import type { Expression, Statement } from './ast.ts';
import type { Gen } from './fiber.ts';
import type { Frame, Scope } from './scope.ts';
import type { ClassValue, Closure, GroovyClass, Module, NativeClass, Value } from './values.ts';

/** How a block of statements ended: normally (undefined), or by leaving it. */
export type Completion = undefined | 'break' | 'continue' | { readonly returned: Value };

/** What lies around the language: globals, steps, libraries and the log. */
export interface World {
  log(text: string, frame: Frame): void;
  /** `env`, `params`, a library's variable, an environment variable; undefined when there is none of that name. */
  variable(name: string, frame: Frame): Gen<Value | undefined>;
  /** Runs a step or a global variable that can be called; undefined when there is none of that name. */
  call(name: string, args: Value[], frame: Frame): Gen<Value | undefined>;
  /** The message for a name that is neither a method nor a step. */
  noSuchMethod(name: string, frame: Frame): string;
  /** A class of a library, by full name. */
  libraryClass(name: string): GroovyClass | undefined;
  /** A class of Java, Groovy or Jenkins beyond the common ones. */
  nativeClass(name: string): NativeClass | undefined;
}

/** The parts of the interpreter, as they see each other. */
export interface Machine {
  readonly world: World;
  evaluate(node: Expression, scope: Scope): Gen;
  run(statements: readonly Statement[], scope: Scope): Gen<Completion>;
  /** Runs a function's body: its value is that of `return` or of its last expression. */
  runBody(statements: readonly Statement[], scope: Scope): Gen;
  callClosure(closure: Closure, args: Value[], frame: Frame): Gen;
  /** `object.name(args)` */
  invoke(object: Value, name: string, args: Value[], frame: Frame): Gen;
  /** As `invoke`; undefined when the object has no such method for these arguments. */
  tryInvoke(object: Value, name: string, args: Value[], frame: Frame): Gen<Value | undefined>;
  /** `name(args)` without receiver. */
  callHere(name: string, args: Value[], scope: Scope): Gen;
  construct(klass: ClassValue, args: Value[], frame: Frame): Gen;
  getProperty(object: Value, name: string, frame: Frame): Gen;
  setProperty(object: Value, name: string, value: Value, frame: Frame): Gen<void>;
  text(value: Value, frame: Frame): Gen<string>;
  truth(value: Value, frame: Frame): Gen<boolean>;
  equal(left: Value, right: Value, frame: Frame): Gen<boolean>;
  compare(left: Value, right: Value, frame: Frame): Gen<number>;
  /** Whether `value` is a case of `test`, as `switch` and `grep` ask. */
  isCase(test: Value, value: Value, frame: Frame): Gen<boolean>;
  cast(value: Value, type: string, frame: Frame, explicit?: boolean): Gen;
  isInstance(value: Value, type: string, frame: Frame): boolean;
  resolveClass(name: string, module: Module): ClassValue | undefined;
}

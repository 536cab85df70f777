import type { Expression, ScriptNode, Statement } from './ast.ts';
import { evaluateExpression } from './expressions.ts';
import type { Fiber, Gen } from './fiber.ts';
import { withImplicitReturn } from './implicit-return.ts';
import { invokeOn, tryInvokeOn } from './invoke.ts';
import { compareValues, equalValues, isCaseOf, truthOf } from './comparing.ts';
import type { Completion, Machine, World } from './machine.ts';
import { callClosure } from './methods.ts';
import { callByName } from './names.ts';
import { addMethod, callConstructor, construct, defineClasses, linkClass } from './objects.ts';
import { requireProperty, requireWrite } from './properties.ts';
import { resolveIn } from './resolve.ts';
import { Scope, type Frame } from './scope.ts';
import type { SourceFile } from './source.ts';
import { runStatements } from './statements.ts';
import { textOf } from './text.ts';
import { castValue, isInstanceOf } from './types.ts';
import {
  GroovyClass,
  GroovyObject,
  type ClassValue,
  type Closure,
  type Module,
  type Value,
} from './values.ts';

/** Runs parsed Groovy in a world. */
export class Interpreter implements Machine {
  readonly world: World;

  constructor(world: World) {
    this.world = world;
  }

  /** Makes a script's classes and methods known; nothing of it runs. */
  define(
    file: SourceFile,
    script: ScriptNode,
    name: string,
  ): { script: GroovyClass; classes: GroovyClass[] } {
    const module: Module = { file, package: script.package, imports: script.imports, classes: new Map() };
    const classes = defineClasses(script.classes, module);
    const klass = new GroovyClass(name, module, undefined, true);
    for (const method of script.methods) addMethod(klass, method);
    return { script: klass, classes };
  }

  /** The scope in which a script's statements run. */
  scriptScope(script: GroovyObject, fiber: Fiber): Scope {
    if (!(script.klass instanceof GroovyClass)) throw new Error('a script has a class');
    return new Scope({
      fiber,
      self: script,
      closure: undefined,
      klass: script.klass,
      method: 'run',
      at: { line: 1, column: 1 },
    });
  }

  /** Sets what is declared with `@Field`. */
  *initializeFields(statements: readonly Statement[], scope: Scope): Gen<void> {
    const { self } = scope.frame;
    for (const statement of statements) {
      if (statement.kind !== 'declare' || !statement.field || !(self instanceof GroovyObject)) continue;
      scope.frame.at = statement.at;
      const value = statement.initial === undefined ? null : yield* this.evaluate(statement.initial, scope);
      for (const { name, type } of statement.names)
        self.fields.set(name, { value, type: type?.name, final: false });
    }
  }

  evaluate(node: Expression, scope: Scope): Gen {
    return evaluateExpression(this, node, scope);
  }

  run(statements: readonly Statement[], scope: Scope): Gen<Completion> {
    return runStatements(this, statements, scope);
  }

  *runBody(statements: readonly Statement[], scope: Scope): Gen {
    const completion = yield* runStatements(this, withImplicitReturn(statements), scope);
    return typeof completion === 'object' ? completion.returned : null;
  }

  callClosure(closure: Closure, args: Value[], frame: Frame): Gen {
    return callClosure(this, closure, args, frame);
  }

  invoke(object: Value, name: string, args: Value[], frame: Frame): Gen {
    return invokeOn(this, object, name, args, frame);
  }

  tryInvoke(object: Value, name: string, args: Value[], frame: Frame): Gen<Value | undefined> {
    return tryInvokeOn(this, object, name, args, frame);
  }

  callHere(name: string, args: Value[], scope: Scope): Gen {
    if (name === 'this' || name === 'super') return callConstructor(this, name, args, scope.frame);
    return callByName(this, name, args, scope);
  }

  construct(klass: ClassValue, args: Value[], frame: Frame): Gen {
    return construct(this, klass, args, frame);
  }

  *getProperty(object: Value, name: string, frame: Frame): Gen {
    if (object instanceof GroovyClass) yield* linkClass(this, object, frame);
    return yield* requireProperty(this, object, name, frame);
  }

  setProperty(object: Value, name: string, value: Value, frame: Frame): Gen<void> {
    return requireWrite(this, object, name, value, frame);
  }

  text(value: Value, frame: Frame): Gen<string> {
    return textOf(this, value, frame);
  }

  truth(value: Value, frame: Frame): Gen<boolean> {
    return truthOf(this, value, frame);
  }

  equal(left: Value, right: Value, frame: Frame): Gen<boolean> {
    return equalValues(this, left, right, frame);
  }

  compare(left: Value, right: Value, frame: Frame): Gen<number> {
    return compareValues(this, left, right, frame);
  }

  isCase(test: Value, value: Value, frame: Frame): Gen<boolean> {
    return isCaseOf(this, test, value, frame);
  }

  cast(value: Value, type: string, frame: Frame, explicit = false): Gen {
    return castValue(this, value, type, frame, explicit);
  }

  isInstance(value: Value, type: string, frame: Frame): boolean {
    return isInstanceOf(this, value, type, frame);
  }

  resolveClass(name: string, module: Module): ClassValue | undefined {
    return resolveIn(this.world, name, module);
  }
}

import type { ClassNode, MethodNode } from './ast.ts';
import { EXCEPTIONS, isThrowableClass, newException, raise } from './exceptions.ts';
import type { Gen } from './fiber.ts';
import type { Machine } from './machine.ts';
import {
  callMethod,
  findMethods,
  invokeMethod,
  namedArguments,
  noSignature,
  selectMethod,
  typeText,
} from './methods.ts';
import { Scope, type Frame } from './scope.ts';
import {
  GroovyClass,
  GroovyObject,
  NativeClass,
  type ClassValue,
  type Module,
  type UserMethod,
  type Value,
} from './values.ts';

/** Makes the classes of a file known to its module, inner ones as `Outer.Inner`. */
export function defineClasses(nodes: readonly ClassNode[], module: Module, outer = ''): GroovyClass[] {
  const defined: GroovyClass[] = [];
  for (const node of nodes) {
    const local = outer + node.name;
    const klass = new GroovyClass(
      module.package === '' ? local : `${module.package}.${local}`,
      module,
      node,
      false,
    );
    for (const method of node.methods) if (!method.abstract) addMethod(klass, method);
    for (const method of node.constructors)
      klass.constructors.push(userMethod(klass, { ...method, name: '<init>' }));
    for (const field of node.fields) {
      if (field.static) continue;
      klass.instanceFields.push({
        name: field.name,
        type: typeText(field.type),
        final: field.final,
        initial: field.initial,
      });
    }
    module.classes.set(local, klass);
    if (outer !== '' && !module.classes.has(node.name)) module.classes.set(node.name, klass);
    defined.push(klass, ...defineClasses(node.inner, module, `${local}.`));
  }
  return defined;
}

export function addMethod(klass: GroovyClass, node: MethodNode): void {
  const methods = klass.methods.get(node.name);
  const method = userMethod(klass, node);
  if (methods === undefined) klass.methods.set(node.name, [method]);
  else methods.push(method);
}

function userMethod(klass: GroovyClass, node: MethodNode): UserMethod {
  return { name: node.name, node, body: node.body, static: node.static, klass };
}

/** Finds the superclass and sets the static fields, once, when the class is first used. */
export function* linkClass(machine: Machine, klass: GroovyClass, caller: Frame): Gen<void> {
  if (klass.linked) return;
  klass.linked = true;
  const { node, module } = klass;
  if (node === undefined) return;
  if (node.superclass !== undefined) klass.superclass = requireClass(machine, node.superclass.name, module);
  klass.interfaces = node.interfaces.flatMap(({ name }) => machine.resolveClass(name, module) ?? []);
  for (const parent of [klass.superclass, ...klass.interfaces]) {
    if (parent instanceof GroovyClass) yield* linkClass(machine, parent, caller);
  }
  const scope = new Scope({
    fiber: caller.fiber,
    self: klass,
    closure: undefined,
    klass,
    method: '<clinit>',
    at: node.at,
  });
  for (const field of node.fields) {
    if (!field.static) continue;
    const type = typeText(field.type);
    const value = field.initial === undefined ? null : yield* machine.evaluate(field.initial, scope);
    klass.statics.set(field.name, {
      value: type === undefined || value === null ? value : yield* machine.cast(value, type, scope.frame),
      type,
      final: field.final,
    });
  }
  yield* defineConstants(machine, klass, node, scope);
  for (const initializer of node.initializers)
    if (initializer.static) yield* machine.run(initializer.body, scope);
}

function* defineConstants(machine: Machine, klass: GroovyClass, node: ClassNode, scope: Scope): Gen<void> {
  if (node.kind !== 'enum') return;
  const constants: Value[] = [];
  for (const [ordinal, constant] of node.constants.entries()) {
    const args: Value[] = [];
    for (const argument of constant.args) args.push(yield* machine.evaluate(argument.value, scope));
    const object = yield* instantiate(machine, klass, args, scope.frame);
    object.fields.set('$name', { value: constant.name, type: undefined, final: true });
    object.fields.set('$ordinal', { value: ordinal, type: undefined, final: true });
    klass.statics.set(constant.name, { value: object, type: undefined, final: true });
    constants.push(object);
  }
  klass.statics.set('$constants', { value: constants, type: undefined, final: true });
}

function requireClass(machine: Machine, name: string, module: Module): ClassValue {
  return (
    machine.resolveClass(name, module) ??
    raise('java.lang.ClassNotFoundException', `unable to resolve class ${name}`)
  );
}

/** `new Class(args)` */
export function* construct(machine: Machine, klass: ClassValue, args: Value[], frame: Frame): Gen {
  if (klass instanceof NativeClass) {
    if (klass.construct !== undefined) return klass.construct(args, frame);
    return raise(
      'org.jenkinsci.plugins.scriptsecurity.sandbox.RejectedAccessException',
      `Scripts not permitted to use new ${klass.name}`,
    );
  }
  yield* linkClass(machine, klass, frame);
  if (klass.node?.kind === 'interface')
    raise(
      'groovy.lang.GroovyRuntimeException',
      `You cannot create an instance of the interface ${klass.name}`,
    );
  return yield* instantiate(machine, klass, args, frame);
}

function* instantiate(machine: Machine, klass: GroovyClass, args: Value[], frame: Frame): Gen<GroovyObject> {
  const object = isThrowableClass(klass) ? newException(klass, null) : new GroovyObject(klass);
  yield* prepareFields(machine, object, klass, frame);
  const chosen = selectMethod(machine, klass.constructors, args, frame);
  if (chosen !== undefined) yield* callMethod(machine, chosen, object, args, frame);
  else if (klass.constructors.length > 0 && !(klass.constructors.length === 0))
    raise(
      'groovy.lang.GroovyRuntimeException',
      `Could not find matching constructor for: ${klass.name}(${noSignature(null, '', args).replace(/^.*types: \((.*)\) values.*$/s, '$1')})`,
    );
  else yield* defaultConstructor(machine, object, klass, args, frame);
  return object;
}

function* defaultConstructor(
  machine: Machine,
  object: GroovyObject,
  klass: GroovyClass,
  args: Value[],
  frame: Frame,
): Gen<void> {
  const named = namedArguments(args);
  if (named !== undefined) {
    for (const [key, value] of named.entries())
      yield* machine.setProperty(object, yield* machine.text(key, frame), value, frame);
  } else if (args.length > 0) {
    if (klass.superclass === undefined)
      raise('groovy.lang.GroovyRuntimeException', `Could not find matching constructor for: ${klass.name}`);
    yield* superConstructor(machine, object, klass, args, frame);
  }
}

function* prepareFields(
  machine: Machine,
  object: GroovyObject,
  klass: GroovyClass,
  caller: Frame,
): Gen<void> {
  if (klass.superclass instanceof GroovyClass)
    yield* prepareFields(machine, object, klass.superclass, caller);
  const at = klass.node?.at ?? { line: 1, column: 1 };
  const scope = new Scope({
    fiber: caller.fiber,
    self: object,
    closure: undefined,
    klass,
    method: '<init>',
    at,
  });
  for (const field of klass.instanceFields) {
    const value =
      field.initial === undefined ? initialOf(field.type) : yield* machine.evaluate(field.initial, scope);
    const cast =
      field.type === undefined || value === null
        ? value
        : yield* machine.cast(value, field.type, scope.frame);
    object.fields.set(field.name, { value: cast, type: field.type, final: field.final });
  }
  for (const initializer of klass.node?.initializers ?? [])
    if (!initializer.static) yield* machine.run(initializer.body, scope);
}

function initialOf(type: string | undefined): Value {
  if (type === 'boolean') return false;
  return type !== undefined && ['int', 'long', 'short', 'byte', 'double', 'float'].includes(type) ? 0 : null;
}

/** `super(…)` and `this(…)` inside a constructor. */
export function* callConstructor(
  machine: Machine,
  which: 'this' | 'super',
  args: Value[],
  frame: Frame,
): Gen {
  const { self, klass } = frame;
  if (!(self instanceof GroovyObject))
    return raise('groovy.lang.GroovyRuntimeException', `${which}() is no constructor call here`);
  if (which === 'super') {
    yield* superConstructor(machine, self, klass, args, frame);
    return null;
  }
  const chosen = selectMethod(machine, klass.constructors, args, frame);
  if (chosen === undefined)
    return raise('groovy.lang.MissingMethodException', noSignature(self, '<init>', args));
  return yield* callMethod(machine, chosen, self, args, frame);
}

function* superConstructor(
  machine: Machine,
  object: GroovyObject,
  klass: GroovyClass,
  args: Value[],
  frame: Frame,
): Gen<void> {
  const parent = klass.superclass;
  if (parent instanceof GroovyClass) {
    const chosen = selectMethod(machine, parent.constructors, args, frame);
    if (chosen !== undefined) yield* callMethod(machine, chosen, object, args, frame);
    else yield* defaultConstructor(machine, object, parent, args, frame);
  } else if (parent !== undefined && EXCEPTIONS.has(parent.name)) {
    const [message = null, cause = null] = args;
    if (message instanceof GroovyObject)
      object.fields.set('cause', { value: message, type: undefined, final: true });
    else
      object.fields.set('message', {
        value: message === null ? null : yield* machine.text(message, frame),
        type: undefined,
        final: true,
      });
    if (cause !== null) object.fields.set('cause', { value: cause, type: undefined, final: true });
  }
}

/** `super.name(args)` */
export function* invokeSuper(machine: Machine, name: string, args: Value[], frame: Frame): Gen {
  const parent = frame.klass.superclass;
  if (parent instanceof GroovyClass && findMethods(parent, name).length > 0) {
    return yield* invokeMethod(machine, frame.self, name, args, frame, parent);
  }
  if (frame.self instanceof GroovyObject && parent instanceof NativeClass && name === 'getMessage')
    return frame.self.fields.get('message')?.value ?? null;
  if (name === 'toString') return `${frame.klass.name}@instance`;
  return raise('groovy.lang.MissingMethodException', noSignature(frame.self, name, args));
}

import type { Expression, PropertyExpression, VariableExpression } from './ast.ts';
import { raise } from './exceptions.ts';
import type { Gen } from './fiber.ts';
import type { Machine } from './machine.ts';
import { readProperty } from './properties.ts';
import type { Frame, Scope } from './scope.ts';
import { GroovyClass, GroovyObject, isClosure, type ClassValue, type Value } from './values.ts';

/**
 * The objects that a name without receiver may belong to, in order: inside a closure those of its owner and its
 * delegate, as its strategy says; else `this`.
 */
export function receivers(frame: Frame): Value[] {
  const { closure } = frame;
  if (closure === undefined) return [frame.self];
  const owner = closure.scope === undefined ? [frame.self] : receivers(closure.scope.frame);
  const delegate = closure.delegate === undefined ? [] : [closure.delegate];
  switch (closure.strategy) {
    case 1:
      return [...delegate, ...owner];
    case 2:
      return owner;
    case 3:
      return delegate;
    default:
      return [...owner, ...delegate];
  }
}

/** A name that is no local variable: a property of a receiver, a class, or what the world knows. */
export function* readVariable(machine: Machine, node: VariableExpression, scope: Scope): Gen {
  const { frame } = scope;
  const { name } = node;
  frame.at = node.at;
  if (frame.closure !== undefined) {
    if (name === 'it') return null;
    if (name === 'delegate') return frame.closure.delegate ?? frame.self;
    if (name === 'owner') return frame.closure.scope?.frame.closure ?? frame.self;
  }
  for (const receiver of receivers(frame)) {
    const value = yield* readProperty(machine, receiver, name, frame);
    if (value !== undefined) return value;
  }
  for (const value of outerStatics(frame.klass, name)) return value;
  const klass = machine.resolveClass(name, frame.klass.module);
  if (klass !== undefined) return klass;
  const imported = staticImport(machine, name, frame);
  if (imported !== undefined) return yield* machine.getProperty(imported.klass, imported.member, frame);
  const owner =
    frame.self instanceof GroovyObject && !(frame.klass.script && frame.klass.name === 'WorkflowScript')
      ? frame.klass.name
      : 'groovy.lang.Binding';
  return raise('groovy.lang.MissingPropertyException', `No such property: ${name} for class: ${owner}`);
}

function outerStatics(klass: GroovyClass, name: string): Value[] {
  const cell = klass.statics.get(name);
  return cell === undefined ? [] : [cell.value];
}

/** `java.util.UUID` and the like: dotted names whose first part is nothing else. */
export function packageProperty(machine: Machine, node: PropertyExpression, scope: Scope): Value | undefined {
  const path = dottedName(node);
  if (path === undefined || scope.find(path.slice(0, path.indexOf('.'))) !== undefined) return undefined;
  return machine.resolveClass(path, scope.frame.klass.module);
}

function dottedName(node: Expression): string | undefined {
  if (node.kind === 'variable') return node.name;
  if (node.kind !== 'property' || typeof node.name !== 'string' || node.safe || node.spread) return undefined;
  const owner = dottedName(node.object);
  return owner === undefined ? undefined : `${owner}.${node.name}`;
}

/** `name(args)`: a local variable that can be called, a method of a receiver, or a step. */
export function* callByName(machine: Machine, name: string, args: Value[], scope: Scope): Gen {
  const { frame } = scope;
  const variable = scope.find(name)?.value;
  if (variable !== undefined && isCallable(variable))
    return yield* machine.invoke(variable, 'call', args, frame);
  for (const receiver of receivers(frame)) {
    const result = yield* machine.tryInvoke(receiver, name, args, frame);
    if (result !== undefined) return result;
  }
  const imported = staticImport(machine, name, frame);
  if (imported !== undefined) return yield* machine.invoke(imported.klass, imported.member, args, frame);
  const { self } = frame;
  if (frame.klass.script && self instanceof GroovyObject) {
    if (variable !== undefined && variable !== null)
      return yield* machine.invoke(variable, 'call', args, frame);
    return raise('java.lang.NoSuchMethodError', machine.world.noSuchMethod(name, frame));
  }
  return yield* machine.invoke(self, name, args, frame);
}

/** The class and member that `import static` gives a name to. */
function staticImport(
  machine: Machine,
  name: string,
  frame: Frame,
): { klass: ClassValue; member: string } | undefined {
  const { module } = frame.klass;
  for (const each of module.imports) {
    if (!each.static || (!each.star && each.alias !== name)) continue;
    const dot = each.name.lastIndexOf('.');
    const klass = machine.resolveClass(each.star ? each.name : each.name.slice(0, dot), module);
    if (klass !== undefined) return { klass, member: each.star ? name : each.name.slice(dot + 1) };
  }
  return undefined;
}

function isCallable(value: Value): boolean {
  return (
    isClosure(value) ||
    (value instanceof GroovyObject && value.klass instanceof GroovyClass && value.klass.methods.has('call'))
  );
}

import type { CatchClause, Declared, Expression, Statement } from './ast.ts';
import {
  GroovyThrow,
  isException,
  isThrowableClass,
  newException,
  exceptionNamed,
  raise,
} from './exceptions.ts';
import type { Gen } from './fiber.ts';
import type { Completion, Machine } from './machine.ts';
import { classNameOf, shortText } from './operations.ts';
import { quick } from './quick.ts';
import type { Scope } from './scope.ts';
import { elementsOf } from './iteration.ts';
import { GroovyClass, GroovyRange, NativeClass, type Value } from './values.ts';
import { toThrow } from './failures.ts';

/** Runs statements in order until one leaves the block. */
export function* runStatements(
  machine: Machine,
  statements: readonly Statement[],
  scope: Scope,
): Gen<Completion> {
  for (const statement of statements) {
    scope.frame.at = statement.at;
    const completion = yield* runStatement(machine, statement, scope);
    if (completion !== undefined) return completion;
  }
  return undefined;
}

function* runStatement(machine: Machine, statement: Statement, scope: Scope): Gen<Completion> {
  switch (statement.kind) {
    case 'expression':
      yield* machine.evaluate(statement.value, scope);
      return undefined;
    case 'declare':
      yield* declare(machine, statement, scope);
      return undefined;
    case 'if': {
      const test = yield* holds(machine, statement.test, scope);
      const branch = test ? statement.yes : statement.no;
      return branch.length === 0 ? undefined : yield* runStatements(machine, branch, scope.block());
    }
    case 'while':
      while (yield* holds(machine, statement.test, scope)) {
        if (scope.frame.fiber.due()) yield* scope.frame.fiber.pause();
        const completion = yield* runStatements(machine, statement.body, scope.block());
        if (completion === 'break') break;
        if (typeof completion === 'object') return completion;
      }
      return undefined;
    case 'forIn':
      return yield* forIn(machine, statement, scope);
    case 'for':
      return yield* forLoop(machine, statement, scope);
    case 'try':
      return yield* runTry(machine, statement, scope);
    case 'switch':
      return yield* runSwitch(machine, statement, scope);
    case 'throw':
      return yield* throwValue(machine, statement.value, scope);
    case 'return': {
      const { value } = statement;
      const returned =
        value === undefined ? null : (quick(value, scope) ?? (yield* machine.evaluate(value, scope)));
      return { returned };
    }
    case 'break':
    case 'continue':
      return statement.kind;
    case 'assert':
      yield* assert(machine, statement, scope);
      return undefined;
    case 'block':
      return yield* runStatements(machine, statement.body, scope.block());
  }
}

function* holds(machine: Machine, test: Expression, scope: Scope): Gen<boolean> {
  const value = quick(test, scope) ?? (yield* machine.evaluate(test, scope));
  return typeof value === 'boolean' ? value : yield* machine.truth(value, scope.frame);
}

function* declare(machine: Machine, statement: Statement & { kind: 'declare' }, scope: Scope): Gen<void> {
  const value = statement.initial === undefined ? null : yield* machine.evaluate(statement.initial, scope);
  const elements = statement.multiple && statement.initial !== undefined ? elementsOf(value) : [value];
  for (const [index, declared] of statement.names.entries()) {
    const element = elements[index] ?? null;
    const initial =
      statement.initial === undefined
        ? defaultOf(declared)
        : yield* castTo(machine, element, declared, scope);
    if (!scope.declare(declared.name, initial, typeText(declared))) {
      raise(
        'groovy.lang.GroovyRuntimeException',
        `The current scope already contains a variable of the name ${declared.name}`,
      );
    }
  }
}

function typeText(declared: Declared): string | undefined {
  return declared.type === undefined ? undefined : declared.type.name + '[]'.repeat(declared.type.dimensions);
}

function defaultOf({ type }: Declared): Value {
  if (type === undefined || type.dimensions > 0) return null;
  if (type.name === 'boolean') return false;
  return ['int', 'long', 'short', 'byte', 'double', 'float'].includes(type.name) ? 0 : null;
}

function* castTo(machine: Machine, value: Value, declared: Declared, scope: Scope): Gen {
  const type = typeText(declared);
  return type === undefined ? value : yield* machine.cast(value, type, scope.frame);
}

function* forIn(machine: Machine, statement: Statement & { kind: 'forIn' }, scope: Scope): Gen<Completion> {
  const source = yield* machine.evaluate(statement.source, scope);
  const elements = source instanceof GroovyRange ? source.values() : elementsOf(source);
  // One variable for all rounds, as in Groovy: closures that outlive their round see its last value.
  const loop = scope.block();
  loop.declare(statement.variable.name, null);
  const variable = loop.find(statement.variable.name);
  for (const element of elements) {
    if (scope.frame.fiber.due()) yield* scope.frame.fiber.pause();
    if (variable !== undefined) variable.value = yield* castTo(machine, element, statement.variable, scope);
    const completion = yield* runStatements(machine, statement.body, loop.block());
    if (completion === 'break') return undefined;
    if (typeof completion === 'object') return completion;
  }
  return undefined;
}

function* forLoop(machine: Machine, statement: Statement & { kind: 'for' }, scope: Scope): Gen<Completion> {
  const outer = scope.block();
  yield* runStatements(machine, statement.initial, outer);
  while (statement.test === undefined || (yield* holds(machine, statement.test, outer))) {
    if (scope.frame.fiber.due()) yield* scope.frame.fiber.pause();
    const completion = yield* runStatements(machine, statement.body, outer.block());
    if (completion === 'break') return undefined;
    if (typeof completion === 'object') return completion;
    for (const update of statement.update) yield* machine.evaluate(update, outer);
  }
  return undefined;
}

function* runTry(machine: Machine, statement: Statement & { kind: 'try' }, scope: Scope): Gen<Completion> {
  let completion: Completion;
  let failure: unknown;
  let failed = false;
  try {
    completion = yield* runStatements(machine, statement.body, scope.block());
  } catch (error) {
    failure = error;
    failed = true;
    const thrown = toThrow(error, scope.frame);
    const clause = thrown === undefined ? undefined : catching(machine, statement.catches, thrown, scope);
    if (thrown !== undefined && clause !== undefined) {
      failed = false;
      const inner = scope.block();
      inner.declare(clause.name, thrown.exception);
      try {
        completion = yield* runStatements(machine, clause.body, inner);
      } catch (next) {
        failure = next;
        failed = true;
      }
    }
  }
  const last =
    statement.final.length === 0 ? undefined : yield* runStatements(machine, statement.final, scope.block());
  if (last !== undefined) return last;
  if (failed) throw failure;
  return completion;
}

function catching(
  machine: Machine,
  clauses: readonly CatchClause[],
  thrown: GroovyThrow,
  scope: Scope,
): CatchClause | undefined {
  return clauses.find(({ types }) => {
    const names = types.length === 0 ? ['java.lang.Exception'] : types.map(({ name }) => name);
    return names.some((name) => machine.isInstance(thrown.exception, name, scope.frame));
  });
}

function* runSwitch(
  machine: Machine,
  statement: Statement & { kind: 'switch' },
  scope: Scope,
): Gen<Completion> {
  const value = yield* machine.evaluate(statement.value, scope);
  let start = -1;
  for (const [index, { test }] of statement.cases.entries()) {
    if (test === undefined) continue;
    if (yield* machine.isCase(yield* machine.evaluate(test, scope), value, scope.frame)) {
      start = index;
      break;
    }
  }
  if (start < 0) start = statement.cases.findIndex(({ test }) => test === undefined);
  if (start < 0) return undefined;
  const inner = scope.block();
  for (const { body } of statement.cases.slice(start)) {
    const completion = yield* runStatements(machine, body, inner);
    if (completion === 'break') return undefined;
    if (completion !== undefined) return completion;
  }
  return undefined;
}

function* throwValue(machine: Machine, expression: Expression, scope: Scope): Gen<never> {
  const value = yield* machine.evaluate(expression, scope);
  if (isException(value)) {
    const { origin } = value;
    throw origin instanceof GroovyThrow ? origin : new GroovyThrow(value);
  }
  if ((value instanceof NativeClass || value instanceof GroovyClass) && isThrowableClass(value)) {
    throw new GroovyThrow(newException(value, null));
  }
  return raise(
    'org.codehaus.groovy.runtime.typehandling.GroovyCastException',
    `Cannot cast object '${shortText(value)}' with class '${classNameOf(value)}' to class 'java.lang.Throwable'`,
  );
}

function* assert(machine: Machine, statement: Statement & { kind: 'assert' }, scope: Scope): Gen<void> {
  if (yield* holds(machine, statement.test, scope)) return;
  const klass = exceptionNamed('org.codehaus.groovy.runtime.powerassert.PowerAssertionError');
  if (statement.message === undefined) {
    throw new GroovyThrow(newException(klass, `assert ${statement.source}`));
  }
  const message = yield* machine.text(yield* machine.evaluate(statement.message, scope), scope.frame);
  throw new GroovyThrow(
    newException(exceptionNamed('java.lang.AssertionError'), `${message}. Expression: ${statement.source}`),
  );
}

import type { Expression } from './ast.ts';
import { raise } from './exceptions.ts';
import type { Gen } from './fiber.ts';
import { getAt, putAt } from './indexing.ts';
import { elementsOf } from './iteration.ts';
import type { Machine } from './machine.ts';
import { receivers } from './names.ts';
import { arithmetic, isNumber } from './numbers.ts';
import { binary } from './operators.ts';
import { writeProperty } from './properties.ts';
import { integerCell, quick } from './quick.ts';
import type { Frame, Scope } from './scope.ts';
import type { Value } from './values.ts';

/** A place that can be assigned to, its object and indices already evaluated. */
interface Place {
  read(): Gen;
  write(value: Value): Gen<Value>;
}

function* placeOf(machine: Machine, target: Expression, scope: Scope): Gen<Place> {
  const { frame } = scope;
  switch (target.kind) {
    case 'variable':
      return {
        read: () => machine.evaluate(target, scope),
        write: (value) => writeVariable(machine, target.name, value, scope),
      };
    case 'property': {
      const object = yield* machine.evaluate(target.object, scope);
      const name =
        typeof target.name === 'string'
          ? target.name
          : yield* machine.text(yield* machine.evaluate(target.name, scope), frame);
      frame.at = target.at;
      const skipped = object === null && target.safe;
      return {
        *read() {
          return skipped ? null : yield* machine.getProperty(object, name, frame);
        },
        *write(value) {
          if (!skipped) yield* machine.setProperty(object, name, value, frame);
          return value;
        },
      };
    }
    case 'index': {
      const object = yield* machine.evaluate(target.object, scope);
      const indices: Value[] = [];
      for (const index of target.indices) indices.push(yield* machine.evaluate(index, scope));
      frame.at = target.at;
      return {
        read: () => getAt(machine, object, indices, frame),
        *write(value) {
          yield* putAt(machine, object, indices, value, frame);
          return value;
        },
      };
    }
    default:
      return raise('groovy.lang.GroovyRuntimeException', 'this cannot be assigned to');
  }
}

export function* assign(machine: Machine, node: Expression & { kind: 'assign' }, scope: Scope): Gen {
  const cell = integerCell(node.target, scope);
  if (cell !== undefined) {
    const { operator, target, value, at } = node;
    const result = quick(
      operator === undefined ? value : { kind: 'binary', operator, left: target, right: value, at },
      scope,
    );
    if (typeof result === 'number') return (cell.value = result);
  }
  const place = yield* placeOf(machine, node.target, scope);
  if (node.operator === undefined) {
    const value = yield* machine.evaluate(node.value, scope);
    scope.frame.at = node.target.at;
    return yield* place.write(value);
  }
  const before = yield* place.read();
  const operand = yield* machine.evaluate(node.value, scope);
  scope.frame.at = node.at;
  return yield* place.write(yield* binary(machine, node.operator, before, operand, scope.frame));
}

/** `(a, b) = [1, 2]` */
export function* assignMultiple(
  machine: Machine,
  node: Expression & { kind: 'multiAssign' },
  scope: Scope,
): Gen {
  const value = yield* machine.evaluate(node.value, scope);
  const elements = elementsOf(value);
  for (const [index, target] of node.targets.entries()) {
    const place = yield* placeOf(machine, target, scope);
    yield* place.write(elements[index] ?? null);
  }
  return value;
}

/** `++` and `--` */
export function* stepBy(machine: Machine, node: Expression & { kind: 'step' }, scope: Scope): Gen {
  const cell = integerCell(node.target, scope);
  if (typeof cell?.value === 'number') {
    const old = cell.value;
    cell.value = (node.operator === '++' ? old + 1 : old - 1) | 0;
    return node.prefix ? cell.value : old;
  }
  const place = yield* placeOf(machine, node.target, scope);
  const before = yield* place.read();
  scope.frame.at = node.at;
  const after = yield* place.write(yield* next(machine, before, node.operator, scope.frame));
  return node.prefix ? after : before;
}

function* next(machine: Machine, value: Value, operator: '++' | '--', frame: Frame): Gen {
  if (isNumber(value)) return arithmetic(operator === '++' ? '+' : '-', value, 1);
  return yield* machine.invoke(value, operator === '++' ? 'next' : 'previous', [], frame);
}

function* writeVariable(machine: Machine, name: string, value: Value, scope: Scope): Gen {
  const cell = scope.find(name);
  if (cell !== undefined) {
    const cast = cell.type === undefined ? value : yield* machine.cast(value, cell.type, scope.frame);
    cell.value = cast;
    return cast;
  }
  for (const receiver of receivers(scope.frame)) {
    if (yield* writeProperty(machine, receiver, name, value, scope.frame, true)) return value;
  }
  return raise(
    'groovy.lang.MissingPropertyException',
    `No such property: ${name} for class: ${scope.frame.klass.name}`,
  );
}

import type { BinaryOperator, Expression } from './ast.ts';
import type { Scope } from './scope.ts';
import type { Value } from './values.ts';

/**
 * The value of an expression that needs no user code and has no effect: literals, local variables, arithmetic on
 * Integers. Undefined for all others. It saves the machinery of code that can wait where nothing can.
 */
export function quick(node: Expression, scope: Scope): Value | undefined {
  switch (node.kind) {
    case 'literal':
      return node.value;
    case 'variable':
      return scope.find(node.name)?.value;
    case 'group':
      return quick(node.value, scope);
    case 'binary': {
      const left = quick(node.left, scope);
      if (typeof left !== 'number') return undefined;
      const right = quick(node.right, scope);
      return typeof right === 'number' ? integers(node.operator, left, right) : undefined;
    }
    default:
      return undefined;
  }
}

function integers(operator: BinaryOperator, left: number, right: number): Value | undefined {
  switch (operator) {
    case '+':
      return (left + right) | 0;
    case '-':
      return (left - right) | 0;
    case '*':
      return Math.imul(left, right);
    case '%':
      return right === 0 ? undefined : (left % right) | 0;
    case '==':
      return left === right;
    case '!=':
      return left !== right;
    case '<':
      return left < right;
    case '<=':
      return left <= right;
    case '>':
      return left > right;
    case '>=':
      return left >= right;
    default:
      return undefined;
  }
}

/** `x++` and `x = …` on a local variable that holds an Integer: the variable, when nothing else is at stake. */
export function integerCell(target: Expression, scope: Scope): { value: Value } | undefined {
  if (target.kind !== 'variable') return undefined;
  const cell = scope.find(target.name);
  const plain =
    cell !== undefined &&
    !cell.final &&
    (cell.type === undefined || cell.type === 'int' || cell.type === 'Integer');
  return plain ? cell : undefined;
}

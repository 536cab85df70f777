import type { Gen } from '../../groovy/fiber.ts';
import type { Scope } from '../../groovy/scope.ts';
import type { Build } from '../build.ts';
import { aborted } from '../interruptions.ts';
import type { Axis, Matrix } from './model.ts';
import { textIn } from './scope.ts';

const MAX_CELLS = 256;

interface Values {
  readonly name: string;
  readonly values: readonly string[];
}

/** The cells of a matrix: every combination of its axes that no exclude fits. */
export function* cellsOf(
  build: Build,
  matrix: Matrix,
  scope: Scope,
): Gen<readonly Readonly<Record<string, string>>[]> {
  let cells: Record<string, string>[] = [{}];
  for (const axis of matrix.axes) {
    const { name, values } = yield* valuesOf(build, axis, scope);
    cells = cells.flatMap((cell) => values.map((value) => ({ ...cell, [name]: value })));
    if (cells.length > MAX_CELLS) throw aborted(`the matrix has more than ${MAX_CELLS} cells`);
  }
  for (const exclude of matrix.excludes) {
    const parts: (Values & { readonly not: boolean })[] = [];
    for (const axis of exclude) parts.push({ ...(yield* valuesOf(build, axis, scope)), not: axis.not });
    cells = cells.filter(
      (cell) => !parts.every(({ name, values, not }) => values.includes(cell[name] ?? '') !== not),
    );
  }
  return cells;
}

function* valuesOf(build: Build, axis: Axis, scope: Scope): Gen<Values> {
  const values: string[] = [];
  for (const value of axis.values) values.push(yield* textIn(build, value, scope));
  return { name: yield* textIn(build, axis.name, scope), values };
}

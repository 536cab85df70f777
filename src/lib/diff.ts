/** One line of the difference between two texts. */
export interface DiffLine {
  readonly kind: 'same' | 'removed' | 'added';
  readonly text: string;
}

/** Longest texts that are compared line by line; the table of the comparison grows with the square. */
const MOST_LINES = 1500;

/** The shortest edit from one text to the other (longest common subsequence). */
export function compareLines(before: readonly string[], after: readonly string[]): DiffLine[] {
  if (before.length > MOST_LINES || after.length > MOST_LINES) {
    return [
      ...before.map((text): DiffLine => ({ kind: 'removed', text })),
      ...after.map((text): DiffLine => ({ kind: 'added', text })),
    ];
  }
  const width = after.length + 1;
  const common = new Uint16Array((before.length + 1) * width);
  const length = (row: number, column: number) => common[row * width + column] ?? 0;
  for (let row = before.length - 1; row >= 0; row -= 1) {
    for (let column = after.length - 1; column >= 0; column -= 1) {
      common[row * width + column] =
        before[row] === after[column]
          ? length(row + 1, column + 1) + 1
          : Math.max(length(row + 1, column), length(row, column + 1));
    }
  }
  const lines: DiffLine[] = [];
  let row = 0;
  let column = 0;
  while (row < before.length || column < after.length) {
    const left = before[row];
    const right = after[column];
    if (left !== undefined && left === right) {
      lines.push({ kind: 'same', text: left });
      row += 1;
      column += 1;
    } else if (
      left !== undefined &&
      (right === undefined || length(row + 1, column) >= length(row, column + 1))
    ) {
      lines.push({ kind: 'removed', text: left });
      row += 1;
    } else if (right !== undefined) {
      lines.push({ kind: 'added', text: right });
      column += 1;
    }
  }
  return lines;
}

/** The part of a live value that the desired one has an opinion about. */
export function project(live: unknown, desired: unknown): unknown {
  if (isRecord(live) && isRecord(desired)) {
    return Object.fromEntries(
      Object.keys(desired)
        .filter((name) => name in live)
        .map((name) => [name, project(live[name], desired[name])]),
    );
  }
  if (Array.isArray(live) && Array.isArray(desired) && live.length === desired.length) {
    return live.map((value, index) => project(value, desired[index]));
  }
  return live;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Where something stands in a source file; both count from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

export interface SourceFile {
  /** The name that messages use: `WorkflowScript` for a Jenkinsfile, `vars/build.groovy` for a library's file. */
  readonly file: string;
  readonly source: string;
}

/** One thing that is wrong with a source file, found before anything runs. */
export interface Problem extends Position {
  readonly file: string;
  readonly message: string;
  /** The line of the source that the position points at. */
  readonly text: string;
}

/** Everything that is wrong with a script, rendered as Groovy's own `MultipleCompilationErrorsException` is. */
export class GroovySyntaxError extends Error {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(renderProblems(problems));
    this.name = 'GroovySyntaxError';
    this.problems = problems;
  }
}

export function problemAt({ file, source }: SourceFile, at: Position, message: string): Problem {
  const text = source.split(/\r\n|\r|\n/)[at.line - 1] ?? '';
  return { file, message, line: at.line, column: at.column, text };
}

/** The line of the source and a caret below the column, as compilers show it. */
function excerpt(problem: Problem): string {
  const shown = problem.text.length > 500 ? `${problem.text.slice(0, 500)}…` : problem.text;
  const column = Math.min(problem.column, shown.length + 1);
  const indent = shown.slice(0, column - 1).replaceAll(/[^\t]/g, ' ');
  return `   ${shown}\n   ${indent}^`;
}

function renderProblems(problems: readonly Problem[]): string {
  const parts = problems.map(
    (problem) =>
      `${problem.file}: ${problem.line}: ${problem.message} @ line ${problem.line}, column ${problem.column}.\n${excerpt(problem)}\n`,
  );
  return `startup failed:\n${parts.join('\n')}\n${problems.length} error${problems.length === 1 ? '' : 's'}\n`;
}

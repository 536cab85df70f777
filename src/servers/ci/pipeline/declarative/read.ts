import type { Argument, CallExpression, ClosureExpression, Expression, Statement } from '../../groovy/ast.ts';
import {
  GroovySyntaxError,
  problemAt,
  type Position,
  type Problem,
  type SourceFile,
} from '../../groovy/source.ts';
import type { Directive } from './model.ts';

/** Collects what is wrong with a declarative pipeline, so that all of it is told at once. */
export class Problems {
  readonly #file: SourceFile;
  readonly #found: Problem[] = [];

  constructor(file: SourceFile) {
    this.#file = file;
  }

  add(at: Position, message: string): void {
    this.#found.push(problemAt(this.#file, at, message));
  }

  throwIfAny(): void {
    if (this.#found.length > 0) throw new GroovySyntaxError(this.#found);
  }
}

export interface Section {
  readonly name: string;
  readonly args: readonly Argument[];
  readonly closure: ClosureExpression | undefined;
  readonly call: CallExpression;
  readonly at: Position;
}

/** A statement as `name(args) { … }`; undefined when it is anything else. */
export function sectionOf(statement: Statement): Section | undefined {
  if (statement.kind !== 'expression') return undefined;
  const call = statement.value;
  if (call.kind !== 'call' || call.object !== undefined || typeof call.name !== 'string') return undefined;
  const last = call.args.at(-1);
  const closure = last?.kind === 'positional' && last.value.kind === 'closure' ? last.value : undefined;
  return {
    name: call.name,
    args: closure === undefined ? call.args : call.args.slice(0, -1),
    closure,
    call,
    at: call.at,
  };
}

/** The one text that a section is given: `stage('Test')`. */
export function onlyArgument({ args }: Pick<Section, 'args'>): Expression | undefined {
  const [only, ...more] = args;
  return only?.kind === 'positional' && more.length === 0 ? only.value : undefined;
}

export function literalText(expression: Expression | undefined): string | undefined {
  return expression?.kind === 'literal' && typeof expression.value === 'string'
    ? expression.value
    : undefined;
}

/** Directives of a block: `options { timeout(…) }`, `when { anyOf { branch 'a'; branch 'b' } }`. */
export function readDirectives(
  problems: Problems,
  body: readonly Statement[],
  what: string,
  codeIn: ReadonlySet<string>,
): Directive[] {
  return body.flatMap((statement): Directive[] => {
    const section = sectionOf(statement);
    if (section === undefined) {
      problems.add(statement.at, `Expected ${what}`);
      return [];
    }
    const { name, args, closure, call, at } = section;
    const inner =
      closure === undefined || codeIn.has(name) ? [] : readDirectives(problems, closure.body, what, codeIn);
    return [{ name, args, body: inner, code: closure, call, at }];
  });
}

/** The sections of a block by name; two of one name are a problem. */
export function readSections(
  problems: Problems,
  body: readonly Statement[],
  unknown: (name: string, statement: Statement) => string,
  allowed: ReadonlySet<string>,
): Map<string, Section> {
  const sections = new Map<string, Section>();
  for (const statement of body) {
    const section = sectionOf(statement);
    if (section === undefined) {
      problems.add(statement.at, unknown('', statement));
      continue;
    }
    if (!allowed.has(section.name)) problems.add(section.at, unknown(section.name, statement));
    else if (sections.has(section.name))
      problems.add(section.at, `Multiple occurrences of the ${section.name} section`);
    else sections.set(section.name, section);
  }
  return sections;
}

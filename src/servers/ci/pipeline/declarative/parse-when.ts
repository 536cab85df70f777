import type { Directive } from './model.ts';
import { readDirectives, type Problems, type Section } from './read.ts';
import { CONDITIONS } from './vocabulary.ts';

const WITH_CODE: ReadonlySet<string> = new Set(['expression']);
const BEFORE = ['beforeAgent', 'beforeInput', 'beforeOptions'];
const UNSUPPORTED = ['changeset', 'changelog', 'triggeredBy', 'isRestartedRun'];

/** `when { … }` */
export function parseWhen(problems: Problems, section: Section | undefined): Directive[] {
  if (section === undefined) return [];
  const directives = readDirectives(problems, section.closure?.body ?? [], 'a condition', WITH_CODE);
  if (directives.length === 0)
    problems.add(section.at, 'Empty when closure, remove the property or add some content.');
  checkConditions(
    problems,
    directives.filter(({ name }) => !BEFORE.includes(name)),
  );
  return directives;
}

function checkConditions(problems: Problems, directives: readonly Directive[]): void {
  const names = CONDITIONS.split(' ');
  for (const { name, at, body, code } of directives) {
    if (!names.includes(name))
      problems.add(at, `Unknown conditional ${name}. Valid conditionals are: ${names.join(', ')}`);
    if (name === 'expression' && code === undefined) problems.add(at, 'Expected a block for expression');
    if (name === 'not' && body.length !== 1) problems.add(at, '‘not’ must contain exactly one condition');
    if (['allOf', 'anyOf'].includes(name) && body.length === 0)
      problems.add(at, `‘${name}’ must contain at least one condition`);
    if (UNSUPPORTED.includes(name))
      problems.add(at, `The condition "${name}" is not supported by this CI server; the k3d engine runs it`);
    checkConditions(problems, body);
  }
}

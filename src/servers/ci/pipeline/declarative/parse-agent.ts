import type { Expression } from '../../groovy/ast.ts';
import type { Agent } from './model.ts';
import { onlyArgument, readDirectives, type Problems, type Section } from './read.ts';

const TYPES = ['any', 'docker', 'dockerfile', 'kubernetes', 'label', 'node', 'none'];
const NO_CODE: ReadonlySet<string> = new Set();

/** `agent any`, `agent { label 'x' }`, `agent { node { label 'x' } }`, and containers. */
export function parseAgent(problems: Problems, section: Section): Agent | undefined {
  const word = onlyArgument(section);
  if (section.closure === undefined) {
    if (word?.kind === 'variable' && (word.name === 'any' || word.name === 'none'))
      return { kind: word.name };
    const found = word?.kind === 'variable' ? word.name : word?.kind === 'literal' ? String(word.value) : '';
    problems.add(
      word?.at ?? section.at,
      found === ''
        ? `No agent type specified. Must be one of [${TYPES.join(', ')}]`
        : `Invalid agent type "${found}" specified. Must be one of [${TYPES.join(', ')}]`,
    );
    return undefined;
  }
  const [type, ...more] = readDirectives(problems, section.closure.body, 'an agent type', NO_CODE);
  if (type === undefined) {
    problems.add(section.at, `No agent type specified. Must be one of [${TYPES.join(', ')}]`);
    return undefined;
  }
  switch (type.name) {
    case 'label':
      for (const other of more)
        if (other.name !== 'customWorkspace')
          problems.add(other.at, `Invalid config option "${other.name}" for agent type "label"`);
      return labelled(problems, onlyArgument(type), type.at, onlyOf(more, 'customWorkspace'));
    case 'node':
      return labelled(problems, onlyOf(type.body, 'label'), type.at, onlyOf(type.body, 'customWorkspace'));
    case 'docker':
    case 'dockerfile':
    case 'kubernetes':
      return { kind: 'container', type: type.name, at: type.at };
    default:
      problems.add(
        type.at,
        `Invalid agent type "${type.name}" specified. Must be one of [${TYPES.join(', ')}]`,
      );
      return undefined;
  }
}

function onlyOf(
  directives: readonly { readonly name: string; readonly args: Section['args'] }[],
  name: string,
): Expression | undefined {
  const found = directives.find((directive) => directive.name === name);
  return found === undefined ? undefined : onlyArgument(found);
}

function labelled(
  problems: Problems,
  label: Expression | undefined,
  at: Section['at'],
  customWorkspace: Expression | undefined,
): Agent {
  if (label === undefined) problems.add(at, 'Missing required parameter for agent type "label": label');
  return { kind: 'label', label: label ?? { kind: 'literal', value: '', at }, customWorkspace };
}

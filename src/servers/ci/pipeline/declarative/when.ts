import { enter, type Gen } from '../../groovy/fiber.ts';
import { raise } from '../../groovy/exceptions.ts';
import { plainText } from '../../groovy/operations.ts';
import { Pattern } from '../../groovy/regex.ts';
import type { Scope } from '../../groovy/scope.ts';
import { evaluateArguments } from '../../groovy/expressions.ts';
import { GroovyMap, type Value } from '../../groovy/values.ts';
import type { Build } from '../build.ts';
import { contextOf } from '../context.ts';
import type { Directive } from './model.ts';

/** Whether all of a stage's conditions hold. */
export function* holdsAll(build: Build, conditions: readonly Directive[], scope: Scope): Gen<boolean> {
  for (const condition of conditions) if (!(yield* holds(build, condition, scope))) return false;
  return true;
}

function* holds(build: Build, condition: Directive, scope: Scope): Gen<boolean> {
  const { interpreter } = build;
  const context = contextOf(scope.frame);
  scope.frame.at = condition.at;
  switch (condition.name) {
    case 'allOf':
      return yield* holdsAll(build, condition.body, scope);
    case 'anyOf':
      for (const inner of condition.body) if (yield* holds(build, inner, scope)) return true;
      return false;
    case 'not':
      return !(yield* holdsAll(build, condition.body, scope));
    case 'expression': {
      if (condition.code === undefined) return false;
      const value = yield* enter(interpreter.runBody(condition.code.body, scope.block()));
      return yield* interpreter.truth(value, scope.frame);
    }
    default:
  }
  const args = yield* evaluateArguments(interpreter, condition.args, scope);
  const named = args[0] instanceof GroovyMap ? args[0] : new GroovyMap();
  const text = (name: string): string | undefined => {
    const value = named.get(name) ?? (args[0] instanceof GroovyMap ? undefined : args[0]);
    return value === undefined || value === null ? undefined : plainText(value);
  };
  const comparator = plainText(named.get('comparator') ?? 'GLOB');
  switch (condition.name) {
    case 'branch':
      return compares(
        comparator,
        text('pattern') ?? '',
        context.variable('BRANCH_NAME') ??
          context.variable('GIT_LOCAL_BRANCH') ??
          context.variable('GIT_BRANCH'),
      );
    case 'tag':
      return compares(comparator, text('pattern') ?? '**', context.variable('TAG_NAME'));
    case 'buildingTag':
      return context.variable('TAG_NAME') !== undefined;
    case 'changeRequest':
      return changeRequest(named, comparator, (name) => context.variable(name));
    case 'environment': {
      const value = context.variable(plainText(named.get('name') ?? '')) ?? '';
      const wanted = plainText(named.get('value') ?? '');
      return named.get('ignoreCase') === true
        ? value.toLowerCase() === wanted.toLowerCase()
        : value === wanted;
    }
    case 'equals':
      return yield* interpreter.equal(
        named.get('expected') ?? null,
        named.get('actual') ?? null,
        scope.frame,
      );
    default:
      return raise('UnsupportedOperationException', `the condition ${condition.name} is not supported`);
  }
}

const CHANGE_VARIABLES: Readonly<Record<string, string>> = {
  id: 'CHANGE_ID',
  target: 'CHANGE_TARGET',
  branch: 'CHANGE_BRANCH',
  fork: 'CHANGE_FORK',
  url: 'CHANGE_URL',
  title: 'CHANGE_TITLE',
  author: 'CHANGE_AUTHOR',
  authorDisplayName: 'CHANGE_AUTHOR_DISPLAY_NAME',
  authorEmail: 'CHANGE_AUTHOR_EMAIL',
};

function changeRequest(
  named: GroovyMap,
  given: string,
  variable: (name: string) => string | undefined,
): boolean {
  if (variable('CHANGE_ID') === undefined) return false;
  const comparator = named.has('comparator') ? given : 'EQUALS';
  return [...named.entries()].every(([key, value]: [Value, Value]) => {
    const name = plainText(key);
    if (name === 'comparator') return true;
    if (!Object.hasOwn(CHANGE_VARIABLES, name))
      return raise(
        'IllegalArgumentException',
        `changeRequest knows ${Object.keys(CHANGE_VARIABLES).join(', ')}, not ${name}`,
      );
    return compares(comparator, plainText(value), variable(CHANGE_VARIABLES[name] ?? ''));
  });
}

function compares(comparator: string, pattern: string, value: string | undefined): boolean {
  if (value === undefined) return false;
  switch (comparator) {
    case 'EQUALS':
      return pattern === value;
    case 'REGEXP':
      return new Pattern(pattern).expression(true).test(value);
    case 'GLOB':
      return globMatches(pattern, value);
    default:
      return raise(
        'IllegalArgumentException',
        `there is no comparator ${comparator}; there are EQUALS, GLOB, REGEXP`,
      );
  }
}

/** Ant's patterns: `*` within a part of the path, `**` over several, `?` one character. */
function globMatches(pattern: string, value: string): boolean {
  const parts = pattern.replaceAll('\\', '/').split('/');
  const source = parts.map((part, index) => {
    const last = index === parts.length - 1;
    if (part === '**') return last ? '.*' : '(?:[^/]+/)*';
    const text = part
      .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll(/\*+/g, '[^/]*')
      .replaceAll('?', '[^/]');
    return last ? text : `${text}/`;
  });
  return new RegExp(`^${source.join('')}$`, 'i').test(value);
}

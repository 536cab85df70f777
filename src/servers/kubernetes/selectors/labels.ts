import { labelValueProblem, qualifiedNameProblem } from '../admission/names.ts';
import { badRequest } from '../errors.ts';

export type Labels = Readonly<Record<string, string>>;

/** Decides whether an object's labels fit. */
export type LabelMatcher = (labels: Labels | undefined) => boolean;

const EVERYTHING: LabelMatcher = () => true;

/**
 * Parses a label selector as the API and `kubectl -l` take it: `a=b,c!=d,e in (f,g),h notin (i),j,!k`, `n>1`.
 * @throws ApiError `BadRequest` that shows what was not understood.
 */
export function parseLabelSelector(text: string | undefined): LabelMatcher {
  if (text === undefined || text.trim() === '') return EVERYTHING;
  const requirements = split(text).map((part) => parseRequirement(part, text));
  return (labels) => requirements.every((requirement) => requirement(labels));
}

interface Expression {
  readonly key: string;
  readonly operator: string;
  readonly values?: readonly string[];
}

/** A `LabelSelector` object in the text form, as the scale subresource shows it. */
export function selectorText(selector: {
  readonly matchLabels?: Labels;
  readonly matchExpressions?: readonly Expression[];
}): string {
  const equal = Object.entries(selector.matchLabels ?? {}).map(([key, value]) => `${key}=${value}`);
  const expressions = (selector.matchExpressions ?? []).map(({ key, operator, values = [] }) => {
    switch (operator) {
      case 'Exists':
        return key;
      case 'DoesNotExist':
        return `!${key}`;
      default:
        return `${key} ${operator.toLowerCase()} (${values.join(',')})`;
    }
  });
  return [...equal.sort(), ...expressions].join(',');
}

/** Splits at commas that are not inside parentheses. */
function split(text: string): string[] {
  return text.split(/,(?![^(]*\))/).map((part) => part.trim());
}

function parseRequirement(part: string, whole: string): LabelMatcher {
  const set = /^(\S+)\s+(in|notin)\s*\(([^()]*)\)$/.exec(part);
  if (set !== null) {
    const [, key = '', operator = '', values = ''] = set;
    return checked(
      key,
      operator,
      values.split(',').map((value) => value.trim()),
      whole,
    );
  }
  const compared = /^([^\s=!<>]+)\s*(==|=|!=|<|>)\s*([^\s=!<>]*)$/.exec(part);
  if (compared !== null) {
    const [, key = '', operator = '', value = ''] = compared;
    return checked(key, operator, [value], whole);
  }
  const exists = /^(!?)\s*([^\s=!<>()]+)$/.exec(part);
  if (exists !== null)
    return checked(exists[2] ?? '', exists[1] === '!' ? 'doesnotexist' : 'exists', [], whole);
  throw unparsable(whole, `found '${part}'`);
}

function checked(key: string, operator: string, values: readonly string[], whole: string): LabelMatcher {
  const problem =
    qualifiedNameProblem(key) ??
    (operator === '<' || operator === '>'
      ? undefined
      : values.map(labelValueProblem).find((found) => found !== undefined));
  if (problem !== undefined) throw unparsable(whole, problem);
  return requirementOf(key, operator, values);
}

function requirementOf(key: string, operator: string, values: readonly string[]): LabelMatcher {
  const valueIn = (labels: Labels | undefined) => {
    const value = labels?.[key];
    return value !== undefined && values.includes(value);
  };
  const number = Number(values[0]);
  switch (operator) {
    case '=':
    case '==':
    case 'in':
      return valueIn;
    case '!=':
    case 'notin':
      return (labels) => !valueIn(labels);
    case 'exists':
      return (labels) => labels?.[key] !== undefined;
    case 'doesnotexist':
      return (labels) => labels?.[key] === undefined;
    case '<':
      return (labels) => labels?.[key] !== undefined && Number(labels[key]) < number;
    case '>':
      return (labels) => labels?.[key] !== undefined && Number(labels[key]) > number;
    default:
      throw badRequest(`"${operator}" is not a valid label selector operator`);
  }
}

function unparsable(whole: string, why: string) {
  return badRequest(`unable to parse requirement in the label selector "${whole}": ${why}`);
}

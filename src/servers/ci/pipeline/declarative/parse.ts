import type { ClosureExpression, Expression, Statement } from '../../groovy/ast.ts';
import type { SourceFile } from '../../groovy/source.ts';
import { parseAgent } from './parse-agent.ts';
import {
  POST_CONDITIONS,
  type Axis,
  type Directive,
  type Matrix,
  type Pipeline,
  type PostCondition,
  type Scoped,
  type Stage,
  type Variable,
} from './model.ts';
import {
  literalText,
  onlyArgument,
  Problems,
  readDirectives,
  readSections,
  sectionOf,
  type Section,
} from './read.ts';
import {
  PIPELINE_SECTIONS,
  STAGE_SECTIONS,
  MATRIX_SECTIONS,
  PIPELINE_OPTIONS,
  STAGE_OPTIONS,
  PARAMETERS,
} from './vocabulary.ts';
import { parseWhen } from './parse-when.ts';
import { validateSteps } from './validate-steps.ts';

const NO_CODE: ReadonlySet<string> = new Set();

/**
 * Reads `pipeline { … }` into its model, and checks all of it before anything runs.
 * @throws GroovySyntaxError with every problem and its place.
 */
export function parsePipeline(closure: ClosureExpression, file: SourceFile): Pipeline {
  const problems = new Problems(file);
  const reader = new Reader(problems);
  const pipeline = reader.pipeline(closure);
  problems.throwIfAny();
  if (pipeline === undefined) throw new Error('a pipeline without problems has a model');
  return pipeline;
}

class Reader {
  readonly #problems: Problems;
  readonly #names = new Set<string>();

  constructor(problems: Problems) {
    this.#problems = problems;
  }

  pipeline(closure: ClosureExpression): Pipeline | undefined {
    const sections = readSections(
      this.#problems,
      closure.body,
      (name) =>
        name === ''
          ? 'Not a valid section definition: only sections are allowed here'
          : `Undefined section "${name}"`,
      PIPELINE_SECTIONS,
    );
    const { at } = closure;
    for (const name of ['stages', 'agent'])
      if (!sections.has(name)) this.#problems.add(at, `Missing required section "${name}"`);
    const scoped = this.#scoped(sections, PIPELINE_OPTIONS, at);
    const stages = sections.get('stages');
    this.#refuse(sections, 'libraries', 'use @Library');
    const model = {
      ...scoped,
      parameters: this.#checked(sections.get('parameters'), 'a parameter', 'parameter type', PARAMETERS),
      triggers: this.#directives(sections.get('triggers'), 'a trigger'),
      stages: stages === undefined ? [] : this.#stages(stages),
    };
    return scoped.agent === undefined ? undefined : { ...model, agent: scoped.agent };
  }

  #refuse(sections: ReadonlyMap<string, Section>, name: string, instead: string): void {
    const section = sections.get(name);
    if (section !== undefined)
      this.#problems.add(section.at, `The section "${name}" is not supported here: ${instead}`);
  }

  #scoped(sections: ReadonlyMap<string, Section>, options: string, at: Scoped['at']): Scoped {
    this.#refuse(
      sections,
      'tools',
      'the tools are those of the node; use the k3d engine for tool installers',
    );
    const agent = sections.get('agent');
    return {
      agent: agent === undefined ? undefined : parseAgent(this.#problems, agent),
      environment: this.#environment(sections.get('environment')),
      options: this.#checked(sections.get('options'), 'an option', 'option type', options),
      post: this.#post(sections.get('post')),
      at,
    };
  }

  #body(section: Section, what: string): readonly Statement[] {
    if (section.closure !== undefined) return section.closure.body;
    this.#problems.add(section.at, `Expected a block for ${what}`);
    return [];
  }

  #directives(
    section: Section | undefined,
    what: string,
    codeIn: ReadonlySet<string> = NO_CODE,
  ): Directive[] {
    return section === undefined
      ? []
      : readDirectives(this.#problems, this.#body(section, section.name), what, codeIn);
  }

  #checked(section: Section | undefined, what: string, kind: string, known: string): Directive[] {
    const directives = this.#directives(section, what);
    const names = known.split(' ');
    for (const { name, at } of directives) {
      if (!names.includes(name))
        this.#problems.add(at, `Invalid ${kind} "${name}". Valid ${kind}s: [${names.join(', ')}]`);
    }
    if (section !== undefined && directives.length === 0)
      this.#problems.add(section.at, `Cannot have empty ${section.name} section`);
    return directives;
  }

  #environment(section: Section | undefined): Variable[] {
    if (section === undefined) return [];
    const body = this.#body(section, 'environment');
    if (body.length === 0) this.#problems.add(section.at, 'No variables specified for environment');
    return body.flatMap((statement): Variable[] => {
      const assignment = statement.kind === 'expression' ? statement.value : undefined;
      if (
        assignment?.kind !== 'assign' ||
        assignment.operator !== undefined ||
        assignment.target.kind !== 'variable'
      ) {
        this.#problems.add(statement.at, 'Expected name=value pairs');
        return [];
      }
      const { value } = assignment;
      if (
        !['literal', 'gstring', 'call', 'binary', 'variable', 'property', 'ternary', 'elvis'].includes(
          value.kind,
        )
      ) {
        this.#problems.add(
          value.at,
          'Environment variable values must either be strings, function calls or combinations of strings and function calls',
        );
      }
      return [{ name: assignment.target.name, value, at: assignment.target.at }];
    });
  }

  #post(section: Section | undefined): PostCondition[] {
    if (section === undefined) return [];
    const body = this.#body(section, 'post');
    const seen = new Set<string>();
    if (body.length === 0)
      this.#problems.add(
        section.at,
        'The ‘post’ section can not be empty. At least one condition is required.',
      );
    return body.flatMap((statement): PostCondition[] => {
      const condition = sectionOf(statement);
      if (condition?.closure === undefined) {
        this.#problems.add(
          statement.at,
          'The ‘post’ section can only contain blocks named after build conditions.',
        );
        return [];
      }
      const { name, at, closure } = condition;
      if (!(POST_CONDITIONS as readonly string[]).includes(name)) {
        this.#problems.add(
          at,
          `Invalid condition "${name}" - valid conditions are [${[...POST_CONDITIONS].sort().join(', ')}]`,
        );
      }
      if (seen.has(name)) this.#problems.add(at, `Duplicate build condition name: "${name}"`);
      seen.add(name);
      return [
        { condition: name, steps: validateSteps(this.#problems, closure, `No steps specified for branch`) },
      ];
    });
  }

  #stages(section: Section): Stage[] {
    const body = this.#body(section, section.name);
    if (body.length === 0) this.#problems.add(section.at, 'No stages specified');
    return body.flatMap((statement): Stage[] => {
      const stage = sectionOf(statement);
      if (stage?.name !== 'stage') {
        this.#problems.add(statement.at, 'Expected a stage');
        return [];
      }
      return this.#stage(stage) ?? [];
    });
  }

  #stage(section: Section): Stage[] | undefined {
    const name = onlyArgument(section);
    const label = literalText(name) ?? '';
    if (name === undefined) this.#problems.add(section.at, 'Expected a stage name but didn’t find any');
    else if (name.kind === 'literal' && label === '')
      this.#problems.add(name.at, 'Expected a stage name but didn’t find any');
    if (section.closure === undefined) {
      this.#problems.add(section.at, `Expected a block for stage "${label}"`);
      return undefined;
    }
    if (label !== '' && this.#names.has(label))
      this.#problems.add(name?.at ?? section.at, `Duplicate stage name: "${label}"`);
    this.#names.add(label);
    const sections = readSections(
      this.#problems,
      section.closure.body,
      (unknown) =>
        `Unknown stage section "${unknown}". Starting with version 0.5, steps in a stage must be in a ‘steps’ block.`,
      STAGE_SECTIONS,
    );
    const scoped = this.#scoped(sections, STAGE_OPTIONS, section.at);
    const content = this.#content(section, sections, label);
    if (content === undefined || name === undefined) return undefined;
    if (content.kind === 'parallel' && scoped.agent !== undefined && scoped.agent.kind !== 'none') {
      this.#problems.add(
        section.at,
        `"agent" is not allowed in stage "${label}" as it contains parallel stages`,
      );
    }
    const input = sections.get('input');
    return [
      {
        ...scoped,
        name,
        label,
        when: parseWhen(this.#problems, sections.get('when')),
        input: input === undefined ? undefined : this.#input(input),
        failFast: isTrue(sections.get('failFast')),
        content,
      },
    ];
  }

  #content(
    section: Section,
    sections: ReadonlyMap<string, Section>,
    label: string,
  ): Stage['content'] | undefined {
    const kinds = ['steps', 'stages', 'parallel', 'matrix'].flatMap((name) => sections.get(name) ?? []);
    const [only, second] = kinds;
    if (only === undefined) {
      this.#problems.add(
        section.at,
        `Expected one of "steps", "stages", "parallel", or "matrix" for stage "${label}"`,
      );
      return undefined;
    }
    if (second !== undefined)
      this.#problems.add(
        section.at,
        `Only one of "matrix", "parallel", "stages", or "steps" allowed for stage "${label}"`,
      );
    switch (only.name) {
      case 'steps':
        if (only.closure === undefined) this.#problems.add(only.at, 'Expected a block for steps');
        return {
          kind: 'steps',
          steps:
            only.closure === undefined
              ? []
              : validateSteps(this.#problems, only.closure, 'No steps specified for branch'),
        };
      case 'matrix':
        return { kind: 'matrix', matrix: this.#matrix(only) };
      default:
        return { kind: only.name === 'stages' ? 'stages' : 'parallel', stages: this.#stages(only) };
    }
  }

  #input(section: Section): Directive {
    const body =
      section.closure === undefined
        ? []
        : readDirectives(this.#problems, section.closure.body, 'a field of input', new Set(['parameters']));
    if (section.closure !== undefined && !body.some(({ name }) => name === 'message'))
      this.#problems.add(section.at, 'Missing required parameter: "message"');
    return {
      name: 'input',
      args: section.args,
      body,
      code: section.closure,
      call: section.call,
      at: section.at,
    };
  }

  #matrix(section: Section): Matrix {
    const sections = readSections(
      this.#problems,
      this.#body(section, 'matrix'),
      (name) => `Unknown matrix section "${name}".`,
      MATRIX_SECTIONS,
    );
    const { agent, environment, options, post } = this.#scoped(sections, STAGE_OPTIONS, section.at);
    const [axes, stages, excludes] = [sections.get('axes'), sections.get('stages'), sections.get('excludes')];
    for (const name of ['axes', 'stages'])
      if (!sections.has(name)) this.#problems.add(section.at, `Missing required section "${name}"`);
    return {
      agent,
      environment,
      options,
      post,
      axes: this.#directives(axes, 'an axis').map((axis) => this.#axis(axis)),
      excludes: this.#directives(excludes, 'an exclude').map((exclude) =>
        exclude.body.map((axis) => ({
          ...this.#axis(axis),
          not: axis.body.some(({ name }) => name === 'notValues'),
        })),
      ),
      when: parseWhen(this.#problems, sections.get('when')),
      stages: stages === undefined ? [] : this.#stages(stages),
    };
  }

  #axis({ name, body, at }: Directive): Axis {
    if (name !== 'axis') this.#problems.add(at, `Expected an axis, found "${name}"`);
    const named = body.find((field) => field.name === 'name');
    const values = body.find((field) => field.name === 'values' || field.name === 'notValues');
    const axisName: Expression = (named === undefined ? undefined : onlyArgument(named)) ?? {
      kind: 'literal',
      value: '',
      at,
    };
    if (named === undefined || values === undefined)
      this.#problems.add(at, 'An axis needs "name" and "values"');
    return { name: axisName, values: (values?.args ?? []).map(({ value }) => value) };
  }
}

function isTrue(section: Section | undefined): boolean {
  const value = section === undefined ? undefined : onlyArgument(section);
  return value?.kind === 'literal' && value.value === true;
}

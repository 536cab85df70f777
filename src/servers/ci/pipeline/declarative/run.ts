import { raise } from '../../groovy/exceptions.ts';
import type { Gen } from '../../groovy/fiber.ts';
import type { Scope } from '../../groovy/scope.ts';
import { isClosure } from '../../groovy/values.ts';
import type { Build } from '../build.ts';
import { contextOf, type PipelineContext } from '../context.ts';
import { inStage } from '../flow/stage.ts';
import { runBranches, type Branch } from '../flow/parallel.ts';
import type { FlowStep } from '../flow/step.ts';
import { endedBySibling, isFatal } from '../interruptions.ts';
import { resultOf, worst } from '../results.ts';
import { withAgent } from './agent.ts';
import { withEnvironment } from './environment.ts';
import { askInput } from './input.ts';
import { cellsOf } from './matrix.ts';
import type { Pipeline, Stage } from './model.ts';
import { hasOption, withOptions } from './options.ts';
import { parsePipeline } from './parse.ts';
import { runPost } from './post.ts';
import { announceProperties } from './properties.ts';
import { runSteps, scopeIn, textIn } from './scope.ts';
import { holdsAll } from './when.ts';

/** `pipeline { … }` */
export const declarativePipeline: FlowStep = {
  *run({ build, body, frame }) {
    if (!isClosure(body) || typeof body.code === 'function' || body.scope === undefined) {
      return raise('IllegalArgumentException', 'pipeline needs a block');
    }
    const model = parsePipeline(body.code, frame.klass.module.file);
    yield* new DeclarativeRun(build, model, body.scope).run(contextOf(frame));
    return null;
  },
};

const BEFORE: ReadonlySet<string> = new Set(['beforeAgent', 'beforeInput', 'beforeOptions']);

/** The first failure of a row of stages: what comes after it is skipped. */
interface Progress {
  failure: { readonly error: unknown } | undefined;
}

class DeclarativeRun {
  readonly #build: Build;
  readonly #model: Pipeline;
  readonly #outer: Scope;

  constructor(build: Build, model: Pipeline, outer: Scope) {
    this.#build = build;
    this.#model = model;
    this.#outer = outer;
  }

  *run(context: PipelineContext): Gen {
    const model = this.#model;
    yield* announceProperties(this.#build, model, scopeIn(this.#outer, context));
    return yield* withOptions(this.#build, model.options, scopeIn(this.#outer, context), context, (limited) =>
      withAgent(
        this.#build,
        { agent: model.agent, checkout: this.#checksOut([]), synthetic: true },
        this.#outer,
        limited,
        (located) =>
          withEnvironment(this.#build, model.environment, this.#outer, located, (ready) => this.#body(ready)),
      ),
    );
  }

  #checksOut(options: Pipeline['options']): boolean {
    return (
      !hasOption(this.#model.options, 'skipDefaultCheckout') && !hasOption(options, 'skipDefaultCheckout')
    );
  }

  *#body(context: PipelineContext): Gen {
    const progress: Progress = { failure: undefined };
    yield* this.#stages(this.#model.stages, context, progress);
    if (this.#model.post.length > 0) {
      const failed = yield* this.#attempt(context, () =>
        inStage(this.#build, 'Declarative: Post Actions', context, (inner) =>
          runPost(this.#build, this.#model.post, () => this.#build.currentResult, this.#outer, inner),
        ),
      );
      progress.failure ??= failed;
    }
    if (progress.failure !== undefined) throw progress.failure.error;
    return null;
  }

  /** Runs something; a failure is what the build has become, and is given back. */
  *#attempt(context: PipelineContext, run: () => Gen<unknown>): Gen<Progress['failure']> {
    try {
      yield* run();
      return undefined;
    } catch (error) {
      if (isFatal(error)) throw error;
      if (!endedBySibling(context.signal))
        this.#build.worsen(this.#build.host.signal.aborted ? 'ABORTED' : resultOf(error));
      return { error };
    }
  }

  *#stages(stages: readonly Stage[], context: PipelineContext, progress: Progress): Gen<void> {
    for (const stage of stages) {
      const unstable =
        hasOption(this.#model.options, 'skipStagesAfterUnstable') && this.#build.currentResult === 'UNSTABLE';
      if (progress.failure === undefined && !unstable)
        progress.failure = yield* this.#attempt(context, () => this.#stage(stage, context));
      else
        yield* this.#skip(
          stage,
          context,
          unstable && progress.failure === undefined
            ? 'due to earlier stage(s) marking the build as unstable'
            : 'due to earlier failure(s)',
        );
    }
  }

  *#skip(stage: Stage, context: PipelineContext, why: string): Gen<void> {
    const name = yield* textIn(this.#build, stage.name, scopeIn(this.#outer, context));
    const record = this.#build.beginStage(name, context);
    this.#build.trace('stage');
    this.#build.trace(`{ (${name})`);
    context.log(`Stage "${name}" skipped ${why}\n`);
    const { content } = stage;
    const inner = content.kind === 'stages' || content.kind === 'parallel' ? content.stages : [];
    for (const each of inner) yield* this.#skip(each, context.withStage(record), why);
    record.end('NOT_BUILT');
    this.#build.trace('}');
    this.#build.trace('// stage');
  }

  *#stage(stage: Stage, context: PipelineContext): Gen {
    const build = this.#build;
    const name = yield* textIn(build, stage.name, scopeIn(this.#outer, context));
    const before = (option: string) =>
      stage.when.some((directive) => directive.name === option && isSet(directive));
    const early = before('beforeAgent') || before('beforeInput') || before('beforeOptions');
    return yield* inStage(build, name, context, (inner) => this.#guarded(stage, name, inner, early));
  }

  /** Inside of the stage: conditions, options, input, agent and environment, then the content, then `post`. */
  *#guarded(stage: Stage, name: string, context: PipelineContext, early: boolean): Gen {
    const build = this.#build;
    if (early && !(yield* this.#isWanted(stage, name, context))) return null;
    return yield* withOptions(
      build,
      stage.options,
      scopeIn(this.#outer, context),
      context,
      function* (this: DeclarativeRun, limited: PipelineContext): Gen {
        const asked =
          stage.input === undefined ? limited : yield* askInput(build, stage.input, this.#outer, limited);
        const agent = { agent: stage.agent, checkout: this.#checksOut(stage.options), synthetic: false };
        return yield* withAgent(build, agent, this.#outer, asked, (located) =>
          withEnvironment(build, stage.environment, this.#outer, located, (ready) =>
            this.#content(stage, name, ready, early),
          ),
        );
      }.bind(this),
    );
  }

  *#isWanted(stage: Stage, name: string, context: PipelineContext): Gen<boolean> {
    const conditions = stage.when.filter((directive) => !BEFORE.has(directive.name));
    if (conditions.length === 0 || (yield* holdsAll(this.#build, conditions, scopeIn(this.#outer, context))))
      return true;
    context.log(`Stage "${name}" skipped due to when conditional\n`);
    context.stage?.mark('NOT_BUILT');
    return false;
  }

  *#content(stage: Stage, name: string, context: PipelineContext, decided: boolean): Gen {
    if (!decided && !(yield* this.#isWanted(stage, name, context))) return null;
    let failure: Progress['failure'];
    try {
      yield* this.#inner(stage, context);
    } catch (error) {
      if (isFatal(error)) throw error;
      failure = { error };
    }
    const own =
      failure === undefined
        ? 'SUCCESS'
        : this.#build.host.signal.aborted
          ? 'ABORTED'
          : resultOf(failure.error);
    if (failure !== undefined && !endedBySibling(context.signal)) this.#build.worsen(own);
    if (stage.post.length > 0) {
      context.log('Post stage\n');
      const result = () =>
        worst(
          worst(own, context.stage?.result ?? 'SUCCESS'),
          this.#build.result === 'UNSTABLE' ? 'UNSTABLE' : 'SUCCESS',
        );
      const failed = yield* this.#attempt(context, () =>
        runPost(this.#build, stage.post, result, this.#outer, context),
      );
      failure ??= failed;
    }
    if (failure !== undefined) throw failure.error;
    return null;
  }

  *#inner(stage: Stage, context: PipelineContext): Gen<unknown> {
    const { content } = stage;
    switch (content.kind) {
      case 'steps':
        return yield* runSteps(this.#build, content.steps, scopeIn(this.#outer, context));
      case 'stages': {
        const progress: Progress = { failure: undefined };
        yield* this.#stages(content.stages, context, progress);
        if (progress.failure !== undefined) throw progress.failure.error;
        return null;
      }
      case 'parallel': {
        const branches: Branch[] = [];
        for (const each of content.stages) {
          const name = yield* textIn(this.#build, each.name, scopeIn(this.#outer, context));
          branches.push({ name, run: (inner) => this.#stage(each, inner) });
        }
        return yield* runBranches(this.#build, context, branches, this.#failsFast(stage), false);
      }
      case 'matrix':
        return yield* this.#matrix(stage, content.matrix, context);
    }
  }

  #failsFast(stage: Stage): boolean {
    return stage.failFast || hasOption(this.#model.options, 'parallelsAlwaysFailFast');
  }

  *#matrix(
    stage: Stage,
    matrix: Extract<Stage['content'], { kind: 'matrix' }>['matrix'],
    context: PipelineContext,
  ): Gen<unknown> {
    const cells = yield* cellsOf(this.#build, matrix, scopeIn(this.#outer, context));
    const branches = cells.map((cell): Branch => {
      const name = `Matrix - ${Object.entries(cell)
        .map(([axis, value]) => `${axis} = '${value}'`)
        .join(', ')}`;
      const content = { kind: 'stages', stages: matrix.stages } as const;
      const { agent, environment, options, post, when } = matrix;
      const title = { kind: 'literal', value: name, at: stage.at } as const;
      const inCell: Stage = {
        name: title,
        label: name,
        agent,
        environment,
        options,
        post,
        when,
        input: undefined,
        failFast: false,
        content,
        at: stage.at,
      };
      return { name, run: (inner) => this.#stage(inCell, inner.withVariables(cell)) };
    });
    return yield* runBranches(this.#build, context, branches, this.#failsFast(stage), false);
  }
}

function isSet({ args }: Stage['when'][number]): boolean {
  const [only] = args;
  return only?.value.kind === 'literal' && only.value.value === true;
}

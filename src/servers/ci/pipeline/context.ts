import type { Frame } from '../groovy/scope.ts';
import type { BuildResult, StepContext } from './host.ts';
import type { StageRecord } from './stages.ts';

/** What all contexts of a build share. */
export interface SharedContext {
  /** The build's environment outside of any `withEnv`; `env.X = …` changes it. */
  readonly env: Map<string, string>;
  log(text: string): void;
  worsen(result: BuildResult, context: PipelineContext): void;
}

interface ContextParts {
  readonly shared: SharedContext;
  /** Over the build's environment; undefined hides a variable. */
  readonly overlay: ReadonlyMap<string, string | undefined>;
  readonly cwd: string | undefined;
  readonly signal: AbortSignal;
  readonly stage: StageRecord | undefined;
  readonly prefix: LinePrefix | undefined;
  /** Inside of `node` or an agent. */
  readonly node: boolean;
}

/** Puts something before each line of a branch's output, also where a line comes in pieces. */
class LinePrefix {
  readonly #text: string;
  #atStart = true;

  constructor(text: string) {
    this.#text = text;
  }

  apply(text: string): string {
    if (text === '') return '';
    const prefixed = (this.#atStart ? this.#text : '') + text.replaceAll(/\n(?=[\s\S])/g, `\n${this.#text}`);
    this.#atStart = text.endsWith('\n');
    return prefixed;
  }
}

/** The step context of this language: layers over the build's environment. */
export class PipelineContext implements StepContext {
  readonly #parts: ContextParts;

  constructor(parts: ContextParts) {
    this.#parts = parts;
  }

  get env(): Readonly<Record<string, string>> {
    const merged = new Map(this.#parts.shared.env);
    for (const [name, value] of this.#parts.overlay) {
      if (value === undefined) merged.delete(name);
      else merged.set(name, value);
    }
    return Object.fromEntries(merged);
  }

  get cwd(): string | undefined {
    return this.#parts.cwd;
  }

  get signal(): AbortSignal {
    return this.#parts.signal;
  }

  worsen(result: BuildResult): void {
    this.#parts.shared.worsen(result, this);
  }

  get stage(): StageRecord | undefined {
    return this.#parts.stage;
  }

  get inNode(): boolean {
    return this.#parts.node;
  }

  get stages(): readonly string[] {
    const names: string[] = [];
    for (let stage = this.#parts.stage; stage !== undefined; stage = stage.parent) names.unshift(stage.name);
    return names;
  }

  variable(name: string): string | undefined {
    const { overlay, shared } = this.#parts;
    return overlay.has(name) ? overlay.get(name) : shared.env.get(name);
  }

  log(text: string): void {
    const { prefix, shared } = this.#parts;
    shared.log(prefix === undefined ? text : prefix.apply(text));
  }

  with(change: Partial<Pick<StepContext, 'env' | 'cwd' | 'signal'>>): PipelineContext {
    const overlay = change.env === undefined ? this.#parts.overlay : this.#difference(change.env);
    return new PipelineContext({
      ...this.#parts,
      overlay,
      cwd: change.cwd ?? this.#parts.cwd,
      signal: change.signal ?? this.#parts.signal,
    });
  }

  /** What must lie over the build's environment, now and after it changes, to make it `wanted`. */
  #difference(wanted: Readonly<Record<string, string>>): Map<string, string | undefined> {
    const current = this.env;
    const overlay = new Map(this.#parts.overlay);
    for (const [name, value] of Object.entries(wanted)) if (current[name] !== value) overlay.set(name, value);
    for (const name of Object.keys(current)) if (!Object.hasOwn(wanted, name)) overlay.set(name, undefined);
    return overlay;
  }

  /** A context with more variables. */
  withVariables(variables: Readonly<Record<string, string>>): PipelineContext {
    return new PipelineContext({
      ...this.#parts,
      overlay: new Map([...this.#parts.overlay, ...Object.entries(variables)]),
    });
  }

  withStage(stage: StageRecord): PipelineContext {
    return new PipelineContext({ ...this.#parts, stage });
  }

  withPrefix(text: string): PipelineContext {
    return new PipelineContext({ ...this.#parts, prefix: new LinePrefix(text) });
  }

  onNode(cwd: string, env: Readonly<Record<string, string>>): PipelineContext {
    return new PipelineContext({
      ...this.#parts,
      cwd,
      node: true,
      overlay: new Map([...this.#parts.overlay, ...Object.entries(env)]),
    });
  }
}

/** The context of the code that runs in this frame. */
export function contextOf(frame: Frame): PipelineContext {
  const { context } = frame.fiber;
  if (!(context instanceof PipelineContext)) throw new Error('this code does not run in a pipeline');
  return context;
}

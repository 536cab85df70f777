import { withKeptAddons } from '../../config/addons.ts';
import { loadConfig } from '../../config/load.ts';
import type { Config } from '../../config/schema.ts';
import type { Engine } from '../../engines/engine.ts';
import { findEngine, selectEngine, type Selection } from '../../engines/select.ts';
import { commandFor } from '../../lib/command-line.ts';
import { PlaygroundError, wholeMessageOf } from '../../lib/errors.ts';
import { withPlaygroundLock } from '../../lib/lock.ts';
import { refuseUnsupported } from '../../flow/support.ts';
import { inOrder, Interruption, runTasks, type Durations, type Task } from '../../flow/task.ts';
import type { CommandContext } from '../command.ts';
import type { Output } from '../output.ts';
import { clusterSettings } from '../settings.ts';
import { formatDuration } from '../../lib/duration.ts';
import { renderTasks } from '../renderers/render.ts';
import { showSummary } from '../summary.ts';

/** `up`: from the configuration to a playground whose loop has been proven. */
export async function run(context: CommandContext): Promise<number> {
  const { name, options, output, signal } = context;
  const existing = await findEngine(name);
  const config = await configOf(context, existing);
  const { engine, reason } = await choose(config, existing);
  refuseUnsupported(config, engine.id);
  if (options.dryRun === true) return dryRun(await plan(config, engine), config, engine, output);

  output.note(`engine ${output.colors.bold(engine.id)}: ${reason}`);
  const faults = (await engine.faults?.list(name)) ?? [];
  if (faults.length > 0)
    output.note(`broken on purpose: ${faults.join(', ')}; mend it with: gitops-playground heal`);
  const start = performance.now();
  const durations = await withPlaygroundLock(name, async () => {
    await prepare(engine, config);
    const tasks = await plan(config, engine);
    return renderTasks(output, (emit) => runTasks(tasks, emit, signal));
  }).catch((error: unknown) => {
    throw error instanceof Interruption ? explainInterruption(error, name) : error;
  });
  await present(context, engine, config, { ...durations, total: Math.round(performance.now() - start) });
  if (options.foreground === true) await stayAttached(context, engine);
  return 0;
}

/** Loaded only here, beside what the engine has begun. */
async function plan(config: Config, engine: Engine): Promise<Task[]> {
  const { planUp } = await import('../../flow/plan.ts');
  return planUp(config, engine);
}

/** A playground that exists keeps its settings; the file and the flags can only add to them. */
async function configOf(context: CommandContext, existing: Engine | undefined): Promise<Config> {
  const { name, options, problems } = context;
  const kept = problems.length === 0 ? await existing?.keptConfig(name) : undefined;
  const file = typeof options.config === 'string' ? options.config : undefined;
  const settings = { name, ...clusterSettings(options) };
  return withKeptAddons(await loadConfig(file, settings, { problems, base: kept }), kept);
}

/** A playground that exists stays on its engine. */
async function choose(config: Config, existing: Engine | undefined): Promise<Selection> {
  if (existing === undefined) return selectEngine(config);
  if (config.engine === 'auto' || config.engine === existing.id) {
    return { engine: existing, reason: 'the playground runs on it' };
  }
  throw new PlaygroundError({
    code: 'config-fixed',
    message: `the playground "${config.name}" runs on the engine ${existing.id}, which cannot change later`,
    hint: `leave --engine out, use another --name, or begin anew: gitops-playground down --name ${config.name}`,
  });
}

/** Lets the engine begin while it is still seen whether this machine is fit for it. */
async function prepare(engine: Engine, config: Config): Promise<void> {
  const [findings] = await Promise.all([engine.preflight(config), engine.prepare?.(config.name)]);
  const finding = findings.find(({ level }) => level === 'fail');
  if (finding === undefined) return;
  await engine.abandon?.(config.name);
  throw new PlaygroundError({
    code: 'machine-unfit',
    message: `${finding.title}: ${finding.detail}`,
    ...(finding.mend === undefined ? {} : { hint: finding.mend }),
  });
}

function explainInterruption({ done, unfinished, failed }: Interruption, name: string): PlaygroundError {
  const before = failed.map(({ title, error }) => `\n  failed before: ${title}: ${wholeMessageOf(error)}`);
  const during = unfinished.length === 0 ? '' : ` during: ${unfinished.join('; ')}`;
  const kept = done.length === 0 ? 'nothing was made before' : `done and kept: ${done.join('; ')}`;
  return new PlaygroundError({
    code: 'interrupted',
    message: `interrupted${during}${before.join('')}\n  ${kept}`,
    hint: `go on from here: ${commandFor('up', name)}; or remove what was made: ${commandFor('down', name)}`,
  });
}

function dryRun(tasks: readonly Task[], config: Config, engine: Engine, output: Output): number {
  const plan = inOrder(tasks).map(({ id, title, needs }) => ({ id, title, needs }));
  if (output.json)
    output.result({ name: config.name, engine: engine.id, config: withoutPassword(config), tasks: plan });
  else {
    output.line(`up would do this on the engine ${engine.id}, each only where it is missing:`);
    for (const { title } of plan) output.line(`  ${title}`);
  }
  return 0;
}

function withoutPassword({ password: _password, ...rest }: Config): Omit<Config, 'password'> {
  return rest;
}

async function present(
  context: CommandContext,
  engine: Engine,
  { operator }: Config,
  durations: Durations,
): Promise<void> {
  const { name, output } = context;
  const { playgroundStatus } = await import('../../flow/status.ts');
  const status = await playgroundStatus(engine, name);
  if (output.json) output.result({ ...status, durations });
  else showSummary(output, status, formatDuration(durations.total ?? 0), operator);
}

async function stayAttached({ name, output, signal }: CommandContext, engine: Engine): Promise<void> {
  output.note('in the foreground: Ctrl-C stops the playground and keeps its state');
  if (!signal.aborted) {
    await new Promise<void>((resolve) => {
      const idle = setInterval(() => undefined, 60_000);
      signal.addEventListener('abort', () => {
        clearInterval(idle);
        resolve();
      });
    });
  }
  await engine.stop(name);
  output.note('stopped; `up` goes on from here, `down` removes it');
}

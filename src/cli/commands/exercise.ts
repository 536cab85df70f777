import { resolve } from 'node:path';
import { invalid } from '../../config/load.ts';
import type { Engine } from '../../engines/engine.ts';
import { engineOf } from '../../engines/select.ts';
import { renderBook } from '../../exercises/book.ts';
import type { Exercise } from '../../exercises/exercise.ts';
import { findExercise, isSource, listExercises, openSource } from '../../exercises/library.ts';
import { currentExercise, progressOf, readProgress } from '../../exercises/progress.ts';
import { planAfterValidation, planValidation } from '../../exercises/validate.ts';
import {
  checkExercise,
  nextHint,
  planGoto,
  refuseUnfit,
  solveExercise,
  startExercise,
  type StepNews,
} from '../../exercises/work.ts';
import { connect, connectTo, requireEndpoints, type Playground } from '../../flow/playground.ts';
import { planReset } from '../../flow/reset.ts';
import { runTasks, type TaskEvent } from '../../flow/task.ts';
import { undoneOnFailure } from '../../flow/undo.ts';
import { formatDuration } from '../../lib/duration.ts';
import { PlaygroundError } from '../../lib/errors.ts';
import { withPlaygroundLock } from '../../lib/lock.ts';
import type { CommandContext } from '../command.ts';
import { confirm } from '../confirm.ts';
import { showChecks, showList, showStatus, showStep, showText, withCode } from '../exercises.ts';
import { renderTasks } from '../renderers/render.ts';
import { writePage } from '../write-page.ts';

type Action = (context: CommandContext) => Promise<number>;

/** What may stand behind `exercise`. */
const actions: Readonly<Record<string, Action>> = {
  list,
  start,
  check,
  hint,
  solve,
  goto,
  status,
  book,
  validate,
};

/** `exercise <action> [exercise]`: learning by doing. */
export async function run(context: CommandContext): Promise<number> {
  const { args, options, problems } = context;
  const [name] = args;
  const action = name !== undefined && Object.hasOwn(actions, name) ? actions[name] : undefined;
  const all = [...problems];
  if (action === undefined && !(name === undefined && problems.length > 0)) {
    const message = `choose one of ${Object.keys(actions).join(', ')}`;
    all.push({ place: name ?? '<action>', message });
  }
  if (action === book && typeof options.out !== 'string')
    all.push({ place: '--out', message: 'name the file to write: --out exercises.html' });
  if (action === undefined || all.length > 0) throw invalid(all);
  return action(context);
}

async function open({ name }: CommandContext): Promise<{ engine: Engine; playground: Playground }> {
  const engine = await engineOf(name);
  return { engine, playground: await connectTo(engine, name) };
}

/** The exercise that was named, or else the one that was started last. */
async function chosen({ args }: CommandContext, playground: Playground): Promise<Exercise> {
  const name = args[1] ?? currentExercise(await readProgress(playground.folder));
  if (name !== undefined) return findExercise(playground, name);
  throw new PlaygroundError({
    code: 'no-exercise-started',
    message: 'no exercise has been started yet',
    hint: 'begin with the first: gitops-playground exercise start 1',
  });
}

async function list({ name, output }: CommandContext): Promise<number> {
  const playground = await engineOf(name).then(
    (engine) => keptPlayground(engine, name),
    () => undefined,
  );
  const exercises = await listExercises(playground);
  const events = playground === undefined ? [] : await readProgress(playground.folder);
  const rows = exercises.map((exercise) => ({ exercise, state: progressOf(events, exercise.id).state }));
  if (output.json) {
    const documents = rows.map(({ exercise: { id, title }, state }) => ({ id, title, state }));
    output.result({ exercises: documents });
  } else showList(output, rows);
  return 0;
}

/** A playground for reading its exercises, running or stopped. */
async function keptPlayground(engine: Engine, name: string): Promise<Playground | undefined> {
  const config = await engine.keptConfig(name);
  return config === undefined ? undefined : connect(config, await requireEndpoints(engine, name));
}

async function start(context: CommandContext): Promise<number> {
  const { name, args, output, signal } = context;
  const { engine, playground } = await open(context);
  const [, word] = args;
  if (word === undefined)
    throw invalid([{ place: '<exercise>', message: 'name the exercise: its id or number, as in `list`' }]);
  const visitor = isSource(word) ? await openSource(playground, word, signal) : undefined;
  try {
    const exercise = visitor?.exercise ?? (await findExercise(playground, word));
    refuseUnfit(exercise, engine.id, playground);
    await visitor?.keep();
    await withPlaygroundLock(name, () =>
      startExercise(playground, exercise, signal, ({ title }) => {
        output.note(`${output.colors.dim('start')}  ${title}`);
      }),
    );
    if (output.json) output.result({ exercise: exercise.id, started: true, text: exercise.text });
    else showText(output, exercise);
    return 0;
  } finally {
    await visitor?.dispose();
  }
}

async function check(context: CommandContext): Promise<number> {
  const { output, signal } = context;
  const { playground } = await open(context);
  const exercise = await chosen(context, playground);
  const report = await checkExercise(playground, exercise, signal);
  if (output.json) output.result(report);
  else showChecks(output, report, exercise.next);
  return report.solved ? 0 : 1;
}

async function hint(context: CommandContext): Promise<number> {
  const { output } = context;
  const { playground } = await open(context);
  const exercise = await chosen(context, playground);
  const { number, of, text } = await nextHint(playground, exercise);
  if (output.json) output.result({ exercise: exercise.id, number, of, text });
  else {
    output.line(`${output.colors.bold(`Hint ${number} of ${of}`)}: ${withCode(output, text.trim())}`);
    if (number === of) output.line(output.colors.dim(`That was the last one; the whole way: exercise solve`));
  }
  return 0;
}

async function solve(context: CommandContext): Promise<number> {
  const { name, output, signal } = context;
  const { engine, playground } = await open(context);
  const exercise = await chosen(context, playground);
  refuseUnfit(exercise, engine.id, playground);
  const steps: StepNews[] = [];
  const report = await withPlaygroundLock(name, () =>
    undoneOnFailure(
      { engine, name, signal },
      () =>
        solveExercise(playground, exercise, signal, (news) => {
          steps.push(news);
          showStep(output, news);
        }),
      () => {
        output.note(`${output.colors.dim('back')}   Put everything back as it was before`);
      },
    ),
  );
  if (output.json) output.result({ ...report, steps });
  else showChecks(output, report, exercise.next);
  return 0;
}

async function goto(context: CommandContext): Promise<number> {
  const { name, args, options, output, signal } = context;
  const { engine, playground } = await open(context);
  const [, word] = args;
  if (word === undefined)
    throw invalid([{ place: '<exercise>', message: 'name the exercise to go to: its id or number' }]);
  const exercise = await findExercise(playground, word);
  refuseUnfit(exercise, engine.id, playground);
  const question = `Take "${name}" to the state before "${exercise.title}"? Commits, pull requests and builds since the first up are lost.`;
  if (!(await confirm(output, question, options.yes === true))) return 1;
  const begin = performance.now();
  const durations = await withPlaygroundLock(name, () =>
    renderTasks(output, (emit) =>
      runTasks(planGoto(playground, exercise, planReset(playground, engine)), emit, signal),
    ),
  );
  const total = Math.round(performance.now() - begin);
  if (output.json) output.result({ exercise: exercise.id, durations: { ...durations, total } });
  else {
    output.line(`"${name}" is in the state before this exercise, after ${formatDuration(total)}`);
    output.line();
    showText(output, exercise);
  }
  return 0;
}

async function status(context: CommandContext): Promise<number> {
  const { name, output } = context;
  const playground = await keptPlayground(await engineOf(name), name);
  const events = playground === undefined ? [] : await readProgress(playground.folder);
  const exercises = await listExercises(playground);
  const rows = exercises.map((exercise) => ({ exercise, progress: progressOf(events, exercise.id) }));
  const current = currentExercise(events);
  if (output.json) {
    const documents = rows.map(({ exercise: { id, title, hints }, progress }) => ({
      id,
      title,
      ...progress,
      hintsOf: hints.length,
    }));
    output.result({ current: current ?? null, exercises: documents });
  } else showStatus(output, rows, current);
  return 0;
}

async function book({ name, options, output }: CommandContext): Promise<number> {
  const file = resolve(String(options.out));
  const playground = await keptPlayground(await engineOf(name), name);
  const exercises = await listExercises(playground);
  if (playground === undefined) throw new Error('a playground that exists has a configuration');
  const page = await renderBook(exercises, playground, { solutions: options.solutions === true });
  await writePage(file, page);
  if (output.json) output.result({ file, exercises: exercises.length });
  else output.line(`wrote ${exercises.length} exercises to ${file}; print it from a browser`);
  return 0;
}

async function validate(context: CommandContext): Promise<number> {
  const { name, args, options, output, signal } = context;
  const { engine, playground } = await open(context);
  const [, word] = args;
  const visitor =
    word !== undefined && isSource(word) ? await openSource(playground, word, signal) : undefined;
  try {
    const exercise = visitor?.exercise ?? (await chosen(context, playground));
    refuseUnfit(exercise, engine.id, playground);
    const question = `Prove "${exercise.title}" in "${name}"? It begins and ends with a reset: commits, pull requests and builds since the first up are lost.`;
    if (!(await confirm(output, question, options.yes === true))) return 1;
    const durations = await withPlaygroundLock(name, async () => {
      const prove = (emit: (event: TaskEvent) => void) =>
        runTasks(planValidation(playground, exercise, planReset(playground, engine)), emit, signal);
      const goBack = () =>
        renderTasks(output, (emit) =>
          runTasks(planAfterValidation(planReset(playground, engine)), emit, signal),
        );
      const takeBack = () => {
        output.note('putting everything back as it was before');
      };
      const proven = await undoneOnFailure(
        { engine, name, signal },
        () => renderTasks(output, prove),
        takeBack,
      ).catch(async (error: unknown) => {
        // Where nothing can be put back as it was, the seeded state is; why it failed is what has to be told.
        if (!signal.aborted && engine.snapshots === undefined) await goBack().catch(() => undefined);
        throw error;
      });
      return { ...proven, ...(await goBack()) };
    });
    await visitor?.keep();
    if (output.json) output.result({ exercise: exercise.id, valid: true, durations });
    else
      output.line(
        `"${exercise.id}" is valid: it starts, is unsolved, its solution solves it, and reset takes it back`,
      );
    return 0;
  } finally {
    await visitor?.dispose();
  }
}

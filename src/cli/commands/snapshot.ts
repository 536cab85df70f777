import { invalid, type Problem } from '../../config/load.ts';
import type { Engine, Snapshot } from '../../engines/engine.ts';
import { engineOf } from '../../engines/select.ts';
import { formatDuration } from '../../lib/duration.ts';
import { withPlaygroundLock } from '../../lib/lock.ts';
import { planRestore, planSave, snapshotNameProblem, snapshotsOf } from '../../flow/snapshots.ts';
import { runTasks, type Task } from '../../flow/task.ts';
import type { CommandContext } from '../command.ts';
import { confirm } from '../confirm.ts';
import { renderTasks } from '../renderers/render.ts';

const actions = ['save', 'list', 'restore', 'delete'] as const;
type Action = (typeof actions)[number];

/** `snapshot save|list|restore|delete [name]`. */
export async function run(context: CommandContext): Promise<number> {
  const { name, args, problems } = context;
  const [action, snapshot = ''] = args;
  const all = [...problems, ...wrongUse(action, args[1])];
  if (!isAction(action) || all.length > 0) throw invalid(all);
  const engine = await engineOf(name);
  switch (action) {
    case 'list':
      return list(context, engine);
    case 'save':
      return save(context, engine, snapshot);
    case 'restore':
      return restore(context, engine, snapshot);
    case 'delete':
      return remove(context, engine, snapshot);
  }
}

function wrongUse(action: string | undefined, snapshot: string | undefined): Problem[] {
  if (action === undefined) return [];
  if (!isAction(action)) return [{ place: action, message: `choose one of ${actions.join(', ')}` }];
  if (action === 'list') {
    return snapshot === undefined ? [] : [{ place: snapshot, message: '`snapshot list` takes no name' }];
  }
  if (snapshot === undefined) return [{ place: '[snapshot]', message: `name the snapshot to ${action}` }];
  const message = snapshotNameProblem(snapshot);
  return message === undefined ? [] : [{ place: snapshot, message }];
}

async function list({ name, output }: CommandContext, engine: Engine): Promise<number> {
  const snapshots = await snapshotsOf(engine).list(name);
  if (output.json) output.result({ snapshots });
  else if (snapshots.length === 0) output.line('there is no snapshot yet');
  const width = Math.max(...snapshots.map((snapshot) => snapshot.name.length));
  for (const snapshot of output.json ? [] : snapshots) {
    const what = 'problem' in snapshot ? output.colors.red(snapshot.problem) : summaryOf(snapshot);
    output.line(`${output.colors.bold(snapshot.name.padEnd(width))}  ${what}`);
  }
  return 0;
}

async function save(context: CommandContext, engine: Engine, snapshot: string): Promise<number> {
  let saved: Snapshot | undefined;
  const { output } = context;
  const { durations, total } = await work(
    context,
    planSave(engine, context.name, snapshot, (result) => (saved = result)),
  );
  if (output.json) output.result({ saved, durations });
  else output.line(`saved "${snapshot}" after ${total}: ${saved === undefined ? '' : summaryOf(saved)}`);
  return 0;
}

async function restore(context: CommandContext, engine: Engine, snapshot: string): Promise<number> {
  const { name, options, output } = context;
  // What cannot be restored is told before anything is asked.
  const tasks = planRestore(engine, name, snapshot, (result) => (restored = result));
  let restored: Snapshot | undefined;
  const question = `Bring "${name}" back as in the snapshot "${snapshot}"? Everything since then is lost.`;
  if (!(await confirm(output, question, options.yes === true))) return 1;
  const { durations, total } = await work(context, tasks);
  if (output.json) output.result({ restored, durations });
  else output.line(`"${name}" is as it was when "${snapshot}" was saved, after ${total}`);
  return 0;
}

async function remove(context: CommandContext, engine: Engine, snapshot: string): Promise<number> {
  const { name, options, output } = context;
  if (!(await confirm(output, `Delete the snapshot "${snapshot}" of "${name}"?`, options.yes === true)))
    return 1;
  await withPlaygroundLock(name, () => snapshotsOf(engine).delete(name, snapshot));
  if (output.json) output.result({ deleted: snapshot });
  else output.line(`deleted "${snapshot}"`);
  return 0;
}

async function work({ name, output, signal }: CommandContext, tasks: readonly Task[]) {
  const start = performance.now();
  const durations = await withPlaygroundLock(name, () =>
    renderTasks(output, (emit) => runTasks(tasks, emit, signal)),
  );
  const total = Math.round(performance.now() - start);
  return { durations: { ...durations, total }, total: formatDuration(total) };
}

function summaryOf({ savedAt, bytes, files }: Snapshot): string {
  return `${new Date(savedAt).toLocaleString()}, ${(bytes / 1024 / 1024).toFixed(1)} MB in ${files} files`;
}

function isAction(text: string | undefined): text is Action {
  return actions.some((action) => action === text);
}

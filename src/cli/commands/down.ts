import { invalid } from '../../config/load.ts';
import { engineById, findEngine } from '../../engines/select.ts';
import { playgroundNames } from '../../lib/home.ts';
import { withPlaygroundLock } from '../../lib/lock.ts';
import { runTasks } from '../../flow/task.ts';
import { planDown } from '../../flow/plan.ts';
import type { CommandContext } from '../command.ts';
import { confirm } from '../confirm.ts';
import { renderTasks } from '../renderers/render.ts';

/** `down`: removes what `up` made, and nothing else. A playground that is not there is fine. */
export async function run(context: CommandContext): Promise<number> {
  const { options, output, signal, problems } = context;
  if (problems.length > 0) throw invalid(problems);
  const existing = await playgroundNames();
  const wanted = options.all === true ? existing : [context.name];
  const names = wanted.filter((name) => existing.includes(name));
  const question = `Remove ${names.map((name) => `"${name}"`).join(', ')} with all repositories, builds and images?`;
  if (names.length > 0 && !(await confirm(output, question, options.yes === true))) return 1;
  const notes: string[] = [];
  for (const name of names) {
    // What is there without any state is what an interrupted start of the embedded engine leaves.
    const engine = (await findEngine(name)) ?? (await engineById('embedded'));
    await withPlaygroundLock(name, () =>
      renderTasks(output, (emit) =>
        runTasks(
          planDown(engine, name, (note) => notes.push(note)),
          emit,
          signal,
        ),
      ),
    );
  }
  for (const note of notes) output.note(note);
  if (output.json) output.result({ removed: names });
  else if (names.length === 0) output.line('there is nothing to remove');
  else output.line(`removed ${names.join(', ')}`);
  return 0;
}

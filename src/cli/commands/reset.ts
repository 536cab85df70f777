import { invalid } from '../../config/load.ts';
import { engineOf } from '../../engines/select.ts';
import { withPlaygroundLock } from '../../lib/lock.ts';
import { planReset } from '../../flow/reset.ts';
import { connectTo } from '../../flow/playground.ts';
import { playgroundStatus } from '../../flow/status.ts';
import { runTasks } from '../../flow/task.ts';
import type { CommandContext } from '../command.ts';
import { confirm } from '../confirm.ts';
import { formatDuration } from '../../lib/duration.ts';
import { renderTasks } from '../renderers/render.ts';

/** `reset`: every repository, pull request, build, tag and live object back to the seeded state. */
export async function run({ name, options, output, signal, problems }: CommandContext): Promise<number> {
  if (problems.length > 0) throw invalid(problems);
  const engine = await engineOf(name);
  const question = `Take "${name}" back to its seeded state? Commits, pull requests and builds since then are lost.`;
  if (!(await confirm(output, question, options.yes === true))) return 1;
  const start = performance.now();
  const durations = await withPlaygroundLock(name, async () => {
    const playground = await connectTo(engine, name);
    return renderTasks(output, (emit) => runTasks(planReset(playground, engine), emit, signal));
  });
  const total = Math.round(performance.now() - start);
  if (output.json)
    output.result({ ...(await playgroundStatus(engine, name)), durations: { ...durations, total } });
  else output.line(`"${name}" is in its seeded state again, after ${formatDuration(total)}`);
  return 0;
}

import { invalid } from '../../config/load.ts';
import { engineOf } from '../../engines/select.ts';
import { withPlaygroundLock } from '../../lib/lock.ts';
import { faultNamed, faults, listFaults } from '../../flow/faults/catalog.ts';
import { planHeal } from '../../flow/faults/plan.ts';
import { connectTo } from '../../flow/playground.ts';
import { runTasks } from '../../flow/task.ts';
import type { CommandContext } from '../command.ts';
import { renderTasks } from '../renderers/render.ts';

/** `heal [fault]`: mends what was broken on purpose; what is well already is left as it is. */
export async function run({ name, args, output, signal, problems }: CommandContext): Promise<number> {
  if (problems.length > 0) throw invalid(problems);
  const [id] = args;
  const wanted = id === undefined ? faults : [faultNamed(id)];
  const engine = await engineOf(name);
  const healed = await withPlaygroundLock(name, async () => {
    const place = { engine, playground: await connectTo(engine, name) };
    const broken = (await listFaults(place)).filter((fault) => fault.broken).map((fault) => fault.id);
    const chosen = wanted.filter((fault) => broken.includes(fault.id));
    if (chosen.length > 0) {
      await renderTasks(output, (emit) => runTasks(planHeal(place, chosen), emit, signal));
    }
    return chosen.map((fault) => fault.id);
  });
  if (output.json) output.result({ healed });
  else if (healed.length === 0)
    output.line(id === undefined ? 'nothing is broken on purpose' : `${id} is not broken`);
  else output.line(`mended ${healed.join(', ')}`);
  return 0;
}

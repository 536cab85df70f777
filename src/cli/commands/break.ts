import { invalid } from '../../config/load.ts';
import { engineOf } from '../../engines/select.ts';
import { commandFor } from '../../lib/command-line.ts';
import { withPlaygroundLock } from '../../lib/lock.ts';
import { faultNamed, listFaults, type FaultStatus } from '../../flow/faults/catalog.ts';
import { planBreak } from '../../flow/faults/plan.ts';
import { connectTo } from '../../flow/playground.ts';
import { runTasks } from '../../flow/task.ts';
import type { CommandContext } from '../command.ts';
import type { Output } from '../output.ts';
import { renderTasks } from '../renderers/render.ts';

/** `break [fault]`: breaks something on purpose and says what to see of it; without a fault, what can be broken. */
export async function run({
  name,
  args,
  options,
  output,
  signal,
  problems,
}: CommandContext): Promise<number> {
  if (problems.length > 0) throw invalid(problems);
  const [id] = args;
  const fault = id === undefined ? undefined : faultNamed(id);
  const engine = await engineOf(name);
  if (fault === undefined || options.list === true) {
    const faults = await listFaults({ engine, playground: await connectTo(engine, name) });
    if (output.json) output.result({ faults });
    else showFaults(output, faults);
    return 0;
  }
  const durations = await withPlaygroundLock(name, async () => {
    const place = { engine, playground: await connectTo(engine, name) };
    const tasks = planBreak(place, fault);
    return renderTasks(output, (emit) => runTasks(tasks, emit, signal));
  });
  if (output.json) output.result({ broken: fault.id, durations });
  else {
    output.line();
    output.line(`What people see: ${fault.symptom}`);
    output.line(`Where to look:   ${fault.look}`);
    output.line(`To mend it:      ${commandFor(`heal ${fault.id}`, name)}`);
  }
  return 0;
}

function showFaults(output: Output, faults: readonly FaultStatus[]): void {
  const { bold, dim, yellow } = output.colors;
  for (const { id, title, symptom, broken, since, refusal } of faults) {
    const state = broken ? yellow(` broken${since === undefined ? '' : ` since ${since}`}`) : '';
    output.line(`${bold(id)}: ${title}${state}`);
    output.line(`  ${dim(refusal ?? symptom)}`);
  }
}

import { invalid } from '../../config/load.ts';
import { engineOf } from '../../engines/select.ts';
import { connectTo } from '../../flow/playground.ts';
import { traceCommit } from '../../flow/trace.ts';
import type { CommandContext } from '../command.ts';
import { formatDuration } from '../../lib/duration.ts';

/** `trace [commit]`: how one commit went through the loop. */
export async function run({ name, args, output, problems }: CommandContext): Promise<number> {
  if (problems.length > 0) throw invalid(problems);
  const playground = await connectTo(await engineOf(name), name);
  const trace = await traceCommit(playground, args[0]);
  if (output.json) {
    output.result(trace);
    return 0;
  }
  const { bold, dim, green, red, yellow } = output.colors;
  output.line(`${bold(trace.revision.slice(0, 7))} ${trace.subject}`);
  const first = Date.parse(trace.steps[0]?.at ?? '');
  const marks = {
    done: green('done   '),
    failed: red('failed '),
    running: yellow('running'),
    missing: dim('missing'),
  };
  for (const { title, at, duration, state, detail } of trace.steps) {
    const offset = at === undefined ? '' : `+${formatDuration(Date.parse(at) - first)}`;
    const took = duration === undefined ? '' : `took ${formatDuration(duration)}`;
    output.line(
      `${marks[state]} ${offset.padStart(9)}  ${title.padEnd(26)} ${took.padEnd(13)} ${dim(detail ?? '')}`.trimEnd(),
    );
  }
  return 0;
}

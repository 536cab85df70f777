import { invalid, type Problem } from '../../config/load.ts';
import { engineOf } from '../../engines/select.ts';
import { connectTo, type Playground } from '../../flow/playground.ts';
import { traceCommit } from '../../flow/trace.ts';
import { watchCommits } from '../../flow/watch.ts';
import type { CommandContext } from '../command.ts';
import { traceLines, watchRenderer } from '../renderers/trace.ts';

/** `trace [commit]`: how one commit went through the loop; with `--watch`, how every new one goes through it. */
export async function run(context: CommandContext): Promise<number> {
  const { name, args, options, output, problems } = context;
  const all = [...problems, ...wrongUse(options)];
  if (all.length > 0) throw invalid(all);
  const playground = await connectTo(await engineOf(name), name);
  if (options.watch === true) return watch(context, playground);
  const trace = await traceCommit(playground, args[0]);
  if (output.json) output.result(trace);
  else for (const line of traceLines(output, trace)) output.line(line);
  return 0;
}

/** Until Ctrl-C, which then is a good end; with `--json` all that was seen is one document at the end. */
async function watch(
  { args, options, output, signal }: CommandContext,
  playground: Playground,
): Promise<number> {
  const commits = await watchCommits(playground, watchRenderer(output), {
    commit: args[0],
    commits: numberOf(options.commits),
    signal,
  });
  if (output.json) output.result({ commits });
  return 0;
}

function wrongUse({ watch, commits }: CommandContext['options']): Problem[] {
  if (commits === undefined) return [];
  if (watch !== true) return [{ place: '--commits', message: 'goes with --watch' }];
  const number = numberOf(commits) ?? 0;
  return Number.isInteger(number) && number > 0
    ? []
    : [{ place: '--commits', message: 'needs a whole number from 1 on' }];
}

function numberOf(option: unknown): number | undefined {
  return typeof option === 'string' ? Number(option) : undefined;
}

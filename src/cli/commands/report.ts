import { resolve } from 'node:path';
import { invalid } from '../../config/load.ts';
import { engineOf } from '../../engines/select.ts';
import { readProgress } from '../../exercises/progress.ts';
import { reportOf, type Report } from '../../exercises/report.ts';
import { reportPage, stateText } from '../../exercises/report-page.ts';
import { formatDuration } from '../../lib/duration.ts';
import { playgroundFolder, playgroundNames } from '../../lib/home.ts';
import type { CommandContext } from '../command.ts';
import type { Output } from '../output.ts';
import { listing, textOf } from '../table.ts';
import { writePage } from '../write-page.ts';

/** `report`: what was done with the exercises and when, also of a playground that is stopped. */
export async function run({ name, options, output, problems }: CommandContext): Promise<number> {
  if (problems.length > 0) throw invalid(problems);
  if (options.all !== true) await engineOf(name);
  const names = options.all === true ? await playgroundNames() : [name];
  const now = new Date();
  const reports = await Promise.all(
    names.map(async (each) => reportOf(each, await readProgress(playgroundFolder(each)), now)),
  );
  const file = typeof options.out === 'string' ? resolve(options.out) : undefined;
  if (file !== undefined) await writePage(file, reportPage(reports));
  if (output.json) output.result(options.all === true ? { reports } : reports[0]);
  else if (file !== undefined) output.line(`written to ${file}`);
  else for (const report of reports) show(output, report);
  return 0;
}

function show(output: Output, { playground, exercises }: Report): void {
  const { bold } = output.colors;
  output.line(bold(playground));
  if (exercises.length === 0) {
    output.line('  no exercise was started');
    return;
  }
  const table = listing(output, ['exercise', 'state', 'started', 'solved', 'took', 'checks', 'hints']);
  const clock = (time: string | undefined) => (time === undefined ? '' : new Date(time).toLocaleString());
  for (const { exercise, state, solvedBy, startedAt, solvedAt, took, checks, hints } of exercises) {
    table.push([
      exercise,
      stateText(state, solvedBy),
      clock(startedAt),
      clock(solvedAt),
      took === undefined ? '' : formatDuration(took),
      checks,
      hints,
    ]);
  }
  output.line(textOf(table));
}

import type { Exercise } from '../exercises/exercise.ts';
import type { ExerciseProgress, ExerciseState } from '../exercises/progress.ts';
import type { CheckReport, StepNews } from '../exercises/work.ts';
import type { Output } from './output.ts';

/** How exercises look on a terminal. */

export function showList(
  output: Output,
  rows: readonly { readonly exercise: Exercise; readonly state: ExerciseState }[],
): void {
  const { bold, dim } = output.colors;
  const width = Math.max(...rows.map(({ exercise }) => exercise.id.length));
  for (const { exercise, state } of rows) {
    const number = String(exercise.number ?? '-').padStart(2);
    const mark = markOf(output, state);
    output.line(
      `${number}  ${mark}  ${bold(exercise.id.padEnd(width))}  ${exercise.title} ${dim(`(${exercise.minutes} min)`)}`,
    );
  }
  output.line();
  output.line(`Begin one: ${output.colors.cyan('npx gitops-playground exercise start 1')}`);
}

export function showStatus(
  output: Output,
  rows: readonly { readonly exercise: Exercise; readonly progress: ExerciseProgress }[],
  current: string | undefined,
): void {
  const { bold, dim } = output.colors;
  const solved = rows.filter(({ progress }) => progress.state === 'solved').length;
  output.line(`${solved} of ${rows.length} exercises are solved`);
  const under = rows.find(({ exercise }) => exercise.id === current);
  if (under === undefined) {
    output.line('None was started yet: npx gitops-playground exercise start 1');
    return;
  }
  for (const { exercise, progress } of rows.filter(({ progress }) => progress.state !== 'open')) {
    const { state, checks, hints, startedAt = '' } = progress;
    const name = exercise.id === current ? bold(exercise.id) : exercise.id;
    const counts = `started ${startedAt.slice(0, 16).replace('T', ' ')} UTC, checked ${times(checks)}, ${hints} of ${exercise.hints.length} hints`;
    output.line(`  ${markOf(output, state)}  ${name}: ${exercise.title} ${dim(`(${counts})`)}`);
  }
  output.line();
  output.line(`Current: ${bold(under.exercise.title)}. Look how far it is: exercise check`);
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`;
}

function markOf({ colors }: Output, state: ExerciseState): string {
  const words = {
    open: colors.dim('open   '),
    started: colors.yellow('started'),
    solved: colors.green('solved '),
  };
  return words[state];
}

/** The text of an exercise, and what to do with it. */
export function showText(output: Output, { id, text }: Exercise): void {
  const { bold, cyan, dim } = output.colors;
  output.line();
  for (const line of text.trimEnd().split('\n')) {
    if (/^#+ /.test(line)) output.line(bold(line.replace(/^#+ /, '')));
    else if (/^ {4,}\S/.test(line)) output.line(cyan(line));
    else output.line(withCode(output, line));
  }
  output.line();
  output.line(
    `${dim('Done?')} npx gitops-playground exercise check ${id}   ${dim('Stuck?')} npx gitops-playground exercise hint ${id}`,
  );
}

/** Text with its pieces of code in colour. */
export function withCode({ colors }: Output, text: string): string {
  return text.replaceAll(/`([^`]+)`/g, (_whole, code: string) => colors.cyan(code));
}

/** One step of a solution, while it is done. */
export function showStep(output: Output, { number, of, title, typed }: StepNews): void {
  const { bold, cyan, dim } = output.colors;
  output.note(`${dim(`${number}/${of}`)} ${bold(title)}`);
  for (const line of typed) output.note(`      ${cyan(line)}`);
}

export function showChecks(
  output: Output,
  { exercise, solved, checks }: CheckReport,
  next: string | undefined,
): void {
  const { bold, dim, green, red } = output.colors;
  for (const { title, passed, seen, expected, where } of checks) {
    output.line(`${passed ? green('yes') : red('no ')}  ${title}`);
    if (passed) continue;
    output.line(`       ${dim('seen')}      ${seen}`);
    output.line(`       ${dim('expected')}  ${expected}`);
    output.line(`       ${dim('look at')}   ${where ?? ''}`);
  }
  output.line();
  const onward = next === undefined ? '' : ` On to the next: npx gitops-playground exercise start ${next}`;
  if (solved) output.line(`${bold(green('Solved'))}: "${exercise}".${onward}`);
  else output.line(`Not solved yet. A hint: npx gitops-playground exercise hint ${exercise}`);
}

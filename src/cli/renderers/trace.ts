import { stripVTControlCharacters } from 'node:util';
import type { Trace, TraceStep } from '../../flow/trace.ts';
import type { Outcome, WatchEvent } from '../../flow/watch.ts';
import { formatDuration } from '../../lib/duration.ts';
import type { Output } from '../output.ts';

/** The lines of a trace: when each step began, counted from the first one, and how long it took. */
export function traceLines(output: Output, { revision, subject, steps }: Trace): string[] {
  const first = Date.parse(steps[0]?.at ?? '');
  return [
    `${output.colors.bold(revision.slice(0, 7))} ${subject}`,
    ...steps.map((step) => {
      const offset = step.at === undefined ? '' : `+${formatDuration(Date.parse(step.at) - first)}`;
      return `${markOf(output, step)} ${offset.padStart(9)}  ${describe(output, step)}`.trimEnd();
    }),
  ];
}

function describe({ colors }: Output, { title, duration, detail }: TraceStep): string {
  const took = duration === undefined ? '' : `took ${formatDuration(duration)}`;
  return `${title.padEnd(26)} ${took.padEnd(13)} ${detail === undefined ? '' : colors.dim(detail)}`.trimEnd();
}

function markOf({ colors }: Output, { state }: TraceStep): string {
  const { dim, green, red, yellow } = colors;
  const marks = {
    done: green('done   '),
    failed: red('failed '),
    running: yellow('running'),
    missing: dim('missing'),
  };
  return marks[state];
}

const outcomes: Readonly<Record<Outcome, string>> = {
  arrived: 'has arrived',
  failed: 'has failed',
  waits: 'is in staging and waits for the review of its pull request',
};

/** Shows what happens to commits while it happens: a picture that is drawn over on a terminal, lines elsewhere. */
export function watchRenderer(output: Output): (event: WatchEvent) => void {
  return output.interactive && !output.json ? liveRenderer(output) : lineRenderer(output);
}

/** One line for each thing that happens, with its time; to standard error with `--json`. */
function lineRenderer(output: Output): (event: WatchEvent) => void {
  const { bold, yellow } = output.colors;
  const say = (line: string) => {
    if (output.json) output.note(line);
    else output.line(line);
  };
  const time = () => new Date().toISOString().slice(11, 23);
  return (event) => {
    if (event.type === 'silent') {
      say(`${time()}  ${yellow('waiting')}  ${event.message}`);
      return;
    }
    const { revision, subject } = event.trace;
    const about = `${time()}  ${bold(revision.slice(0, 7))}`;
    if (event.type === 'commit') say(`${about}  ${subject} (${event.branch})`);
    else if (event.type === 'step')
      say(`${about}  ${markOf(output, event.step)}  ${describe(output, event.step)}`);
    else say(`${about}  ${outcomes[event.outcome]}`);
  };
}

/** The newest commit with all its steps, drawn over with every change; those before it are left standing. */
function liveRenderer(output: Output): (event: WatchEvent) => void {
  const { bold, dim, yellow } = output.colors;
  let current: Trace | undefined;
  let notice = dim('waiting for a commit; Ctrl-C ends');
  let drawn = 0;

  const fit = (line: string) => {
    const text = stripVTControlCharacters(line);
    return text.length < output.columns ? line : text.slice(0, output.columns - 1);
  };
  const draw = () => {
    const lines = [...(current === undefined ? [] : traceLines(output, current)), notice];
    // A picture higher than the terminal could not be drawn over.
    const shown = lines.slice(-(output.rows - 1)).map(fit);
    output.raw(`${drawn === 0 ? '' : `\u001b[${drawn}A\u001b[J`}${shown.join('\n')}\n`);
    drawn = shown.length;
  };
  draw();
  return (event) => {
    if (event.type === 'silent') notice = yellow(event.message);
    else {
      const { trace } = event;
      const isNew = event.type === 'commit' && trace.revision !== current?.revision;
      if (isNew && current !== undefined) {
        notice = '';
        draw();
        drawn = 0;
      }
      const newest = isNew || trace.revision === current?.revision;
      if (newest) current = trace;
      if (event.type === 'settled') {
        const about = newest ? '' : ` ${trace.subject}`;
        notice = `${bold(trace.revision.slice(0, 7))}${about} ${outcomes[event.outcome]}`;
      } else if (newest) notice = dim('Ctrl-C ends');
    }
    draw();
  };
}

import { formatDuration } from '../lib/duration.ts';
import { badge, table, time } from '../lib/html/elements.ts';
import { Html, html } from '../lib/html/html.ts';
import { STYLE } from '../lib/html/style.ts';
import type { ExerciseEvent, ExerciseState } from './progress.ts';
import type { ExerciseReport, Report } from './report.ts';

/** The reports of one or several playgrounds as one page, in a file that needs nothing else and runs no script. */
export function reportPage(reports: readonly Report[]): string {
  const created = reports[0]?.createdAt ?? '';
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta http-equiv="content-security-policy" content="default-src 'none'; style-src 'unsafe-inline'" />
        <title>What was done with the exercises</title>
        ${new Html(`<style>${STYLE}</style>`)}
      </head>
      <body>
        <main>
          <h1>What was done with the exercises</h1>
          ${created === '' ? '' : html`<p class="dim">As of ${time(created)}</p>`} ${reports.map(section)}
        </main>
      </body>
    </html>`.source;
}

function section({ playground, exercises, events, current }: Report): Html {
  const solved = exercises.filter(({ state }) => state === 'solved').length;
  const summary = `${solved} of ${exercises.length} solved${current === undefined ? '' : `, at work on ${current}`}`;
  return html`<section>
    <h2>Playground ${playground}</h2>
    ${exercises.length === 0 ? html`<p>No exercise was started.</p>` : html`<p>${summary}</p>`}
    ${exercises.length === 0 ? '' : table(columns, exercises.map(row))}
    ${
      events.length === 0
        ? ''
        : html`<details>
            <summary>Everything in its order</summary>
            ${table(['Time', 'Exercise', 'What', ''], events.map(eventRow))}
          </details>`
    }
  </section>`;
}

const columns = ['Exercise', 'State', 'Started', 'Solved', 'Took', 'Checks', 'Hints'];

function row(report: ExerciseReport): Html {
  const { exercise, state, startedAt, solvedAt, took, checks, failedChecks, hints, solvedBy } = report;
  return html`<tr>
    <td>${exercise}</td>
    <td>${badge(state === 'solved' ? 'succeeded' : 'in progress', { label: stateText(state, solvedBy) })}</td>
    <td>${startedAt === undefined ? '' : time(startedAt)}</td>
    <td>${solvedAt === undefined ? '' : time(solvedAt)}</td>
    <td class="nowrap">${took === undefined ? '' : formatDuration(took)}</td>
    <td>${checks}${failedChecks === 0 ? '' : ` (${failedChecks} did not hold)`}</td>
    <td>${hints}</td>
  </tr>`;
}

/** A state in words; what `exercise solve` did is told from what a person did. */
export function stateText(state: ExerciseState, solvedBy: ExerciseReport['solvedBy']): string {
  return solvedBy === 'solution' ? 'solution shown' : state;
}

function eventRow({ time: when, exercise, action, solved, detail }: ExerciseEvent): Html {
  const what = action === 'checked' ? `checked: ${solved === true ? 'solved' : 'not yet'}` : action;
  return html`<tr>
    <td>${time(when)}</td>
    <td>${exercise}</td>
    <td>${what}</td>
    <td class="dim">${detail}</td>
  </tr>`;
}

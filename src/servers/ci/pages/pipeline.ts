import { formatDuration } from '../../../lib/duration.ts';
import { badge, table, time } from '../../../lib/html/elements.ts';
import { html, type Html } from '../../../lib/html/html.ts';
import type { PipelineRecord } from '../model.ts';
import { itemPath, shortName } from '../names.ts';
import type { Exchange } from '../routes/exchange.ts';
import { valueText } from '../steps/arguments.ts';
import { crumbOf } from './crumb.ts';
import { ciPage, postButton, resultState } from './frame.ts';

/** The way from the first page to a job. */
export function wayTo(fullName: string): (readonly [string, string])[] {
  const names = fullName.split('/');
  return [
    ['Jobs', '/'],
    ...names.map((name, index) => [shortName(name), itemPath(names.slice(0, index + 1).join('/'))] as const),
  ];
}

/** The job of a branch: its builds with their stages. */
export function pipelinePage(exchange: Exchange, pipeline: PipelineRecord): string {
  const { site, user } = exchange;
  const { fullName, properties } = pipeline;
  const path = itemPath(fullName);
  const rows = site.store.builds(fullName).map(
    (build) =>
      html`<tr>
        <td><a href="${path}${build.number}/">${build.displayName ?? `#${build.number}`}</a></td>
        <td>${badge(resultState(build.result))}</td>
        <td><code>${build.revision?.slice(0, 7)}</code></td>
        <td>${time(build.timestamp)}</td>
        <td>${formatDuration(build.building ? Date.now() - build.timestamp : build.duration)}</td>
        <td>
          ${build.stages.map((stage) => html`${badge(stage.status, { label: stage.name, title: formatDuration(stage.durationMillis) })} `)}
        </td>
      </tr>`,
  );
  return ciPage({
    title: shortName(fullName),
    user,
    way: wayTo(fullName),
    body: html`<h1>${shortName(fullName)}</h1>
      ${pipeline.retired ? html`<p>This branch is gone; its builds are kept for a while.</p>` : buildForm(path, properties.parameters, crumbOf(exchange))}
      ${table(['Build', 'Result', 'Commit', 'Started', 'Duration', 'Stages'], rows)}`,
  });
}

function buildForm(
  path: string,
  parameters: PipelineRecord['properties']['parameters'],
  crumb: string,
): Html {
  if (parameters.length === 0)
    return html`<div class="actions">${postButton(`${path}build`, 'Build now', crumb, 'primary')}</div>`;
  const fields = parameters.map(({ name, description, defaultValue, choices, type }) => {
    const secret = type === 'PasswordParameterDefinition';
    const field =
      choices === undefined
        ? html`<input
            name="${name}"
            value="${secret ? '' : valueText(defaultValue)}"
            type="${secret ? 'password' : 'text'}"
          />`
        : html`<select name="${name}">
            ${choices.map((choice) => html`<option>${choice}</option>`)}
          </select>`;
    return html`<label>${name} <span class="dim">${description}</span>${field}</label>`;
  });
  return html`<form class="box" method="post" action="${path}buildWithParameters">
    <input type="hidden" name="Jenkins-Crumb" value="${crumb}" />${fields}
    <button class="primary">Build with parameters</button>
  </form>`;
}

import { formatDuration } from '../../../lib/duration.ts';
import { badge, time, toneOf } from '../../../lib/html/elements.ts';
import { html, type Html } from '../../../lib/html/html.ts';
import { scriptElement } from '../../../lib/html/page.ts';
import type { BuildRecord } from '../model.ts';
import { itemPath, shortName } from '../names.ts';
import type { Exchange } from '../routes/exchange.ts';
import { valueText } from '../steps/arguments.ts';
import { crumbOf } from './crumb.ts';
import { ciPage, postButton, resultState } from './frame.ts';
import { wayTo } from './pipeline.ts';

/** Follows the log; when the build is over, or asks something, the page is loaded again. */
export const FOLLOW = `
const out = document.getElementById('log');
const url = out.dataset.url;
let start = 0, more = true;
const asked = document.querySelectorAll('.question').length;
async function follow() {
  const response = await fetch(url + 'logText/progressiveText?start=' + start);
  start = Number(response.headers.get('x-text-size'));
  const atEnd = out.scrollHeight - out.scrollTop - out.clientHeight < 40;
  out.append(await response.text());
  if (atEnd) out.scrollTop = out.scrollHeight;
  more = response.headers.get('x-more-data') === 'true';
  if (!more) { if (out.dataset.building === 'true') location.reload(); return; }
  const inputs = await (await fetch(url + 'wfapi/pendingInputActions')).json();
  if (inputs.length !== asked) { location.reload(); return; }
  setTimeout(follow, 500);
}
follow();
`;

/** One build: its stages, its questions, its log as it grows. */
export function buildPage(exchange: Exchange, build: BuildRecord): string {
  const { site, user } = exchange;
  const path = `${itemPath(build.pipeline)}${build.number}/`;
  const crumb = crumbOf(exchange);
  const questions = site.builds.running(build.pipeline, build.number)?.inputs.pending() ?? [];
  const name = build.displayName ?? `#${build.number}`;
  return ciPage({
    title: `${build.pipeline} ${name}`,
    user,
    way: [...wayTo(build.pipeline), [`#${build.number}`, path]],
    body: html`<h1>${shortName(build.pipeline)} ${name} ${badge(resultState(build.result))}</h1>
      <p class="dim">
        ${build.causes.map(({ description }) => description).join(' · ')} · ${time(build.timestamp)} ·
        ${formatDuration(build.building ? Date.now() - build.timestamp : build.duration)}
        ${build.revision === undefined ? undefined : html` · <code>${build.revision}</code>`}
      </p>
      <div class="actions">
        ${
          build.building
            ? postButton(`${path}stop`, 'Stop', crumb, 'danger')
            : postButton(`${path}replay/rebuild`, 'Rebuild', crumb)
        }
        <a href="${path}consoleText">Plain log</a>
      </div>
      ${questions.map(({ id, message, ok, parameters }) => {
        const input = `${path}input/${encodeURIComponent(id)}/`;
        return html`<section class="note warn question" aria-label="The build waits for an answer">
          <p><strong>${message}</strong></p>
          <div class="actions">
            <form method="post" action="${path}wfapi/inputSubmit?inputId=${encodeURIComponent(id)}">
              <input type="hidden" name="Jenkins-Crumb" value="${crumb}" />
              ${parameters.map((one) => html`<label>${one.name} <input name="${one.name}" value="${valueText(one.defaultValue)}" /></label>`)}
              <button class="primary">${ok}</button>
            </form>
            ${postButton(`${input}abort`, 'Abort', crumb, 'danger')}
          </div>
        </section>`;
      })}
      ${stages(build)} ${artifacts(build, path)}
      <h2>Console</h2>
      <pre
        class="log"
        id="log"
        tabindex="0"
        role="log"
        aria-label="Console output"
        data-url="${path}"
        data-building="${String(build.building)}"
      ></pre>
      ${scriptElement(FOLLOW)}`,
  });
}

function stages(build: BuildRecord): Html | undefined {
  if (build.stages.length === 0) return undefined;
  return html`<h2>Stages</h2>
    <ol class="grid stages">
      ${build.stages.map(
        (stage) =>
          html`<li class="box ${toneOf(stage.status)}">
            <b>${stage.name}</b>
            <span class="dim small"
              >${stage.status.toLowerCase().replaceAll('_', ' ')} ·
              ${formatDuration(stage.status === 'IN_PROGRESS' ? Date.now() - stage.startTime : stage.durationMillis)}</span
            >
            ${stage.error === undefined ? undefined : html`<div class="error">${stage.error}</div>`}
          </li>`,
      )}
    </ol>`;
}

function artifacts(build: BuildRecord, path: string): Html | undefined {
  if (build.artifacts.length === 0) return undefined;
  const links = build.artifacts.map((one) => {
    const href = `${path}artifact/${one.path.split('/').map(encodeURIComponent).join('/')}`;
    return html`<li><a href="${href}">${one.path}</a> <span class="dim">${one.size} bytes</span></li>`;
  });
  return html`<h2>Artifacts</h2>
    <ul>
      ${links}
    </ul>`;
}

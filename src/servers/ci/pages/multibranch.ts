import { table } from '../../../lib/html/elements.ts';
import { html } from '../../../lib/html/html.ts';
import { parseJobConfig } from '../config-xml.ts';
import type { JobRecord } from '../model.ts';
import { itemPath, shortName } from '../names.ts';
import type { Exchange } from '../routes/exchange.ts';
import { lastBuildCells } from './builds.ts';
import { crumbOf } from './crumb.ts';
import { ciPage, postButton } from './frame.ts';

/** A multibranch project: its branches, and scanning. */
export function multibranchPage(exchange: Exchange, job: JobRecord): string {
  const { site, user } = exchange;
  const config = parseJobConfig(job.configXml);
  const path = itemPath(job.name);
  const pipelines = site.store.pipelinesOf(job.name);
  const rows = pipelines
    .filter(({ retired }) => !retired)
    .map(
      ({ fullName, head }) =>
        html`<tr>
          <td><a href="${itemPath(fullName)}">${shortName(fullName)}</a></td>
          <td><code>${head?.revision.slice(0, 7)}</code></td>
          ${lastBuildCells(site.store, fullName)}
        </tr>`,
    );
  return ciPage({
    title: config.displayName ?? job.name,
    user,
    way: [
      ['Jobs', '/'],
      [job.name, path],
    ],
    body: html`<h1>${config.displayName ?? job.name}</h1>
      <p>${config.description}</p>
      ${config.kind === 'multibranch' ? html`<p class="dim">Branches of ${config.source.remote}</p>` : undefined}
      <div class="actions">
        ${postButton(`${path}build`, 'Scan now', crumbOf(exchange))}
        <a href="${path}indexing/consoleText">Scan log</a>
      </div>
      ${table(['Branch', 'Commit', 'Last build', 'Started', 'Duration'], rows)}
      <p class="dim">
        ${pipelines.filter(({ retired }) => retired).length} branches are gone and keep their builds.
      </p>`,
  });
}

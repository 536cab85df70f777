import { table } from '../../../lib/html/elements.ts';
import { html } from '../../../lib/html/html.ts';
import { parseJobConfig } from '../config-xml.ts';
import { itemPath, shortName } from '../names.ts';
import type { Exchange } from '../routes/exchange.ts';
import { ciPage } from './frame.ts';
import { lastBuildCells } from './builds.ts';

/** All jobs, and what waits and runs. */
export function rootPage({ site, user }: Exchange): string {
  const { store, workspaces } = site;
  const rows = store.jobs().flatMap((job) => {
    const config = parseJobConfig(job.configXml);
    return store
      .pipelinesOf(job.name)
      .filter(({ retired }) => !retired)
      .map(
        ({ fullName }) =>
          html`<tr>
            <td><a href="${itemPath(job.name)}">${config.displayName ?? job.name}</a></td>
            <td><a href="${itemPath(fullName)}">${shortName(fullName)}</a></td>
            ${lastBuildCells(store, fullName)}
          </tr>`,
      );
  });
  const waiting = store.queue().map((item) => html`<li>${item.pipeline}: ${site.queue.why(item)}</li>`);
  return ciPage({
    title: 'Jobs',
    user,
    refresh: 5,
    body: html`<h1>Jobs</h1>
      ${
        rows.length === 0
          ? html`<p>
              There is no branch to build yet.
              ${store.jobs().map(({ name }) => html`<a href="${itemPath(name)}">${name}</a> `)}
            </p>`
          : html`${table(['Job', 'Branch', 'Last build', 'Started', 'Duration'], rows)}`
      }
      <p class="dim">${workspaces.busy} of ${workspaces.executors} executors are busy.</p>
      ${
        waiting.length === 0
          ? undefined
          : html`<h2>Queue</h2>
              <ul>
                ${waiting}
              </ul>`
      }`,
  });
}

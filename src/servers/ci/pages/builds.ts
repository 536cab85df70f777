import { formatDuration } from '../../../lib/duration.ts';
import { badge, time } from '../../../lib/html/elements.ts';
import { html, type Html } from '../../../lib/html/html.ts';
import { itemPath } from '../names.ts';
import type { Store } from '../store.ts';
import { resultState } from './frame.ts';

/** Three cells of a table: result, start and duration of the newest build. */
export function lastBuildCells(store: Store, fullName: string): Html {
  const [last] = store.builds(fullName);
  if (last === undefined) return html`<td colspan="3" class="dim">not built yet</td>`;
  return html`<td>
      <a href="${itemPath(fullName)}${last.number}/">#${last.number}</a> ${badge(resultState(last.result))}
    </td>
    <td>${time(last.timestamp)}</td>
    <td>${formatDuration(last.building ? Date.now() - last.timestamp : last.duration)}</td>`;
}

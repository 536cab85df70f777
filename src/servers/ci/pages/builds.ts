import { itemPath } from '../names.ts';
import type { Store } from '../store.ts';
import { formatDuration, formatTime, html, resultBadge, type Html } from './html.ts';

/** Three cells of a table: result, start and duration of the newest build. */
export function lastBuildCells(store: Store, fullName: string): Html {
  const [last] = store.builds(fullName);
  if (last === undefined) return html`<td colspan="3" class="dim">not built yet</td>`;
  return html`<td>
      <a href="${itemPath(fullName)}${last.number}/">#${last.number}</a> ${resultBadge(last.result)}
    </td>
    <td>${formatTime(last.timestamp)}</td>
    <td>${formatDuration(last.building ? Date.now() - last.timestamp : last.duration)}</td>`;
}

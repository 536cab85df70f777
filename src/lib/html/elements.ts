import { html, type Html } from './html.ts';

type Tone = 'good' | 'busy' | 'warn' | 'bad' | 'idle';

/** The colour of the states that the parts know; all others are idle. */
const tones: Readonly<Record<Exclude<Tone, 'idle'>, readonly string[]>> = {
  good: ['success', 'succeeded', 'synced', 'healthy', 'ready', 'open', 'delivered'],
  busy: ['running', 'in progress', 'progressing', 'terminating', 'merged', 'starting'],
  warn: ['unstable', 'paused pending input', 'outofsync', 'missing', 'suspended', 'pending', 'warning'],
  bad: ['failure', 'failed', 'error', 'degraded'],
};

function words(state: string): string {
  return state.replaceAll('_', ' ');
}

/** The colour of a state, as a class. */
export function toneOf(state: string): Tone {
  const name = words(state).toLowerCase();
  for (const tone of ['good', 'busy', 'warn', 'bad'] as const) if (tones[tone].includes(name)) return tone;
  return 'idle';
}

/** A state as a small coloured mark; `label` is shown instead of its name, and `title` when pointed at. */
export function badge(
  state: string,
  { label = words(state), title }: { label?: string; title?: string } = {},
): Html {
  return title === undefined
    ? html`<span class="badge ${toneOf(state)}">${label}</span>`
    : html`<span class="badge ${toneOf(state)}" title="${title}">${label}</span>`;
}

/** A table that scrolls by itself where the screen is narrow; rows are `tr` elements. */
export function table(columns: readonly string[], rows: readonly Html[]): Html {
  return html`<div class="scroll" tabindex="0">
    <table>
      <thead>
        <tr>
          ${columns.map((name) => html`<th scope="col">${name}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>
  </div>`;
}

/** A time that people read, with the exact one behind it; what is no time is shown as it is. */
export function time(when: number | string): Html {
  const date = new Date(when);
  if (Number.isNaN(date.getTime())) return html`${when}`;
  const iso = date.toISOString();
  return html`<time datetime="${iso}">${iso.slice(0, 19).replace('T', ' ')} UTC</time>`;
}

/** Text in which addresses of pages are links. */
export function linked(text: string): Html {
  const parts = text.split(/(https?:\/\/[^\s<>"')`]+[^\s<>"')`.,;:])/);
  return html`${parts.map((part, index) => (index % 2 === 1 ? html`<a href="${part}">${part}</a>` : part))}`;
}

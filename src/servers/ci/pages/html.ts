import { STYLE } from './style.ts';

/** HTML that is safe to put into a page as it is. */
export class Html {
  readonly source: string;

  constructor(source: string) {
    this.source = source;
  }
}

type Content = Html | string | number | undefined | readonly Content[];

/** A piece of a page: what is put into it is escaped, unless it is a piece itself. */
export function html(strings: TemplateStringsArray, ...values: Content[]): Html {
  return new Html(String.raw({ raw: strings }, ...values.map(sourceOf)));
}

function sourceOf(value: Content): string {
  if (value === undefined) return '';
  if (value instanceof Html) return value.source;
  if (typeof value === 'object') return value.map(sourceOf).join('');
  return escapeHtml(String(value));
}

function escapeHtml(text: string): string {
  const names: Record<string, string> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return text.replaceAll(/[&<>"']/g, (character) => names[character] ?? character);
}

export interface PageFrame {
  readonly title: string;
  /** The way from the first page to this one: names and addresses. */
  readonly way?: readonly (readonly [name: string, href: string])[];
  readonly user?: string;
  /** Seconds after which the page is loaded again. */
  readonly refresh?: number;
  readonly body: Html;
}

export function page({ title, way = [], user, refresh, body }: PageFrame): string {
  const crumbs = way.map(([name, href]) => html`<li><a href="${href}">${name}</a></li>`);
  const again = refresh === undefined ? undefined : html`<meta http-equiv="refresh" content="${refresh}" />`;
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        ${again}
        <title>${title} – CI server</title>
        <style>
          ${new Html(STYLE)}
        </style>
      </head>
      <body>
        <header>
          <a class="brand" href="/">CI server</a>
          <span class="kind">Jenkins-compatible</span>
          ${user === undefined ? undefined : html`<span class="user">${user} · <a href="/logout">sign out</a></span>`}
        </header>
        <main>
          ${
            crumbs.length === 0
              ? undefined
              : html`<nav aria-label="Breadcrumb">
                  <ol>
                    ${crumbs}
                  </ol>
                </nav>`
          }
          ${body}
        </main>
      </body>
    </html>`.source;
}

/** A button that sends a POST with the crumb of the session. */
export function postButton(action: string, label: string, crumb: string, kind = ''): Html {
  return html`<form method="post" action="${action}">
    <input type="hidden" name="Jenkins-Crumb" value="${crumb}" />
    <button class="${kind}">${label}</button>
  </form>`;
}

export function resultBadge(result: string | null): Html {
  const name = result ?? 'RUNNING';
  return html`<span class="badge ${name.toLowerCase()}">${name.toLowerCase().replaceAll('_', ' ')}</span>`;
}

export function formatDuration(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  if (milliseconds < 60_000) return `${(milliseconds / 1000).toFixed(1)} s`;
  return `${Math.floor(milliseconds / 60_000)} min ${Math.round((milliseconds % 60_000) / 1000)} s`;
}

export function formatTime(timestamp: number): Html {
  const iso = new Date(timestamp).toISOString();
  return html`<time datetime="${iso}">${iso.replace('T', ' ').slice(0, 19)} UTC</time>`;
}

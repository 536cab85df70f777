import { createHash } from 'node:crypto';
import { Html, html } from './html.ts';
import { STYLE } from './style.ts';

/** What serves a page: its short name leads to its first page, and its footer says what it is. */
export interface Part {
  readonly name: string;
  readonly about: string;
}

type Link = readonly [name: string, href: string];

export interface Page {
  readonly part: Part;
  readonly title: string;
  /** The way from the first page to this one. */
  readonly way?: readonly Link[];
  /** Pages beside this one; `current` is the address of the one that is shown. */
  readonly tabs?: { readonly label: string; readonly links: readonly Link[]; readonly current: string };
  /** Who is logged in, or where to do so. */
  readonly account?: Html | undefined;
  /** Seconds after which the page is loaded again. */
  readonly refresh?: number;
  readonly body: Html;
}

const styleElement = new Html(`<style>${STYLE}</style>`);

/** A whole document around the body of a page. */
export function page({ part, title, way = [], tabs, account, refresh, body }: Page): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        ${refresh === undefined ? '' : html`<meta http-equiv="refresh" content="${refresh}" />`}
        <title>${title} - ${part.name}</title>
        <link rel="icon" href="data:," />
        ${styleElement}
      </head>
      <body>
        <header>
          <a class="brand" href="/">${part.name}</a>
          ${account === undefined ? '' : html`<span class="account">${account}</span>`}
        </header>
        <main>${wayOf(way)} ${tabs === undefined ? '' : tabsOf(tabs)} ${body}</main>
        <footer>${part.about}</footer>
      </body>
    </html>`.source;
}

function wayOf(way: readonly Link[]): Html | undefined {
  if (way.length === 0) return undefined;
  return html`<nav class="way" aria-label="Breadcrumb">
    <ol>
      ${way.map(([name, href]) => html`<li><a href="${href}">${name}</a></li>`)}
    </ol>
  </nav>`;
}

function tabsOf({ label, links, current }: NonNullable<Page['tabs']>): Html {
  return html`<nav class="tabs" aria-label="${label}">
    ${links.map(([name, href]) =>
      href === current
        ? html`<a href="${href}" aria-current="page">${name}</a>`
        : html`<a href="${href}">${name}</a>`,
    )}
  </nav>`;
}

function sourceHash(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}

/**
 * The headers of pages: they load nothing from elsewhere, stand in no frame, and run no script but the one given here,
 * which is put into the page by `scriptElement`.
 */
export function pageHeaders(script?: string): Record<string, string> {
  const scripts = script === undefined ? '' : ` script-src ${sourceHash(script)}; connect-src 'self';`;
  return {
    'content-security-policy': `default-src 'none'; style-src ${sourceHash(STYLE)};${scripts} img-src data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'`,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'same-origin',
  };
}

/** A script in a page, letter by letter as `pageHeaders` allows it. */
export function scriptElement(script: string): Html {
  return new Html(`<script>${script}</script>`);
}

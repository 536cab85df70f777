import { html } from 'hono/html';
import type { Viewer } from '../metadata/accounts.ts';
import type { RepositoryRecord } from '../metadata/model.ts';

export type Markup = ReturnType<typeof html>;

/** What every page knows. */
export interface PageFrame {
  readonly title: string;
  readonly viewer: Viewer | undefined;
  /** Whose navigation is shown. */
  readonly repository?: RepositoryRecord;
}

const HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy':
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'same-origin',
  'cache-control': 'no-cache',
};

/** A whole page around its content. Everything that is put in is escaped. */
export async function page(
  { title, viewer, repository }: PageFrame,
  content: Markup,
  { status = 200, headers = {} }: { status?: number; headers?: Readonly<Record<string, string>> } = {},
): Promise<Response> {
  const base = repository && `/${repository.owner}/${repository.name}`;
  const document = await html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title}</title>
        <link rel="stylesheet" href="/assets/style.css" />
        <link rel="icon" href="data:," />
      </head>
      <body>
        <header>
          <nav aria-label="Site">
            <a class="home" href="/">Git server</a>
            ${
              viewer === undefined
                ? html`<a href="/login">Log in</a>`
                : html`<span>${viewer.user.login}</span>`
            }
          </nav>
          ${
            repository === undefined
              ? ''
              : html`<h1><a href="${base}">${repository.owner}/${repository.name}</a></h1>
                  <nav aria-label="Repository">
                    <a href="${base}">Files</a>
                    <a href="${base}/commits">Commits</a>
                    <a href="${base}/pulls">Pull requests</a>
                    <a href="${base}/settings/hooks">Webhooks</a>
                  </nav>`
          }
        </header>
        <main>${content}</main>
      </body>
    </html>`;
  return new Response(String(document), { status, headers: { ...HEADERS, ...headers } });
}

/** A time that people read, with the exact one behind it. */
export function time(iso: string): Markup {
  return html`<time datetime="${iso}">${iso.slice(0, 16).replace('T', ' ')}</time>`;
}

export const STYLE = `
:root { color-scheme: light dark; --line: #8884; --soft: #8881; --add: #2da44e33; --del: #cf222e2b; --link: light-dark(#0b57a4, #8ab8ff); }
* { box-sizing: border-box; }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 72rem; padding: 1rem; }
a { color: var(--link); text-underline-offset: .15em; }
header nav { display: flex; gap: 1.25rem; align-items: baseline; padding: .25rem 0; }
header nav .home { font-weight: 600; margin-right: auto; }
h1 { font-size: 1.5rem; margin: .5rem 0; } h2 { font-size: 1.15rem; margin: 1.5rem 0 .5rem; }
h1 a { text-decoration: none; }
header { border-bottom: 1px solid var(--line); margin-bottom: 1rem; padding-bottom: .5rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .35rem .6rem; border-bottom: 1px solid var(--line); vertical-align: top; }
th { font-weight: 600; } td.number { text-align: right; font-variant-numeric: tabular-nums; }
code, pre { font: .875rem/1.45 ui-monospace, monospace; }
pre { background: var(--soft); border: 1px solid var(--line); border-radius: .4rem; overflow: auto; padding: .75rem; margin: .5rem 0; }
pre.wrap { white-space: pre-wrap; overflow-wrap: anywhere; }
.diff span { display: block; min-height: 1.45em; } .diff .add { background: var(--add); } .diff .del { background: var(--del); } .diff .hunk { opacity: .7; }
.state { border: 1px solid var(--line); border-radius: 1rem; padding: .05rem .6rem; font-size: .875rem; }
.state.open, .state.success, .state.delivered { background: var(--add); } .state.failure, .state.error, .state.failed { background: var(--del); }
.quiet { opacity: .75; } .box { border: 1px solid var(--line); border-radius: .4rem; padding: .75rem 1rem; margin: .75rem 0; }
button { font: inherit; padding: .4rem 1rem; border-radius: .4rem; border: 1px solid var(--line); background: var(--add); color: inherit; cursor: pointer; }
textarea, select { font: inherit; width: 100%; padding: .4rem; } select { width: auto; }
details > summary { cursor: pointer; }
`;

import { html, raw } from 'hono/html';
import type { PlaygroundStatus } from '../flow/status.ts';

const style = `
:root { color-scheme: light dark; --ink: light-dark(#1c2430, #e8ecf2); --soft: light-dark(#5b6675, #9aa7b8);
  --paper: light-dark(#f6f7f9, #12161c); --card: light-dark(#fff, #1a2029); --line: light-dark(#dfe4ea, #2b3440);
  --good: light-dark(#1a7f4b, #5fd39a); --bad: light-dark(#b3421f, #ff9d7a); --accent: light-dark(#2f5bd7, #8fb0ff); }
* { box-sizing: border-box; }
body { margin: 0; font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); }
main { max-width: 64rem; margin: 0 auto; padding: 2rem 1.25rem; }
h1 { font-size: 1.6rem; margin: 0 0 .25rem; } h2 { font-size: 1.05rem; margin: 2rem 0 .75rem; }
p { margin: 0; color: var(--soft); } a { color: var(--accent); }
ol.loop { list-style: none; padding: 0; margin: 1.5rem 0 0; display: grid; gap: .75rem; grid-template-columns: repeat(auto-fit, minmax(10rem, 1fr)); }
ol.loop li, article { background: var(--card); border: 1px solid var(--line); border-radius: .75rem; padding: 1rem; }
ol.loop b { display: block; } ol.loop span { color: var(--soft); font-size: .875rem; }
.stages { display: grid; gap: .75rem; grid-template-columns: repeat(auto-fit, minmax(18rem, 1fr)); }
dl { display: grid; grid-template-columns: auto 1fr; gap: .125rem 1rem; margin: .5rem 0 0; } dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
.good { color: var(--good); } .bad { color: var(--bad); } ul { padding-left: 1.2rem; margin: 0; } code { font-size: .9em; }
`;

/** The page as HTML; everything that comes from the playground is escaped by the template. */
export function overviewPage(status: PlaygroundStatus) {
  const { name, engine, phase, endpoints, repositories, applications, problems = [] } = status;
  const stations = [
    { title: 'Git', what: 'you push here', url: endpoints.git.url },
    { title: 'CI', what: 'tests, builds, proposes', url: endpoints.ci.url },
    { title: 'Registry', what: 'keeps the images', url: `http://${endpoints.registry.host}/v2/_catalog` },
    { title: 'GitOps operator', what: 'pulls, compares, applies', url: endpoints.gitops.url },
  ];
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <title>${name} - gitops-playground</title>
        <style>
          ${raw(style)}
        </style>
      </head>
      <body>
        <main>
          <h1>The playground "${name}"</h1>
          <p>
            Engine ${engine}, <span class="${phase === 'ready' ? 'good' : 'bad'}">${phase}</span>. Passwords:
            <code>gitops-playground credentials</code>
          </p>
          <ol class="loop" aria-label="The loop">
            ${stations.map(
              ({ title, what, url }) =>
                html`<li>
                  <b><a href="${url}">${title}</a></b
                  ><span>${what}</span>
                </li>`,
            )}
          </ol>
          ${
            problems.length === 0
              ? ''
              : html`<h2>Not as it should be</h2>
                  <ul>
                    ${problems.map(({ what, seen }) => html`<li class="bad">${what}: ${seen}</li>`)}
                  </ul>`
          }
          <h2>Applications</h2>
          <div class="stages">
            ${applications.map(
              ({ stage, url, hostUrl, revision, image, sync, health }) =>
                html`<article>
                  <b>${stage}</b>
                  <dl>
                    <dt>Page</dt>
                    <dd><a href="${url}">${hostUrl ?? url}</a></dd>
                    <dt>Revision</dt>
                    <dd><code>${revision.slice(0, 7)}</code></dd>
                    <dt>Image</dt>
                    <dd><code>${image}</code></dd>
                    <dt>State</dt>
                    <dd>
                      <span class="${sync === 'Synced' ? 'good' : 'bad'}">${sync}</span>,
                      <span class="${health === 'Healthy' ? 'good' : 'bad'}">${health}</span>
                    </dd>
                  </dl>
                </article>`,
            )}
          </div>
          <h2>Repositories</h2>
          <ul>
            ${repositories.map((repository) => html`<li><a href="${repository.webUrl}">${repository.name}</a> (${repository.role})</li>`)}
          </ul>
        </main>
      </body>
    </html>`;
}

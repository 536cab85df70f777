import type { PlaygroundStatus } from '../flow/status.ts';
import { shortRevision } from '../lib/ids.ts';
import { badge, table } from '../lib/html/elements.ts';
import { html, type Html } from '../lib/html/html.ts';
import { page, type Part } from '../lib/html/page.ts';

const part: Part = { name: 'gitops-playground', about: 'Overview of one playground. It shows no password.' };

const roles: Readonly<Record<string, string>> = {
  app: 'the application: change it here',
  gitops: 'what shall run: the operator reads it',
  library: 'what pipelines share',
};

/** The page as HTML: the stations of the loop, what is wrong, the stages and the repositories. */
export function overviewPage(status: PlaygroundStatus): string {
  const { name, engine, phase, repositories, applications, problems = [] } = status;
  return page({
    part,
    title: name,
    refresh: 10,
    body: html`<h1>Playground ${name} ${badge(phase)}</h1>
      <p class="dim">
        Engine ${engine}. User names and passwords: <code>gitops-playground credentials --name ${name}</code>
      </p>
      ${problems.map(({ what, seen }) => html`<p class="note bad"><strong>${what}</strong>: ${seen}</p>`)}
      <h2>The loop</h2>
      ${stations(status)}
      <h2>Stages</h2>
      <div class="grid wide">${applications.map(stage)}</div>
      <h2>Repositories</h2>
      ${table(
        ['Name', 'What it is', ''],
        repositories.map(
          (repository) =>
            html`<tr>
              <td class="nowrap"><a href="${repository.webUrl}">${repository.name}</a></td>
              <td class="dim">${roles[repository.role] ?? repository.role}</td>
              <td class="nowrap">
                <a href="${repository.webUrl}/commits">commits</a> ·
                <a href="${repository.webUrl}/pulls">pull requests</a>
              </td>
            </tr>`,
        ),
      )}`,
  });
}

/** Where a commit comes by, in this order. */
function stations({ endpoints }: PlaygroundStatus): Html {
  const links = [
    { title: 'Git server', what: 'you push here', url: endpoints.git.url },
    { title: 'CI server', what: 'tests, builds, proposes', url: endpoints.ci.url },
    { title: 'Registry', what: 'keeps the images', url: `http://${endpoints.registry.host}/v2/_catalog` },
    { title: 'GitOps operator', what: 'pulls, compares, applies', url: endpoints.gitops.url },
  ];
  return html`<ol class="grid">
    ${links.map(
      ({ title, what, url }) =>
        html`<li class="box">
          <b><a href="${url}">${title}</a></b>
          <span class="dim small">${what}</span>
        </li>`,
    )}
  </ol>`;
}

function stage({
  stage: title,
  url,
  hostUrl,
  revision,
  image,
  sync,
  health,
}: PlaygroundStatus['applications'][number]): Html {
  const [reference = '', digest = ''] = image.split('@');
  return html`<article class="box">
    <h3>${title} ${badge(sync)} ${badge(health)}</h3>
    <dl>
      <dt>Page</dt>
      <dd><a href="${url}">${hostUrl ?? url}</a></dd>
      <dt>Revision</dt>
      <dd><code>${shortRevision(revision)}</code></dd>
      <dt>Image</dt>
      <dd>
        <code title="${image}">${reference}${digest === '' ? '' : `@${digest.slice(0, 19)}…`}</code>
      </dd>
    </dl>
  </article>`;
}

import { html } from 'hono/html';
import { pullText } from '../api/pulls.ts';
import type { RepositoryCall } from '../api/call.ts';
import type { PullRecord } from '../metadata/model.ts';
import { pullNumber } from '../pulls.ts';
import { userById } from '../service.ts';
import { diffView } from './diff.ts';
import { page, time, type Markup } from './layout.ts';

function base(call: RepositoryCall): string {
  const { owner, name } = call.repository.record;
  return `/${owner}/${name}`;
}

function stateOf(pull: PullRecord): 'open' | 'closed' | 'merged' {
  return pull.merged === undefined ? pull.state : 'merged';
}

export async function pullsPage(call: RepositoryCall): Promise<Response> {
  const { record } = call.repository;
  const pulls = call.pulls.list(record, 'all');
  const rows = pulls.map(
    (pull) =>
      html`<tr>
        <td class="number">#${pull.number}</td>
        <td><a href="${base(call)}/pulls/${pull.number}">${pull.title}</a></td>
        <td><span class="state ${stateOf(pull)}">${stateOf(pull)}</span></td>
        <td>${userById(call.service, pull.authorId).login}</td>
        <td>${time(pull.updated)}</td>
      </tr>`,
  );
  return page(
    { title: `Pull requests - ${record.owner}/${record.name}`, viewer: call.viewer, repository: record },
    pulls.length === 0
      ? html`<p>There is no pull request.</p>`
      : html`<table>
          <thead>
            <tr>
              <th scope="col">Number</th>
              <th scope="col">Title</th>
              <th scope="col">State</th>
              <th scope="col">Author</th>
              <th scope="col">Changed</th>
            </tr>
          </thead>
          <tbody>
            ${rows}
          </tbody>
        </table>`,
  );
}

/** Description, comments, the merge button and the changed files. */
export async function pullPage(call: RepositoryCall): Promise<Response> {
  const { service, repository, pulls } = call;
  const { record } = repository;
  const pull = pulls.get(record, pullNumber(call.param('index')));
  const [standing, diff] = await Promise.all([
    pulls.standing(repository, pull),
    pullText(call, pull, 'diff'),
  ]);
  const comments = pulls.comments(record, pull.number);
  const author = userById(service, pull.authorId).login;
  return page(
    { title: `${pull.title} (#${pull.number})`, viewer: call.viewer, repository: record },
    html`<h2>${pull.title} <span class="quiet">#${pull.number}</span></h2>
      <p>
        <span class="state ${stateOf(pull)}">${stateOf(pull)}</span>
        ${author} wants to merge <code>${pull.head}</code> into <code>${pull.base}</code>,
        ${time(pull.created)}
      </p>
      ${pull.body === '' ? '' : html`<pre class="wrap">${pull.body}</pre>`}
      ${comments.map(
        (comment) =>
          html`<article class="box">
            <p class="quiet">${userById(service, comment.userId).login}, ${time(comment.created)}</p>
            <pre class="wrap">${comment.body}</pre>
          </article>`,
      )}
      ${mergeBox(call, pull, standing)}
      <h2>Changed files</h2>
      <p><a href="${base(call)}/pulls/${pull.number}.diff">As text</a></p>
      ${diffView(diff.toString('utf8'))}`,
  );
}

function mergeBox(
  call: RepositoryCall,
  pull: PullRecord,
  standing: { readonly mergeable: boolean; readonly head: string; readonly conflicts: readonly string[] },
): Markup {
  const here = `${base(call)}/pulls/${pull.number}`;
  if (pull.merged !== undefined) {
    const { at, sha, by } = pull.merged;
    return html`<p class="box">
      Merged by ${userById(call.service, by).login}, ${time(at)}, as
      <a href="${base(call)}/commit/${sha}"><code>${sha.slice(0, 7)}</code></a
      >.
    </p>`;
  }
  if (pull.state === 'closed') return html`<p class="box">Closed without a merge.</p>`;
  if (!standing.mergeable) {
    return html`<p class="box">
      This cannot be merged: the branches conflict.
      ${standing.conflicts.map((file) => html`<code>${file}</code> `)}
    </p>`;
  }
  return html`<form class="box" method="post" action="${here}/merge">
    <input type="hidden" name="head" value="${standing.head}" />
    <label
      >Way
      <select name="style">
        <option value="merge">merge commit</option>
        <option value="squash">squash into one commit</option>
        <option value="rebase">rebase</option>
      </select></label
    >
    <button type="submit">Merge</button>
  </form>`;
}

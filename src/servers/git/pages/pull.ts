import { badge, linked, table, time } from '../../../lib/html/elements.ts';
import { html, type Html } from '../../../lib/html/html.ts';
import { pullText } from '../api/pulls.ts';
import type { RepositoryCall } from '../api/call.ts';
import type { PullRecord } from '../metadata/model.ts';
import { pullNumber } from '../pulls.ts';
import { userById } from '../service.ts';
import { diffView } from './diff.ts';
import { page } from './layout.ts';

function base(call: RepositoryCall): string {
  const { owner, name } = call.repository.record;
  return `/${owner}/${name}`;
}

function stateOf(pull: PullRecord): 'open' | 'closed' | 'merged' {
  return pull.merged === undefined ? pull.state : 'merged';
}

const verdicts = { APPROVED: 'approved', REQUEST_CHANGES: 'asks for changes', COMMENT: 'reviewed' } as const;

export async function pullsPage(call: RepositoryCall): Promise<Response> {
  const { record } = call.repository;
  const pulls = call.pulls.list(record, 'all');
  const rows = pulls.map(
    (pull) =>
      html`<tr>
        <td class="nowrap">#${pull.number}</td>
        <td><a href="${base(call)}/pulls/${pull.number}">${pull.title}</a></td>
        <td>${badge(stateOf(pull))}</td>
        <td>${userById(call.service, pull.authorId).login}</td>
        <td>${time(pull.updated)}</td>
      </tr>`,
  );
  return page(
    {
      title: `Pull requests - ${record.owner}/${record.name}`,
      viewer: call.viewer,
      repository: record,
      tab: 'pulls',
    },
    pulls.length === 0
      ? html`<h1>Pull requests</h1>
          <p>There is no pull request.</p>`
      : html`<h1>Pull requests</h1>
          ${table(['Number', 'Title', 'State', 'Author', 'Changed'], rows)}`,
  );
}

function branchLink(call: RepositoryCall, branch: string): Html {
  return html`<a href="${base(call)}/src/branch/${branch.split('/').map(encodeURIComponent).join('/')}"
    ><code>${branch}</code></a
  >`;
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
    { title: `${pull.title} (#${pull.number})`, viewer: call.viewer, repository: record, tab: 'pulls' },
    html`<h1>${pull.title} <span class="dim">#${pull.number}</span></h1>
      <p>
        ${badge(stateOf(pull))} ${author} wants to merge ${branchLink(call, pull.head)} into
        ${branchLink(call, pull.base)}, ${time(pull.created)}
      </p>
      ${pull.body === '' ? '' : html`<pre class="wrap">${linked(pull.body)}</pre>`}
      ${comments.map(
        (comment) =>
          html`<article class="box">
            <p class="dim">${userById(service, comment.userId).login}, ${time(comment.created)}</p>
            <pre class="wrap">${linked(comment.body)}</pre>
          </article>`,
      )}
      ${pulls.reviews(record, pull.number).map(
        (review) =>
          html`<article class="box">
            <p class="dim">
              ${badge(review.verdict, { label: verdicts[review.verdict] })}
              ${userById(service, review.userId).login}, ${time(review.submitted)}
            </p>
            ${review.body === '' ? '' : html`<pre class="wrap">${linked(review.body)}</pre>`}
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
): Html {
  const here = `${base(call)}/pulls/${pull.number}`;
  if (pull.merged !== undefined) {
    const { at, sha, by } = pull.merged;
    return html`<p class="note">
      Merged by ${userById(call.service, by).login}, ${time(at)}, as
      <a href="${base(call)}/commit/${sha}"><code>${sha.slice(0, 7)}</code></a
      >.
    </p>`;
  }
  if (pull.state === 'closed') return html`<p class="note">Closed without a merge.</p>`;
  if (!standing.mergeable) {
    return html`<p class="note bad">
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
    <button class="primary" type="submit">Merge</button>
  </form>`;
}

import { badge, table, time } from '../../../lib/html/elements.ts';
import { html, type Html } from '../../../lib/html/html.ts';
import { combinedState, latestStatuses } from '../api/statuses.ts';
import { notFound } from '../errors.ts';
import { checkTreePath } from '../metadata/names.ts';
import type { RepositoryCall } from '../api/call.ts';
import { log, resolveCommit, type CommitEntry } from '../repository/commits.ts';
import { listRefs } from '../repository/refs.ts';
import { repositoryUrl } from '../views.ts';
import { diffView } from './diff.ts';
import { page, type PageFrame } from './layout.ts';

const SHOWN_BYTES = 512 * 1024;

function base(call: RepositoryCall): string {
  const { owner, name } = call.repository.record;
  return `/${owner}/${name}`;
}

function frame(call: RepositoryCall, title?: string, tab?: PageFrame['tab']) {
  const { record } = call.repository;
  const full = `${record.owner}/${record.name}`;
  return {
    title: title === undefined ? full : `${title} - ${full}`,
    viewer: call.viewer,
    repository: record,
    ...(tab === undefined ? {} : { tab }),
  };
}

function encoded(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}

function statusMark(call: RepositoryCall, sha: string): Html | '' {
  const statuses = latestStatuses(call.service, call.repository.record, sha);
  if (statuses.length === 0) return '';
  const details = statuses.map((status) => `${status.context}: ${status.description || status.state}`);
  return html` ${badge(combinedState(statuses), { title: details.join('\n') })}`;
}

function commitRows(call: RepositoryCall, commits: readonly CommitEntry[]): Html {
  return table(
    ['Commit', 'Message', 'Author', 'When'],
    commits.map(
      (commit) =>
        html`<tr>
          <td>
            <a href="${base(call)}/commit/${commit.sha}"><code>${commit.sha.slice(0, 7)}</code></a>
          </td>
          <td>${commit.message.split('\n')[0]}${statusMark(call, commit.sha)}</td>
          <td>${commit.author.name}</td>
          <td>${time(commit.author.date)}</td>
        </tr>`,
    ),
  );
}

async function folderTable(call: RepositoryCall, commit: string, path: string): Promise<Html> {
  const entries = await call.service.objects.tree(call.repository.folder, `${commit}:${path}`);
  if (entries === undefined) throw notFound();
  const folders = entries.filter(({ mode }) => mode === '040000');
  const files = entries.filter(({ mode }) => mode !== '040000');
  return table(
    ['Name'],
    [...folders, ...files].map(({ name, mode }) => {
      const target = path === '' ? name : `${path}/${name}`;
      return html`<tr>
        <td>
          <a href="${base(call)}/src/commit/${commit}/${encoded(target)}"
            >${name}${mode === '040000' ? '/' : ''}</a
          >
        </td>
      </tr>`;
    }),
  );
}

/** Files, README, the newest commits and the open pull requests. */
export async function repositoryPage(call: RepositoryCall): Promise<Response> {
  const { service, repository, pulls } = call;
  const { record, folder } = repository;
  const clone = `git clone ${repositoryUrl(service, record)}.git`;
  const commit = await resolveCommit(service.objects, folder, record.defaultBranch);
  if (commit === undefined) {
    return page(
      frame(call),
      html`<p>This repository is empty. Fill it from your machine:</p>
        <pre>
git remote add origin ${repositoryUrl(service, record)}.git
git push -u origin ${record.defaultBranch}</pre>`,
    );
  }
  const entries = (await service.objects.tree(folder, commit)) ?? [];
  const readme = entries.find(
    ({ name, mode }) => /^readme(\.(md|txt))?$/i.test(name) && mode.startsWith('100'),
  );
  const [commits, branches, files, text] = await Promise.all([
    log(service.git, folder, { revisions: [commit], limit: 10 }),
    listRefs(folder, 'refs/heads/'),
    folderTable(call, commit, ''),
    readme && service.objects.read(folder, readme.sha),
  ]);
  const open = pulls.list(record, 'open');
  return page(
    frame(call),
    html`<h1>${record.owner}/${record.name}</h1>
      ${record.description === '' ? '' : html`<p>${record.description}</p>`}
      <pre>${clone}</pre>
      <p class="dim">
        Branch <code>${record.defaultBranch}</code>, ${branches.length} in all.
        ${
          open.length === 0
            ? 'No open pull request.'
            : html`<a href="${base(call)}/pulls">${open.length} open pull request(s)</a>.`
        }
      </p>
      <h2>Files</h2>
      ${files}
      ${
        text && text.content.length < SHOWN_BYTES
          ? html`<h2>${readme?.name}</h2>
              <pre class="wrap">${text.content.toString('utf8')}</pre>`
          : ''
      }
      <h2>Newest commits</h2>
      ${commitRows(call, commits)}`,
  );
}

export async function commitsPage(call: RepositoryCall): Promise<Response> {
  const { service, repository } = call;
  const name = call.query('ref') || repository.record.defaultBranch;
  const commit = await resolveCommit(service.objects, repository.folder, name);
  const commits =
    commit === undefined
      ? []
      : await log(service.git, repository.folder, { revisions: [commit], limit: 100 });
  return page(
    frame(call, 'Commits', 'commits'),
    html`<h1>Commits of <code>${name}</code></h1>
      ${commitRows(call, commits)}`,
  );
}

/** Splits `main/docs/a.md` behind `src/branch/` and its like into a commit and a path. */
async function locate(call: RepositoryCall): Promise<{ commit: string; path: string }> {
  const parts = call.param('rest').replace(/\/+$/, '').split('/');
  for (let length = 1; length <= parts.length; length += 1) {
    const name = parts.slice(0, length).join('/');
    const commit = await resolveCommit(call.service.objects, call.repository.folder, name);
    const path = parts.slice(length).join('/');
    if (commit !== undefined) return { commit, path: path === '' ? '' : checkTreePath(path) };
  }
  throw notFound();
}

/** A file's text, or the entries of a folder. */
export async function sourcePage(call: RepositoryCall): Promise<Response> {
  const { objects } = call.service;
  const { folder } = call.repository;
  const { commit, path } = await locate(call);
  const info = await objects.info(folder, `${commit}:${path}`);
  if (info === undefined) throw notFound();
  const where = html`<h1>
    <code>${path === '' ? '/' : path}</code>
    <span class="dim"
      >at <a href="${base(call)}/commit/${commit}"><code>${commit.slice(0, 7)}</code></a></span
    >
  </h1>`;
  if (info.type === 'tree') {
    return page(frame(call, path), html`${where}${await folderTable(call, commit, path)}`);
  }
  const link = html`<p>
    <a href="${base(call)}/raw/commit/${commit}/${encoded(path)}">The file as it is</a>
  </p>`;
  const blob = info.size <= SHOWN_BYTES ? await objects.read(folder, info.sha) : undefined;
  const binary = blob?.content.subarray(0, 8000).includes(0) ?? false;
  const body =
    blob === undefined || binary
      ? html`<p class="dim">${info.size} bytes that are ${binary ? 'not text' : 'too many to show'}.</p>`
      : html`<pre>${blob.content.toString('utf8')}</pre>`;
  return page(frame(call, path), html`${where}${link}${body}`);
}

/** What `raw/commit/<id>/<path>` names. */
export async function rawBlob(call: RepositoryCall): Promise<string> {
  const { commit, path } = await locate(call);
  const info = await call.service.objects.info(call.repository.folder, `${commit}:${path}`);
  if (info?.type !== 'blob') throw notFound();
  return info.sha;
}

export async function commitPage(call: RepositoryCall): Promise<Response> {
  const { service, repository } = call;
  const sha = await resolveCommit(service.objects, repository.folder, call.param('sha'));
  if (sha === undefined) throw notFound();
  const arguments_ = ['diff-tree', '-p', '--root', '--no-commit-id', '-M', '--diff-merges=first-parent', sha];
  const [[commit], diff] = await Promise.all([
    log(service.git, repository.folder, { revisions: [sha], limit: 1 }),
    service.git.text(['--git-dir', repository.folder, ...arguments_]),
  ]);
  if (commit === undefined) throw notFound();
  const statuses = latestStatuses(service, repository.record, sha);
  return page(
    frame(call, commit.message.split('\n')[0], 'commits'),
    html`<h1>${commit.message.split('\n')[0]}</h1>
      <p class="dim">
        <code>${sha}</code> by ${commit.author.name}, ${time(commit.author.date)}.
        <a href="${base(call)}/src/commit/${sha}">All files</a>
      </p>
      <pre class="wrap">${commit.message.trim()}</pre>
      ${statuses.map(
        (status) =>
          html`<p>
            ${badge(status.state)} ${status.context}
            ${
              /^https?:\/\//.test(status.targetUrl)
                ? html`<a href="${status.targetUrl}">${status.description || 'details'}</a>`
                : status.description
            }
          </p>`,
      )}
      ${diffView(diff)}`,
  );
}

/** `before...after`, which push events link to. */
export async function comparePage(call: RepositoryCall): Promise<Response> {
  const { service, repository } = call;
  const [from = '', to = ''] = call.param('range').split('...');
  const [before, after] = await Promise.all(
    [from, to].map((name) => resolveCommit(service.objects, repository.folder, name)),
  );
  if (before === undefined || after === undefined) throw notFound();
  const diff = await service.git.text(['--git-dir', repository.folder, 'diff', '-p', '-M', before, after]);
  return page(
    frame(call, 'Compare', 'commits'),
    html`<h1><code>${before.slice(0, 7)}</code> to <code>${after.slice(0, 7)}</code></h1>
      ${diffView(diff)}`,
  );
}

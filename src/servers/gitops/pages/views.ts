import { badge, table, time } from '../../../lib/html/elements.ts';
import { html, type Html } from '../../../lib/html/html.ts';
import { page, type Part } from '../../../lib/html/page.ts';
import type { Application, RevisionHistory } from '../../../clients/argocd-types.ts';
import { shortRevision } from '../../../lib/ids.ts';
import { describeKey, keyOf } from '../objects.ts';
import type { Comparison } from '../status.ts';
import { diffLines } from './diff.ts';

const part: Part = {
  name: 'GitOps operator',
  about: 'Argo-CD-compatible GitOps controller of the embedded engine',
};

function tag(text: string | undefined): Html {
  return badge(text ?? 'Unknown');
}

function button(
  action: string,
  label: string,
  fields: Readonly<Record<string, string>> = {},
  kind = '',
): Html {
  return html`<form method="post" action="${action}">
    ${Object.entries(fields).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}" />`)}
    <button class="${kind}">${label}</button>
  </form>`;
}

/** The list of all Applications. */
export function listPage(apps: readonly Application[]): string {
  const rows = apps.map(
    ({ metadata, spec, status }) =>
      html`<tr>
        <td><a href="/applications/${metadata.name}">${metadata.name}</a></td>
        <td>${tag(status?.sync?.status)}</td>
        <td>${tag(status?.health?.status)}</td>
        <td><code>${shortRevision(status?.sync?.revision ?? '')}</code></td>
        <td class="dim">${spec.source?.path ?? ''} → ${spec.destination.namespace ?? ''}</td>
        <td><code>${(status?.summary?.images ?? []).map((image) => html`${image}<br />`)}</code></td>
      </tr>`,
  );
  return page({
    part,
    title: 'Applications',
    refresh: 10,
    body: html`<h1>Applications</h1>
      ${table(['Name', 'Sync', 'Health', 'Revision', 'From, to', 'Images'], rows)}
      ${apps.length === 0 ? html`<p>There is no Application yet.</p>` : ''}`,
  });
}

/** One Application: resources, what differs, history and conditions. */
export function applicationPage(
  app: Application,
  comparison: Comparison | undefined,
  canRollBack: boolean,
): string {
  const { metadata, spec, status } = app;
  const own = `/applications/${metadata.name}`;
  const state = status?.operationState;
  const conditions = (status?.conditions ?? []).map(
    ({ type, message }) => html`<div class="note bad"><strong>${type}</strong> ${message}</div>`,
  );
  const resources = (status?.resources ?? []).map(
    (resource) =>
      html`<tr>
        <td>${resource.kind}</td>
        <td>${resource.namespace === undefined ? '' : `${resource.namespace}/`}${resource.name}</td>
        <td>
          ${resource.status === undefined ? '' : tag(resource.status)}${resource.requiresPruning === true ? ' to be pruned' : ''}
        </td>
        <td>${resource.health === undefined ? '' : tag(resource.health.status)}</td>
        <td class="dim">${resource.health?.message ?? ''}</td>
      </tr>`,
  );
  const results = (state?.syncResult?.resources ?? []).filter(({ status: code }) => code === 'SyncFailed');
  return page({
    part,
    title: metadata.name,
    way: [
      ['Applications', '/'],
      [metadata.name, own],
    ],
    body: html`<h1>${metadata.name} ${tag(status?.sync?.status)} ${tag(status?.health?.status)}</h1>
      <div class="actions">
        ${button(`${own}/sync`, 'Sync', {}, 'primary')} ${button(`${own}/refresh`, 'Refresh')}
      </div>
      <p>
        <code>${spec.source?.repoURL ?? ''}</code>, folder <code>${spec.source?.path ?? ''}</code> at
        <code>${spec.source?.targetRevision ?? 'HEAD'}</code>
        (<code>${shortRevision(status?.sync?.revision ?? '')}</code>), into
        <code>${spec.destination.namespace ?? ''}</code>
      </p>
      ${conditions}
      ${
        state === undefined
          ? ''
          : html`<p>
              Last operation: ${tag(state.phase)} ${state.message ?? ''}
              <span class="dim">${time(state.startedAt)}</span>
            </p>`
      }
      ${results.map(({ kind, name, message }) => html`<div class="note bad">${kind}/${name}: ${message ?? ''}</div>`)}
      <h2>Resources</h2>
      ${table(['Kind', 'Name', 'Sync', 'Health', ''], resources)} ${differences(comparison)}
      <h2>History</h2>
      ${table(
        ['Id', 'Revision', 'Deployed', 'By', ''],
        [...(status?.history ?? [])].reverse().map((entry) => historyRow(own, entry, canRollBack)),
      )}
      ${canRollBack ? '' : html`<p class="dim">Rollback needs automated sync to be off: until then, revert the commit in Git.</p>`}`,
  });
}

function historyRow(
  own: string,
  { id, revision, deployedAt, initiatedBy }: RevisionHistory,
  canRollBack: boolean,
): Html {
  return html`<tr>
    <td>${id}</td>
    <td><code>${shortRevision(revision)}</code></td>
    <td>${time(deployedAt)}</td>
    <td>${initiatedBy?.automated === true ? 'automated' : (initiatedBy?.username ?? '')}</td>
    <td>${canRollBack ? button(`${own}/rollback`, 'Roll back', { id: String(id) }) : ''}</td>
  </tr>`;
}

function differences(comparison: Comparison | undefined): Html | string {
  const changed = (comparison?.resources ?? []).filter(({ synced }) => !synced);
  if (changed.length === 0) return '';
  return html`<h2>What a sync would change</h2>
    ${changed.map(({ target, live }) => {
      const object = target ?? live;
      const lines = diffLines(live, target).map(({ kind, text }) => {
        const mark = kind === 'same' ? ' ' : kind === 'added' ? '+' : '-';
        return html`<span class="${kind === 'added' ? 'add' : kind === 'removed' ? 'del' : ''}"
          >${`${mark} ${text}`}</span
        >`;
      });
      return html`<p>${object === undefined ? '' : describeKey(keyOf(object))}</p>
        <pre class="diff">${lines}</pre>`;
    })}`;
}

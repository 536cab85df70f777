import { html } from 'hono/html';
import type { Application, RevisionHistory } from '../../../clients/argocd-types.ts';
import { shortRevision } from '../../../lib/ids.ts';
import { describeKey, keyOf } from '../objects.ts';
import type { Comparison } from '../status.ts';
import { diffLines } from './diff.ts';

type Html = ReturnType<typeof html>;

const STYLE = `
:root { color-scheme: light dark; --line: #8884; --good: #1a7f4b; --busy: #1668b8; --bad: #c0392b; --warn: #b7791f; }
body { font: 15px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 70rem; padding: 1.5rem; }
h1 { font-size: 1.4rem } h2 { font-size: 1.1rem; margin-top: 2rem }
a { color: inherit } header { display: flex; gap: 1rem; align-items: baseline; flex-wrap: wrap }
table { border-collapse: collapse; width: 100% } th, td { text-align: left; padding: .4rem .6rem; border-bottom: 1px solid var(--line); vertical-align: top }
th { font-weight: 600; font-size: .85rem; opacity: .7 } code, pre { font: 13px/1.45 ui-monospace, monospace }
.tag { border-radius: 1rem; padding: .1rem .6rem; color: #fff; font-size: .8rem; white-space: nowrap; background: #777 }
.Synced, .Healthy, .Succeeded { background: var(--good) } .Progressing, .Running, .Terminating { background: var(--busy) }
.OutOfSync, .Missing, .Suspended { background: var(--warn) } .Degraded, .Failed, .Error { background: var(--bad) }
form { display: inline } button { font: inherit; padding: .25rem .8rem; cursor: pointer }
.condition { border-left: 4px solid var(--bad); padding: .3rem .8rem; margin: .5rem 0 }
pre { overflow: auto; border: 1px solid var(--line); padding: .6rem } .added { color: var(--good) } .removed { color: var(--bad) }
.quiet { opacity: .65 }
`;

function page(title: string, body: Html): Html {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title}</title>
        <style>
          ${STYLE}
        </style>
      </head>
      <body>
        ${body}
      </body>
    </html>`;
}

function tag(text: string | undefined): Html {
  const shown = text ?? 'Unknown';
  return html`<span class="tag ${shown}">${shown}</span>`;
}

function button(action: string, label: string, fields: Readonly<Record<string, string>> = {}): Html {
  return html`<form method="post" action="${action}">
    ${Object.entries(fields).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}" />`)}
    <button>${label}</button>
  </form>`;
}

/** The list of all Applications. */
export function listPage(apps: readonly Application[]): Html {
  const rows = apps.map(
    ({ metadata, spec, status }) =>
      html`<tr>
        <td><a href="/applications/${metadata.name}">${metadata.name}</a></td>
        <td>${tag(status?.sync?.status)}</td>
        <td>${tag(status?.health?.status)}</td>
        <td><code>${shortRevision(status?.sync?.revision ?? '')}</code></td>
        <td class="quiet">${spec.source?.path ?? ''} → ${spec.destination.namespace ?? ''}</td>
        <td><code>${(status?.summary?.images ?? []).map((image) => html`${image}<br />`)}</code></td>
      </tr>`,
  );
  return page(
    'Applications',
    html`<h1>Applications</h1>
      <p class="quiet">Argo-CD-compatible controller of the embedded engine</p>
      <table>
        <tr>
          <th>Name</th>
          <th>Sync</th>
          <th>Health</th>
          <th>Revision</th>
          <th>From, to</th>
          <th>Images</th>
        </tr>
        ${rows}
      </table>
      ${apps.length === 0 ? html`<p>There is no Application yet.</p>` : ''}`,
  );
}

/** One Application: resources, what differs, history and conditions. */
export function applicationPage(
  app: Application,
  comparison: Comparison | undefined,
  canRollBack: boolean,
): Html {
  const { metadata, spec, status } = app;
  const own = `/applications/${metadata.name}`;
  const state = status?.operationState;
  const conditions = (status?.conditions ?? []).map(
    ({ type, message }) => html`<div class="condition"><strong>${type}</strong> ${message}</div>`,
  );
  const resources = (status?.resources ?? []).map(
    (resource) =>
      html`<tr>
        <td>${resource.kind}</td>
        <td>${resource.namespace === undefined ? '' : `${resource.namespace}/`}${resource.name}</td>
        <td>${tag(resource.status)}${resource.requiresPruning === true ? ' to be pruned' : ''}</td>
        <td>${resource.health === undefined ? '' : tag(resource.health.status)}</td>
        <td class="quiet">${resource.health?.message ?? ''}</td>
      </tr>`,
  );
  const results = (state?.syncResult?.resources ?? []).filter(({ status: code }) => code === 'SyncFailed');
  return page(
    metadata.name,
    html`<header>
        <h1><a href="/">Applications</a> / ${metadata.name}</h1>
        ${tag(status?.sync?.status)} ${tag(status?.health?.status)} ${button(`${own}/refresh`, 'Refresh')}
        ${button(`${own}/sync`, 'Sync')}
      </header>
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
              <span class="quiet">${state.startedAt}</span>
            </p>`
      }
      ${results.map(({ kind, name, message }) => html`<div class="condition">${kind}/${name}: ${message ?? ''}</div>`)}
      <h2>Resources</h2>
      <table>
        <tr>
          <th>Kind</th>
          <th>Name</th>
          <th>Sync</th>
          <th>Health</th>
          <th></th>
        </tr>
        ${resources}
      </table>
      ${differences(comparison)}
      <h2>History</h2>
      <table>
        <tr>
          <th>Id</th>
          <th>Revision</th>
          <th>Deployed</th>
          <th>By</th>
          <th></th>
        </tr>
        ${[...(status?.history ?? [])].reverse().map((entry) => historyRow(own, entry, canRollBack))}
      </table>
      ${canRollBack ? '' : html`<p class="quiet">Rollback needs automated sync to be off: until then, revert the commit in Git.</p>`}`,
  );
}

function historyRow(
  own: string,
  { id, revision, deployedAt, initiatedBy }: RevisionHistory,
  canRollBack: boolean,
): Html {
  return html`<tr>
    <td>${id}</td>
    <td><code>${shortRevision(revision)}</code></td>
    <td>${deployedAt}</td>
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
        return html`<span class="${kind}">${`${mark} ${text}\n`}</span>`;
      });
      return html`<p>${object === undefined ? '' : describeKey(keyOf(object))}</p>
        <pre>${lines}</pre>`;
    })}`;
}

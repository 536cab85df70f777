import { badge, table, time } from '../../../lib/html/elements.ts';
import { html, type Html } from '../../../lib/html/html.ts';
import { notFound } from '../errors.ts';
import type { RepositoryCall } from '../api/call.ts';
import type { AttemptRecord, DeliveryRecord, HookRecord } from '../metadata/model.ts';
import { deliveryHeaders } from '../webhooks/deliveries.ts';
import { page } from './layout.ts';

/** The repository's webhooks. */
export async function hooksPage(call: RepositoryCall): Promise<Response> {
  const { record } = call.repository;
  const { store, deliveries } = call.service;
  const hooks = store.filter('hooks', ({ repositoryId }) => repositoryId === record.id);
  const base = `/${record.owner}/${record.name}/settings/hooks`;
  const rows = hooks.map((hook) => {
    const [last] = deliveries.ofHook(hook.id);
    return html`<tr>
      <td><a href="${base}/${hook.id}">${hook.url}</a></td>
      <td class="dim">${hook.events.join(', ')}${hook.active ? '' : ' (inactive)'}</td>
      <td>
        ${last === undefined ? 'none yet' : html`${badge(stateOf(attemptsOf(call, last)))} ${time(last.created)}`}
      </td>
    </tr>`;
  });
  return page(
    {
      title: `Webhooks - ${record.owner}/${record.name}`,
      viewer: call.viewer,
      repository: record,
      tab: 'settings/hooks',
    },
    html`<h1>Webhooks</h1>
      ${hooks.length === 0 ? html`<p>There is no webhook.</p>` : table(['Address', 'Events', 'Last delivery'], rows)}`,
  );
}

/** What was sent to one webhook, and what came back. */
export async function hookPage(call: RepositoryCall): Promise<Response> {
  const { store, deliveries } = call.service;
  const { record } = call.repository;
  const hook = store.get('hooks', Number(call.param('id')));
  if (hook === undefined || hook.repositoryId !== record.id) throw notFound();
  const sent = deliveries.ofHook(hook.id);
  return page(
    { title: `Webhook ${hook.url}`, viewer: call.viewer, repository: record, tab: 'settings/hooks' },
    html`<h1>${hook.url}</h1>
      <p class="dim">Events: ${hook.events.join(', ')}. The newest deliveries are first.</p>
      ${sent.length === 0 ? html`<p>Nothing was sent yet.</p>` : ''}
      ${sent.map((delivery) => deliveryView(hook, delivery, attemptsOf(call, delivery)))}`,
  );
}

function attemptsOf({ service }: RepositoryCall, { id }: DeliveryRecord): readonly AttemptRecord[] {
  return service.store.filter('attempts', ({ deliveryId }) => deliveryId === id);
}

function stateOf(attempts: readonly AttemptRecord[]): 'pending' | 'delivered' | 'failed' {
  const last = attempts.at(-1);
  if (last?.last !== true) return 'pending';
  return last.status !== undefined && last.status >= 200 && last.status < 300 ? 'delivered' : 'failed';
}

function deliveryView(hook: HookRecord, delivery: DeliveryRecord, attempts: readonly AttemptRecord[]): Html {
  const headers = Object.entries({ ...deliveryHeaders(hook, delivery), authorization: undefined })
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}: ${value}`);
  return html`<details class="box">
    <summary>
      ${badge(stateOf(attempts))} ${delivery.eventType}, ${time(delivery.created)}
      <code>${delivery.uuid}</code>
    </summary>
    ${attempts.map(
      (attempt) =>
        html`<p>${time(attempt.at)}: ${attempt.status ?? 'no answer'} after ${attempt.milliseconds} ms</p>
          <pre class="wrap">${attempt.answer}</pre>`,
    )}
    <h3>Request</h3>
    <pre class="wrap">${headers.join('\n')}</pre>
    <pre>${delivery.payload}</pre>
  </details>`;
}

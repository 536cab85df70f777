import { html } from 'hono/html';
import { notFound } from '../errors.ts';
import type { RepositoryCall } from '../api/call.ts';
import type { AttemptRecord, DeliveryRecord, HookRecord } from '../metadata/model.ts';
import { deliveryHeaders } from '../webhooks/deliveries.ts';
import { page, time, type Markup } from './layout.ts';

/** The repository's webhooks. */
export async function hooksPage(call: RepositoryCall): Promise<Response> {
  const { record } = call.repository;
  const hooks = call.service.store.filter('hooks', ({ repositoryId }) => repositoryId === record.id);
  const base = `/${record.owner}/${record.name}/settings/hooks`;
  return page(
    { title: `Webhooks - ${record.owner}/${record.name}`, viewer: call.viewer, repository: record },
    hooks.length === 0
      ? html`<p>There is no webhook.</p>`
      : html`<ul>
          ${hooks.map(
            (hook) =>
              html`<li>
                <a href="${base}/${hook.id}">${hook.url}</a>
                <span class="quiet">${hook.events.join(', ')}${hook.active ? '' : ' (inactive)'}</span>
              </li>`,
          )}
        </ul>`,
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
    { title: `Webhook ${hook.url}`, viewer: call.viewer, repository: record },
    html`<h2>${hook.url}</h2>
      <p class="quiet">Events: ${hook.events.join(', ')}. The newest deliveries are first.</p>
      ${sent.length === 0 ? html`<p>Nothing was sent yet.</p>` : ''}
      ${sent.map((delivery) =>
        deliveryView(
          hook,
          delivery,
          store.filter('attempts', ({ deliveryId }) => deliveryId === delivery.id),
        ),
      )}`,
  );
}

function deliveryView(
  hook: HookRecord,
  delivery: DeliveryRecord,
  attempts: readonly AttemptRecord[],
): Markup {
  const last = attempts.at(-1);
  const accepted = last?.status !== undefined && last.status >= 200 && last.status < 300;
  const state = last?.last !== true ? 'pending' : accepted ? 'delivered' : 'failed';
  const headers = Object.entries({ ...deliveryHeaders(hook, delivery), authorization: undefined })
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}: ${value}`);
  return html`<details class="box">
    <summary>
      <span class="state ${state}">${state}</span> ${delivery.eventType}, ${time(delivery.created)}
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

import type { Delivery } from '../../../clients/gitea-types.ts';
import type { HookDocument } from '../../model/documents.ts';
import { apiOf } from '../api.ts';
import { Ago, Badge, Empty, Outside, ProblemNote, Waiting } from '../components/basics.tsx';
import { useDocument } from '../documents.ts';
import { formatDuration } from '../format.ts';

/** Whom the Git server tells, what it sent, and what was answered. */
export function HooksTab({ name }: { readonly name: string }) {
  const { data, problem } = useDocument<HookDocument[]>(`${apiOf(name)}/hooks`, ['git', 'builds']);
  return (
    <>
      <ProblemNote problem={problem} />
      {data === undefined ? (
        <Waiting />
      ) : data.length === 0 ? (
        <Empty>There is no webhook: nobody is told when this repository changes.</Empty>
      ) : (
        data.map((hook) => <Hook key={hook.id} hook={hook} />)
      )}
    </>
  );
}

function Hook({ hook }: { readonly hook: HookDocument }) {
  const { url, events, active, deliveries, webUrl } = hook;
  return (
    <section class="card hook" aria-label={`Webhook ${url}`}>
      <header class="bar">
        <h2>
          <code>{url}</code>
        </h2>
        {active ? null : <Badge state="inactive" />}
        <Outside href={webUrl}>own page</Outside>
      </header>
      <p class="dim">Told of {events.join(', ')}</p>
      {deliveries === undefined ? (
        <p>
          This Git server shows its deliveries on <Outside href={webUrl}>its own page</Outside> alone.
        </p>
      ) : deliveries.length === 0 ? (
        <Empty>Nothing was sent yet.</Empty>
      ) : (
        deliveries.map((delivery) => <DeliveryEntry key={delivery.id} delivery={delivery} />)
      )}
    </section>
  );
}

function DeliveryEntry({ delivery }: { readonly delivery: Delivery }) {
  const { event_type, created_at, state, attempts, payload, uuid } = delivery;
  const last = attempts.at(-1);
  return (
    <details class="delivery">
      <summary>
        <Badge state={state} /> <b>{event_type}</b> <Ago time={created_at} />
        {last === undefined ? null : (
          <span class="dim">
            {last.status ?? 'no answer'} after {formatDuration(last.duration_ms)}
          </span>
        )}
      </summary>
      <p class="dim">
        Delivery <code>{uuid}</code>
      </p>
      {attempts.map(({ at, status, answer, duration_ms }) => (
        <div key={at}>
          <h3>
            Answer: {status ?? 'none'} after {formatDuration(duration_ms)}, <Ago time={at} />
          </h3>
          <pre tabIndex={0} role="region" aria-label="Answer">
            {answer === '' ? '(empty)' : answer}
          </pre>
        </div>
      ))}
      <h3>Payload</h3>
      <pre tabIndex={0} role="region" aria-label="Payload">
        {JSON.stringify(payload, undefined, 2)}
      </pre>
    </details>
  );
}

import { createHmac, randomUUID } from 'node:crypto';
import { createHttp } from '../../../clients/http.ts';
import { messageOf } from '../../../lib/errors.ts';
import { isLoopbackHost } from '../../../lib/http/guard.ts';
import type { Log } from '../../../lib/log.ts';
import type { DeliveryRecord, HookRecord } from '../metadata/model.ts';
import type { Change, Store } from '../metadata/store.ts';

/** Milliseconds before the second, third, … attempt; after the last one the delivery has failed. */
const PAUSES: readonly number[] = [200, 500, 1000, 2000, 5000, 10_000, 30_000, 60_000];
const KEPT_PER_HOOK = 25;
const ANSWER_LIMIT = 4096;
const ANSWER_WITHIN = 30_000;

export interface Outgoing {
  readonly event: string;
  readonly eventType: string;
  readonly payload: string;
}

/** The way of events to the webhooks: recorded first, sent at once, repeated when they fail, and resumed after a restart. */
export class Deliveries {
  readonly #store: Store;
  readonly #log: Log;
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #sending = new Set<Promise<void>>();
  readonly #stop = new AbortController();

  constructor(store: Store, log: Log) {
    this.#store = store;
    this.#log = log;
  }

  /** Sends what a stopped or killed server has left behind. */
  resume(): void {
    const done = new Set<number>();
    for (const attempt of this.#store.all('attempts')) if (attempt.last) done.add(attempt.deliveryId);
    for (const delivery of this.#store.all('deliveries')) if (!done.has(delivery.id)) this.#send(delivery);
  }

  /**
   * The records of an event for a hook, to be committed together with what they tell of.
   * Older deliveries of the hook beyond the number that is kept are dropped.
   */
  prepare(hook: HookRecord, outgoing: Outgoing): { delivery: DeliveryRecord; changes: Change[] } {
    const delivery: DeliveryRecord = {
      ...outgoing,
      id: this.#store.nextId(),
      uuid: randomUUID(),
      hookId: hook.id,
      repositoryId: hook.repositoryId,
      created: new Date().toISOString(),
    };
    const old = this.ofHook(hook.id).slice(KEPT_PER_HOOK - 1);
    const dropped = new Set(old.map(({ id }) => id));
    const attempts = this.#store.filter('attempts', ({ deliveryId }) => dropped.has(deliveryId));
    return {
      delivery,
      changes: [
        ...attempts.map(({ id }): Change => ['remove', 'attempts', id]),
        ...old.map(({ id }): Change => ['remove', 'deliveries', id]),
        ['put', 'deliveries', delivery],
      ],
    };
  }

  /** Sends deliveries whose records are committed. Does not wait for the answers. */
  start(deliveries: readonly DeliveryRecord[]): void {
    for (const delivery of deliveries) this.#send(delivery);
  }

  /** Newest first. */
  ofHook(hookId: number): DeliveryRecord[] {
    return this.#store.filter('deliveries', (delivery) => delivery.hookId === hookId).reverse();
  }

  /** Ends what is under way; pending deliveries are sent by the next start. */
  async close(): Promise<void> {
    this.#stop.abort();
    for (const timer of this.#timers) clearTimeout(timer);
    await Promise.all(this.#sending);
  }

  #send(delivery: DeliveryRecord): void {
    if (this.#stop.signal.aborted) return;
    const sending = this.#attempt(delivery)
      .catch((error: unknown) => {
        this.#log.error(`webhook delivery ${delivery.uuid}: ${messageOf(error)}`);
      })
      .finally(() => this.#sending.delete(sending));
    this.#sending.add(sending);
  }

  async #attempt(delivery: DeliveryRecord): Promise<void> {
    const hook = this.#store.get('hooks', delivery.hookId);
    if (hook === undefined) return;
    const started = Date.now();
    const outcome = await post(hook, delivery, this.#stop.signal);
    if (this.#stop.signal.aborted) return;
    // The hook, or its repository, may have been deleted meanwhile.
    if (this.#store.get('deliveries', delivery.id) === undefined) return;
    const tries = this.#store.filter('attempts', ({ deliveryId }) => deliveryId === delivery.id).length;
    const pause = outcome.repeat ? PAUSES[tries] : undefined;
    const { status, answer } = outcome;
    this.#store.commit([
      'put',
      'attempts',
      {
        id: this.#store.nextId(),
        deliveryId: delivery.id,
        at: new Date(started).toISOString(),
        milliseconds: Date.now() - started,
        ...(status === undefined ? {} : { status }),
        answer,
        last: pause === undefined,
      },
    ]);
    const accepted = status !== undefined && status >= 200 && status < 300;
    const told = `${delivery.event} to ${hook.url}: ${status ?? answer}`;
    if (accepted) this.#log.info(told);
    else this.#log.warn(pause === undefined ? `${told}; given up` : `${told}; next try in ${pause} ms`);
    if (pause === undefined) return;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#send(delivery);
    }, pause);
    this.#timers.add(timer);
  }
}

/** Whether a webhook may go there: http(s) to this machine, for a delivery must not become a way into the network. */
export function isAllowedTarget(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname } = new URL(url);
  return (protocol === 'http:' || protocol === 'https:') && isLoopbackHost(hostname);
}

/** The headers that Gitea sends; receivers look for Gogs's and GitHub's names too. */
export function deliveryHeaders(hook: HookRecord, delivery: DeliveryRecord): Record<string, string> {
  const hmac = (algorithm: string) =>
    hook.secret === '' ? '' : createHmac(algorithm, hook.secret).update(delivery.payload).digest('hex');
  const sha256 = hmac('sha256');
  return {
    'content-type': hook.contentType === 'form' ? 'application/x-www-form-urlencoded' : 'application/json',
    'x-gitea-delivery': delivery.uuid,
    'x-gitea-event': delivery.event,
    'x-gitea-event-type': delivery.eventType,
    'x-gitea-signature': sha256,
    'x-gogs-delivery': delivery.uuid,
    'x-gogs-event': delivery.event,
    'x-gogs-event-type': delivery.eventType,
    'x-gogs-signature': sha256,
    'x-hub-signature': `sha1=${hmac('sha1')}`,
    'x-hub-signature-256': `sha256=${sha256}`,
    'x-github-delivery': delivery.uuid,
    'x-github-event': delivery.event,
    'x-github-event-type': delivery.eventType,
    'x-gitea-hook-installation-target-type': 'repository',
    'x-github-hook-installation-target-type': 'repository',
    ...(hook.authorizationHeader === '' ? {} : { authorization: hook.authorizationHeader }),
  };
}

interface Outcome {
  readonly status?: number;
  readonly answer: string;
  /** Whether another attempt may end better: no answer, 408, 429 or 5xx. */
  readonly repeat: boolean;
}

async function post(hook: HookRecord, delivery: DeliveryRecord, stop: AbortSignal): Promise<Outcome> {
  if (!isAllowedTarget(hook.url)) {
    return { answer: 'webhooks are only sent to this machine', repeat: false };
  }
  const body =
    hook.contentType === 'form'
      ? new URLSearchParams({ payload: delivery.payload }).toString()
      : delivery.payload;
  try {
    const http = createHttp({ baseUrl: new URL(hook.url).origin });
    const response = await http.stream('POST', hook.url, {
      headers: { ...deliveryHeaders(hook, delivery), 'user-agent': 'GiteaServer' },
      body,
      signal: stop,
      timeout: ANSWER_WITHIN,
      follow: false,
      accept: 'any',
    });
    const { status } = response;
    const answer = await beginning(response.body);
    return { status, answer, repeat: status >= 500 || status === 408 || status === 429 };
  } catch (error) {
    return { answer: messageOf(error), repeat: true };
  }
}

async function beginning(body: AsyncIterable<unknown>): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    const bytes = chunk as Buffer;
    chunks.push(bytes);
    size += bytes.length;
    // Leaving the loop destroys the stream, and with it the connection.
    if (size >= ANSWER_LIMIT) break;
  }
  return Buffer.concat(chunks).toString('utf8').slice(0, ANSWER_LIMIT);
}

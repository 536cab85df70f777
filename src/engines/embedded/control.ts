import { request, type IncomingMessage, type ServerResponse } from 'node:http';
import { PlaygroundError, messageOf } from '../../lib/errors.ts';
import { parseAuthorization } from '../../lib/http/auth.ts';
import { readBody } from '../../lib/http/body.ts';
import { createGuardedServer, listen } from '../../lib/http/listen.ts';
import { equalSecrets, randomSecret } from '../../lib/secrets.ts';
import type { EngineFault } from '../engine.ts';
import { runningDaemon } from './daemon-process.ts';

/** What the daemon does when a command asks for it. Each order comes as JSON and gives JSON. */
export interface Orders {
  fault: (order: { readonly fault: EngineFault; readonly broken: boolean }) => Promise<void>;
  /** Copies the data into a folder below that of the snapshots. */
  copy: (order: { readonly folder: string }) => Promise<void>;
  /** Puts the data that were prepared in place of those that are there. */
  replace: (order: object) => Promise<void>;
}

interface Control {
  readonly port: number;
  readonly token: string;
  close(): Promise<void>;
}

const ORDER_LIMIT = 64 * 1024;
const ORDER_TIMEOUT = 120_000;

/** Takes orders at a port of its own, from those who can read its token in the playground's folder. One order runs at a time. */
export async function startControl(orders: Orders): Promise<Control> {
  const token = randomSecret(40);
  let last: Promise<unknown> = Promise.resolve();
  const obey = (name: keyof Orders, order: unknown): Promise<void> => {
    // What an order looks like is between this file's two ends.
    const run = () => (orders[name] as (order: unknown) => Promise<void>)(order);
    const done = last.then(run, run);
    last = done.catch(() => undefined);
    return done;
  };
  const answer = async (incoming: IncomingMessage, response: ServerResponse) => {
    const authorization = parseAuthorization(incoming.headers.authorization);
    const given = authorization?.scheme === 'bearer' ? authorization.token : '';
    const name = (incoming.url ?? '').slice(1);
    if (!equalSecrets(given, token)) return send(response, 401, { code: 'unauthorized' });
    if (incoming.method !== 'POST' || !Object.hasOwn(orders, name))
      return send(response, 404, { code: 'unknown-order' });
    try {
      await obey(name as keyof Orders, JSON.parse((await readBody(incoming, ORDER_LIMIT)).toString()));
      send(response, 200, {});
    } catch (error) {
      const known = error instanceof PlaygroundError ? error : undefined;
      send(response, 500, {
        code: known?.code ?? 'order-failed',
        message: messageOf(error),
        ...(known?.hint === undefined ? {} : { hint: known.hint }),
      });
    }
  };
  const server = createGuardedServer((incoming, response) => void answer(incoming, response));
  const listener = await listen(server, { port: 0 });
  return { port: listener.port, token, close: () => listener.close() };
}

function send(response: ServerResponse, status: number, document: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(document));
}

/**
 * Has the daemon of a playground do something.
 * @throws PlaygroundError that the daemon answered with, or `not-running`.
 */
export async function order<Name extends keyof Orders>(
  playground: string,
  name: Name,
  what: Parameters<Orders[Name]>[0],
  signal?: AbortSignal,
): Promise<void> {
  const control = (await runningDaemon(playground))?.control;
  if (control === undefined) {
    throw new PlaygroundError({
      code: 'not-running',
      message: `the playground "${playground}" does not run`,
      hint: `start it: gitops-playground up --name ${playground}`,
    });
  }
  const answer = await post(control, name, what, signal);
  if (answer.status === 200) return;
  const refusal = JSON.parse(answer.text) as { code: string; message?: string; hint?: string };
  throw new PlaygroundError({
    ...refusal,
    message: refusal.message ?? `the daemon answered ${answer.status}`,
  });
}

/** Without a client for HTTP, which would take longer to load than most orders take. */
function post(
  { port, token }: { readonly port: number; readonly token: string },
  name: string,
  what: unknown,
  signal?: AbortSignal,
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        host: '127.0.0.1',
        port,
        path: `/${name}`,
        method: 'POST',
        headers: { authorization: `Bearer ${token}` },
        timeout: ORDER_TIMEOUT,
        ...(signal === undefined ? {} : { signal }),
      },
      (incoming) => {
        readBody(incoming, ORDER_LIMIT).then((body) => {
          resolve({ status: incoming.statusCode ?? 0, text: body.toString() });
        }, reject);
      },
    );
    outgoing.once('timeout', () => outgoing.destroy(new Error('the daemon does not answer')));
    outgoing.once('error', reject);
    outgoing.end(JSON.stringify(what));
  });
}

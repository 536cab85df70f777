import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { LiveEvent } from '../model/loop.ts';
import type { DashboardContext } from './call.ts';
import type { LoopSource } from './source/source.ts';

/** A comment on an idle stream shows both sides that the other one is there. */
const HEARTBEAT = 15_000;

/** Server-sent events: everything that the source tells, until the page goes. */
export function streamEvents(context: DashboardContext, source: LoopSource): Response {
  const { outgoing } = context.env;
  begin(context, 'text/event-stream; charset=utf-8');
  outgoing.write(': connected\n\n');
  const unsubscribe = source.subscribe((event: LiveEvent) => {
    const { type, ...data } = event;
    outgoing.write(`event: ${type}\ndata: ${JSON.stringify(data)}\n\n`);
  });
  const heartbeat = setInterval(() => outgoing.write(': still here\n\n'), HEARTBEAT);
  outgoing.once('close', () => {
    clearInterval(heartbeat);
    unsubscribe();
  });
  return RESPONSE_ALREADY_SENT;
}

/** A log as it grows: `follow` opens it before anything is answered, and is told when the page has gone. */
export async function streamText(
  context: DashboardContext,
  follow: (signal: AbortSignal) => Promise<Readable> | AsyncIterable<string>,
): Promise<Response> {
  const { outgoing } = context.env;
  const gone = new AbortController();
  outgoing.once('close', () => {
    gone.abort();
  });
  const chunks = await follow(gone.signal);
  begin(context, 'text/plain; charset=utf-8');
  // The page sees a log that breaks off as one that has ended; whoever has left sees nothing.
  await pipeline(chunks, outgoing).catch(() => undefined);
  return RESPONSE_ALREADY_SENT;
}

function begin(context: DashboardContext, type: string): void {
  const { outgoing } = context.env;
  outgoing.writeHead(200, {
    'content-type': type,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'cross-origin-resource-policy': 'same-origin',
  });
  outgoing.flushHeaders();
}

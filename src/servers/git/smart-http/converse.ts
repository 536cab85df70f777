import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import type { ServerResponse } from 'node:http';
import type { Writable } from 'node:stream';
import { messageOf } from '../../../lib/errors.ts';
import type { Begun } from '../../../lib/read-up-to.ts';
import { badRequest } from '../errors.ts';

/**
 * Streams the body into git and what git says into the response, at the pace of the slower side. Git is
 * killed when the client goes away. Does not end the response.
 * @throws GitServerError 400 when git refuses before it has said anything.
 */
export async function converse(
  child: ChildProcessWithoutNullStreams,
  body: Begun['pieces'],
  response: ServerResponse,
  watch: { readonly input?: (chunk: Buffer) => void; readonly output?: (chunk: Buffer) => void } = {},
): Promise<void> {
  const kill = () => child.kill('SIGKILL');
  response.once('close', kill);
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => {
    if (stderr.length < 4096) stderr += chunk.toString();
  });
  const exit = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  exit.catch(() => undefined);
  let failure: unknown;
  feed(body, child.stdin, watch.input).catch((error: unknown) => {
    failure = error;
    kill();
  });
  for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
    watch.output?.(chunk);
    if (!response.write(chunk)) await drained(response);
  }
  const code = await exit;
  response.off('close', kill);
  if (response.destroyed) return;
  if (response.headersSent) {
    // The protocol tells its own errors in the stream; an answer that was cut off must not look like a whole one.
    if (code === null) response.destroy();
    return;
  }
  if (failure !== undefined) throw badRequest(messageOf(failure));
  if (code !== 0) throw badRequest(stderr.trim().replace(/^fatal: /, '') || 'git could not read the request');
}

/** Gives a body to git. Git may close its input early; the rest is read all the same, so that the client reads the answer. */
async function feed(body: Begun['pieces'], input: Writable, watch?: (chunk: Buffer) => void): Promise<void> {
  let open = true;
  input.once('error', () => {
    open = false;
  });
  let failure: Error | undefined;
  for await (const chunk of body) {
    if (!open) continue;
    try {
      watch?.(chunk);
    } catch (error) {
      failure = error instanceof Error ? error : new Error(messageOf(error));
      open = false;
      input.destroy();
      continue;
    }
    if (!input.write(chunk)) await drained(input);
  }
  if (open) input.end();
  if (failure !== undefined) throw failure;
}

/** Resolves when a stream takes more, or never will again. */
function drained(stream: Writable): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      for (const event of EVENTS) stream.off(event, done);
      resolve();
    };
    for (const event of EVENTS) stream.once(event, done);
  });
}

const EVENTS = ['drain', 'close', 'error'] as const;

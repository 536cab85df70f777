import type { WebSocket } from 'ws';
import { messageOf } from '../../../lib/errors.ts';
import type { ExecSession } from '../cluster.ts';
import { ApiError } from '../errors.ts';

/** The first byte of a message says which stream it belongs to (`v4.channel.k8s.io` and `v5`). */
const STDIN = 0;
const STDOUT = 1;
const STDERR = 2;
const ERROR = 3;
/** Version 5: the byte that follows names a stream that ends. */
const CLOSE = 255;

/** Bytes that may wait for the client before the program is made to wait. */
const MOST_UNSENT = 1024 * 1024;

/** Connects a program to a WebSocket; the exit code travels as a Status in the error channel. */
export async function runExec(
  webSocket: WebSocket,
  start: () => Promise<ExecSession>,
  streams: { readonly stdin: boolean; readonly stdout: boolean; readonly stderr: boolean },
): Promise<void> {
  const early: Buffer[] = [];
  let receive = (message: Buffer): void => {
    early.push(message);
  };
  webSocket.on('message', (message: Buffer) => {
    receive(message);
  });
  let session: ExecSession;
  try {
    session = await start();
  } catch (error) {
    const refusal = error instanceof ApiError ? error : new ApiError('InternalError', messageOf(error));
    finish(webSocket, refusal.toStatus());
    return;
  }
  webSocket.once('close', () => {
    session.kill();
  });
  session.stdin.on('error', () => undefined);
  receive = (message) => {
    if (message[0] === STDIN && streams.stdin) session.stdin.write(message.subarray(1));
    else if (message[0] === CLOSE && message[1] === STDIN) session.stdin.end();
  };
  for (const message of early) receive(message);
  if (!streams.stdin) session.stdin.end();
  const outputs = [
    streams.stdout ? send(webSocket, STDOUT, session.stdout) : drained(session.stdout),
    streams.stderr ? send(webSocket, STDERR, session.stderr) : drained(session.stderr),
  ];
  const code = await session.exited;
  await Promise.allSettled(outputs);
  finish(webSocket, exitStatus(code));
}

async function send(webSocket: WebSocket, channel: number, output: NodeJS.ReadableStream): Promise<void> {
  for await (const chunk of output as AsyncIterable<Buffer>) {
    const message = Buffer.concat([Buffer.from([channel]), chunk]);
    await new Promise<void>((resolve) => {
      const waits = webSocket.bufferedAmount > MOST_UNSENT;
      webSocket.send(message, () => {
        if (waits) resolve();
      });
      if (!waits) resolve();
    });
  }
}

async function drained(output: NodeJS.ReadableStream): Promise<void> {
  for await (const _chunk of output);
}

function exitStatus(code: number): object {
  if (code === 0) return { metadata: {}, status: 'Success' };
  return {
    metadata: {},
    status: 'Failure',
    message: `command terminated with non-zero exit code: exit status ${code}`,
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: String(code) }] },
  };
}

function finish(webSocket: WebSocket, status: object): void {
  webSocket.send(Buffer.concat([Buffer.from([ERROR]), Buffer.from(JSON.stringify(status))]));
  webSocket.close(1000);
}

import { createInterface } from 'node:readline';
import { PassThrough, Readable } from 'node:stream';
import type Docker from 'dockerode';
import { explainDocker } from './docker.ts';

/** Lines that are shown without `--follow`. */
const TAIL = 200;

/** The log of a container, both of its streams, each line with its time. */
export async function* containerLog(
  docker: Docker,
  name: string,
  follow: boolean,
  signal: AbortSignal,
  tail = TAIL,
): AsyncGenerator<string> {
  const lines = new PassThrough();
  try {
    const container = docker.getContainer(name);
    const options = { stdout: true, stderr: true, timestamps: true, tail } as const;
    const raw = follow
      ? await container.logs({ ...options, follow: true, abortSignal: signal })
      : Readable.from([await container.logs({ ...options, follow: false })]);
    docker.modem.demuxStream(raw, lines, lines);
    raw.once('end', () => lines.end());
    raw.once('error', () => lines.end());
  } catch (error) {
    throw explainDocker(error, `reading the log of ${name}`);
  }
  for await (const line of createInterface({ input: lines })) {
    if (signal.aborted) return;
    yield line;
  }
}

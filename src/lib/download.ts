import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import got from 'got';
import { PlaygroundError, explainStorage, isStorageFailure, messageOf } from './errors.ts';
import { releasedAtEnd } from './http/body.ts';
import { extraAuthorities, proxyAgents } from './proxy.ts';

export interface Download {
  /** What it is, for messages: "k3d 5.9.0". */
  readonly title: string;
  readonly url: string;
  /** Hexadecimal; null when nothing is known to compare with, and then any content is taken. */
  readonly sha256: string | null;
  readonly file: string;
  /** Bytes that are there, of how many, if the server says so. */
  readonly progress?: (received: number, total: number | undefined) => void;
  readonly signal?: AbortSignal | undefined;
}

const TRIES = 3;
/** Milliseconds without a byte until a connection is given up and the download goes on by another one. */
const SILENCE_MS = 30_000;

/**
 * Fetches a file unless it is there already, goes on where an earlier try was broken off, through the proxy that the
 * environment names, and checks its SHA-256. A file under its name is whole and right.
 * @throws PlaygroundError `download-failed`, `checksum-wrong` (what was fetched is removed), `disk-full`.
 */
export async function download(wanted: Download): Promise<string> {
  const { file, sha256, title, url } = wanted;
  if (await isRight(file, sha256)) return file;
  const part = `${file}.part`;
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  for (let left = TRIES - 1; ; left -= 1) {
    try {
      await fetchRest(wanted, part);
      break;
    } catch (error) {
      wanted.signal?.throwIfAborted();
      if (isStorageFailure(error)) throw explainStorage(error, part);
      if (left === 0 || !isPassing(error)) throw failed(title, url, error);
    }
  }
  if (sha256 !== null) await refuseOtherContent({ title, url, sha256 }, part);
  await rename(part, file);
  return file;
}

/**
 * Compares what was fetched with what it should be.
 * @throws PlaygroundError `checksum-wrong`; the file is removed.
 */
export async function refuseOtherContent(
  { title, url, sha256 }: { readonly title: string; readonly url: string; readonly sha256: string },
  fetched: string,
): Promise<void> {
  const actual = await hashOf(fetched);
  if (actual === sha256) return;
  await rm(fetched, { force: true });
  throw new PlaygroundError({
    code: 'checksum-wrong',
    message: `${title} from ${url} is not what was expected: its SHA-256 is ${actual}, not ${sha256}; it was thrown away`,
    hint: 'try again; when it stays so, something on the way changes downloads (a proxy, a captive portal): use another network; a tool may also be put on the PATH',
  });
}

/** SHA-256 of a file, hexadecimal. */
export async function hashOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

async function isRight(file: string, sha256: string | null): Promise<boolean> {
  const size = await sizeOf(file);
  if (size === 0) return false;
  return sha256 === null || (await hashOf(file)) === sha256;
}

async function sizeOf(file: string): Promise<number> {
  return stat(file).then(
    (found) => found.size,
    () => 0,
  );
}

async function fetchRest({ url, progress, signal }: Download, part: string): Promise<void> {
  const there = await sizeOf(part);
  const authority = extraAuthorities();
  const body = releasedAtEnd(
    got.stream(url, {
      agent: proxyAgents(url),
      retry: { limit: 0 },
      headers: there > 0 ? { range: `bytes=${there}-` } : {},
      throwHttpErrors: false,
      decompress: false,
      timeout: { connect: 10_000, response: SILENCE_MS, socket: SILENCE_MS },
      ...(authority === undefined ? {} : { https: { certificateAuthority: authority } }),
      ...(signal === undefined ? {} : { signal }),
    }),
  );
  const { statusCode, headers } = await new Promise<{
    statusCode: number;
    headers: Record<string, string | string[] | undefined>;
  }>((resolve, reject) => {
    body.once('response', resolve);
    body.once('error', reject);
  });
  // Nothing is missing: the part is whole already.
  if (statusCode === 416 && there > 0) {
    body.destroy();
    return;
  }
  if (statusCode !== 200 && statusCode !== 206) {
    body.destroy();
    throw new ServerRefused(statusCode);
  }
  const resumed = statusCode === 206;
  const before = resumed ? there : 0;
  const length = Number(headers['content-length']);
  const total = Number.isFinite(length) && length > 0 ? before + length : undefined;
  let received = before;
  body.on('data', (chunk: Buffer) => {
    received += chunk.length;
    progress?.(received, total);
  });
  await pipeline(body, createWriteStream(part, { flags: resumed ? 'a' : 'w', mode: 0o600 }));
  if (total !== undefined && received < total) throw new Error(`${received} of ${total} bytes arrived`);
}

class ServerRefused extends Error {
  readonly status: number;

  constructor(status: number) {
    super(`the server answered ${status}`);
    this.name = 'ServerRefused';
    this.status = status;
  }
}

/** Whether another try may go better. */
function isPassing(error: unknown): boolean {
  return !(error instanceof ServerRefused) || error.status >= 500 || error.status === 429;
}

function failed(title: string, url: string, error: unknown): PlaygroundError {
  return new PlaygroundError({
    code: 'download-failed',
    message: `${title} could not be fetched from ${url}: ${messageOf(error)}`,
    hint: 'check the internet connection and HTTPS_PROXY, then repeat the command: it goes on where it stopped; without internet, use up --bundle FILE',
    cause: error,
  });
}

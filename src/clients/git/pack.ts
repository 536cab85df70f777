import { spawn } from 'node:child_process';
import { once } from 'node:events';
import got from 'got';
import { packageVersion } from '../../lib/package.ts';

/** What a commit is fetched from, and into. */
export interface PackRequest {
  readonly url: string;
  /** Value of the Authorization header. */
  readonly authorization: string | undefined;
  /** The mirror's folder and git's environment for it. */
  readonly folder: string;
  readonly env: Record<string, string>;
  readonly want: string;
  /** Commits that the mirror has with everything that they need. */
  readonly have: readonly string[];
}

/** Most commits that are told to the server; one near the wanted one is enough for a small pack. */
const MOST_HAVES = 32;
const TIMEOUT = 30_000;

/**
 * Fetches one commit by protocol version 2 (gitprotocol-v2, "fetch"): one request and one process, where
 * `git fetch` needs three and five. The commit is in the mirror afterwards, and no ref has changed.
 * @throws Error for everything that is not a pack; `git fetch` is the way then.
 */
export async function fetchPack(request: PackRequest): Promise<void> {
  const { url, authorization, folder, env } = request;
  const response = got.stream.post(`${url.replace(/\/+$/, '')}/git-upload-pack`, {
    body: fetchCommand(request),
    headers: {
      'content-type': 'application/x-git-upload-pack-request',
      accept: 'application/x-git-upload-pack-result',
      'git-protocol': 'version=2',
      ...(authorization === undefined ? {} : { authorization }),
    },
    retry: { limit: 0 },
    timeout: { request: TIMEOUT },
  });
  const reader = new PackReader();
  // The pack appears in the mirror as a whole or, after a crash, not at all.
  const args = ['--git-dir', folder, '-c', 'pack.threads=1', 'index-pack', '--stdin', '--fix-thin'];
  const child = spawn('git', args, { env, stdio: ['pipe', 'ignore', 'ignore'] });
  const closed = once(child, 'close') as Promise<[number | null]>;
  // A program that ends early shows in its exit code.
  child.stdin.on('error', () => undefined);
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      for (const data of reader.read(chunk)) {
        if (!child.stdin.write(data)) await Promise.race([once(child.stdin, 'drain'), closed]);
      }
    }
    if (!reader.isComplete) throw new Error('the answer held no whole pack');
    child.stdin.end();
    const [code] = await closed;
    if (code !== 0) throw new Error(`git index-pack left with ${code ?? 'a signal'}`);
  } finally {
    child.stdin.end();
    if (child.exitCode === null) child.kill();
  }
}

function fetchCommand({ want, have }: PackRequest): string {
  const lines = [
    ...['thin-pack', 'no-progress', 'ofs-delta', `want ${want}`],
    ...have.slice(0, MOST_HAVES).map((commit) => `have ${commit}`),
    'done',
  ];
  const head = ['command=fetch', `agent=gitops-playground/${packageVersion()}`];
  return `${head.map(packet).join('')}0001${lines.map(packet).join('')}0000`;
}

function packet(line: string): string {
  return `${(Buffer.byteLength(line) + 5).toString(16).padStart(4, '0')}${line}\n`;
}

/** Takes the pack out of an answer: pkt-lines, of which those after `packfile` carry a side band each. */
export class PackReader {
  #rest: Buffer = Buffer.alloc(0);
  #inPack = false;
  /** Whether the answer has come to its end, with a pack in it. */
  isComplete = false;

  /** The bytes of the pack in a part of the answer. @throws Error with what the server says on the error band. */
  read(chunk: Buffer): Buffer[] {
    const input = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const data: Buffer[] = [];
    let index = 0;
    while (index + 4 <= input.length) {
      const header = input.toString('latin1', index, index + 4);
      if (!/^[0-9a-f]{4}$/.test(header)) throw new Error('the answer is no Git protocol');
      const length = Number.parseInt(header, 16);
      if (length < 4) {
        if (length === 0 && this.#inPack) this.isComplete = true;
        index += 4;
        continue;
      }
      if (index + length > input.length) break;
      const content = input.subarray(index + 4, index + length);
      index += length;
      if (!this.#inPack) {
        const line = content.toString('utf8').trim();
        if (line.startsWith('ERR ')) throw new Error(line.slice(4));
        this.#inPack = line === 'packfile';
      } else if (content[0] === 1) data.push(content.subarray(1));
      else if (content[0] === 3) throw new Error(content.toString('utf8', 1).trim());
    }
    this.#rest = Buffer.from(input.subarray(index));
    return data;
  }
}

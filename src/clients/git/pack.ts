import { spawn } from 'node:child_process';
import { once } from 'node:events';
import got from 'got';
import { packageVersion } from '../../lib/package.ts';
import { readUpTo, type Begun } from '../../lib/read-up-to.ts';
import { gitAgent } from './agent.ts';
import type { ObjectReader } from './objects.ts';
import { storePack } from './pack-objects.ts';
import { FLUSH, packet } from './pkt-line.ts';
import { unpackObjects } from './unpack.ts';

/** What is fetched, and from where. */
interface PackRequest {
  readonly url: string;
  /** Value of the Authorization header. */
  readonly authorization: string | undefined;
  readonly want: readonly string[];
  /** Commits that are there already with everything that they need. */
  readonly have: readonly string[];
}

/** What a commit is fetched from, and into. */
interface MirrorRequest extends Omit<PackRequest, 'want'> {
  /** The mirror's folder and git's environment for it. */
  readonly folder: string;
  readonly env: Record<string, string>;
  /** Reads what the mirror has already. */
  readonly reader: ObjectReader;
  readonly want: string;
}

/** Most commits that are told to the server; one near the wanted one is enough for a small pack. */
const MOST_HAVES = 32;
const TIMEOUT = 30_000;
/** Packs up to here are taken in without git; more are quicker with it. */
const SMALL_PACK = { bytes: 1024 * 1024, objects: 100 };

/**
 * The pack of some commits by protocol version 2 (gitprotocol-v2, "fetch"), in pieces: one request.
 * @throws Error for everything that is not a whole pack.
 */
export async function* readPack(request: PackRequest): AsyncGenerator<Buffer> {
  const { url, authorization } = request;
  const response = got.stream.post(`${url.replace(/\/+$/, '')}/git-upload-pack`, {
    body: fetchCommand(request),
    headers: {
      'content-type': 'application/x-git-upload-pack-request',
      accept: 'application/x-git-upload-pack-result',
      'git-protocol': 'version=2',
      'user-agent': gitAgent(),
      ...(authorization === undefined ? {} : { authorization }),
    },
    retry: { limit: 0 },
    timeout: { request: TIMEOUT },
  });
  const reader = new PackReader();
  for await (const chunk of response as AsyncIterable<Buffer>) yield* reader.read(chunk);
  if (!reader.isComplete) throw new Error('the answer held no whole pack');
}

/**
 * Fetches one commit into a mirror: one request, and for a small pack no process, where `git fetch` needs three and five. The
 * commit is there afterwards, and no ref has changed.
 * @throws Error for everything that is not a pack; `git fetch` is the way then.
 */
export async function fetchPack({ folder, env, reader, want, ...request }: MirrorRequest): Promise<void> {
  const { whole: pack, pieces } = await readUpTo(readPack({ ...request, want: [want] }), SMALL_PACK.bytes);
  const isLarge = pack === undefined || (pack.length > 12 && pack.readUInt32BE(8) > SMALL_PACK.objects);
  if (isLarge) return indexPack(folder, env, pieces);
  storePack(folder, pack, await unpackObjects(pack, (id) => reader.read(id)));
}

/** Lets git take in a pack. It appears in the mirror as a whole or, after a crash, not at all. */
async function indexPack(
  folder: string,
  env: Record<string, string>,
  pieces: Begun['pieces'],
): Promise<void> {
  const args = ['--git-dir', folder, '-c', 'pack.threads=1', 'index-pack', '--stdin', '--fix-thin'];
  const child = spawn('git', args, { env, stdio: ['pipe', 'ignore', 'ignore'] });
  const closed = once(child, 'close') as Promise<[number | null]>;
  // A program that ends early shows in its exit code.
  child.stdin.on('error', () => undefined);
  try {
    for await (const piece of pieces) {
      if (!child.stdin.write(piece)) await Promise.race([once(child.stdin, 'drain'), closed]);
    }
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
    ...['thin-pack', 'no-progress', 'ofs-delta'],
    ...want.map((object) => `want ${object}`),
    ...have.slice(0, MOST_HAVES).map((commit) => `have ${commit}`),
    'done',
  ];
  const head = ['command=fetch', `agent=gitops-playground/${packageVersion()}`];
  const packets = (texts: readonly string[]) => texts.map((text) => packet(`${text}\n`)).join('');
  return `${packets(head)}0001${packets(lines)}${FLUSH}`;
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

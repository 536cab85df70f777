import { findObject } from '../../../clients/git/lookup.ts';
import { packObjects } from '../../../clients/git/pack-objects.ts';
import { remembered } from '../../../lib/remembered.ts';
import { missingObjects } from '../repository/missing-objects.ts';
import { listRefs } from '../repository/refs.ts';
import { BadPacket, FLUSH, packet, PacketReader } from './pkt-line.ts';

interface FetchRequest {
  readonly want: readonly string[];
  readonly have: ReadonlySet<string>;
  /** Tags that stand for what is sent are wanted as well. */
  readonly withTags: boolean;
}

/** Arguments that change nothing about a pack of whole objects. */
const HARMLESS = ['thin-pack', 'no-progress', 'ofs-delta', 'include-tag'];
/** Bytes in one packet of a side band (gitprotocol-common: 65520 in all), beside its length and the number of the band. */
const MOST_IN_PACKET = 65_520 - 5;
const PACK_BAND = Buffer.from([1]);

/**
 * Answers a fetch of protocol version 2 (gitprotocol-v2, "fetch") from the files of a repository, which takes less time than
 * starting the two processes of `git upload-pack`.
 * @returns undefined where git has to: the request says more than what is wanted and what is there, the negotiation goes on,
 * something else than the end of a reference is wanted, or the objects are many, or large.
 */
export async function answerSmallFetch(folder: string, request: Buffer): Promise<Buffer | undefined> {
  const fetch = readRequest(request);
  if (fetch === undefined) return undefined;
  const refs = await listRefs(folder, 'refs/');
  if (fetch.withTags && refs.some(({ name }) => name.startsWith('refs/tags/'))) return undefined;
  const tips = new Set(refs.map(({ sha }) => sha));
  if (!fetch.want.every((id) => tips.has(id))) return undefined;
  return answerTo({ folder, ...fetch });
}

/** A few are remembered: what one has fetched, the next one often fetches at once, and objects never change. */
const answerTo = remembered(
  4,
  ({ folder, want, have }: FetchRequest & { readonly folder: string }) =>
    [folder, ...want, 'have', ...have].join('\n'),
  ({ folder, want, have }) => {
    const objects = missingObjects((id) => findObject(folder, id), want, have);
    return objects && inPackets(packObjects(objects));
  },
);

function inPackets(pack: Buffer): Buffer {
  const packets: Buffer[] = [packet('packfile\n')];
  for (let start = 0; start < pack.length; start += MOST_IN_PACKET) {
    packets.push(packet(Buffer.concat([PACK_BAND, pack.subarray(start, start + MOST_IN_PACKET)])));
  }
  return Buffer.concat([...packets, FLUSH]);
}

function readRequest(bytes: Buffer): FetchRequest | undefined {
  const lines = linesOf(bytes);
  if (lines?.[0] !== 'command=fetch') return undefined;
  const begin = lines.indexOf(undefined);
  const capabilities = lines.slice(1, begin);
  if (
    begin < 0 ||
    !capabilities.every((line) => /^(agent|session-id)=|^object-format=sha1$/.test(line ?? ''))
  )
    return undefined;
  const want: string[] = [];
  const have = new Set<string>();
  let isDone = false;
  for (const line of lines.slice(begin + 1)) {
    const [, verb, id = ''] = /^(want|have) ([0-9a-f]{40})$/.exec(line ?? '') ?? [];
    if (verb === 'want') want.push(id);
    else if (verb === 'have') have.add(id);
    else if (line === 'done') isDone = true;
    else if (line === undefined || !HARMLESS.includes(line)) return undefined;
  }
  return isDone && want.length > 0 ? { want, have, withTags: lines.includes('include-tag') } : undefined;
}

/** The lines of a request up to its end, undefined for the delimiter; undefined when it is not a whole one. */
function linesOf(bytes: Buffer): (string | undefined)[] | undefined {
  const reader = new PacketReader();
  reader.push(bytes);
  const lines: (string | undefined)[] = [];
  try {
    for (let next = reader.next(); next !== undefined; next = reader.next()) {
      if (next.kind === 'flush') return reader.rest.length === 0 ? lines : undefined;
      lines.push(next.kind === 'data' ? next.data.toString('utf8').replace(/\n$/, '') : undefined);
    }
  } catch (error) {
    if (!(error instanceof BadPacket)) throw error;
  }
  return undefined;
}

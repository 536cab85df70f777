import { findObject } from '../../../clients/git/lookup.ts';
import { unpackObjects, type UnpackedObject, type UnpackedPack } from '../../../clients/git/unpack.ts';
import { isRefName } from '../metadata/names.ts';
import type { RefUpdate } from '../metadata/model.ts';
import { missingObjects } from '../repository/missing-objects.ts';
import { listRefs, NO_SHA } from '../repository/refs.ts';
import { BadPacket, FLUSH, packet, PacketReader } from './pkt-line.ts';

/** A push that was understood and found whole: nothing of it is in the repository yet. */
export interface SmallPush {
  readonly updates: readonly RefUpdate[];
  readonly pack: Buffer;
  /** What the pack brought, in its order: a commit before what it needs. */
  readonly brought: UnpackedPack;
  /** Whether the report goes into the side band. */
  readonly sideBand: boolean;
}

/** Git as well keeps the objects of smaller pushes as files of their own (`receive.unpackLimit`). */
const MOST_OBJECTS = 100;
const MOST_BYTES = 4 * 1024 * 1024;
const KNOWN =
  /^(report-status(-v2)?|side-band-64k|quiet|ofs-delta|delete-refs|object-format=sha1|(agent|session-id)=.*)$/;
const REPORT_BAND = Buffer.from([1]);

/**
 * Reads a push (gitprotocol-pack, "Pushing Data To a Server") that makes or moves some branches and tags, and checks as
 * `git receive-pack` does that everything that they need is there. It costs no process, where that one starts three more.
 * @param base reads an object of the repository by its id, for the deltas of a thin pack.
 * @returns undefined where git has to, with its own words for what is wrong: the push asks for more, deletes, touches other
 * references, comes too late, is large or damaged, or leads to objects that only git can read.
 */
export async function readSmallPush(
  folder: string,
  body: Buffer,
  base: (id: string) => Promise<UnpackedObject | undefined>,
): Promise<SmallPush | undefined> {
  const request = readRequest(body);
  if (request === undefined) return undefined;
  const { updates, pack } = request;
  const refs = await listRefs(folder, 'refs/');
  const present = new Map(refs.map(({ name, sha }) => [name, sha]));
  if (!updates.every(({ ref, before }) => (present.get(ref) ?? NO_SHA) === before)) return undefined;
  const brought = await unpackObjects(pack, base, MOST_BYTES).catch(() => undefined);
  if (brought === undefined) return undefined;
  const fresh = new Map(brought.objects.map((object) => [object.id, object]));
  const read = (id: string) => fresh.get(id) ?? findObject(folder, id);
  const wanted = updates.map(({ after }) => after);
  if (missingObjects(read, wanted, new Set(present.values())) === undefined) return undefined;
  const isFitting = ({ ref, after }: RefUpdate) => ref.startsWith(TAGS) || read(after)?.type === 'commit';
  return updates.every(isFitting) ? { updates, pack, brought, sideBand: request.sideBand } : undefined;
}

/** What the client is told ("Report Status"): the references that were moved, and those that somebody else was quicker with. */
export function reportOf({ updates, sideBand }: SmallPush, moved: readonly RefUpdate[]): Buffer {
  const lines = updates.map((update) =>
    moved.includes(update) ? `ok ${update.ref}\n` : `ng ${update.ref} failed to update ref\n`,
  );
  const report = Buffer.concat([packet('unpack ok\n'), ...lines.map(packet), FLUSH]);
  return sideBand ? Buffer.concat([packet(Buffer.concat([REPORT_BAND, report])), FLUSH]) : report;
}

const BRANCHES = 'refs/heads/';
const TAGS = 'refs/tags/';

function readRequest(body: Buffer): { updates: RefUpdate[]; sideBand: boolean; pack: Buffer } | undefined {
  const reader = new PacketReader();
  reader.push(body);
  const updates: RefUpdate[] = [];
  let words: string[] = [];
  try {
    for (let next = reader.next(); next?.kind === 'data'; next = reader.next()) {
      const [command = '', capabilities] = next.data.toString('utf8').replace(/\n$/, '').split('\0');
      const [, before, after, ref] = /^([0-9a-f]{40}) ([0-9a-f]{40}) (refs\/.+)$/s.exec(command) ?? [];
      if (before === undefined || after === undefined || ref === undefined) return undefined;
      if (updates.length === 0) words = capabilities?.split(' ').filter(Boolean) ?? [];
      updates.push({ ref, before, after });
    }
  } catch (error) {
    if (error instanceof BadPacket) return undefined;
    throw error;
  }
  const pack = reader.rest;
  const isPlain =
    updates.length > 0 &&
    new Set(updates.map(({ ref }) => ref)).size === updates.length &&
    updates.every(({ ref, before, after }) => isTaken(ref) && after !== NO_SHA && before !== after) &&
    words.every((word) => KNOWN.test(word)) &&
    words.some((word) => word.startsWith('report-status'));
  if (!isPlain || pack.length < 12 || pack.readUInt32BE(8) > MOST_OBJECTS) return undefined;
  return { updates, sideBand: words.includes('side-band-64k'), pack };
}

function isTaken(ref: string): boolean {
  return (ref.startsWith(BRANCHES) || ref.startsWith(TAGS)) && isRefName(ref);
}

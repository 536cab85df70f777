import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { PlaygroundError, messageOf, systemCode } from '../../lib/errors.ts';
import { ensurePrivateDir, readFileIfExists, writeFileAtomic } from '../../lib/fs.ts';
import { sha256 } from '../../lib/ids.ts';
import { packageVersion } from '../../lib/package.ts';
import type { EngineSnapshots, Progress, Snapshot, UnusableSnapshot } from '../engine.ts';
import { order } from './control.ts';
import { copyVerified, entriesSchema, listEntries, type Entries } from './copy.ts';
import { runningDaemon, startDaemon, stopDaemon } from './daemon-process.ts';
import { beginReplacement, replaceData, settleData } from './data.ts';
import { packData } from './pack.ts';
import { folders, readState, type State } from './state.ts';

/** Of what is in a snapshot's folder, and of the data in it. A change of either needs another number. */
const VERSION = 1;

const documentSchema = z.object({
  version: z.literal(VERSION),
  savedAt: z.string(),
  /** The program that saved it, for people. */
  program: z.string(),
  /** Tells the playground from all others: its addresses and secrets stand in what was copied. */
  playground: z.string(),
  bytes: z.number(),
  files: z.number(),
  stages: z.array(z.string()),
  /** Digest of `files.json`, which lists everything with its digest. */
  listed: z.string(),
});
type Document = z.output<typeof documentSchema>;

/**
 * Snapshots as folders beside the data: `snapshot.json`, `files.json` and a copy of the data. A folder has its name once it is
 * whole; before, its name begins with a dot.
 */
export const snapshots: EngineSnapshots = {
  async list(playground) {
    const state = await requireState(playground);
    const found = await Promise.all(
      (await namesOf(playground)).map(async (name): Promise<Snapshot | UnusableSnapshot> => {
        try {
          return snapshotOf(name, await readDocument(state, name));
        } catch (error) {
          return { name, problem: messageOf(error) };
        }
      }),
    );
    const time = (entry: Snapshot | UnusableSnapshot) => ('savedAt' in entry ? entry.savedAt : '');
    return found.sort((a, b) => time(b).localeCompare(time(a)) || a.name.localeCompare(b.name));
  },

  async save(playground, name, stages) {
    const state = await requireState(playground);
    const folder = folderOf(playground, name);
    if (existsSync(folder)) {
      throw new PlaygroundError({
        code: 'snapshot-exists',
        message: `there is a snapshot "${name}" already`,
        hint: `choose another name, or delete it first: gitops-playground snapshot delete ${name}`,
      });
    }
    await removeUnfinished(playground);
    const unfinished = folderOf(playground, passing());
    try {
      await ensurePrivateDir(unfinished);
      await order(playground, 'copy', { folder: join(unfinished, 'data') });
      await packData(join(unfinished, 'data'));
      const entries = await listEntries(join(unfinished, 'data'));
      const sizes = entries.flatMap((entry) => ('size' in entry ? entry.size : []));
      const listing = JSON.stringify(entries);
      const document: Document = {
        version: VERSION,
        savedAt: new Date().toISOString(),
        program: packageVersion(),
        playground: state.createdAt,
        bytes: sizes.reduce((sum, size) => sum + size, 0),
        files: sizes.length,
        stages: [...stages],
        listed: sha256(listing),
      };
      await writeFileAtomic(join(unfinished, 'files.json'), listing);
      await writeFileAtomic(join(unfinished, 'snapshot.json'), JSON.stringify(document, null, 2));
      await rename(unfinished, folder);
      return snapshotOf(name, document);
    } catch (error) {
      await rm(unfinished, { recursive: true, force: true });
      throw error;
    }
  },

  async restore(playground, name, progress: Progress, signal) {
    const state = await requireState(playground);
    const document = await readDocument(state, name);
    const entries = await readEntries(playground, name, document);
    const running = (await runningDaemon(playground))?.ready === true;
    if (!running) {
      await stopDaemon(playground);
      await settleData(playground);
    }
    progress('verifying the copy');
    const next = await beginReplacement(playground);
    try {
      await copyVerified(join(folderOf(playground, name), 'data'), entries, next, signal);
    } catch (error) {
      await rm(next, { recursive: true, force: true });
      throw error;
    }
    progress('putting it in place');
    if (running) await order(playground, 'replace', {});
    else {
      await replaceData(playground);
      await startDaemon(playground, signal);
    }
    return snapshotOf(name, document);
  },

  async delete(playground, name) {
    const folder = folderOf(playground, name);
    if (!existsSync(folder)) throw await unknown(playground, name);
    // Under its name it is whole or gone.
    const leaving = folderOf(playground, passing());
    await rename(folder, leaving);
    await rm(leaving, { recursive: true, force: true });
  },
};

async function requireState(playground: string): Promise<State> {
  const state = await readState(playground);
  if (state !== undefined) return state;
  throw new PlaygroundError({
    code: 'no-playground',
    message: `there is no playground named "${playground}"`,
    hint: `start one: gitops-playground up --name ${playground}`,
  });
}

function folderOf(playground: string, name: string): string {
  return join(folders(playground).snapshots, name);
}

/** A name for what is not whole yet, or not any more: with a dot, as `removeUnfinished` looks for. */
function passing(): string {
  return `.${randomBytes(8).toString('hex')}`;
}

async function namesOf(playground: string): Promise<string[]> {
  const entries = await readdir(folders(playground).snapshots, { withFileTypes: true }).catch(
    (error: unknown) => {
      if (systemCode(error) === 'ENOENT') return [];
      throw error;
    },
  );
  return entries
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .map(({ name }) => name);
}

/** Removes what interrupted commands have left behind. */
async function removeUnfinished(playground: string): Promise<void> {
  const { snapshots: folder } = folders(playground);
  for (const name of await readdir(folder).catch((): string[] => [])) {
    if (name.startsWith('.')) await rm(join(folder, name), { recursive: true, force: true });
  }
}

async function readDocument(state: State, name: string): Promise<Document> {
  const playground = state.config.name;
  const file = join(folderOf(playground, name), 'snapshot.json');
  const text = await readFileIfExists(file);
  if (text === undefined && !existsSync(folderOf(playground, name))) throw await unknown(playground, name);
  const content = parse(file, text, z.looseObject({ version: z.unknown() }));
  if (content.version !== VERSION) {
    throw new PlaygroundError({
      code: 'snapshot-version',
      message: `the snapshot "${name}" is of version ${JSON.stringify(content.version)}, and this program reads version ${VERSION}`,
      hint: 'nothing was changed; restore it with the program that saved it',
    });
  }
  const document = parse(file, text, documentSchema);
  if (document.playground !== state.createdAt) {
    throw new PlaygroundError({
      code: 'snapshot-foreign',
      message: `the snapshot "${name}" is of another playground, whose addresses and passwords stand in it`,
      hint: 'nothing was changed; a snapshot can be restored only where it was saved',
    });
  }
  return document;
}

async function readEntries(playground: string, name: string, { listed }: Document): Promise<Entries> {
  const file = join(folderOf(playground, name), 'files.json');
  const text = await readFileIfExists(file);
  const entries = parse(file, text, entriesSchema);
  if (sha256(text ?? '') !== listed) throw damaged(file);
  return entries;
}

function parse<T>(file: string, text: string | undefined, schema: z.ZodType<T>): T {
  try {
    return schema.parse(JSON.parse(text ?? ''));
  } catch (error) {
    throw damaged(file, error);
  }
}

function damaged(file: string, cause?: unknown): PlaygroundError {
  return new PlaygroundError({
    code: 'snapshot-damaged',
    message: `the snapshot is damaged: ${file} cannot be read as it was written`,
    hint: 'nothing was changed; put a good copy of the snapshot back, or save a new one',
    cause,
  });
}

async function unknown(playground: string, name: string): Promise<PlaygroundError> {
  const names = await namesOf(playground);
  return new PlaygroundError({
    code: 'no-snapshot',
    message: `there is no snapshot "${name}"${names.length === 0 ? '' : `, but ${names.join(', ')}`}`,
    hint:
      names.length === 0
        ? `save one: gitops-playground snapshot save ${name}`
        : 'see: gitops-playground snapshot list',
  });
}

function snapshotOf(name: string, { savedAt, bytes, files, stages }: Document): Snapshot {
  return { name, savedAt, bytes, files, stages };
}

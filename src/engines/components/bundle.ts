import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { packTar, unpackTar } from 'modern-tar/fs';
import { z } from 'zod';
import { PlaygroundError, explainStorage, isStorageFailure, messageOf } from '../../lib/errors.ts';
import { hashOf } from '../../lib/download.ts';
import { isInside } from '../../lib/fs.ts';
import { pluginSchema } from './plugin-center.ts';

const FORMAT = 'gitops-playground-bundle';
/** Of the form of a bundle; what another one says may mean something else. */
const VERSION = 3;
const INDEX = 'bundle.json';
/** A tar archive is made of blocks of this many bytes. */
const BLOCK = 512;

const imageSchema = z.object({
  /** As pods name it. */
  reference: z.string(),
  repository: z.string(),
  tag: z.string().optional(),
  digest: z.string(),
  /** Manifests to push, in this order; the last one is the image's own. */
  manifests: z.array(z.object({ digest: z.string(), mediaType: z.string() })),
  blobs: z.array(z.object({ digest: z.string(), size: z.number() })),
});

const indexSchema = z.object({
  format: z.literal(FORMAT),
  version: z.literal(VERSION),
  createdAt: z.string(),
  /** Of the tools: `process.platform` and `process.arch`. */
  system: z.string(),
  /** Of the images, as `linux/amd64`. */
  platform: z.string(),
  profile: z.string(),
  /** Names of the add-ons whose charts and images are among the others. */
  addons: z.array(z.string()),
  /** Pinned versions by name, of everything that is packed. */
  tools: z.record(z.string(), z.string()),
  charts: z.record(z.string(), z.string()),
  nodeImages: z.array(z.string()),
  images: z.array(imageSchema),
  /** Plugins of SCM-Manager, which has none of these inside; none where it is not the Git server. */
  scmPlugins: z.array(pluginSchema),
  files: z.record(z.string(), z.object({ size: z.number(), sha256: z.string() })),
});

/** What a bundle says of itself: its first entry. */
export type BundleIndex = z.output<typeof indexSchema>;
export type BundledImage = z.output<typeof imageSchema>;

/** Where things lie inside a bundle, and in the folder that it is unpacked to. */
export const bundlePaths = {
  tool: (name: string, file: string) => `tools/${name}/${file}`,
  chart: (name: string, version: string) => `charts/${name}-${version}.tgz`,
  nodeImages: 'node-images.tar',
  scmPlugin: ({ name, version }: { readonly name: string; readonly version: string }) =>
    `scm-plugins/${name}-${version}.smp`,
  blob: (digest: string) => `blobs/${digest.replace(':', '/')}`,
};

/** Packs a folder into a bundle; the index, with the size and SHA-256 of every file, goes first. */
export async function packBundle(
  folder: string,
  content: Omit<BundleIndex, 'format' | 'version' | 'createdAt' | 'files'>,
  file: string,
): Promise<BundleIndex> {
  const files: Record<string, { size: number; sha256: string }> = {};
  for (const path of await filesBelow(folder)) {
    files[path] = { size: (await stat(join(folder, path))).size, sha256: await hashOf(join(folder, path)) };
  }
  const createdAt = new Date().toISOString();
  const index: BundleIndex = { format: FORMAT, version: VERSION, createdAt, ...content, files };
  const part = `${file}.part`;
  const sources = [
    { type: 'content' as const, target: INDEX, content: JSON.stringify(index) },
    ...Object.keys(files).map((path) => ({
      type: 'file' as const,
      source: join(folder, path),
      target: path,
    })),
  ];
  try {
    await pipeline(packTar(sources), createWriteStream(part, { mode: 0o600 }));
    await rename(part, file);
  } catch (error) {
    await rm(part, { force: true });
    throw explainStorage(error, file);
  }
  return index;
}

/**
 * Reads what a bundle says of itself, without unpacking it.
 * @throws PlaygroundError `bundle-unreadable`, `bundle-foreign` when it is no bundle, or one for another kind of machine.
 */
export async function readBundleIndex(file: string, system: string): Promise<BundleIndex> {
  const text = await readFirstEntry(file).catch((error: unknown) => {
    throw new PlaygroundError({
      code: 'bundle-unreadable',
      message: `the bundle ${file} cannot be read: ${messageOf(error)}`,
      hint: 'check the path; a bundle is made with: gitops-playground bundle save FILE',
      cause: error,
    });
  });
  const foreign = (reason: string, cause?: unknown) =>
    new PlaygroundError({
      code: 'bundle-foreign',
      message: `${file} cannot be used here: ${reason}`,
      hint: 'make one on such a machine, with this version: gitops-playground bundle save FILE',
      cause,
    });
  let index: BundleIndex;
  try {
    index = indexSchema.parse(JSON.parse(text ?? ''));
  } catch (error) {
    throw foreign('it is no bundle of gitops-playground, or one of another version', error);
  }
  if (index.system !== system)
    throw foreign(`it was made for ${index.system}, and this machine is ${system}`);
  return index;
}

/** The text of the first entry of a tar archive, when that is the index. */
async function readFirstEntry(file: string): Promise<string | undefined> {
  const handle = await open(file, 'r');
  try {
    const header = Buffer.alloc(BLOCK);
    await handle.read(header, 0, BLOCK, 0);
    const name = header.toString('utf8', 0, 100).replace(/\0.*$/s, '');
    const size = Number.parseInt(header.toString('ascii', 124, 136), 8);
    if (name !== INDEX || !(size > 0 && size < 64 * 1024 * 1024)) return undefined;
    const content = Buffer.alloc(size);
    const { bytesRead } = await handle.read(content, 0, size, BLOCK);
    return content.toString('utf8', 0, bytesRead);
  } finally {
    await handle.close();
  }
}

/**
 * Unpacks a bundle and compares every file with the index.
 * @throws PlaygroundError `bundle-damaged` naming the file; nothing is left of it then.
 */
export async function unpackBundle(file: string, index: BundleIndex, folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true, mode: 0o700 });
  try {
    const listed = (header: { name: string }) =>
      index.files[header.name] !== undefined && isInside(folder, join(folder, header.name));
    await pipeline(createReadStream(file), unpackTar(folder, { filter: listed }));
    for (const [path, { size, sha256 }] of Object.entries(index.files)) {
      const found = join(folder, path);
      const there = await stat(found).then(
        (stats) => stats.size,
        () => undefined,
      );
      if (there === undefined) throw damaged(file, `${path} is missing`);
      if (there !== size || (await hashOf(found)) !== sha256)
        throw damaged(file, `${path} is not what was packed`);
    }
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    if (error instanceof PlaygroundError) throw error;
    throw isStorageFailure(error) ? explainStorage(error, folder) : damaged(file, messageOf(error), error);
  }
}

function damaged(file: string, reason: string, cause?: unknown): PlaygroundError {
  return new PlaygroundError({
    code: 'bundle-damaged',
    message: `the bundle ${file} is damaged: ${reason}`,
    hint: 'copy it again from where it was made, and compare its size; or make it anew: gitops-playground bundle save FILE',
    cause,
  });
}

/** Writes content into a bundle's folder. */
export async function writeInto(folder: string, path: string, content: Uint8Array): Promise<void> {
  const file = join(folder, path);
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await writeFile(file, content, { mode: 0o600 });
}

export async function readFrom(folder: string, path: string): Promise<Buffer> {
  return readFile(join(folder, path));
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort();
}

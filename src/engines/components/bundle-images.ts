import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { parseImageReference } from '../../clients/image-reference.ts';
import { isIndexType, type Descriptor, type ImageIndex, type ImageManifest } from '../../clients/oci.ts';
import { PublicRegistry } from '../../clients/public-registry.ts';
import { hostPlatform, type Registry } from '../../clients/registry.ts';
import { PlaygroundError, messageOf } from '../../lib/errors.ts';
import { hashOf } from '../../lib/download.ts';
import { bundlePaths, readFrom, writeInto, type BundledImage } from './bundle.ts';
import { failureIn } from './failures.ts';

/**
 * Copies an image of this machine's platform from its registry into the folder of a bundle, by digest, so that a reference
 * by digest finds the very same image later. Blobs that are there already are not fetched again.
 * @throws PlaygroundError that says why it could not be had.
 */
export async function collectImage(
  reference: string,
  folder: string,
  signal: AbortSignal,
  source?: PublicRegistry,
): Promise<BundledImage> {
  const { registry: host, repository, tag, digest } = parseImageReference(reference);
  const registry = source ?? new PublicRegistry(host);
  try {
    const top = await registry.manifest(repository, digest ?? tag ?? 'latest');
    const chain = [top];
    if (isIndexType(top.mediaType)) {
      const wanted = ofPlatform(JSON.parse(top.bytes.toString('utf8')) as ImageIndex, reference);
      chain.unshift(await registry.manifest(repository, wanted.digest));
    }
    for (const manifest of chain) await writeInto(folder, bundlePaths.blob(manifest.digest), manifest.bytes);
    const image = JSON.parse(chain[0]?.bytes.toString('utf8') ?? '{}') as ImageManifest;
    const blobs = [image.config, ...image.layers].map((blob) => ({ digest: blob.digest, size: blob.size }));
    for (const blob of blobs) await collectBlob(registry, repository, blob, folder, signal);
    return {
      reference,
      repository,
      ...(tag === undefined ? {} : { tag }),
      digest: top.digest,
      manifests: chain.map((manifest) => ({ digest: manifest.digest, mediaType: manifest.mediaType })),
      blobs,
    };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof PlaygroundError) throw error;
    const failure = failureIn(messageOf(error));
    throw new PlaygroundError({
      code: failure?.code ?? 'image-unavailable',
      message: `the image ${reference} could not be fetched: ${messageOf(error)}`,
      hint: failure?.hint ?? 'check the internet connection and the proxy, then repeat the command',
      cause: error,
    });
  }
}

function ofPlatform(index: ImageIndex, reference: string): Descriptor {
  const { os, architecture } = hostPlatform();
  const found = index.manifests.find(
    ({ platform }) => platform?.os === os && platform.architecture === architecture,
  );
  if (found !== undefined) return found;
  throw new PlaygroundError({
    code: 'image-platform',
    message: `the image ${reference} does not exist for ${os}/${architecture}`,
    hint: 'make the bundle on a machine of another kind, or leave this part out',
  });
}

async function collectBlob(
  registry: PublicRegistry,
  repository: string,
  { digest, size }: Pick<Descriptor, 'digest' | 'size'>,
  folder: string,
  signal: AbortSignal,
): Promise<void> {
  const file = join(folder, bundlePaths.blob(digest));
  const there = await stat(file).then(
    (found) => found.size,
    () => -1,
  );
  if (there !== size) {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await pipeline(
      await registry.blob(repository, { digest }, signal),
      createWriteStream(file, { mode: 0o600 }),
    );
  }
  const actual = `sha256:${await hashOf(file)}`;
  if (actual !== digest) throw new Error(`the blob ${digest} arrived as ${actual}`);
}

/** Pushes an image of an unpacked bundle into the playground's registry, under the repository that it has elsewhere. */
export async function pushBundled(registry: Registry, image: BundledImage, folder: string): Promise<void> {
  const { repository, manifests, blobs, tag, digest } = image;
  // An interrupted push may have left the image without its tag, and another tag may have brought the same image.
  if ((await registry.resolve(repository, digest)) === undefined) {
    for (const { digest: blob, size } of blobs) {
      const stream = createReadStream(join(folder, bundlePaths.blob(blob)));
      await registry.pushBlob(repository, { digest: blob, size, stream });
    }
    for (const manifest of manifests) {
      const bytes = await readFrom(folder, bundlePaths.blob(manifest.digest));
      await registry.pushManifest(repository, manifest.digest, bytes, manifest.mediaType);
    }
  }
  const top = manifests.at(-1);
  if (tag === undefined || top === undefined || (await registry.resolve(repository, tag)) === digest) return;
  const bytes = await readFrom(folder, bundlePaths.blob(top.digest));
  await registry.pushManifest(repository, tag, bytes, top.mediaType);
}

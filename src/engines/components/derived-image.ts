import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { packTar } from 'modern-tar';
import { parseImageReference } from '../../clients/image-reference.ts';
import { contentDigest, mediaTypes, type ImageConfig, type ImageManifest } from '../../clients/oci.ts';
import { bundlePaths, readFrom, writeInto, type BundledImage } from './bundle.ts';

/** A file that an image gets: its path from the root, without a slash before it. */
export interface LayerFile {
  readonly path: string;
  readonly content: Uint8Array;
}

/**
 * Makes an image of a bundle's folder into another one with more files, which belong to root and can be read by everybody, and adds its
 * blobs to the folder. The same files on the same image give the same digest (image specification, "Layer Changesets").
 */
export async function deriveImage(
  folder: string,
  base: BundledImage,
  reference: string,
  files: readonly LayerFile[],
): Promise<BundledImage> {
  const manifest = await readDocument<ImageManifest>(folder, base.manifests[0]?.digest ?? '');
  const config = await readDocument<ImageConfig>(folder, manifest.config.digest);
  const sorted = [...files].sort((a, b) => (a.path < b.path ? -1 : 1));
  const tar = await packTar(
    sorted.map(({ path, content }) => ({
      header: { name: path, size: content.length, mode: 0o644, mtime: new Date(0), uid: 0, gid: 0 },
      body: content,
    })),
  );
  // What is packed here is compressed already.
  const layer = await promisify(gzip)(tar, { level: 1 });
  const newConfig = encode({
    ...config,
    rootfs: { ...config.rootfs, diff_ids: [...config.rootfs.diff_ids, contentDigest(tar)] },
    ...(config.history === undefined
      ? {}
      : { history: [...config.history, { created_by: 'gitops-playground bundle save' }] }),
  });
  const docker = manifest.mediaType === mediaTypes.dockerManifest;
  const layerType = docker ? mediaTypes.dockerLayer : mediaTypes.layerGzip;
  const newManifest = encode({
    ...manifest,
    config: { ...manifest.config, digest: contentDigest(newConfig), size: newConfig.length },
    layers: [...manifest.layers, { mediaType: layerType, digest: contentDigest(layer), size: layer.length }],
  });
  for (const blob of [layer, newConfig, newManifest])
    await writeInto(folder, bundlePaths.blob(contentDigest(blob)), blob);
  const { repository, tag } = parseImageReference(reference);
  const digest = contentDigest(newManifest);
  return {
    reference,
    repository,
    ...(tag === undefined ? {} : { tag }),
    digest,
    manifests: [{ digest, mediaType: docker ? mediaTypes.dockerManifest : mediaTypes.manifest }],
    blobs: [
      { digest: contentDigest(newConfig), size: newConfig.length },
      ...manifest.layers.map(({ digest: blob, size }) => ({ digest: blob, size })),
      { digest: contentDigest(layer), size: layer.length },
    ],
  };
}

async function readDocument<T>(folder: string, digest: string): Promise<T> {
  return JSON.parse((await readFrom(folder, bundlePaths.blob(digest))).toString('utf8')) as T;
}

function encode(document: object): Buffer {
  return Buffer.from(JSON.stringify(document));
}

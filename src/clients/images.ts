import { gzipSync } from 'node:zlib';
import { packTar } from 'modern-tar';
import { contentDigest, mediaTypes, type Descriptor, type ImageConfig, type ImageManifest } from './oci.ts';
import { hostPlatform, Registry, type RegistryOptions } from './registry.ts';

/** An image to push, before its digests are known. */
export interface NewImage {
  readonly repository: string;
  /** At least one; all get the same manifest. */
  readonly tags: readonly string[];
  /** Tar archives, not compressed, the lowest first. */
  readonly layers: readonly Uint8Array[];
  readonly config: Omit<ImageConfig, 'rootfs'>;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** Packs and pushes an image; gives its digest. Blobs that the repository has are not sent again. */
export async function pushImage(registry: Registry, image: NewImage): Promise<string> {
  const { repository, tags, layers, annotations } = image;
  const packed = layers.map((archive) => ({
    diffId: contentDigest(archive),
    ...blob(mediaTypes.layerGzip, gzipSync(archive)),
  }));
  const rootfs: ImageConfig['rootfs'] = { type: 'layers', diff_ids: packed.map(({ diffId }) => diffId) };
  const config = blob(mediaTypes.config, Buffer.from(JSON.stringify({ ...image.config, rootfs })));
  await Promise.all([config, ...packed].map(({ content }) => registry.pushBlob(repository, content)));
  const manifest: ImageManifest = {
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    config: config.descriptor,
    layers: packed.map(({ descriptor }) => descriptor),
    ...(annotations === undefined ? {} : { annotations }),
  };
  const digests = await Promise.all(tags.map((tag) => registry.pushManifest(repository, tag, manifest)));
  return digests[0] ?? registry.pushManifest(repository, contentDigest(JSON.stringify(manifest)), manifest);
}

/** The label that says what runs an image; the process kubelet looks for it. */
const runtimeLabel = 'io.gitops-playground.runtime';

/**
 * Pushes what stands in for Docker Hub's `node:22-alpine` on a machine without internet and without containers:
 * `library/node:22-alpine`, an image with the real one's configuration but no files, except for an `/etc/os-release` that
 * says what it is. Its label `io.gitops-playground.runtime=host-node` says that the host's node runs it. Like the real one it
 * has the command `node`, so `CMD ["node", …]` and `ENTRYPOINT ["node", …]` mean the same on both.
 * Pushing it again changes nothing.
 * @returns its digest
 */
export async function pushStandInBaseImage(options: RegistryOptions | string): Promise<string> {
  const registry = new Registry(typeof options === 'string' ? { host: options } : options);
  try {
    const release = 'ID=gitops-playground\nNAME="Stand-in for node:22-alpine, run by the host\'s node"\n';
    const layer = await packTar([
      {
        header: { name: 'etc/os-release', size: Buffer.byteLength(release), mode: 0o644, mtime: new Date(0) },
        body: release,
      },
    ]);
    return await pushImage(registry, {
      repository: 'library/node',
      tags: ['22-alpine'],
      layers: [layer],
      config: {
        ...hostPlatform(),
        config: {
          Env: [
            'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
            `NODE_VERSION=${process.versions.node}`,
          ],
          Cmd: ['node'],
          Labels: { [runtimeLabel]: 'host-node' },
        },
        history: [{ created_by: 'gitops-playground', comment: 'no files: the node of the host runs it' }],
      },
    });
  } finally {
    registry.close();
  }
}

function blob(mediaType: string, content: Uint8Array): { content: Uint8Array; descriptor: Descriptor } {
  return { content, descriptor: { mediaType, digest: contentDigest(content), size: content.length } };
}

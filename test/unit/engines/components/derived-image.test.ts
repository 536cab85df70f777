import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { unpackTar } from 'modern-tar';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  contentDigest,
  mediaTypes,
  type ImageConfig,
  type ImageManifest,
} from '../../../../src/clients/oci.ts';
import { bundlePaths, writeInto, type BundledImage } from '../../../../src/engines/components/bundle.ts';
import { deriveImage } from '../../../../src/engines/components/derived-image.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'derived-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const blob = (digest: string) => readFileSync(join(folder, bundlePaths.blob(digest)));
const document = <T>(digest: string) => JSON.parse(blob(digest).toString()) as T;

/** An image of one layer in the folder, in the words of OCI or of Docker. */
async function base(mediaType: string, layerType: string): Promise<BundledImage> {
  const layer = Buffer.from('a layer');
  const config = Buffer.from(
    JSON.stringify({
      ...{ os: 'linux', architecture: 'amd64', config: { User: 'jenkins' } },
      rootfs: { type: 'layers', diff_ids: [contentDigest(layer)] },
      history: [{ created_by: 'its publisher' }],
    }),
  );
  const of = (type: string, content: Buffer) => ({
    ...{ mediaType: type, digest: contentDigest(content), size: content.length },
  });
  const manifest = Buffer.from(
    JSON.stringify({
      ...{ schemaVersion: 2, mediaType },
      config: of(mediaTypes.config, config),
      layers: [of(layerType, layer)],
    }),
  );
  for (const content of [layer, config, manifest])
    await writeInto(folder, bundlePaths.blob(contentDigest(content)), content);
  const digest = contentDigest(manifest);
  return {
    ...{ reference: 'docker.io/a/b:1', repository: 'a/b', tag: '1', digest },
    manifests: [{ digest, mediaType }],
    blobs: [
      { digest: contentDigest(config), size: config.length },
      { digest: contentDigest(layer), size: layer.length },
    ],
  };
}

const files = [
  { path: 'usr/share/two.jpi', content: Buffer.from('two') },
  { path: 'usr/share/one.jpi', content: Buffer.from('one') },
];

test.each([
  ['OCI', mediaTypes.manifest, mediaTypes.layerGzip],
  ['Docker', mediaTypes.dockerManifest, mediaTypes.dockerLayer],
])(
  'an image in the words of %s gets a layer more, and stays what it was',
  async (_whose, type, layerType) => {
    const from = await base(type, layerType);
    const derived = await deriveImage(folder, from, 'docker.io/a/b:1-more', files);
    expect(derived).toMatchObject({ repository: 'a/b', tag: '1-more', manifests: [{ mediaType: type }] });
    const manifest = document<ImageManifest>(derived.digest);
    expect(manifest.layers.map(({ mediaType }) => mediaType)).toEqual([layerType, layerType]);
    // Everything that the manifest names is among what is pushed, with its size.
    for (const { digest, size } of [manifest.config, ...manifest.layers]) {
      expect(derived.blobs).toContainEqual({ digest, size });
      expect(blob(digest)).toHaveLength(size);
    }
    const config = document<ImageConfig>(manifest.config.digest);
    expect(config.config).toEqual({ User: 'jenkins' });
    expect(config.history).toHaveLength(2);
    const tar = gunzipSync(blob(manifest.layers[1]?.digest ?? ''));
    expect(config.rootfs.diff_ids[1]).toBe(contentDigest(tar));
    const entries = await unpackTar(tar);
    expect(entries.map(({ header }) => [header.name, header.mode, header.uid])).toEqual([
      ['usr/share/one.jpi', 0o644, 0],
      ['usr/share/two.jpi', 0o644, 0],
    ]);
  },
);

test('the same files in another order make the same image', async () => {
  const from = await base(mediaTypes.manifest, mediaTypes.layerGzip);
  const one = await deriveImage(folder, from, 'docker.io/a/b:2', files);
  const two = await deriveImage(folder, from, 'docker.io/a/b:2', [...files].reverse());
  expect(two.digest).toBe(one.digest);
});

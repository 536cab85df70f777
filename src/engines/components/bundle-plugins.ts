import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { contentDigest, mediaTypes } from '../../clients/oci.ts';
import type { Registry } from '../../clients/registry.ts';
import { bundledPlugins } from '../../config/names.ts';
import { bundlePaths } from './bundle.ts';
import { digestOf, pluginList, type BundledPlugin } from './plugin-center.ts';

/**
 * Pushes the plugins of SCM-Manager out of a bundle's folder, and the list of them, from where the server takes them as from a plugin
 * center; the same plugins give the same digest.
 */
export async function pushPlugins(
  registry: Registry,
  plugins: readonly BundledPlugin[],
  folder: string,
): Promise<void> {
  const { repository, tag, listType } = bundledPlugins;
  const config = Buffer.from('{}');
  const list = Buffer.from(JSON.stringify(pluginList(plugins)));
  const files = await Promise.all(
    plugins.map(async (plugin) => {
      const path = join(folder, bundlePaths.scmPlugin(plugin));
      return { path, digest: digestOf(plugin), size: (await stat(path)).size };
    }),
  );
  const manifest = {
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    artifactType: 'application/vnd.gitops-playground.plugin-center',
    config: { mediaType: mediaTypes.empty, digest: contentDigest(config), size: config.length },
    layers: [
      { mediaType: listType, digest: contentDigest(list), size: list.length },
      ...files.map(({ digest, size }) => ({ mediaType: 'application/zip', digest, size })),
    ],
  } as const;
  if ((await registry.resolve(repository, tag)) === contentDigest(JSON.stringify(manifest))) return;
  for (const content of [config, list]) await registry.pushBlob(repository, content);
  for (const { path, digest, size } of files)
    await registry.pushBlob(repository, { digest, size, stream: createReadStream(path) });
  await registry.pushManifest(repository, tag, manifest);
}

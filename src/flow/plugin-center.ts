import type { ImageManifest } from '../clients/oci.ts';
import type { Registry } from '../clients/registry.ts';
import { bundledPlugins } from '../config/names.ts';
import type { Config } from '../config/schema.ts';
import { commandFor } from '../lib/command-line.ts';
import { PlaygroundError } from '../lib/errors.ts';

/**
 * Where SCM-Manager finds the plugins that a bundle has brought into the playground's registry; undefined where there was no bundle, and
 * it asks the internet.
 * @throws PlaygroundError `plugins-missing` when the registry has them no more.
 */
export async function bundledPluginCenter(config: Config, registry: Registry): Promise<string | undefined> {
  if (config.bundle === undefined) return undefined;
  const { repository, tag, listType, address } = bundledPlugins;
  const found = await registry.manifest(repository, tag);
  const { layers } = JSON.parse(found?.bytes.toString() ?? '{"layers":[]}') as ImageManifest;
  const list = layers.find(({ mediaType }) => mediaType === listType);
  if (list !== undefined) return address(list.digest);
  throw new PlaygroundError({
    code: 'plugins-missing',
    message: `the playground's registry lacks the plugins of SCM-Manager that the bundle has brought (${repository}:${tag})`,
    hint: `make the playground anew, which fills its registry: ${commandFor('down', config.name)}, then up --bundle FILE`,
  });
}

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { download } from '../../lib/download.ts';
import { cacheFolder } from '../../lib/home.ts';
import { sideBySide } from '../../lib/side-by-side.ts';
import type { LayerFile } from './derived-image.ts';
import { imageTag, imageTagged, jenkinsPlugins } from './pins.ts';

/** So many plugins are fetched side by side. */
const SIDE_BY_SIDE = 4;

/** Jenkins' update centre. */
export const pluginSite = 'https://updates.jenkins.io';

/** Where the image of Jenkins looks for plugins that it puts into its home at the start. */
const PLACE = 'usr/share/jenkins/ref/plugins';

/**
 * The image of Jenkins with the pinned plugins inside, as bundles bring it: where there is no internet, none can be installed. Its tag
 * changes with the plugins.
 */
export function jenkinsWithPlugins(): { readonly reference: string; readonly tag: string } {
  const list = Object.entries(jenkinsPlugins).map(([name, version]) => `${name}:${version}`);
  const mark = createHash('sha256').update(list.sort().join()).digest('hex').slice(0, 8);
  const suffix = `-plugins-${mark}`;
  return { reference: `${imageTagged('jenkins')}${suffix}`, tag: `${imageTag('jenkins')}${suffix}` };
}

/**
 * Fetches the pinned plugins from Jenkins' update centre, as files of an image. Their publisher gives no sum for a version that is not
 * the newest: HTTPS is trusted.
 * @throws PlaygroundError `download-failed`.
 */
export async function fetchPlugins(
  progress: (message: string) => void,
  signal?: AbortSignal,
): Promise<LayerFile[]> {
  const wanted = Object.entries(jenkinsPlugins);
  let done = 0;
  return sideBySide(wanted, SIDE_BY_SIDE, async ([name, version]) => {
    const file = await download({
      title: `the Jenkins plugin ${name} ${version}`,
      url: `${pluginSite}/download/plugins/${name}/${version}/${name}.hpi`,
      sha256: null,
      file: join(cacheFolder(), 'jenkins-plugins', `${name}-${version}.hpi`),
      signal,
    });
    done += 1;
    progress(`${done} of ${wanted.length} plugins of Jenkins`);
    return { path: `${PLACE}/${name}.jpi`, content: await readFile(file) };
  });
}

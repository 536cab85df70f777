import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { imageTag } from '../components/pins.ts';
import { download } from '../../lib/download.ts';
import { cacheFolder } from '../../lib/home.ts';

/**
 * References of the images that k3s itself runs (its DNS server, ingress controller, storage, the pause container), as its release
 * lists them in `k3s-images.txt`. The image of a node of k3d has none of them inside.
 * @throws PlaygroundError `download-failed`.
 */
export async function systemImages(signal?: AbortSignal): Promise<string[]> {
  // Tags of images have no plus sign.
  const version = imageTag('k3s').replace('-k3s', '+k3s');
  const file = await download({
    title: `the list of images of k3s ${version}`,
    url: `https://github.com/k3s-io/k3s/releases/download/${encodeURIComponent(version)}/k3s-images.txt`,
    sha256: null,
    file: join(cacheFolder(), `k3s-images-${imageTag('k3s')}.txt`),
    signal,
  });
  return (await readFile(file, 'utf8')).split(/\s+/).filter((reference) => reference !== '');
}

import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { contentDigest, mediaTypes } from '../../clients/oci.ts';
import type { Registry } from '../../clients/registry.ts';
import { bundledCharts } from '../../config/names.ts';
import { hashOf } from '../../lib/download.ts';

/** Media types of a chart as an OCI artifact, as helm pushes and pulls it (HIP 6, "OCI support"). */
const chartTypes = {
  config: 'application/vnd.cncf.helm.config.v1+json',
  content: 'application/vnd.cncf.helm.chart.content.v1.tar+gzip',
} as const;

/** Pushes a packed chart as `charts/NAME:VERSION`, from where the operator takes it; the same chart gives the same digest. */
export async function pushChart(
  registry: Registry,
  { name, version }: { readonly name: string; readonly version: string },
  file: string,
): Promise<void> {
  const repository = `${bundledCharts}/${name}`;
  const config = Buffer.from(JSON.stringify({ apiVersion: 'v2', name, version }));
  const content = { digest: `sha256:${await hashOf(file)}`, size: (await stat(file)).size };
  const manifest = {
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    config: { mediaType: chartTypes.config, digest: contentDigest(config), size: config.length },
    layers: [{ mediaType: chartTypes.content, ...content }],
  } as const;
  // A tag of OCI has no plus sign, for which helm writes an underscore.
  const tag = version.replaceAll('+', '_');
  if ((await registry.resolve(repository, tag)) === contentDigest(JSON.stringify(manifest))) return;
  await registry.pushBlob(repository, config);
  await registry.pushBlob(repository, { ...content, stream: createReadStream(file) });
  await registry.pushManifest(repository, tag, manifest);
}

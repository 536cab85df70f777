import { createReadStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type Docker from 'dockerode';
import { Registry } from '../../clients/registry.ts';
import { neededPlugins } from '../../clients/scm-manager-plugins.ts';
import { addonsOf } from '../../config/addons.ts';
import type { Config } from '../../config/schema.ts';
import { PlaygroundError } from '../../lib/errors.ts';
import { cacheFolder } from '../../lib/home.ts';
import { addonChartFile, addonChartsOf } from '../components/addon-charts.ts';
import { pushChart } from '../components/bundle-charts.ts';
import { pushBundled } from '../components/bundle-images.ts';
import { pushPlugins } from '../components/bundle-plugins.ts';
import { bundlePaths, readBundleIndex, unpackBundle, type BundleIndex } from '../components/bundle.ts';
import { chartFile } from '../components/charts.ts';
import { componentSettings } from '../components/endpoints.ts';
import { exampleState } from '../components/example.ts';
import { addonChartPin, chartPin, type ToolName } from '../components/pins.ts';
import { hostSystem } from '../components/tools.ts';
import { chartsOf, place, placeTool, podImages, versionsOf } from './bundle-content.ts';
import { loadImages } from './images.ts';
import { platformOf } from './names.ts';

/** A bundle whose content lies unpacked and checked in a folder. */
export interface OpenBundle {
  readonly index: BundleIndex;
  readonly folder: string;
}

/**
 * Takes tools, charts and the nodes' images out of a bundle; the pods' images stay in its folder until the registry runs.
 * @throws PlaygroundError `bundle-foreign`, `bundle-damaged`, `bundle-incomplete`.
 */
export async function openBundle(
  config: Config,
  file: string,
  docker: Docker,
  progress: (message: string) => void,
): Promise<OpenBundle> {
  progress('looking at the bundle');
  const index = await readBundleIndex(file, hostSystem());
  refuseIncomplete(file, index, config);
  const folder = bundleFolder(config.name);
  progress('unpacking and checking it');
  await unpackBundle(file, index, folder);
  for (const name of Object.keys(index.tools)) await placeTool(name as ToolName, folder);
  for (const name of chartsOf(config)) {
    await place(join(folder, bundlePaths.chart(String(name), chartPin(name).version)), chartFile(name));
  }
  for (const name of addonChartsOf(config)) {
    await place(join(folder, bundlePaths.chart(name, addonChartPin(name).version)), addonChartFile(name));
  }
  progress('loading the images of the nodes');
  await loadImages(docker, createReadStream(join(folder, bundlePaths.nodeImages)));
  return { index, folder };
}

function bundleFolder(name: string): string {
  return join(cacheFolder(), 'bundles', name);
}

/** @throws PlaygroundError `bundle-incomplete` naming what this version and configuration need and the bundle has not. */
function refuseIncomplete(file: string, index: BundleIndex, config: Config): void {
  const wanted = versionsOf(config);
  const missing = [
    ...Object.entries(wanted.tools).filter(([name, version]) => index.tools[name] !== version),
    ...Object.entries(wanted.charts).filter(([name, version]) => index.charts[name] !== version),
  ].map(([name, version]) => `${name} ${version}`);
  missing.push(...wanted.nodeImages.filter((image) => !index.nodeImages.includes(image)));
  missing.push(
    ...addonsOf(config)
      .filter((name) => !index.addons.includes(name))
      .map((name) => `the add-on ${name}`),
    // Any ports do: the images are the same.
    ...podImages(config, componentSettings(exampleState(config), platformOf(config.name))).filter(
      (image) => !index.images.some(({ reference }) => reference === image),
    ),
  );
  if (config.gitServer === 'scm-manager') {
    const lacking = neededPlugins.filter((name) => !index.scmPlugins.some((plugin) => plugin.name === name));
    missing.push(...lacking.map((name) => `the plugin ${name} of SCM-Manager`));
  }
  if (missing.length === 0) return;
  throw new PlaygroundError({
    code: 'bundle-incomplete',
    message: `the bundle ${file} lacks ${missing.join(', ')}`,
    hint: 'make it with this version and this configuration: gitops-playground bundle save FILE',
  });
}

/**
 * Pushes the pods' images of a bundle into the registry, from where the nodes take them, the charts of the add-ons, for the operator,
 * and the plugins of SCM-Manager; then takes the folder away.
 */
export async function fillRegistry(
  config: Config,
  { index, folder }: OpenBundle,
  host: string,
  progress: (message: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const registry = new Registry({ host });
  try {
    for (const [position, image] of index.images.entries()) {
      signal.throwIfAborted();
      progress(`${position + 1} of ${index.images.length}: ${image.reference.replace(/@.*/, '')}`);
      await pushBundled(registry, image, folder);
    }
    for (const name of addonChartsOf(config)) {
      const { version } = addonChartPin(name);
      progress(`the chart ${name} ${version}`);
      await pushChart(registry, { name, version }, join(folder, bundlePaths.chart(name, version)));
    }
    if (index.scmPlugins.length > 0) {
      progress('the plugins of SCM-Manager');
      await pushPlugins(registry, index.scmPlugins, folder);
    }
  } finally {
    registry.close();
  }
  await rm(folder, { recursive: true, force: true });
}

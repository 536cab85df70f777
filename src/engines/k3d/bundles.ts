import { createReadStream, createWriteStream } from 'node:fs';
import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type Docker from 'dockerode';
import { parseImageReference } from '../../clients/image-reference.ts';
import { hostPlatform, Registry } from '../../clients/registry.ts';
import { addonsOf } from '../../config/addons.ts';
import type { Config } from '../../config/schema.ts';
import { download } from '../../lib/download.ts';
import { PlaygroundError } from '../../lib/errors.ts';
import { ensurePrivateDir } from '../../lib/fs.ts';
import { cacheFolder } from '../../lib/home.ts';
import type { Task } from '../../lib/task.ts';
import type { Endpoints } from '../engine.ts';
import {
  addonChartFile,
  addonChartsOf,
  addonImages,
  requireAddonChart,
  type OperatorFile,
} from '../components/addon-charts.ts';
import { pushChart } from '../components/bundle-charts.ts';
import { collectImage, pushBundled } from '../components/bundle-images.ts';
import {
  bundlePaths,
  packBundle,
  readBundleIndex,
  unpackBundle,
  type BundleIndex,
} from '../components/bundle.ts';
import { componentsOf } from '../components/catalog.ts';
import { chartFile, requireChart } from '../components/charts.ts';
import type { ComponentSettings } from '../components/component.ts';
import { componentSettings } from '../components/endpoints.ts';
import { exampleState } from '../components/example.ts';
import {
  addonChartPin,
  chartPin,
  imageTagged,
  toolNames,
  toolPin,
  type ChartName,
  type ToolName,
} from '../components/pins.ts';
import {
  assetFor,
  hostSystem,
  installTool,
  toolFolder,
  toolInCache,
  toolOnPath,
  type Tool,
} from '../components/tools.ts';
import { explainDocker, requireDocker } from './docker.ts';
import { ensureImage, loadImages, nodeImages } from './images.ts';
import { platformOf } from './names.ts';

/** A bundle whose content lies unpacked and checked in a folder. */
export interface OpenBundle {
  readonly index: BundleIndex;
  readonly folder: string;
}

function chartsOf(config: Config): ChartName[] {
  return componentsOf(config).flatMap(({ chart }) => (chart === undefined ? [] : [chart.name]));
}

/** References of the images that the pods of a playground use. */
export function podImages(config: Config, settings: ComponentSettings): string[] {
  return [...new Set(componentsOf(config).flatMap(({ images }) => images(settings)))].sort();
}

/** The making of a bundle. */
export interface BundleMaking {
  readonly tasks: readonly Task[];
  /** Removes what the tasks have collected, whether they came to their end or not. */
  readonly cleanUp: () => Promise<void>;
}

/**
 * The making of a bundle as tasks: tools, charts and images are fetched side by side, then packed.
 * @param operatorFiles what the operator's repository of such a playground holds, where its parts are at these endpoints.
 */
export function planSave(
  config: Config,
  file: string,
  operatorFiles: (endpoints: Endpoints) => readonly OperatorFile[],
): BundleMaking {
  const settings = componentSettings(exampleState(config), platformOf(config.name));
  const target = resolve(file);
  const collected: { folder?: string; images: BundleIndex['images']; addonImages: string[] } = {
    images: [],
    addonImages: [],
  };
  const at = (): string => {
    if (collected.folder === undefined) throw new Error('a task ran before the folder was made');
    return collected.folder;
  };
  const task = (id: string, title: string, needs: string[], apply: Task['apply']): Task => ({
    id,
    title,
    needs,
    check: async () => false,
    apply,
  });
  const tasks = [
    task('folder', 'Make room for it', [], async () => {
      // Beside the bundle, whose disk has to have the room anyway.
      collected.folder = await mkdtemp(join(await ensurePrivateDir(dirname(target)), '.bundle-'));
    }),
    task('tools', `Fetch ${toolNames.join(' and ')}`, ['folder'], async ({ progress, signal }) => {
      for (const name of toolNames) {
        progress(`fetching ${name}`);
        const { url, sha256 } = assetFor(name);
        const path = join(at(), bundlePaths.tool(name, basename(new URL(url).pathname)));
        await download({ title: `${name} ${toolPin(name).version}`, url, sha256, file: path, signal });
      }
    }),
    task('charts', 'Fetch the charts', ['folder'], async ({ progress, signal }) => {
      for (const name of chartsOf(config)) {
        const chart = await requireChart(name, progress, signal);
        await place(chart, join(at(), bundlePaths.chart(String(name), chartPin(name).version)));
      }
    }),
    task('addons', 'Fetch the charts of the add-ons', ['tools'], async ({ progress, signal }) => {
      const names = addonChartsOf(config);
      if (addonsOf(config).length === 0) return;
      const helm = await placeTool('helm', at());
      for (const name of names) {
        progress(`fetching the chart ${name} ${addonChartPin(name).version}`);
        const chart = await requireAddonChart(helm, name, signal);
        await place(chart, join(at(), bundlePaths.chart(name, addonChartPin(name).version)));
      }
      progress('looking which images they need');
      collected.addonImages = await addonImages(helm, operatorFiles(settings.endpoints), signal);
    }),
    task('node-images', 'Save the images of the nodes', ['folder'], async ({ progress, signal }) => {
      const { docker } = await requireDocker();
      const names: string[] = [];
      for (const name of nodeImages) names.push(await tagged(docker, name, progress, signal));
      progress('saving them');
      await saveImages(docker, names, join(at(), bundlePaths.nodeImages), signal);
    }),
    task('images', 'Fetch the images of the parts', ['addons'], async ({ progress, signal }) => {
      const references = [...new Set([...podImages(config, settings), ...collected.addonImages])];
      for (const [index, reference] of references.entries()) {
        progress(`${index + 1} of ${references.length}: ${reference.replace(/@.*/, '')}`);
        collected.images.push(await collectImage(reference, at(), signal));
      }
    }),
    task('pack', `Pack ${target}`, ['tools', 'charts', 'node-images', 'images'], async () => {
      const { os, architecture } = hostPlatform();
      await packBundle(
        at(),
        {
          system: hostSystem(),
          platform: `${os}/${architecture}`,
          profile: config.profile,
          addons: addonsOf(config),
          ...versionsOf(config),
          images: collected.images,
        },
        target,
      );
    }),
  ];
  return {
    tasks,
    cleanUp: async () => {
      if (collected.folder !== undefined) await rm(collected.folder, { recursive: true, force: true });
    },
  };
}

/** The versions that a playground of this configuration needs. */
function versionsOf(config: Config): Pick<BundleIndex, 'tools' | 'charts' | 'nodeImages'> {
  return {
    tools: Object.fromEntries(toolNames.map((name) => [name, toolPin(name).version])),
    charts: Object.fromEntries([
      ...chartsOf(config).map((name) => [String(name), chartPin(name).version]),
      ...addonChartsOf(config).map((name) => [name, addonChartPin(name).version]),
    ]) as Record<string, string>,
    nodeImages: nodeImages.map(imageTagged),
  };
}

/** An image under its tag, which an image that was pulled by digest has not: archives keep tags alone. */
async function tagged(
  docker: Docker,
  name: (typeof nodeImages)[number],
  progress: (message: string) => void,
  signal: AbortSignal,
): Promise<string> {
  const reference = await ensureImage(docker, name, progress, signal);
  const wanted = imageTagged(name);
  if (reference !== wanted) {
    const { registry, repository, tag = 'latest' } = parseImageReference(wanted);
    await docker
      .getImage(reference)
      .tag({ repo: `${registry}/${repository}`, tag })
      .catch((error: unknown) => {
        throw explainDocker(error, `tagging ${reference}`);
      });
  }
  return wanted;
}

async function saveImages(docker: Docker, names: string[], file: string, signal: AbortSignal): Promise<void> {
  try {
    // The library has this call; its types have not.
    const engine = docker as Docker & { getImages(options: { names: string[] }): Promise<Readable> };
    const stream = await engine.getImages({ names });
    await pipeline(stream, createWriteStream(file, { mode: 0o600 }), { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw explainDocker(error, 'saving the images of the nodes');
  }
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

/** Copies a file to where it belongs. */
async function place(file: string, target: string): Promise<void> {
  await mkdir(dirname(target), { recursive: true, mode: 0o700 });
  await copyFile(file, target);
}

/** A tool that is there already is left alone. */
async function placeTool(name: ToolName, folder: string): Promise<Tool> {
  const there = (await toolOnPath(name)).tool ?? (await toolInCache(name));
  if (there !== undefined) return there;
  const archive = basename(new URL(assetFor(name).url).pathname);
  const placed = join(toolFolder(name), archive);
  await place(join(folder, bundlePaths.tool(name, archive)), placed);
  return installTool(name, placed);
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
  );
  if (missing.length === 0) return;
  throw new PlaygroundError({
    code: 'bundle-incomplete',
    message: `the bundle ${file} lacks ${missing.join(', ')}`,
    hint: 'make it with this version and this configuration: gitops-playground bundle save FILE',
  });
}

/**
 * Pushes the pods' images of a bundle into the registry, from where the nodes take them, and the charts of the add-ons, for the
 * operator; then takes the folder away.
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
  } finally {
    registry.close();
  }
  await rm(folder, { recursive: true, force: true });
}

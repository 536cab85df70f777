import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type Docker from 'dockerode';
import { parseImageReference } from '../../clients/image-reference.ts';
import { hostPlatform } from '../../clients/registry.ts';
import { addonsOf } from '../../config/addons.ts';
import type { Config } from '../../config/schema.ts';
import { download } from '../../lib/download.ts';
import { ensurePrivateDir } from '../../lib/fs.ts';
import { everyTime, type Task } from '../../lib/task.ts';
import type { Endpoints } from '../engine.ts';
import {
  addonChartsOf,
  addonImages,
  requireAddonChart,
  type OperatorFile,
} from '../components/addon-charts.ts';
import { collectImage } from '../components/bundle-images.ts';
import { bundlePaths, packBundle, type BundleIndex } from '../components/bundle.ts';
import { requireChart } from '../components/charts.ts';
import { deriveImage } from '../components/derived-image.ts';
import { componentSettings } from '../components/endpoints.ts';
import { exampleState } from '../components/example.ts';
import { fetchPlugins, jenkinsWithPlugins } from '../components/jenkins-plugins.ts';
import { addonChartPin, chartPin, imagePin, imageTagged, toolNames, toolPin } from '../components/pins.ts';
import { fetchScmPlugins } from '../components/scm-manager-plugins.ts';
import { assetFor, hostSystem } from '../components/tools.ts';
import { chartsOf, place, placeTool, podImages, versionsOf } from './bundle-content.ts';
import { explainDocker, requireDocker } from './docker.ts';
import { ensureImage, nodeImages } from './images.ts';
import { platformOf } from './names.ts';
import { systemImages } from './system-images.ts';

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
  const collected: Pick<BundleIndex, 'images' | 'scmPlugins'> & { folder?: string; addonImages: string[] } = {
    images: [],
    scmPlugins: [],
    addonImages: [],
  };
  const at = (): string => {
    if (collected.folder === undefined) throw new Error('a task ran before the folder was made');
    return collected.folder;
  };
  const scmPlugins = everyTime(
    'scm-plugins',
    'Fetch the plugins of SCM-Manager',
    ['folder'],
    async ({ progress, signal }) => {
      collected.scmPlugins = await fetchScmPlugins(at(), progress, signal);
    },
  );
  const ofGitServer = config.gitServer === 'scm-manager' ? [scmPlugins] : [];
  const parts = ['tools', 'charts', 'node-images', 'images', ...ofGitServer.map(({ id }) => id)];
  const tasks = [
    everyTime('folder', 'Make room for it', [], async () => {
      // Beside the bundle, whose disk has to have the room anyway.
      collected.folder = await mkdtemp(join(await ensurePrivateDir(dirname(target)), '.bundle-'));
    }),
    everyTime('tools', `Fetch ${toolNames.join(' and ')}`, ['folder'], async ({ progress, signal }) => {
      for (const name of toolNames) {
        progress(`fetching ${name}`);
        const { url, sha256 } = assetFor(name);
        const path = join(at(), bundlePaths.tool(name, basename(new URL(url).pathname)));
        await download({ title: `${name} ${toolPin(name).version}`, url, sha256, file: path, signal });
      }
    }),
    everyTime('charts', 'Fetch the charts', ['folder'], async ({ progress, signal }) => {
      for (const name of chartsOf(config)) {
        const chart = await requireChart(name, progress, signal);
        await place(chart, join(at(), bundlePaths.chart(String(name), chartPin(name).version)));
      }
    }),
    everyTime('addons', 'Fetch the charts of the add-ons', ['tools'], async ({ progress, signal }) => {
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
    everyTime('node-images', 'Save the images of the nodes', ['folder'], async ({ progress, signal }) => {
      const { docker } = await requireDocker();
      const names: string[] = [];
      for (const name of nodeImages) names.push(await tagged(docker, name, progress, signal));
      progress('saving them');
      await saveImages(docker, names, join(at(), bundlePaths.nodeImages), signal);
    }),
    everyTime('images', 'Fetch the images that pods run', ['addons'], async ({ progress, signal }) => {
      const all = [...(await systemImages(signal)), ...podImages(config, settings), ...collected.addonImages];
      const references = [...new Set(all)];
      for (const [index, reference] of references.entries()) {
        progress(`${index + 1} of ${references.length}: ${reference.replace(/@.*/, '')}`);
        collected.images.push(await collectImage(reference, at(), signal));
      }
      const plugins = await fetchPlugins(progress, signal);
      const { reference } = jenkinsWithPlugins();
      const plain = collected.images.find((image) => image.reference === imagePin('jenkins'));
      if (plain === undefined) throw new Error('the image of Jenkins is none of those that pods run');
      const derived = await deriveImage(at(), plain, reference, plugins);
      collected.images = collected.images.map((image) => (image === plain ? derived : image));
    }),
    ...ofGitServer,
    everyTime('pack', `Pack ${target}`, parts, async () => {
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
          scmPlugins: collected.scmPlugins,
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

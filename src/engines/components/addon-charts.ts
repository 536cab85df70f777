import { mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { addons, addonsOf } from '../../config/addons.ts';
import type { Config } from '../../config/schema.ts';
import { refuseOtherContent } from '../../lib/download.ts';
import { cacheFolder } from '../../lib/home.ts';
import { pullChart, renderChart } from './helm.ts';
import { namedImages } from './named-images.ts';
import { addonChartPin, kubernetesVersion } from './pins.ts';
import type { Tool } from './tools.ts';

/** A file of the operator's repository. */
export interface OperatorFile {
  readonly path: string;
  readonly content: string;
}

/** What is read of an Argo CD Application. */
interface Application {
  readonly spec: {
    readonly sources: readonly {
      readonly chart?: string;
      readonly helm?: {
        readonly releaseName: string;
        readonly valuesObject: Readonly<Record<string, unknown>> | null;
      };
    }[];
    readonly destination: { readonly namespace: string };
  };
}

/** Names of the charts that the add-ons of a configuration are installed by, on a cluster of k3d. */
export function addonChartsOf(config: Config): string[] {
  const own = addonsOf(config).filter((name) => addons[name].builtInto !== 'k3d');
  return [...new Set(own.flatMap((name) => addons[name].charts))];
}

/** Where a pinned chart of an add-on lies once it has been fetched, beside those of the parts. */
export function addonChartFile(name: string): string {
  return join(cacheFolder(), 'charts', `${name}-${addonChartPin(name).version}.tgz`);
}

/**
 * The packed chart of an add-on in its pinned version, fetched once from its repository, and compared with its sum where that is
 * pinned.
 * @throws PlaygroundError that says why it could not be had; `checksum-wrong`.
 */
export async function requireAddonChart(helm: Tool, name: string, signal?: AbortSignal): Promise<string> {
  const file = addonChartFile(name);
  const there = await stat(file).then(
    (found) => found.size > 0,
    () => false,
  );
  if (there) return file;
  const { version, repository, sha256 } = addonChartPin(name);
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  // What is under its own name is whole.
  const folder = await mkdtemp(join(dirname(file), '.pull-'));
  try {
    await pullChart(helm, { name, version, repository, folder }, signal);
    const fetched = join(folder, `${name}-${version}.tgz`);
    if (sha256 !== null)
      await refuseOtherContent({ title: `the chart ${name} ${version}`, url: repository, sha256 }, fetched);
    await rename(fetched, file);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return file;
}

/**
 * References of the images that add-ons run: those that their charts make pods of with the values of their Applications, those that
 * stand in the values themselves, and those of the objects beside the charts. Images of the playground's own registry are none.
 * @param files of the operator's repository, with Applications whose charts have been fetched.
 */
export async function addonImages(
  helm: Tool,
  files: readonly OperatorFile[],
  signal: AbortSignal,
): Promise<string[]> {
  const found = new Set<string>();
  const add = (documents: readonly unknown[]) => {
    for (const image of namedImages(documents)) found.add(image);
  };
  for (const { path, content } of files) {
    if (path.startsWith('addons/') && /\.ya?ml$/.test(path)) add(documentsOf(content));
    if (!path.startsWith('applications/addon-')) continue;
    for (const { spec } of documentsOf(content) as readonly Application[]) {
      for (const { chart, helm: settings } of spec.sources) {
        if (chart === undefined || settings === undefined) continue;
        const values = settings.valuesObject ?? {};
        const release = {
          release: settings.releaseName,
          namespace: spec.destination.namespace,
          chart: addonChartFile(chart),
          values,
        };
        add([values]);
        add(documentsOf(await renderChart(helm, release, kubernetesVersion(), signal)));
      }
    }
  }
  return [...found].filter((image) => !/^(localhost|127\.0\.0\.1)[:/]/.test(image)).sort();
}

function documentsOf(text: string): unknown[] {
  return parseAllDocuments(text).map((document) => document.toJS() as unknown);
}

import { copyFile, mkdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Config } from '../../config/schema.ts';
import { addonChartsOf } from '../components/addon-charts.ts';
import { bundlePaths, type BundleIndex } from '../components/bundle.ts';
import { componentsOf } from '../components/catalog.ts';
import type { ComponentSettings } from '../components/component.ts';
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
  installTool,
  toolFolder,
  toolInCache,
  toolOnPath,
  type Tool,
} from '../components/tools.ts';
import { nodeImages } from './images.ts';

/** Names of the charts of the parts. */
export function chartsOf(config: Config): ChartName[] {
  return componentsOf(config).flatMap(({ chart }) => (chart === undefined ? [] : [chart.name]));
}

/** References of the images that the pods of a playground use. */
export function podImages(config: Config, settings: ComponentSettings): string[] {
  return [...new Set(componentsOf(config).flatMap(({ images }) => images(settings)))].sort();
}

/** The versions that a playground of this configuration needs. */
export function versionsOf(config: Config): Pick<BundleIndex, 'tools' | 'charts' | 'nodeImages'> {
  return {
    tools: Object.fromEntries(toolNames.map((name) => [name, toolPin(name).version])),
    charts: Object.fromEntries([
      ...chartsOf(config).map((name) => [String(name), chartPin(name).version]),
      ...addonChartsOf(config).map((name) => [name, addonChartPin(name).version]),
    ]) as Record<string, string>,
    nodeImages: nodeImages.map(imageTagged),
  };
}

/** Copies a file to where it belongs. */
export async function place(file: string, target: string): Promise<void> {
  await mkdir(dirname(target), { recursive: true, mode: 0o700 });
  await copyFile(file, target);
}

/** A tool that is there already is left alone. */
export async function placeTool(name: ToolName, folder: string): Promise<Tool> {
  const there = (await toolOnPath(name)).tool ?? (await toolInCache(name));
  if (there !== undefined) return there;
  const archive = basename(new URL(assetFor(name).url).pathname);
  const placed = join(toolFolder(name), archive);
  await place(join(folder, bundlePaths.tool(name, archive)), placed);
  return installTool(name, placed);
}

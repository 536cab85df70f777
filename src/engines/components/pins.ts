import { createHash } from 'node:crypto';
import pins from '../../config/pins.json' with { type: 'json' };

/** A platform as Node names it: `process.platform` and `process.arch`. */
export type Platform = `${string}-${string}`;

/** A download for one platform. */
export interface Asset {
  readonly url: string;
  readonly sha256: string;
  /** Path of the program inside the archive; the download is the program itself unless told. */
  readonly member?: string;
}

export interface ToolPin {
  readonly version: string;
  /** Versions on the PATH that do as well. */
  readonly range: string;
  readonly assets: Readonly<Record<Platform, Asset>>;
}

export interface ChartPin {
  readonly version: string;
  readonly url: string;
  /** Of the packed chart; null when its publisher's sum was not at hand, which is said when it is used. */
  readonly sha256: string | null;
}

/** A chart of an add-on: where the operator fetches it, and what it should be. */
export interface AddonChartPin {
  readonly version: string;
  /** Address of its repository, below which `index.yaml` is. */
  readonly repository: string;
  /** As with the charts of the parts. */
  readonly sha256: string | null;
}

/** Changes with every pin: what was installed by other pins may lack what these need. */
export function pinsMark(): string {
  return createHash('sha256').update(JSON.stringify(pins)).digest('hex').slice(0, 16);
}

export type ToolName = keyof typeof pins.tools;
export const toolNames = ['k3d', 'helm'] as const satisfies readonly ToolName[];
export type ChartName = keyof typeof pins.charts;
export type ImageName = keyof typeof pins.images;

export function toolPin(name: ToolName): ToolPin {
  return pins.tools[name];
}

const charts: Readonly<Record<string, ChartPin>> = pins.charts;

/** @throws Error when there is no such chart: a mistake in a component. */
export function chartPin(name: ChartName): ChartPin {
  const pin = charts[name];
  if (pin === undefined) throw new Error(`the chart ${String(name)} is not pinned`);
  return pin;
}

const addonCharts: Readonly<Record<string, AddonChartPin>> = pins.addonCharts;

/** @throws Error when there is no such chart: a mistake in the table of add-ons. */
export function addonChartPin(name: string): AddonChartPin {
  const pin = addonCharts[name];
  if (pin === undefined) throw new Error(`the chart ${name} of an add-on is not pinned`);
  return pin;
}

/** The digest of an image; undefined where its publisher's was not at hand. */
export function imageDigest(name: ImageName): string | undefined {
  const image: { readonly digest: string | null } = pins.images[name];
  return image.digest ?? undefined;
}

/** An image reference as it is pulled: by digest where that is known. */
export function imagePin(name: ImageName): string {
  return withDigest(imageTagged(name), name);
}

/** The same by its tag alone, as an image is known that came out of a bundle. */
export function imageTagged(name: ImageName): string {
  return pins.images[name].reference;
}

/** The tag of an image. */
export function imageTag(name: ImageName): string {
  return pins.images[name].reference.replace(/^.*:/, '');
}

/** The same with the digest where that is known, for charts that put a repository before it. */
export function pinnedTag(name: ImageName): string {
  return withDigest(imageTag(name), name);
}

function withDigest(text: string, name: ImageName): string {
  const digest = imageDigest(name);
  return digest === undefined ? text : `${text}@${digest}`;
}

/** The version of Kubernetes that the nodes of k3d run, without what k3s adds. */
export function kubernetesVersion(): string {
  return imageTag('k3s').replace(/^v|-k3s.*$/g, '');
}

/** Versions of Jenkins plugins by their names; each dependency of one is among them. */
export const jenkinsPlugins: Readonly<Record<string, string>> = pins.jenkinsPlugins;

import { stat } from 'node:fs/promises';
import got from 'got';
import type { Config } from '../../config/schema.ts';
import { messageOf } from '../../lib/errors.ts';
import { extraAuthorities, proxyAgents } from '../../lib/proxy.ts';
import type { Finding } from '../engine.ts';
import { addonChartsOf } from './addon-charts.ts';
import { componentsOf } from './catalog.ts';
import { chartFile } from './charts.ts';
import { pluginSite } from './jenkins-plugins.ts';
import { addonChartPin, chartPin, type ToolName } from './pins.ts';
import { pluginCenterSite } from './plugin-center.ts';
import { assetFor, toolInCache, toolOnPath } from './tools.ts';

/** Milliseconds in which a site of the internet has to answer. */
const ANSWER_LIMIT_MS = 1500;

const title = 'Downloads';

/**
 * Whether the sites answer from which something is fetched that is no image: the tools and charts that this machine has not yet,
 * without which nothing can begin, and what the cluster fetches later by itself: the plugins of Jenkins and of SCM-Manager, and charts
 * of add-ons.
 */
export async function judgeDownloads(config: Config, tools: readonly ToolName[]): Promise<Finding> {
  if (config.bundle !== undefined)
    return { title, level: 'ok', detail: `come from the bundle ${config.bundle}` };
  const here = sites(await missingHere(config, tools));
  const later = sites([
    pluginSite,
    ...(config.gitServer === 'scm-manager' ? [pluginCenterSite] : []),
    ...addonChartsOf(config).map((name) => addonChartPin(name).repository),
  ]).filter((site) => !here.includes(site));
  const [silentHere, silentLater] = await Promise.all([here, later].map(silent));
  const mend = 'check the internet connection and the proxy, or bring a bundle: up --bundle FILE';
  if (silentHere !== undefined && silentHere.length > 0)
    return { title, level: 'fail', detail: `tools and charts: ${silentHere.join('; ')}`, mend };
  if (silentLater !== undefined && silentLater.length > 0) {
    const detail = `for the cluster, as seen from here: ${silentLater.join('; ')}`;
    return { title, level: 'warn', detail, mend };
  }
  const hosts = [...here, ...later].map((site) => new URL(site).host).sort();
  return { title, level: 'ok', detail: `come from ${hosts.join(', ')}, which answer` };
}

/** Addresses of the tools and charts that are not on this machine. */
async function missingHere(config: Config, tools: readonly ToolName[]): Promise<string[]> {
  const addresses: string[] = [];
  for (const name of tools) {
    if (((await toolOnPath(name)).tool ?? (await toolInCache(name))) === undefined)
      addresses.push(assetFor(name).url);
  }
  for (const { chart } of componentsOf(config)) {
    if (chart === undefined) continue;
    const there = await stat(chartFile(chart.name)).then(
      () => true,
      () => false,
    );
    if (!there) addresses.push(chartPin(chart.name).url);
  }
  return addresses;
}

function sites(addresses: readonly string[]): string[] {
  return [...new Set(addresses.map((address) => new URL(address).origin))];
}

/** Why sites cannot be had; nothing of those that answer, whatever they say. */
async function silent(all: readonly string[]): Promise<string[]> {
  const authority = extraAuthorities();
  const answers = await Promise.all(
    all.map((site) =>
      got(site, {
        method: 'HEAD',
        agent: proxyAgents(site),
        followRedirect: false,
        throwHttpErrors: false,
        retry: { limit: 0 },
        timeout: { request: ANSWER_LIMIT_MS },
        ...(authority === undefined ? {} : { https: { certificateAuthority: authority } }),
      }).then(
        () => undefined,
        (error: unknown) => `${new URL(site).host} does not answer: ${messageOf(error)}`,
      ),
    ),
  );
  return answers.filter((answer) => answer !== undefined);
}

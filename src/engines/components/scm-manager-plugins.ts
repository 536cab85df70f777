import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { neededPlugins } from '../../clients/scm-manager-plugins.ts';
import { download } from '../../lib/download.ts';
import { PlaygroundError } from '../../lib/errors.ts';
import { sideBySide } from '../../lib/side-by-side.ts';
import { bundlePaths } from './bundle.ts';
import { imageTag } from './pins.ts';
import { pluginCenterSite, pluginSchema, type BundledPlugin } from './plugin-center.ts';

/** So many plugins are fetched side by side. */
const SIDE_BY_SIDE = 4;

/** What is read of a plugin center's answer before something of it is chosen. */
const answerSchema = z.object({
  _embedded: z.object({ plugins: z.array(z.looseObject({ name: z.string() })) }),
});
const offerSchema = pluginSchema.extend({
  _links: z.object({ download: z.object({ href: z.string().min(1) }) }),
});

type Offer = z.output<typeof offerSchema>;

/**
 * Fetches the plugins that the playground needs, and those that they need, into the folder of a bundle, in the versions that SCM-Manager's
 * plugin center offers for the pinned version of the server; each one is compared with the sum that the center tells.
 * @throws PlaygroundError `download-failed`, `checksum-wrong`, `plugin-center-unreadable`, `plugin-unavailable`.
 */
export async function fetchScmPlugins(
  folder: string,
  progress: (message: string) => void,
  signal?: AbortSignal,
): Promise<BundledPlugin[]> {
  progress('asking the plugin center of SCM-Manager');
  const address = centerAddress();
  const offers = chosen(await readCenter(address, folder, signal));
  let done = 0;
  return sideBySide(offers, SIDE_BY_SIDE, async ({ _links, ...plugin }) => {
    await download({
      title: `the plugin ${plugin.name} ${plugin.version} of SCM-Manager`,
      url: new URL(_links.download.href, address).href,
      sha256: plugin.sha256sum,
      file: join(folder, bundlePaths.scmPlugin(plugin)),
      signal,
    });
    done += 1;
    progress(`${done} of ${offers.length} plugins of SCM-Manager`);
    return plugin;
  });
}

/** As the server itself would ask in its container, where Java calls the architecture after the size of a word. */
function centerAddress(): string {
  return `${pluginCenterSite}/api/v1/plugins/${imageTag('scm-manager')}?os=Linux&arch=64&jre=17`;
}

/** What the center offers, by name. */
async function readCenter(
  address: string,
  folder: string,
  signal: AbortSignal | undefined,
): Promise<Map<string, unknown>> {
  const title = `the list of plugins for SCM-Manager ${imageTag('scm-manager')}`;
  const file = await download({ title, url: address, sha256: null, file: join(folder, '.center'), signal });
  const text = await readFile(file, 'utf8');
  await rm(file);
  try {
    const { plugins } = answerSchema.parse(JSON.parse(text))._embedded;
    return new Map(plugins.map((plugin) => [plugin.name, plugin]));
  } catch (error) {
    throw new PlaygroundError({
      code: 'plugin-center-unreadable',
      message: `${address} answered with something else than a list of plugins`,
      hint: 'open it in a browser: a captive portal or a proxy may answer in its place; then repeat the command, or make a bundle with Gitea: leave --git-server out',
      cause: error,
    });
  }
}

/** The plugins that are needed, and all that those need; what is optional for them is left out. */
function chosen(center: ReadonlyMap<string, unknown>): Offer[] {
  const found = new Map<string, Offer>();
  const add = (name: string, reason: string) => {
    if (found.has(name)) return;
    const offer = center.get(name);
    const result = offerSchema.safeParse(offer);
    if (!result.success) {
      const lacking = result.error.issues.map(({ path }) => path.join('.')).join(', ');
      throw unavailable(name, reason, offer === undefined ? 'has none' : `tells of it without ${lacking}`);
    }
    found.set(name, result.data);
    for (const dependency of result.data.dependencies) add(dependency, `${name} needs it`);
  };
  for (const name of neededPlugins) add(name, 'the playground needs it');
  return [...found.values()];
}

function unavailable(name: string, reason: string, problem: string): PlaygroundError {
  return new PlaygroundError({
    code: 'plugin-unavailable',
    message: `SCM-Manager ${imageTag('scm-manager')} cannot get the plugin ${name} (${reason}): its plugin center ${problem}`,
    hint: 'repeat the command later, as the center may be in the middle of a change; or make a bundle with Gitea: leave --git-server out',
  });
}

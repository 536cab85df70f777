import { z } from 'zod';
import { bundledPlugins } from '../../config/names.ts';

/** Where SCM-Manager looks for plugins unless it is told otherwise. */
export const pluginCenterSite = 'https://plugin-center-api.scm-manager.org';

const word = z.string().regex(/^\w[\w.+-]*$/);

/** A plugin as a plugin center tells SCM-Manager of it. Strict where something is made of it: names of files, a digest. */
export const pluginSchema = z.object({
  name: word,
  version: word,
  displayName: z.string().nullish(),
  description: z.string().nullish(),
  category: z.string().nullish(),
  author: z.string().nullish(),
  sha256sum: z
    .string()
    .toLowerCase()
    .regex(/^[0-9a-f]{64}$/),
  /** Of the server: its version, operating system and architecture. */
  conditions: z.record(z.string(), z.unknown()).nullish(),
  /** Names of plugins without which it does not start. */
  dependencies: z
    .array(z.string())
    .nullish()
    .transform((names) => names ?? []),
});

export type BundledPlugin = z.output<typeof pluginSchema>;

/** The blob of the playground's registry that a plugin becomes. */
export function digestOf({ sha256sum }: BundledPlugin): string {
  return `sha256:${sha256sum}`;
}

/** What a plugin center answers that has these plugins, each one in the playground's registry. */
export function pluginList(plugins: readonly BundledPlugin[]) {
  return {
    _embedded: {
      plugins: plugins.map((plugin) => ({
        ...plugin,
        _links: { download: { href: bundledPlugins.address(digestOf(plugin)) } },
      })),
      'plugin-sets': [],
    },
  };
}
